"""What options say of the boxes of a table: the images they belong to, and the names of their numbered classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass, field
from losscli.sources.base import Source
from losscli.sources.missing import is_missing

if TYPE_CHECKING:
    from losscli.sources.annotations.image_sizes import Images

OWN = ("yolo", "voc")
"""Formats whose readers use the options themselves."""


@dataclass(frozen=True)
class Described:
    """What options say of a side's boxes.

    images: those they belong to. names: of the classes, by number. stem: how names of images change. difficult: whether objects
    marked as difficult count.
    """

    images: Images | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    stem: str = ""
    difficult: bool = False


def respelled(source: Source, side: str, known: Described | None, key: str, words: Iterable[str]) -> list[str]:
    """Words of a column of labels or of images as the options name them. Raises DataError at a number without a name."""
    words = list(words)
    if known is None:
        return words
    if key == "image_id":
        from losscli.sources.folders.stems import changed, stem_of

        return [changed(stem_of(word), known.stem) for word in words] if known.stem else words
    numbers = {word: _whole(word) for word in words if not is_missing(word)}
    if not known.names or None in numbers.values():
        return words
    if lost := [word for word, n in numbers.items() if n not in known.names]:
        raise _nameless(source, side, lost, known.names, 0 in numbers.values())
    return [known.names[n] if (n := numbers.get(word)) is not None else word for word in words]


def naming_note(source: Source, words: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """How numbers of classes were named."""
    pair = next(((a, b) for a, b in zip(words, named, strict=True) if a != b), None)
    if pair is None:
        return ()
    return (f"{visible(source.path)}: classes named by --names, which counts from 0: {visible(pair[0])} is {visible(pair[1], 40)}",)


def _whole(word: str) -> int | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return int(number) if number == number // 1 else None


def _nameless(source: Source, side: str, lost: Sequence[str], names: Mapping[int, str], zero: bool) -> DataError:
    what = f"class {some(lost)} has no name: --names names the classes {min(names)} to {max(names)}"
    fix = "name every class"
    if not zero:
        fix = f"if the classes count from 1: --names {side}.background,{','.join(visible(names[n]) for n in sorted(names))}"
    return DataError(what, Where(source.path), fix)
