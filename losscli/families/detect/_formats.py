"""Box formats (xyxy, xywh, cxcywh): the column names that imply them, and conversion to corners and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats
from losscli.spec.names import BOX_FORMATS, squeezed
from losscli.spec.tile import Block

FORMATS = BOX_FORMATS

_CORNERS = ("x1 y1 x2 y2", "x0 y0 x1 y1", "xmin ymin xmax ymax", "left top right bottom", "xtl ytl xbr ybr")
_SIZES = ("w h", "width height")
_LAYOUTS: tuple[tuple[tuple[str, ...], str], ...] = (
    *((tuple(words.split()), "xyxy") for words in _CORNERS),
    *((tuple(f"{near} {size}".split()), "xywh") for near in ("x y", "xmin ymin", "left top") for size in _SIZES),
    *(
        (tuple(f"{centre} {size}".split()), "cxcywh")
        for centre in ("cx cy", "xc yc", "xcenter ycenter", "centerx centery")
        for size in _SIZES
    ),
)
"""Names of a box's four numbers, squeezed, and the format they imply."""

PREFIXES = {"pred": ("pred", ""), "target": ("target", "gt", "true", "")}
"""Prefixes of a box's column names, so that one table can hold both sides."""

LISTS = ("box", "bbox", "boxes")
"""Names of a column or key whose rows are lists of four numbers; a table has it as `bbox_0` … `bbox_3`."""

_INNER = ("", "bbox", "box")


@dataclass(frozen=True)
class _Set:
    """Four columns that may be a box; form is empty where their names do not say."""

    columns: tuple[str, ...]
    form: str


def box_columns(names: Sequence[str], prefixes: Sequence[str] = ("",)) -> tuple[tuple[str, ...], str] | None:
    """The four columns that hold a box and the format they imply (empty for a list of four), or None without known names.

    Raises DataError if several sets of columns could be the box.
    """
    own: dict[str, list[str]] = {}
    for name in names:
        own.setdefault(squeezed(name), []).append(name)
    for prefix in map(squeezed, prefixes):
        found = _sets(own, prefix)
        if len(found) > 1:
            spelled = " and ".join(visible(",".join(x.columns)) for x in found)
            choices = " or ".join(f"--col box={visible(','.join(x.columns))}" for x in found[:2])
            raise DataError(f"several sets of columns look like a box: {spelled}", fix=f"choose one: {choices}")
        if found:
            return found[0].columns, found[0].form
    return None


def box_key(names: Sequence[str]) -> str | None:
    """The key of an archive that holds boxes, or None. Raises DataError if several could."""
    found = [name for name in names if squeezed(name) in LISTS]
    if len(found) > 1:
        spelled = " and ".join(map(visible, found))
        raise DataError(f"several keys look like boxes: {spelled}", fix=f"choose one: --col box={visible(found[0])}")
    return found[0] if found else None


def _sets(own: Mapping[str, Sequence[str]], prefix: str) -> list[_Set]:
    """Every set of columns that the known names allow; a corner with the opposite corner beside it is not one of a size."""
    found = [
        _Set(tuple(columns), form)
        for inner in _INNER
        for layout, form in _LAYOUTS
        if all(prefix + inner + word in own for word in layout)
        for columns in product(*(own[prefix + inner + word] for word in layout))
    ]
    lists = [[own.get(f"{prefix}{name}{i}", []) for i in range(5)] for name in LISTS]
    found += [_Set(tuple(columns), "") for parts in lists if not parts[4] for columns in product(*parts[:4])]
    starts = {x.columns[:2] for x in found if x.form == "xyxy"}
    return [x for x in found if x.form != "xywh" or x.columns[:2] not in starts]


def implied_format(names: Sequence[str]) -> str | None:
    """The format that four column names, in this order, imply, or None."""
    words = tuple(map(squeezed, names))
    prefixes = {p + inner for side in PREFIXES.values() for p in side for inner in _INNER}
    for prefix in sorted(prefixes, key=len, reverse=True):
        if all(word.startswith(prefix) for word in words):
            bare = tuple(word[len(prefix) :] for word in words)
            form = next((form for layout, form in _LAYOUTS if layout == bare), None)
            if form:
                return form
    return None


