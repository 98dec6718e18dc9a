"""How sets of boxes are matched, as the user asked, and the outcome. Plain data: the families do the matching."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from losscli.core.errors import DataError, UsageError, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number

if TYPE_CHECKING:
    from losscli.numerics.stable import Bools, Floats, Ints

AREAS = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's ranges of area, both ends included."""
IGNORE, PENALIZE, PENALIZE_BOTH = "ignore", "penalize", "penalize-both"
"""What unmatched boxes count as."""
MAX_DETS, MAX_KEYPOINT_DETS = 100, 20
"""COCO's number of detections per image and class, of boxes and of keypoints."""


@dataclass(frozen=True)
class Matching:
    """How sets are matched.

    method: greedy, hungarian or coco. threshold: the lowest IoU of a pair. max_dets: the predictions of a set that count, by
    score. area: the range of area outside of which objects are ignored. score_threshold: the lowest score that counts.
    class_agnostic: match whatever the label. one_image: the files have no image ids. key_stem: compare image ids without
    folder and suffix. unmatched: what counts as a sample besides the pairs: nothing (`ignore`), missed objects (`penalize`), or
    spurious predictions too (`penalize-both`). penalty: the loss of such a sample; None for the worst value of each loss.
    sigmas: of the keypoints, where rows pair by these; by_keypoints: whether they do, rather than by boxes.
    """

    method: str
    threshold: float = 0.5
    max_dets: int | None = None
    area: tuple[float, float] | None = None
    score_threshold: float | None = None
    class_agnostic: bool = False
    one_image: bool = False
    key_stem: bool = False
    unmatched: str = IGNORE
    penalty: float | None = None
    sigmas: tuple[float, ...] = ()
    by_keypoints: bool = False

    def __str__(self) -> str:
        """As the signature of a loss has it."""
        facts = [f"{'oks' if self.by_keypoints else 'iou'}_threshold={self.threshold:g}"]
        facts += [] if self.max_dets is None else [f"max_dets={self.max_dets}"]
        facts += [] if self.area is None else [f"area={self.area[0]:g}:{self.area[1]:g}"]
        facts += [] if self.score_threshold is None else [f"score_threshold={self.score_threshold!r}"]
        facts += [name for name in ("class_agnostic", "key_stem") if getattr(self, name)]
        facts += [] if self.unmatched == IGNORE else [f"unmatched={self.unmatched}"]
        facts += [] if self.penalty is None else [f"penalty={self.penalty!r}"]
        return f"{self.method}:{','.join(facts)}"


def area_range(text: str) -> tuple[float, float]:
    """small, medium, large, or LO:HI, both ends included; a missing end is open. Raises UsageError for anything else."""
    if text.lower() in AREAS:
        return AREAS[text.lower()]
    low, colon, high = text.partition(":")
    ends = (read_number(low) if low else 0.0, read_number(high) if high else float("inf"))
    if colon and ends[0] is not None and ends[1] is not None and 0 <= ends[0] <= ends[1]:
        return ends[0], ends[1]
    raise UsageError(f"--area: {visible(text)!r} is not a range of area", fix="small, medium, large or LO:HI, such as 0:1024")


def unmatched_as(text: str) -> tuple[str, float | None]:
    """`ignore`, `penalize` or `penalize-both`, and the value of `penalize:VALUE`. Raises UsageError for anything else."""
    how, colon, number = text.strip().lower().replace("_", "-").partition(":")
    value = read_number(number) if colon else None
    fix = f"{IGNORE}, {PENALIZE}, {PENALIZE_BOTH}, or the latter with a value: {PENALIZE}:2"
    if how not in (IGNORE, PENALIZE, PENALIZE_BOTH) or (colon and how == IGNORE):
        raise UsageError(f"--unmatched: unknown value {visible(text)!r}", fix=fix)
    if colon and (value is None or not isfinite(value)):
        raise UsageError(f"--unmatched: {visible(number)!r} is not a finite number", fix=fix)
    return how, value


class TwoScales(DataError):
    """Boxes of one side are pixels, those of the other shares of their images."""


@dataclass(frozen=True)
class Sets:
    """Which boxes may be paired, row by row of each side.

    pred, target: the number of each row's set; -1 for rows that count for nothing. scores: of PRED's rows. crowd: whether a
    true box stands for several objects. area: the areas of the true objects, where the file has them. ignored: whether a true
    box counts for nothing, nor a prediction that overlaps no other.
    """

    pred: Ints
    target: Ints
    scores: Floats
    crowd: Bools | None = None
    area: Floats | None = None
    ignored: Bools | None = None
    boxes: Floats | None = None
    """The boxes of the true objects, as corner and size, where rows pair by keypoints and the file has them."""


@dataclass(frozen=True)
class OtherReading:
    """Other readings of sets of boxes, under which more of them pair. formats: sides, each with a format of it that does, equally
    likely; without any, one side is of a scaled image.

    pairs, possible, now: in a sample, the pairs under it, the most that there can be, and those as the boxes are read.
    """

    formats: tuple[tuple[str, str], ...]
    pairs: int
    possible: int
    now: int


@dataclass(frozen=True)
class Found:
    """The paired rows of both sides in the order of PRED, and the rows of each side that count for nothing. other: the
    readings under which more rows would pair."""

    pred: Ints
    target: Ints
    pred_ignored: Bools
    target_ignored: Bools
    other: OtherReading | None = None


@dataclass(frozen=True)
class Counts:
    """Numbers of boxes. missed: true boxes without prediction; spurious: predictions without true box; ignored ones are neither."""

    matched: int
    missed: int
    spurious: int
    pred_ignored: int
    target_ignored: int

    @property
    def ignored(self) -> int:
        """Boxes of either side that count for nothing."""
        return self.pred_ignored + self.target_ignored

    @property
    def precision(self) -> float | None:
        """Matched predictions as a share of those that count."""
        return self.matched / counted if (counted := self.matched + self.spurious) else None

    @property
    def recall(self) -> float | None:
        """Matched true boxes as a share of those that count."""
        return self.matched / counted if (counted := self.matched + self.missed) else None
