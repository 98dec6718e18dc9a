"""Pascal VOC's XML annotations, one file per image. Coordinates stay as they are written: pixels from 1, both ends included."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.file_names import without_suffix
from losscli.core.records import dataclass, field
from losscli.core.seen_files import open_noted
from losscli.sources.annotations import box_table
from losscli.sources.annotations.box_table import LABEL, BoxTable, Lines
from losscli.sources.annotations.image_sizes import images_of
from losscli.sources.annotations.text_lines import file_bytes
from losscli.sources.annotations.yolo import stems_of
from losscli.sources.cell_numbers import is_number
from losscli.sources.files.digest import digest_of, of_bytes
from losscli.sources.folders.folder import Folder
from losscli.sources.frames.frame import Column, text_column
from losscli.sources.side_format import SideFormat

_BOX = ("xmin", "ymin", "xmax", "ymax")
_FLAGS = ("difficult", "truncated", "occluded")
_SCORES = ("score", "confidence", "conf")
_SIZE = ("width", "height")
_HEAD = 1 << 12


def open_folder(folder: Folder, how: SideFormat, jobs: int) -> BoxTable:
    """The boxes of a folder of XML files, or of the files of a pattern."""
    stems = stems_of(folder.files, how)
    digests, objects, other, sizes = [], list[_Object](), list[str](), np.full((len(stems), 2), np.nan)
    for i, path in enumerate(folder.files):
        data = file_bytes(path)
        digests.append(of_bytes(data))
        root, lines = _parsed(data, path)
        objects += [_object(element, Where(path, line=line), i) for element, line in lines]
        sizes[i] = [_number(_only(root, f"size/{side}", Where(path)), Where(path), np.nan) for side in _SIZE]
        name = os.path.basename((root.findtext("filename") or "").strip().replace("\\", "/"))
        other += [f"{visible(name, 60)} in {visible(os.path.basename(path), 60)}"] if name and _unlike(name, path) else []
    places = Lines(
        tuple(folder.files),
        np.array([x.file for x in objects], np.int64),
        np.array([x.line for x in objects], np.int64),
    )
    columns = [
        text_column("image_id", [stems[x.file] for x in objects]),
        text_column(LABEL, [x.name for x in objects]),
        *_scores(objects),
    ]
    boxes = np.array([x.box for x in objects], np.float64).reshape(-1, 4)
    columns += [box_table.numbers(name, np.ascontiguousarray(boxes[:, i])) for i, name in enumerate(_BOX)]
    columns += [box_table.numbers(flag, np.array(values)) for flag in _FLAGS if any(values := [x.flags[flag] for x in objects])]
    if not np.isnan(sizes).any():
        columns += [box_table.numbers(side, sizes[places.file, i]) for i, side in enumerate(_SIZE)]
    declared: dict[str, Any] = {"sets": True, "files": ("image_id",), "box_format": "xyxy", "signature": {"voc": "1-based"}}
    if any(x.flags["difficult"] for x in objects) and not how.keep_difficult:
        declared["ignored"] = "difficult"
    notes = ["boxes are pixels counted from 1, both ends included, as the files have them (iou:offset=1 counts both ends)"]
    if other:
        notes.append(f"images named after the files, not after <filename>: {other[0]}{' …' * (len(other) > 1)}")
    images = images_of(how.images, None, how.stem)
    known = list(dict.fromkeys([*stems, *images.files]))
    return BoxTable(folder.shown, "voc", columns, places, known, digest_of(digests), declared=declared, notes=notes)


def claims(paths: Sequence[str], how: SideFormat) -> bool:
    """Whether XML files are annotations rather than tables, by the beginning of the first one."""
    try:
        with open_noted(paths[0]) as file:
            return b"<annotation" in file.read(_HEAD).replace(b"\0", b"")
    except OSError:
        return False


@dataclass(frozen=True)
class _Object:
    """One object of a file."""

    name: str
    box: tuple[float, ...]
    file: int
    line: int
    score: float = np.nan
    flags: dict[str, int] = field(default_factory=dict)


class _Builder(ElementTree.TreeBuilder):
    """A tree that knows the line of every object, and has no document type."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 1
        self.objects: list[tuple[ElementTree.Element, int]] = []
        self._depth = 0

    def start(self, tag: Any, attrs: Any) -> ElementTree.Element:
        element = super().start(tag, attrs)
        self._depth += 1
        if tag == "object" and self._depth == 2:
            self.objects.append((element, self.line))
        return element

    def end(self, tag: Any) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, *ids: str | None) -> None:
        raise _Doctype(name)


