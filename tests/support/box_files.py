"""The same boxes written as YOLO labels, as lines of pixels, as VOC XML and as a table, for tests of their readers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Boxes = Mapping[str, Sequence["Box"]]
"""By image, its boxes."""


@dataclass(frozen=True)
class Box:
    """A box in pixels; score: None for a true one."""

    label: str
    left: float
    top: float
    width: float
    height: float
    score: float | None = None

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


def folder(path: str, files: Mapping[str, str]) -> str:
    """Write files of text into a new folder; returns its path."""
    os.makedirs(path, exist_ok=True)
    for name, text in files.items():
        place = Path(path, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return path


def yolo(path: str, boxes: Boxes, size: tuple[int, int], names: Sequence[str] | None = None) -> str:
    """Shares of the image, class by number where names are given; the score comes last."""

    def line(b: Box) -> str:
        w, h = size
        label = b.label if names is None else names.index(b.label)
        shares = ((b.left + b.width / 2) / w, (b.top + b.height / 2) / h, b.width / w, b.height / h)
        return _line(label, *shares, *(() if b.score is None else (b.score,)))

    return folder(path, {f"{image}.txt": "".join(map(line, held)) for image, held in boxes.items()})


def pixels(path: str, boxes: Boxes) -> str:
    """class,score,x,y,w,h; without the score where there is none."""

    def line(b: Box) -> str:
        return _line(b.label, *(() if b.score is None else (b.score,)), b.left, b.top, b.width, b.height)

    return folder(path, {f"{image}.txt": "".join(map(line, held)) for image, held in boxes.items()})


def voc(path: str, boxes: Boxes) -> str:
    """XML with the corners of the boxes."""
    return folder(path, {f"{image}.xml": annotation(*(voc_object(b) for b in held)) for image, held in boxes.items()})


def annotation(*objects: str, head: str = "") -> str:
    return f"<annotation>{head}\n" + "".join(objects) + "</annotation>\n"


def voc_object(b: Box, more: str = "") -> str:
    score = "" if b.score is None else f"<score>{b.score!r}</score>"
    sides = "".join(f"<{x}>{y!r}</{x}>" for x, y in zip(("xmin", "ymin", "xmax", "ymax"), _corners(b), strict=True))
    return f"<object>\n<name>{b.label}</name>{score}{more}<bndbox>{sides}</bndbox>\n</object>\n"


def table(path: str, boxes: Boxes) -> str:
    """A CSV with a row per box."""
    scored = any(b.score is not None for held in boxes.values() for b in held)
    rows = ["image_id,label,x1,y1,x2,y2" + ",score" * scored]
    rows += [
        ",".join(map(str, (i, b.label, *_corners(b), *((b.score,) if scored else ())))) for i, held in boxes.items() for b in held
    ]
    Path(path).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _corners(b: Box) -> tuple[float, float, float, float]:
    return b.left, b.top, b.right, b.bottom


def _line(*words: object) -> str:
    return " ".join(w if isinstance(w, str) else repr(w) for w in words) + "\n"
