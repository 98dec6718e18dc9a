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
        s, wide = self.scores.whole, share[:, None]
        gp = -times(wide * self.share, self._rise(s.log_p))
        if isinstance(s, Softmax):
            return self.scores.within(s.pull_log(gp).reshape(self.scores.array.shape))
        channels = self.share.shape[1]
        gq = -times(wide * self.mask.outside, self._rise(s.log_q))
        return self.scores.within(s.pull_log(gp / channels, gq / channels).reshape(self.scores.array.shape))

    def _power(self, log_p: Floats) -> Floats:
        return np.asarray((0.0 - log_p) ** self.gamma)

    def _rise(self, log_p: Floats) -> Floats:
        """d(x^γ)/dx at x = -log p."""
        if self.gamma == 1.0:
            return np.ones_like(log_p)
        safe = np.where(log_p == 0, 1.0, 0.0 - log_p)
        return np.where(log_p == 0, 0.0, self.gamma * safe ** (self.gamma - 1.0))