class _Doctype(Exception):
    """A document type, which may define entities."""


def _parsed(data: bytes, path: str) -> tuple[ElementTree.Element, list[tuple[ElementTree.Element, int]]]:
    """The tree of a file, and its objects with their lines."""
    if not data.strip():
        raise DataError("the file is empty", Where(path), "an image without objects has an <annotation> without <object>")
    builder = _Builder()
    parser = ElementTree.XMLParser(target=builder)
    try:
        for builder.line, text in enumerate(data.splitlines(keepends=True), 1):
            parser.feed(text)
        root = parser.close()
    except _Doctype:
        what = "has a document type (DOCTYPE), which is not read"
        raise DataError(what, Where(path, line=builder.line), "remove the DOCTYPE: annotations need none") from None
    except (ElementTree.ParseError, ValueError, LookupError) as e:
        line = getattr(e, "position", (builder.line, 0))[0]
        reason = visible(str(e).partition(":")[0], 80)
        raise DataError(f"is not XML: {reason}", Where(path, line=line), "check the program that wrote it") from None
    if root.tag != "annotation":
        what = f"is not a VOC annotation: its root is <{visible(root.tag, 40)}>"
        fix = "a folder of annotations holds files with the root <annotation>"
        if root.tag == "annotations" and root.find("image") is not None:
            what, fix = "is an export of CVAT, which is not read", "export as COCO 1.0, YOLO or PASCAL VOC instead"
        raise DataError(what, Where(path), fix)
    return root, builder.objects


def _object(element: ElementTree.Element, where: Where, file: int) -> _Object:
    named = _only(element, "name", where)
    name = ("" if named is None else named.text or "").strip()
    if not name:
        raise DataError("an object without <name>", where, "name its class")
    every = element.findall("bndbox")
    if len(every) > 1:
        raise DataError(f"object {visible(name, 40)!r} has {len(every)} <bndbox>", where, "give each box an <object> of its own")
    corners = every[0] if every else None
    if corners is None:
        held = next((x.tag for x in element if x.tag in ("robndbox", "polygon")), "")
        what = f"object {visible(name, 40)!r} has no <bndbox>{f', but a <{held}>' * bool(held)}"
        raise DataError(what, where, "give it <xmin>, <ymin>, <xmax> and <ymax>")
    box = tuple(_number(_only(corners, side, where), where, None, f"<{side}> of object {visible(name, 40)!r}") for side in _BOX)
    flags = {flag: int(_number(_only(element, flag, where), where, 0.0, f"<{flag}>") != 0) for flag in _FLAGS}
    scores = [tag for tag in _SCORES if element.find(tag) is not None]
    if len(scores) > 1:
        raise DataError(f"object {visible(name, 40)!r} has <{scores[0]}> and <{scores[1]}>", where, "keep one of them")
    score = _only(element, scores[0], where) if scores else None
    assert where.line is not None
    return _Object(name, box, file, where.line, _number(score, where, np.nan, "<score>"), flags)


def _only(element: ElementTree.Element, path: str, where: Where) -> ElementTree.Element | None:
    """The one element at a path below another, None where there is none."""
    found = element.findall(path)
    if len(found) > 1:
        raise DataError(f"{len(found)} <{path.rpartition('/')[2]}> where one is read", where, "keep one of them")
    return found[0] if found else None


def _number(element: ElementTree.Element | None, where: Where, default: float | None, told: str = "") -> float:
    """The number in an element; the default where there is none."""
    text = "" if element is None or element.text is None else element.text.strip()
    if text and is_number(text):
        return float(text)
    if default is not None and (not text or not told):
        return default
    shown = f"{visible(text, 40)!r} is not a number" if text else "is missing"
    raise DataError(f"{told}{': ' if text else ' '}{shown}", where, "correct the file")


def _scores(objects: Sequence[_Object]) -> list[Column]:
    scores = np.array([x.score for x in objects], np.float64)
    return [] if np.isnan(scores).all() else [box_table.numbers("score", scores)]


def _unlike(name: str, path: str) -> bool:
    return without_suffix(name) != without_suffix(os.path.basename(path)) and name != without_suffix(os.path.basename(path))