def option_of(block: Block, role: str, form: str) -> str:
    """The options that read the boxes of a role in another format, even where the names of their columns imply one."""
    from shlex import quote  # late: for messages

    side = "pred" if role == "pred" else "target"
    names = [block.place(role, 0, item).column or "" for item in range(4)]
    columns = quote(f"{side}.box={','.join(names)}")
    confirmed = f" --col {columns}" if implied_format(names) else ""
    return f"--{side}-box-format {form}{confirmed}"


def is_list(columns: Sequence[str]) -> bool:
    """Whether columns or a key are a list named bbox, whose format the name leaves open."""
    words = [squeezed(name) for name in columns]
    stem = words[0].rstrip("0123456789") if words else ""
    return stem.endswith("bbox") and words in ([stem], [f"{stem}{i}" for i in range(4)])


def format_of_list(names: Sequence[str], spans: Callable[[], Iterable[Array]]) -> tuple[str, str] | None:
    """The format of a list named bbox and the reason for it, None where nothing decides.

    names: all columns of the file. spans: reads the boxes.
    """
    known = set(map(squeezed, names))
    if {"imageid", "categoryid"} <= known:
        return "xywh", "image_id and category_id are beside them, as in COCO's records"
    for boxes in spans():
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            return "xyxy", ""
        inverted = (boxes[:, 2] < boxes[:, 0]) | (boxes[:, 3] < boxes[:, 1])
        if inverted.any():
            return "xywh", f"as corners, {spelled(boxes[int(np.argmax(inverted))])} would be inverted"
    return None


def centre(box: Floats) -> Floats:
    """The centre of boxes given by corners."""
    return 0.5 * (box[:, :2] + box[:, 2:])


def spelled(box: Array) -> str:
    """The numbers of a box, or other numbers, in parentheses."""
    return "(" + ", ".join(f"{float(x):.6g}" for x in box) + ")"


_CENTRES = (("cx", "cy"), ("x", "y"), ("xcenter", "ycenter"))
_SIDES = (("w", "h"), ("width", "height"))
_ANGLES = ("angle", "r", "rotation", "theta")


def oriented_columns(names: Sequence[str], prefixes: Sequence[str] = ("",)) -> tuple[str, ...] | None:
    """The five columns of a rotated box, or None without known names."""
    own = {squeezed(name): name for name in reversed(names)}
    for prefix in prefixes:
        for centre in _CENTRES:
            for sides in _SIDES:
                for angle in _ANGLES:
                    words = [squeezed(prefix) + word for word in (*centre, *sides, angle)]
                    if all(word in own for word in words):
                        return tuple(own[word] for word in words)
    return None


def corners(array: Array, form: str) -> Floats:
    """Boxes along the last axis as x1, y1, x2, y2 in float64; each coordinate is contiguous in memory."""
    a = np.ascontiguousarray(array.T if array.ndim == 2 else np.moveaxis(array, -1, 0), dtype=np.float64)
    if form == "xywh":
        a = np.stack([a[0], a[1], a[0] + a[2], a[1] + a[3]])
    elif form == "cxcywh":
        half_w, half_h = 0.5 * a[2], 0.5 * a[3]
        a = np.stack([a[0] - half_w, a[1] - half_h, a[0] + half_w, a[1] + half_h])
    return a.T if a.ndim == 2 else np.moveaxis(a, 0, -1)


def as_written(gradient: Floats, form: str) -> Floats:
    """A gradient by corners (…,4) converted to a gradient by the numbers of the given format."""
    if form not in ("xywh", "cxcywh"):
        return np.ascontiguousarray(gradient)
    x1, y1, x2, y2 = np.moveaxis(gradient, -1, 0)
    if form == "xywh":
        return np.stack([x1 + x2, y1 + y2, x2, y2], axis=-1)
    return np.stack([x1 + x2, y1 + y2, 0.5 * (x2 - x1), 0.5 * (y2 - y1)], axis=-1)
