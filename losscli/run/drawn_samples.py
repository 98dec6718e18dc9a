"""Draws the worst samples of a run on their images, for reports that show them. Evaluates nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.core.extras import installed
from losscli.core.file_names import FILE_STEM
from losscli.core.records import dataclass
from losscli.numerics.stable import Floats
from losscli.report.drawn import FAMILIES, Drawn, DrawnSamples, not_drawn
from losscli.report.formats import properties
from losscli.report.render.words import number, text
from losscli.sources.base import declared_of
from losscli.sources.side_format import side_format
from losscli.spec.column_names import BOX_CLASS, BOX_SCORE, IMAGE_ID, fold

if TYPE_CHECKING:
    from losscli.reading.aligned import Inputs
    from losscli.report.model import Report, Worst
    from losscli.run.prepare import Prepared
    from losscli.run.request import Request
    from losscli.sources.images.photos import Photos
    from losscli.spec.family import Conventions
    from losscli.spec.tile import Block

MOST_BYTES = 3_600_000
"""The most bytes of all images of a page, which as text are a third more."""

SHARES = 1.5
"""The largest coordinate of boxes that are shares of their image."""

_SIZES = (("image_width", "image_height"), ("width", "height"))
_KEYS = {
    "detect": "Solid: the target. Dashed: the prediction.",
    "segment": "Outline: the target. Hatched: the prediction. Each class has its own colour.",
}


def folder_of(request: Request, formats: Sequence[str]) -> str:
    """The folder of images to draw on; empty where none of the formats shows them. Raises UsageError where Pillow is missing."""
    if request.family not in FAMILIES or not request.worst or not any(properties(name).images for name in formats):
        return ""
    alone = request.target is None
    sides = (side_format(request.formats, side, alone=alone, family=request.family).images for side in ("target", "pred"))
    found = next(filter(None, sides), "")
    if found and not installed("images"):
        raise UsageError("--images draws the worst samples with Pillow, which is not installed", fix=install("images"))
    return found


def drawn_samples(folder: str, ready: Prepared, report: Report) -> DrawnSamples:
    """The worst samples of all losses, each once, the worst of the first loss first; as many as fit."""
    from losscli.sources.images.photos import Photos

    photos, family = Photos.below(folder), ready.inputs.family.name
    images: list[Drawn] = []
    notes: list[str] = []
    room, found = MOST_BYTES, _samples(report)
    for i, (sample, entries) in enumerate(found.items()):
        try:
            made = _drawn(photos, ready, sample, entries)
        except DataError as e:
            notes.append(
                f"{_named(entries[0])} is not drawn: {e.where.path}: {e.what}" if e.where else f"{_named(entries[0])}: {e.what}"
            )
            continue
        room -= len(made.jpeg)
        if room < 0:
            notes.append(not_drawn(len(found) - i, "as the page would be too large"))
            break
        images.append(made)
    return DrawnSamples(tuple(images), tuple(notes), _KEYS[family])


def _samples(report: Report) -> dict[int, list[Worst]]:
    """The entries of each sample, in the order of ranks."""
    out: dict[int, list[Worst]] = {}
    order = {line.id: i for i, line in enumerate(report.losses)}
    for w in sorted((w for w in report.worst if not w.by), key=lambda w: (w.rank, order.get(w.loss, 0))):
        if w.sample is not None:
            out.setdefault(w.sample, []).append(w)
    return out


def _named(w: Worst) -> str:
    """`image_id 1 (pred row 3, target row 4)`."""
    key = ", ".join(f"{text(k)} {text(v)}" for k, v in w.key.items())
    rows = ", ".join(f"{side} row {row}" for side, row in (("pred", w.pred_row), ("target", w.target_row)) if row is not None)
    return f"{key} ({rows})" if key else rows


def _drawn(photos: Photos, ready: Prepared, sample: int, entries: Sequence[Worst]) -> Drawn:
    from losscli.sources.images.photos import photo

    one = _Sample(ready.inputs, entries[0])
    path = photos.find(one.names())
    image = photo(path)
    one.refuse_other_size(image.size, path)
    block, dropped = ready.inputs.block(sample, sample + 1)
    if dropped:
        raise DataError("left out by --nonfinite drop", Where(path))
    draw = _boxes if ready.inputs.family.name == "detect" else _masks
    jpeg, seen = draw(image, path, one, block, ready.conventions)
    ranks = ", ".join(f"rank {w.rank} by {text(w.loss)}: {number(w.value, 6)}" for w in entries)
    return Drawn(f"{_named(entries[0])}: {ranks}", f"{seen}, in {text(os.path.basename(path))}", jpeg)


@dataclass(frozen=True)
class _Sample:
    """What the files say of a sample besides its numbers."""

    inputs: Inputs
    entry: Worst

    def row(self, side: str) -> int | None:
        """Its row in a side's file, from 0."""
        found = self.entry.pred_row if side == "pred" else self.entry.target_row
        return None if found is None else found - 1

    def names(self) -> Iterator[str]:
        """What its image may be called, the likeliest first."""
        for side in ("target", "pred"):
            source = self.inputs.sources.get(side)
            if source is None or (row := self.row(side)) is None:
                continue
            declared, columns = declared_of(source), self.inputs.set_columns.get(side, {})
            known = [*declared.get("files", ()), columns.get("image_id"), *_like(source.names, IMAGE_ID)]
            own = FILE_STEM if declared.get("ids") == FILE_STEM or columns.get("image_id") == FILE_STEM else None
            for name in dict.fromkeys([*known, own]):
                if name is not None and (name in source.names or name == FILE_STEM):
                    yield str(source.text(name).read(row, row + 1)[0])

    def word(self, side: str, key: str, known: Sequence[str]) -> str:
        """A cell of the column that is known by a key, or by one of these names."""
        source, row = self.inputs.sources.get(side), self.row(side)
        if source is None or row is None:
            return ""
        columns = [self.inputs.set_columns.get(side, {}).get(key), *_like(source.names, known)]
        name = next((name for name in columns if name in source.names), None)
        return "" if name is None else str(source.text(name).read(row, row + 1)[0])

    def refuse_other_size(self, size: tuple[int, int], path: str) -> None:
        """Raise DataError where a side says another size of the image."""
        for side in ("target", "pred"):  # predictions may have adopted the sizes of targets
            if side not in self.inputs.sources:
                continue
            source = self.inputs.sources[side]
            row, columns = self.row(side), next((names for names in _SIZES if set(names) <= set(source.numeric())), None)
            if row is None or columns is None:
                continue
            wide, high = np.asarray(source.numbers(columns).read(row, row + 1), np.float64)[0].tolist()
            if wide > 0 and high > 0 and (wide, high) != size:
                what = f"is {size[0]} × {size[1]} pixels, but {wide:g} × {high:g} in {visible(source.path)}"
                raise DataError(what, Where(path))


