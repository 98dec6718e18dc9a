"""Label columns as class indices: integers unchanged, class names by the order of the classes. Never guesses an order."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, Where, visible
from losscli.reading.aligned import Coded
from losscli.reading.roles import some
from losscli.sources.base import Field, Source

_SNIFF = 1024
_SPAN = 1 << 16


def label_field(source: Source, names: tuple[str, ...], classes: Sequence[str], numbered: bool) -> Field:
    """The field of a label role. classes: their names in order, if they have names; numbered: whether scores or class weights
    fix the order of the classes.

    If nothing fixes an order, names are numbered in the order of first appearance.
    """
    if len(names) > 1:
        return source.numbers(_ordered(source, names, classes))
    if not source.is_table:
        name = names[0] if names else ""
        if source.kind(name) != "U":
            return source.numbers(names)
        words = source.text(name)
        return Coded(words, _codes(words, classes, numbered))
    text = source.text(names[0])
    first = {str(t) for t in text.read(0, min(_SNIFF, text.rows))}
    if names[0] in source.numeric() and not (classes and first <= set(classes)):
        return source.numbers(names)
    return Coded(text, _codes(text, classes, numbered))


def _ordered(source: Source, names: tuple[str, ...], classes: Sequence[str]) -> tuple[str, ...]:
    """Soft-target columns in the order of the classes; names that match no class keep the order of the file."""
    strange = [n for n in names if n not in classes]
    if not strange and len(names) == len(classes):
        return tuple(classes)
    if len(strange) == len(names):
        return names
    lost = strange or [c for c in classes if c not in names]
    what = f"column {visible(lost[0])!r} is not a class of PRED" if strange else f"no column for class {visible(lost[0])!r} of PRED"
    raise DataError(what, Where(source.path), f"the classes are {some(classes)}; name the columns after all of them, or after none")


def _codes(field: Field, classes: Sequence[str], numbered: bool) -> dict[str, int]:
    if classes:
        return {name: i for i, name in enumerate(classes)}
    if numbered:
        first = visible(str(field.read(0, 1)[0]))
        what = f"label {first!r} is text, but the scores or class weights have no class names"
        raise DataError(what, field.where(0), "name the classes in the order of the scores or class weights with --classes a,b,c")
    seen: dict[str, int] = {}
    for start in range(0, field.rows, _SPAN):
        for word in field.read(start, min(start + _SPAN, field.rows)):
            seen.setdefault(str(word), len(seen))
    return seen
