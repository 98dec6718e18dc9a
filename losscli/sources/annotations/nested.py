"""JSON with a list of objects per image, as annotation tools write it: the command that makes rows of them. Reads no box."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.sources.files.input_file import STDIN, InputFile
from losscli.sources.json.document import Document
from losscli.sources.side_format import SideFormat

_FIRST = 64
"""Entries that are looked at, as images without objects show nothing."""
_IMAGES = (
    *("imagepath", "imgpath", "imageid", "image", "imgid", "img", "filename", "imagename", "frame"),
    *("source-ref", "imagegcsuri", "name", "id"),
)
"""Keys that name the image of a record, as names are compared."""
_BOXES = ("bbox", "box", "x1", "xmin", "left", "x", "cx", "xcenter", "boxes", "bboxes", "segmentation")
"""Keys of a record that has the box of one object, as names are compared."""
_CENTRE = "cx: .x, cy: .y, w: .width, h: .height"
_TENSORFLOW = (
    "range(.detection_boxes | length) as $i | {label: .detection_classes[$i], score: .detection_scores[$i], "
    "ymin: .detection_boxes[$i][0], xmin: .detection_boxes[$i][1], ymax: .detection_boxes[$i][2], xmax: .detection_boxes[$i][3]}"
)
_LISTS = (list, type(None))
_LABEL_STUDIO = "Label Studio's; export as COCO, YOLO or Pascal VOC instead"


@dataclass(frozen=True)
class _Known:
    """A tool's entry of an image. holds: of the entry and the first of its objects, whether it is one. program: for jq, of an
    entry; empty where the name says what to do."""

    name: str
    key: str
    holds: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
    program: str = ""


_KNOWN = (
    _Known(
        "LabelMe's",
        "shapes",
        lambda entry, one: {"points", "label"} <= one.keys(),
        ". as $r | .shapes[] | [.points[][0]] as $x | [.points[][1]] as $y | {image_id: $r.imagePath, label: .label, "
        "x1: ($x | min), y1: ($y | min), x2: ($x | max), y2: ($y | max)}",
    ),
    _Known(
        "VIA's",
        "regions",
        lambda entry, one: "shape_attributes" in one,
        ". as $r | .regions[] | {image_id: $r.filename, label: [.region_attributes[]][0], x: .shape_attributes.x, "
        "y: .shape_attributes.y, w: .shape_attributes.width, h: .shape_attributes.height}",
    ),
    _Known(_LABEL_STUDIO, "annotations", lambda entry, one: isinstance(one.get("result"), list)),
    _Known(_LABEL_STUDIO, "label", lambda entry, one: "rectanglelabels" in one or "original_width" in one),
    _Known(
        "CreateML's",
        "annotations",
        lambda entry, one: isinstance(one.get("coordinates"), dict),
        f". as $r | .annotations[] | {{image_id: $r.image, label: .label}} + (.coordinates | {{{_CENTRE}}})",
    ),
    _Known(
        "Roboflow's",
        "predictions",
        lambda entry, one: {"x", "y", "width", "height", "class", "confidence"} <= one.keys(),
        f". as $r | .predictions[] | {{image_id: $r.IMAGE, label: .class, score: .confidence, {_CENTRE}}}",
    ),
    _Known(
        "BDD100K's",
        "labels",
        lambda entry, one: isinstance(one.get("box2d"), dict),
        ". as $r | .labels[] | {image_id: $r.name, label: .category} + .box2d + (if .score then {score: .score} else {} end)",
    ),
    _Known(
        "Vertex AI's",
        "boundingBoxAnnotations",
        lambda entry, one: "displayName" in one,
        ". as $r | .boundingBoxAnnotations[] | {image_id: $r.imageGcsUri, label: .displayName, xMin, yMin, xMax, yMax}",
    ),
)


def open_document(document: Document, how: SideFormat) -> None:
    """Raise DataError where a document has a list of objects per image, with the command that converts it; None for another."""
    if how.family != "detect" or document.stored.member:
        return
    if document.is_array:
        entries = [member.value for member, _ in zip(document.elements(), range(_FIRST), strict=False)]
        if all(isinstance(entry, _LISTS) for entry in entries) and any(_objects(entry) for entry in entries):
            raise _error(document.file, "to_entries[] | {image_id: .key} + .value[]", "")
        _refuse(document.file, entries, ".[] | ")
        return
    members = {name: member.value for name, member in document.members.items()}
    if len(members) > 1 and all(isinstance(value, list) for value in members.values()) and all(map(_are_objects, members.values())):
        raise _error(document.file, "to_entries[] | {image_id: .key} + .value[]", "")
    if "shapes" in members or "predictions" in members or "Labels" in members:
        _refuse(document.file, [members], "", known_only=True)
    elif all(isinstance(value, dict) and "regions" in value for value in members.values()):
        _refuse(document.file, list(members.values()), ".[] | ")


def refuse_lines(file: InputFile, first: bytes, how: SideFormat) -> None:
    """The same for JSON Lines that begin with this one."""
    if how.family == "detect":
        try:
            entry = json.loads(first.decode(how.encoding or "utf-8-sig"))
        except (ValueError, RecursionError):
            return  # the reader of lines reports it
        _refuse(file, [entry], "")


def _objects(value: Any) -> Mapping[str, Any]:
    """The first object of a list of objects; empty for anything else."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