def _like(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those of the names that are known, in the order in which they are."""
    own = {fold(name): name for name in names}
    return [own[fold(word)] for word in known if fold(word) in own]


def _boxes(image: Any, path: str, one: _Sample, block: Block, conventions: Conventions) -> tuple[bytes, str]:
    from losscli.families.detect.shown import upright
    from losscli.pictures.overlay import Box, with_boxes

    found = {side: box for side, box in upright(block, conventions).items() if one.row(side) is not None}
    if not found or not all(np.isfinite(box).all() for box in found.values()):
        raise DataError("its samples are not upright boxes", Where(path))
    if all(box.max() <= SHARES and (box != np.floor(box)).any() for box in found.values()):
        found = {side: box * np.tile(image.size, 2) for side, box in found.items()}
    iou = f"IoU {number(_iou(found['pred'], found['target']), 3)}" if len(found) == 2 else ""
    marks, said = [], []
    for side, name in (("target", "target"), ("pred", "prediction")):
        if side in found:
            label, score = one.word(side, "label", BOX_CLASS), one.word(side, "score", BOX_SCORE) if side == "pred" else ""
            words = " ".join(filter(None, [name, text(label), score and _short(score)]))
            marks.append(Box(tuple(found[side].tolist()), f"{words} {iou}" if side == "pred" else words, side == "pred"))
            said.append(words)
    return with_boxes(image, marks), f"Boxes: {' and '.join(said)}, {iou or 'unmatched'}"


def _short(score: str) -> str:
    try:
        return number(float(score), 3)
    except ValueError:
        return score


def _iou(a: Floats, b: Floats) -> float:
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = float(np.prod(np.maximum(sides, 0)))
    union = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - both
    return both / union if union > 0 else 0.0


def _masks(image: Any, path: str, one: _Sample, block: Block, conventions: Conventions) -> tuple[bytes, str]:
    from losscli.families.segment.shown import classes
    from losscli.pictures.overlay import Masks, with_masks

    found = classes(block, conventions)
    if not found:
        raise DataError("its samples are not flat masks", Where(path))
    high, wide = next(iter(found.values()))[0].shape
    if (wide, high) != image.size:
        raise DataError(f"is {image.width} × {image.height} pixels, but its mask is {wide} × {high}", Where(path))
    seen = {name: (p, t) for name, (p, t) in found.items() if p.any() or t.any()}
    said = [f"{text(name)} IoU {number(float((p & t).sum() / (p | t).sum()), 3)}" for name, (p, t) in seen.items()]
    jpeg = with_masks(image, [Masks(t, p) for p, t in found.values()])
    return jpeg, f"Masks: {', '.join(said) if said else 'nothing on either side'}"
