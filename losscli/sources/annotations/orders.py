"""The order of the numbers in a line of box text: as an option states it, else the one that the boxes allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Bools, Floats

CLASS, SCORE, REST, POLYGON, KEYPOINTS, SKIP = "class", "score", "rest", "polygon", "keypoints", "_"
LAYOUTS = {
    "cxcywh": ("cx", "cy", "w", "h"),
    "xywh": ("x", "y", "w", "h"),
    "xyxy": ("left", "top", "right", "bottom"),
}
"""The columns of a box by its format."""
_SPELLINGS = {
    "label": CLASS,
    "conf": SCORE,
    "confidence": SCORE,
    "width": "w",
    "height": "h",
    **dict(zip(("x1", "y1", "x2", "y2"), LAYOUTS["xyxy"], strict=True)),
    **dict(zip(("xmin", "ymin", "xmax", "ymax"), LAYOUTS["xyxy"], strict=True)),
}
SLACK = 1e-3
"""How far a box may reach out of its image by rounding, as a share of the image."""
HOW = "--yolo-order class,score,cx,cy,w,h"


@dataclass(frozen=True)
class Order:
    """What the words of a line are: class, score, the four numbers of a box, `keypoints`, `_` for one left out, `rest` for all that
    follow."""

    words: tuple[str, ...]

    @property
    def form(self) -> str:
        """The format of its boxes; `polygon` for corners."""
        return next((form for form, layout in LAYOUTS.items() if set(layout) <= set(self.words)), POLYGON)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The words that are numbers."""
        return tuple(w for w in self.words if w not in (CLASS, REST, POLYGON))

    @property
    def box(self) -> list[int]:
        """The places of the box among the numbers."""
        return [self.numbers.index(w) for w in LAYOUTS[self.form]]

    def without_score(self) -> Order:
        return Order(tuple(w for w in self.words if w != SCORE))

    def __str__(self) -> str:
        return ",".join(self.words)


def order_of(text: str) -> Order:
    """The order that an option states. Raises UsageError if it is none."""
    raw = [w.strip().lower() for w in text.split(",")]
    words = tuple(_SPELLINGS.get(w, w) for w in raw)
    known = {CLASS, SCORE, REST, POLYGON, KEYPOINTS, SKIP, *(w for layout in LAYOUTS.values() for w in layout)}
    told, form = f"--yolo-order {visible(text)!r}", Order(words).form
    if bad := next((w for w in words if w not in known), None):
        raise UsageError(f"{told}: unknown word {visible(bad)!r}{nearest(bad, known)}", fix=f"such as {HOW}")
    twice = next((w for i, w in enumerate(words) if w != SKIP and w in words[:i]), None)
    if twice is not None:
        raise UsageError(f"{told}: {twice} twice", fix=f"such as {HOW}")
    if POLYGON in words:
        if words not in ((CLASS, POLYGON), (CLASS, POLYGON, SCORE)):
            raise UsageError(f"{told}: polygons are read as class,polygon or class,polygon,score")
    elif form == POLYGON or set(words) - {CLASS, SCORE, REST, KEYPOINTS, SKIP, *LAYOUTS[form]}:
        layouts = " or ".join(",".join(layout) for layout in LAYOUTS.values())
        raise UsageError(f"{told} names no box", fix=f"name its four numbers: {layouts}")
    if REST in words[:-1]:
        raise UsageError(f"{told}: rest must come last")
    return Order(words)


def shape_of(text: str) -> tuple[int, int]:
    """The number of keypoints and of the numbers of each. Raises UsageError where a text states neither."""
    count, _, each = (part.strip() for part in text.partition(","))
    if not (count.isdecimal() and count.isascii() and 0 < int(count[:5]) < 10_000 and each in ("2", "3")):
        fix = "give the number of keypoints and the numbers of each, 2 or 3, such as --yolo-kpt-shape 17,3"
        raise UsageError(f"--yolo-kpt-shape: {visible(text, 40)!r} is not a shape of keypoints", fix=fix)
    return int(count), int(each)


def _order(form: str, *, before: Sequence[str] = (), after: Sequence[str] = ()) -> Order:
    return Order((CLASS, *before, *LAYOUTS[form], *after))


def candidates(width: int) -> list[Order]:
    """The orders of a line with a class and 4 or 5 numbers."""
    if width == 4:
        return [_order(form) for form in LAYOUTS]
    return [o for form in LAYOUTS for o in (_order(form, before=(SCORE,)), _order(form, after=(SCORE,)))]


def corners(box: Floats, form: str) -> Floats:
    """(n,4): x1, y1, x2, y2."""
    near, size = box[:, :2], box[:, 2:]
    if form == "xyxy":
        return box
    near = near - 0.5 * size if form == "cxcywh" else near
    return np.concatenate([near, near + size], axis=1)


def fits(order: Order, values: Floats) -> bool:
    """Whether every score lies in 0…1, and no box is inverted or reaches beyond the left or upper edge of its image, nor beyond
    the others where all numbers are shares of it."""
    if SCORE in order.words:
        score = values[:, order.numbers.index(SCORE)]
        if ((score < 0) | (score > 1)).any():
            return False
    return outside(order, values) == 0


def outside(order: Order, values: Floats) -> int:
    """How many boxes are inverted or reach out of their images."""
    around = corners(values[:, order.box], order.form)
    least, most = (-SLACK, 1.0 + SLACK) if normalised(values) else (-1.0, np.inf)
    bad = (around < least).any(1) | (around > most).any(1) | (around[:, 2:] < around[:, :2]).any(1)
    return int(bad.sum())


def normalised(values: Array) -> bool:
    """Whether all numbers are shares of the size of an image."""
    outside: Bools = (values < -SLACK) | (values > 1.0 + SLACK)
    return not outside.any()