def _are_objects(value: Sequence[Any]) -> bool:
    return all(isinstance(x, dict) for x in value)


def _refuse(file: InputFile, entries: Sequence[Any], each: str, known_only: bool = False) -> None:
    """Raise DataError at the first entry that is an image with a list of objects, and no object itself."""
    for entry in entries:
        if isinstance(entry, dict) and not any(_folded(key) in _BOXES for key in entry):
            _refuse_known(file, entry, each)
            if not known_only:
                _refuse_other(file, entry, each)


def _refuse_known(file: InputFile, entry: Mapping[str, Any], each: str) -> None:
    for known in _KNOWN:
        if (one := _objects(entry.get(known.key))) and known.holds(entry, one):
            program = known.program.replace("$r.IMAGE", _image(entry, "$r") or "0")
            raise _error(file, program and each + program, known.name)


def _refuse_other(file: InputFile, entry: Mapping[str, Any], each: str) -> None:
    image = _image(entry, "")
    named = f"{each}{{image_id: {image or 0}}} + "
    if "detection_boxes" in entry:
        raise _error(file, f"{named}({_TENSORFLOW})", "TensorFlow's")
    if key := next((key for key, value in entry.items() if _objects(value)), ""):
        raise _error(file, f"{named if image else each}.{_key(key)}[]", "", key)
    for job, value in entry.items():
        if isinstance(value, dict) and (one := _objects(value.get("annotations"))):
            row = ", ".join(f"{_key(n)}: .{_key(n)}" for n in one)
            tool = "SageMaker Ground Truth's" if "source-ref" in entry else ""
            raise _error(file, f"{named}(.{_key(job)}.annotations[] | {{{row}}})", tool, job)
        if isinstance(value, dict) and (names := _columns(value)):
            row = ", ".join(f"{_key(n)}: .{_key(n)}[$i]" for n in names)
            raise _error(file, f"{named}(.{_key(job)} | range(.{_key(names[0])} | length) as $i | {{{row}}})", "", job)


def _columns(value: Mapping[str, Any]) -> list[str]:
    """The keys of an object of lists of one length, of which one has boxes."""
    lists = {key: x for key, x in value.items() if isinstance(x, list)}
    boxed = any(_folded(key) in _BOXES for key in lists)
    return list(lists) if boxed and len({len(x) for x in lists.values()}) == 1 else []


def _image(entry: Mapping[str, Any], record: str) -> str:
    """Where jq finds the name of the image of an entry; empty where none is seen."""
    known = {_folded(key): key for key, value in entry.items() if isinstance(value, (str, int))}
    name = next((known[n] for n in _IMAGES if n in known), None)
    return "" if name is None else f"{record}.{_key(name)}" if record else f".{_key(name)}"


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _key(name: str) -> str:
    """A key as jq spells it."""
    return name if name.isidentifier() and name.isascii() else json.dumps(name)


def _error(file: InputFile, program: str, name: str, key: str = "") -> DataError:
    what = f"a list of objects per image{f' in {visible(key, 40)!r}' if key else ''}"
    what += f", in a form that is not read: {name}" if name else ", which is not read"
    if not program:
        return DataError(f"{what.partition(';')[0]}", Where(file.shown), name.partition("; ")[2])
    shown = "" if file.shown == STDIN else f" {visible(shlex.quote(file.shown))}"
    if ".shapes[]" in program and (folder := os.path.dirname(file.shown)):  # a file per image
        shown = f" {visible(shlex.quote(folder))}/*.json"
    return DataError(what, Where(file.shown), f"write a row per object: jq -c {shlex.quote(program)}{shown} > rows.jsonl")
