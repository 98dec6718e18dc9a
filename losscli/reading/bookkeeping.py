"""What became of every box under a matching: matched, missed, spurious or ignored, in total, per image and per label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats, Ints
from losscli.reading.image_sets import SIDES, Axis
from losscli.spec.matching import Counts, Found, Matching

UNMATCHED, MATCHED, IGNORED = 0, 1, 2


@dataclass(frozen=True)
class Bookkeeping:
    """The outcome of a matching. status: by side, UNMATCHED, MATCHED or IGNORED for each row. scores: PRED's, where it has any."""

    matching: Matching
    axes: tuple[Axis, ...]
    status: Mapping[str, Array]
    scores: Floats | None

    @classmethod
    def of(cls, found: Found, matching: Matching, axes: tuple[Axis, ...], scores: Floats | None) -> Bookkeeping:
        """The books of a matching."""
        ignored = {"pred": found.pred_ignored, "target": found.target_ignored}
        status = {side: np.where(ignored[side], IGNORED, UNMATCHED).astype(np.int8) for side in SIDES}
        status["pred"][found.pred] = MATCHED
        status["target"][found.target] = MATCHED
        return cls(matching, axes, status, scores)

    def word(self, side: str, row: int) -> str:
        """What became of one box."""
        status = int(self.status[side][row])
        return ("spurious" if side == "pred" else "missed", "matched", "ignored")[status]

    def unmatched(self, side: str) -> Ints:
        """The rows of a side that count and have no partner."""
        return np.flatnonzero(self.status[side] == UNMATCHED)

    def total(self) -> Counts:
        """All boxes."""
        codes = {side: np.zeros(len(self.status[side]), np.int64) for side in SIDES}
        return self._counts(codes, 1)[0]

    def by(self, axis: Axis) -> dict[str, Counts]:
        """The boxes of each image, or of each label, in the order of the files."""
        return dict(zip(axis.words, self._counts(axis.codes, len(axis.words)), strict=True))

    def _counts(self, codes: Mapping[str, Ints], size: int) -> list[Counts]:
        pred, target = (
            [np.bincount(codes[side][(self.status[side] == s) & (codes[side] >= 0)], minlength=size).tolist() for s in range(3)]
            for side in SIDES
        )
        return [
            Counts(*row)
            for row in zip(target[MATCHED], target[UNMATCHED], pred[UNMATCHED], pred[IGNORED], target[IGNORED], strict=True)
        ]
