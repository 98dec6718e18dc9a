"""Label columns as class numbers, by value: `1`, `1.0` and True are one class, names stand in the order of the classes."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

import numpy as np

from losscli.core.errors import DataError, Where, nearest, some, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.core.values import is_whole
from losscli.numerics.stable import Array
from losscli.reading.derived import Derived
from losscli.reading.words import truth, word
from losscli.sources.base import Field, Source
from losscli.sources.missing import is_missing
from losscli.spec.column_names import NO, YES, fold

_SPAN = 1 << 16
_MISSING, _UNKNOWN = -1, -2
"""Codes of a cell without a label, and of one that is not a class."""


def label_field(source: Source, names: tuple[str, ...], words: Sequence[str], numbered: bool) -> Field:
    """The field of a label role. words: the classes in order, empty where they are 0, 1, …; numbered: whether scores or class
    weights fix the order of the classes.

    If nothing fixes an order, names are numbered in the order of first appearance.
    """
    if len(names) > 1:
        return source.numbers(_ordered(source, names, words))
    name = names[0] if names else ""
    kind = source.kind(name)
    text = kind == "U" or (kind == "m" and bool(words) and not _whole(words))
    if text:
        field = source.text(name)
        codes = _codes(field, words, numbered)
        return Coded(field, codes, loose=not words and not numbered and not all(w == str(c) for w, c in codes.items()))
    values = source.numbers(names)
    return CodedNumbers(values, tuple(int(word(w)) for w in words)) if _by_value(words) and not values.shape else values


def refuse_two_numberings(fields: Sequence[Field]) -> None:
    """Raise DataError for classes that are names on one side and numbers on the other, where no order of the names is known."""
    loose = [f for f in fields if isinstance(f, Coded) and f.loose]
    others = [f for f in fields if not (isinstance(f, Coded) and f.loose)]
    if not loose or not others:
        return
    names, numbers = (str(f[0].where(0).column or f[0].where(0).path) for f in (loose, others))
    what = f"{visible(names)} has names of classes and {visible(numbers)} numbers"
    found = list(loose[0].codes)
    fix = _no_yes(found) or f"name the classes 0, 1 and so on in order with --classes a,b,c (names: {some(found)})"
    raise DataError(what, loose[0].where(0), fix)


def names_note(source: Source, words: Sequence[str]) -> list[str]:
    """Says that a class spelled like a missing value is read as a name."""
    spelled = [w for w in words if is_missing(w)]
    return [f"{visible(source.path)}: a label {some(spelled)} is the class of that name, not a missing value"] if spelled else []


def shared_codes(fields: Sequence[Field]) -> Sequence[Field]:
    """Label fields of text whose classes have no order, with one numbering for all of them: first the classes of every field."""
    loose = [f for f in fields if isinstance(f, Coded) and f.loose]
    if len(loose) < 2:
        return fields
    every = list(dict.fromkeys(name for f in loose for name in f.codes))
    every.sort(key=lambda name: not all(name in f.codes for f in loose))
    codes = {name: i for i, name in enumerate(every)}
    return [Coded(f.field, codes, loose=True) if isinstance(f, Coded) and f.loose else f for f in fields]


def _no_yes(names: Sequence[str]) -> str:
    """The `--classes` of a word for no and one for yes; empty for other names."""
    no, yes = ([n for n in names if fold(n) in words] for words in (NO, YES))
    if not len(no) == len(yes) == 1 or len(names) > 2:
        return ""
    return f"--classes {shlex.quote(f'{no[0]},{yes[0]}')} numbers them 0 and 1"


def _whole(words: Sequence[str]) -> bool:
    return bool(words) and all(is_whole(word(w)) for w in words)


def _by_value(words: Sequence[str]) -> bool:
    """Whether the classes are numbers other than 0, 1, … in order."""
    return _whole(words) and [word(w) for w in words] != [str(i) for i in range(len(words))]


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
        return _numbers_in_text(field)
    different = _different(field)
    if different and all(truth(text) in ("0", "1") for text in different):
        return {"0": 0, "1": 1}
    seen = list(dict.fromkeys(map(word, different)))
    return {w: int(w) for w in seen} if all(map(is_whole, seen)) else {w: i for i, w in enumerate(seen)}


def _different(field: Field) -> list[str]:
    """The different texts of a column, without missing ones, in the order of the file."""
    seen: dict[str, None] = {}
    for start in range(0, field.rows, _SPAN):
        seen.update(dict.fromkeys(map(str, field.read(start, min(start + _SPAN, field.rows)))))
    return [text for text in seen if not is_missing(text)]


def _numbers_in_text(field: Field) -> dict[str, int]:
    """The codes of labels that are numbers, or words for 0 and 1, stored as text. Raises DataError at the first other label."""
    different = _different(field)
    if all(truth(text) in ("0", "1") for text in different):
        return {"0": 0, "1": 1}
    if _whole(different):
        return {word(text): int(word(text)) for text in different}
    strange = next(text for text in different if not _whole([text]))
    row = _row_of(field, strange)
    what = f"label {visible(strange)!r} is text, but the scores or class weights have no class names"
    fix = _no_yes(different) or "name the classes in the order of the scores or class weights with --classes a,b,c"
    raise DataError(what, field.where(row), fix)


def _row_of(field: Field, text: str) -> int:
    """The first row with this text."""
    for start in range(0, field.rows, _SPAN):
        hits = np.flatnonzero(field.read(start, min(start + _SPAN, field.rows)) == text)
        if len(hits):
            return start + int(hits[0])
    return 0


@dataclass(frozen=True)
class Coded(Derived):
    """A text column as class numbers; a missing label is NaN. loose: whether nothing fixes the order of the classes."""

    codes: dict[str, int]
    shape: tuple[int, ...] = ()
    kind: str = "i"
    loose: bool = False

    def first(self, name: str) -> Where:
        """Where a class is first."""
        spelled = next((text for text in _different(self.field) if word(text) == name), name)
        return self.where(_row_of(self.field, spelled))

    def read(self, start: int, stop: int) -> Array:
        """Class numbers: int64, or float64 where a label is missing."""
        return self._numbers(self.field.read(start, stop), lambda i: start + i)

    def _numbers(self, texts: Array, row_of: Callable[[int], int]) -> Array:
        known: dict[str, int] = {}
        out = np.empty(len(texts), np.int64)
        for i, text in enumerate(map(str, texts.tolist())):
            code = known.get(text)
            if code is None:
                code = known[text] = self._code(text)
                if code == _UNKNOWN:
                    raise self._unknown(text, row_of(i))
            out[i] = code
        return np.where(out == _MISSING, np.nan, out) if (out == _MISSING).any() else out

    def _code(self, text: str) -> int:
        for spelled in (text, word(text), truth(text)):
            if spelled in self._by_word:
                return self._by_word[spelled]
        return _MISSING if is_missing(text) else _UNKNOWN

    @lazy
    def _by_word(self) -> dict[str, int]:
        """The codes by exact name and, where that is unambiguous, by value."""
        values = [word(name) for name in self.codes]
        plain = {word(name): code for name, code in self.codes.items()} if len(set(values)) == len(values) else {}
        return {**plain, **self.codes}

    def _unknown(self, text: str, row: int) -> DataError:
        known = list(self.codes)
        first = ", ".join(visible(k, 30) for k in known[:8]) + (" …" if len(known) > 8 else "")
        what = f"unknown class {visible(text)!r}{nearest(text, known)}"
        return DataError(what, self.where(row), f"the classes are {first}; use --classes a,b,c to name them")


@dataclass(frozen=True)
class CodedNumbers(Derived):
    """A numeric column whose values are the names of the classes; NaN stays NaN."""

    values: tuple[int, ...]
    kind: str = "i"

    def read(self, start: int, stop: int) -> Array:
        """Class numbers: int64, or float64 where a label is missing."""
        return self._numbers(self.field.read(start, stop), start)

    def _numbers(self, labels: Array, start: int) -> Array:
        order = np.argsort(self.values)
        ordered = np.asarray(self.values)[order]
        at = np.minimum(np.searchsorted(ordered, labels), len(ordered) - 1)
        gone = np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(labels.shape, bool)
        strange = (ordered[at] != labels) & ~gone
        if strange.any():
            row = int(np.argmax(strange))
            found = f"{labels[row]:g}"
            what = f"label {found} is not one of the classes {some([str(v) for v in self.values])}"
            fix = "name the classes with --classes, in the order of the scores"
            if found == "0" and self.values == tuple(range(1, len(self.values) + 1)):
                what += ": the labels count from 0, the classes from 1"
                fix = (
                    f"--classes {','.join(map(str, range(len(self.values))))} numbers the scores from 0"
                    if len(self.values) <= 20
                    else fix
                )
            raise DataError(what, self.where(start + row), fix)
        codes = order[at].astype(np.int64)
        return np.where(gone, np.nan, codes) if gone.any() else codes
