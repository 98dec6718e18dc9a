"""Powers of the pixel cross-entropy -log p for compound losses, with the gradient of any weighted mean of them."""

from __future__ import annotations

import numpy as np

from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.families.segment._region_sums import Mask, Pixels
from losscli.families.shared.class_scores import Softmax
from losscli.numerics.stable import Floats, times


@dataclass(frozen=True)
class PixelNll:
    """values (n,P): Σ_c w_c t_c (-log p_c)^γ over exclusive classes; for sigmoids, the mean over classes of both sides' terms."""

    scores: Pixels
    mask: Mask
    gamma: float = 1.0
    weights: Floats | None = None

    @lazy
    def share(self) -> Floats:
        t = self.mask.whole
        return t if self.weights is None else t * self.weights.reshape(1, -1, 1)

    @lazy
    def values(self) -> Floats:
        s = self.scores.whole
        own = times(self.share, self._power(s.log_p))
        if isinstance(s, Softmax):
            return own.sum(1)
        return (own + times(self.mask.outside, self._power(s.log_q))).mean(1)

    def slope(self, share: Floats) -> Floats:
        """The gradient of Σ share · values, in the shape of the scores; 0 where p = 1."""
        largest = 1.0 if self.weights is None else float(self.weights.max()) or 1.0  # multiplied last, lest it overflow
        s, wide, own = self.scores.whole, share[:, None], self.share / largest
        gp = -times(wide * own, self._rise(s.log_p))
        if isinstance(s, Softmax):
            g = s.pull_log(gp)
        else:
            channels = own.shape[1]
            g = s.pull_log(gp / channels, -times(wide * (self.mask.outside / largest), self._rise(s.log_q)) / channels)
        return self.scores.within(largest * g.reshape(self.scores.array.shape))

    def _power(self, log_p: Floats) -> Floats:
        return np.asarray((0.0 - log_p) ** self.gamma)

    def _rise(self, log_p: Floats) -> Floats:
        """d(x^γ)/dx at x = -log p."""
        if self.gamma == 1.0:
            return np.ones_like(log_p)
        safe = np.where(log_p == 0, 1.0, 0.0 - log_p)
        return np.where(log_p == 0, 0.0, self.gamma * safe ** (self.gamma - 1.0))
