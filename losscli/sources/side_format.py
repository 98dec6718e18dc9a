"""How the files of one side are written, as options say it: delimiter, header, spelling of numbers, encoding, names of files. Reads
no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.core.errors import UsageError, visible
from losscli.core.records import dataclass

SIDES = ("pred", "target")
HEADERS = ("names", "none")
MAX_PIXELS = 1 << 28
"""The pixels of the largest image that is decoded unless the user asks for more."""
BLANKS = " "
"""The delimiter of a table whose columns are separated by runs of blanks and tabs."""
_WORDS = {"\\t": "\t", "tab": "\t", "blank": BLANKS, "blanks": BLANKS}


@dataclass(frozen=True)
class SideFormat:
    """What is known of a side's files. None: found from the file.

    header: `names`, `none`, or `auto` for a header only where the first line is not all numbers. stem: how the names of files
    change before they pair, `s/PATTERN/TEXT/`. names: the names of classes, or a file of them. images: the folder of the images
    that annotations belong to; image_size: `WxH`, the size of all of them. yolo_order: what the words of a line of box text are;
    yolo_obb: whether they are rotated boxes; yolo_kpt_shape: `K,D`, their keypoints. keep_difficult: whether difficult objects
    count. palette: what colours mean: a file,
    `id`, `grey` or `indices`. max_pixels: of an image. rle_order: whether masks as runs count pixels down the `columns` or along
    the `rows`.
    side: the prefix of the options that apply to this side alone; empty where there is one file.
    """

    delimiter: str | None = None
    header: str | None = None
    comment: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    stem: str = ""
    names: str | None = None
    images: str | None = None
    image_size: str | None = None
    yolo_order: str | None = None
    yolo_obb: bool = False
    yolo_kpt_shape: str | None = None
    keep_difficult: bool = False
    palette: str = ""
    max_pixels: int = MAX_PIXELS
    rle_order: str = "columns"
    side: str = ""
    family: str = ""
    """The family that reads the files, where it is known."""

    def flag(self, name: str, value: str) -> str:
        """An option as a message names it: `--header pred.none`."""
        import shlex  # late: for messages

        word = {"\t": "tab", BLANKS: "blank"}.get(value, value) if name == "--delimiter" else value
        return f"{name} {shlex.quote(f'{self.side}.{word}' if self.side else word)}"


ANY = SideFormat()
"""Everything found from the file."""


def side_format(said: Mapping[str, Sequence[str]], side: str = "pred", *, alone: bool = True, family: str = "") -> SideFormat:
    """The format of one side from the options as typed, by field; `alone` if there is one file.

    Raises UsageError for a value that is not accepted, or that is given twice.
    """
    if alone:
        _refuse_target(said)
    values = {name: _of_side(name, texts, side) for name, texts in said.items()}
    found = {name: _CHECKS[name](text) for name, text in values.items() if text is not None}
    if "decimal" in found and found["decimal"] == found.get("thousands"):
        raise UsageError(f"{found['decimal']!r} cannot be both the decimal mark and the separator of thousands")
    return SideFormat(**found, side="" if alone else side, family=family)


def _refuse_target(said: Mapping[str, Sequence[str]]) -> None:
    """Raise UsageError for the first value for TARGET alone, where one file is both sides."""
    for name, texts in said.items():
        for text in texts:
            side, value = split_side(text)
            if side == "target":
                what = f"--{name.replace('_', '-')} {visible(text, 40)}: there is no file of TARGET"
                raise UsageError(what, fix=f"write {visible(value, 40)!r} without the side, or give TARGET")


def files_named(said: Mapping[str, Sequence[str]]) -> list[str]:
    """The files and folders that options as typed name to be read, with words that name none among them."""
    return [split_side(text)[1] for name in ("names", "images", "palette") for text in said.get(name, ())]


def split_side(text: str) -> tuple[str, str]:
    """The side and the value of `pred.none`; an empty side of what is of both."""
    side, dot, rest = text.partition(".")
    return (side, rest) if dot and side in SIDES else ("", text)


def _of_side(name: str, texts: Sequence[str], side: str) -> str | None:
    """The value for one side: its own (`pred.none`), else the one for both."""
    split = [split_side(text) for text in texts]
    for prefix in (side, ""):
        values = list(dict.fromkeys(value for p, value in split if p == prefix))
        if len(values) > 1:
            told = " and ".join(visible(f"{prefix}.{v}" if prefix else v) for v in values[:2])
            raise UsageError(f"--{name}: both {told}", fix=f"use one value per side: --{name} pred.VALUE, --{name} target.VALUE")
        if values:
            return values[0]
    return None


def _delimiter(text: str) -> str:
    mark = _WORDS.get(text, text)
    if len(mark) != 1 or not mark.isascii() or mark.isalnum() or mark in "\"'\r\n\0+-._":
        fix = "give one character, such as --delimiter ';', or tab, or blank for runs of blanks"
        raise UsageError(f"not a delimiter: {visible(text)!r}", fix=fix)
    return mark


def _header(text: str) -> str:
    if text not in HEADERS:
        fix = "use names if the first line holds the column names, none if it is data"
        raise UsageError(f"--header: unknown value {visible(text)!r}", fix=fix)
    return text


def _comment(text: str) -> str:
    if not text.strip() or not text.isascii() or not text.isprintable() or text[0].isalnum() or text[0] in "\"'+-.":
        raise UsageError(f"not a comment mark: {visible(text)!r}", fix="give the characters that begin a comment, such as '#'")
    return text


def _decimal(text: str) -> str:
    if text not in (".", ","):
        raise UsageError(f"--decimal: unknown value {visible(text)!r}", fix="one of . and ,")
    return text


def _thousands(text: str) -> str:
    mark = _WORDS.get(text, text)
    if len(mark) != 1 or mark not in ",.'_ ":
        raise UsageError(f"not a thousands separator: {visible(text)!r}", fix="one of , . ' _ and blank")
    return mark


def _encoding(text: str) -> str:
    import codecs

    try:
        codec = codecs.lookup(text)
    except (LookupError, ValueError):
        codec = None
    if codec is None or not codec._is_text_encoding:
        raise UsageError(f"--encoding: unknown encoding {visible(text)!r}", fix="give its name, such as cp1252 or utf-16")
    return codec.name


def _stem(text: str) -> str:
    from losscli.sources.folders.stems import substitution

    return substitution(text)


def _given(text: str) -> str:
    if not text.strip():
        raise UsageError("an empty value for --names or --images", fix="omit the option, or give a file or folder")
    return text


def _image_size(text: str) -> str:
    from losscli.sources.annotations.image_sizes import size_of

    size_of(text)
    return text


def _yolo_order(text: str) -> str:
    from losscli.sources.annotations.orders import order_of

    order_of(text)
    return text


def _yolo_kpt_shape(text: str) -> str:
    from losscli.sources.annotations.orders import shape_of

    shape_of(text)
    return text


def _max_pixels(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 32 and int(text)):
        raise UsageError(f"--max-pixels: {visible(text, 40)!r} is not a whole number of at least 1")
    return int(text)


def _palette(text: str) -> str:
    if not text:
        raise UsageError("--palette: an empty name", fix="give a file with lines `r g b name`, id, grey or indices")
    return text


def _rle_order(text: str) -> str:
    if text not in ("columns", "rows"):
        fix = "columns, as Kaggle's competitions count pixels but for a few such as Carvana, or rows"
        raise UsageError(f"--rle-order: unknown value {visible(text)!r}", fix=fix)
    return text


_CHECKS: dict[str, Callable[[str], Any]] = {
    "delimiter": _delimiter,
    "header": _header,
    "comment": _comment,
    "decimal": _decimal,
    "thousands": _thousands,
    "encoding": _encoding,
    "stem": _stem,
    "names": _given,
    "images": _given,
    "image_size": _image_size,
    "yolo_order": _yolo_order,
    "yolo_obb": bool,
    "yolo_kpt_shape": _yolo_kpt_shape,
    "keep_difficult": bool,
    "palette": _palette,
    "max_pixels": _max_pixels,
    "rle_order": _rle_order,
}
