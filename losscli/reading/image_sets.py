"""The sets that boxes are matched within: the image and the label of every box as numbers, compared by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, LosscliError, UsageError, some, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Ints
from losscli.reading.described import naming_note
from losscli.reading.key_words import plain, respelled, stem, stems_meet
from losscli.reading.roles import RoleColumns
from losscli.reading.set_columns import as_described, columns_of, file_stems, refuse_unknown
from losscli.reading.stem_options import stem_options
from losscli.reading.words import truth, word
from losscli.sources.base import Field, declared_of
from losscli.sources.missing import is_missing
from losscli.spec.family import Conventions
from losscli.spec.matching import Matching

SIDES = ("pred", "target")
KEYS = {"image_id": "image id", "label": "label"}
"""The roles that both boxes of a pair must agree in, and what one of them is called."""


@dataclass(frozen=True)
class Axis:
    """One column that both boxes of a pair agree in: its name on each side, its distinct words, and the word of every row.

    codes: by side, the index of each row's word; -1 where it is missing. spell: how words are spelled to be compared.
    """

    key: str
    columns: tuple[str, str]
    words: tuple[str, ...]
    codes: Mapping[str, Ints]
    spell: Callable[[str], str] = plain

    @property
    def shared(self) -> int:
        """How many words both sides have."""
        ours, theirs = (self.codes[side][self.codes[side] >= 0] for side in SIDES)
        return len(np.intersect1d(ours, theirs))


def axes(columns: RoleColumns, rows: Mapping[str, int], matching: Matching, conventions: Conventions) -> tuple[Axis, ...]:
    """The image and the label of every box, of which both files have a column.

    Raises DataError where one is missing, and where no image and no label is on both sides.
    """
    names = {key: _both(columns, key, matching) for key in KEYS}
    found = tuple(_axis(columns, key, pair, rows, matching, conventions) for key, pair in names.items() if pair is not None)
    for axis in found:
        if not axis.shared:
            raise _strangers(columns, axis, matching)
    return found


def sets_of(found: Sequence[Axis], rows: Mapping[str, int]) -> dict[str, Ints]:
    """By side, the number of each row's set; -1 where its image or label is missing."""
    out = {side: np.zeros(n, np.int64) for side, n in rows.items()}
    for axis in found:
        for side in SIDES:
            codes = axis.codes[side]
            known = (out[side] >= 0) & (codes >= 0)
            out[side] = np.where(known, out[side] * len(axis.words) + codes, -1)
    return out


def _both(columns: RoleColumns, key: str, matching: Matching) -> tuple[str, str] | None:
    """The columns of a key in both files; None if boxes are matched without it."""
    if (key == "image_id" and matching.one_image) or (key == "label" and matching.class_agnostic):
        return None
    ours, theirs = columns_of(columns, key)
    if key == "image_id":
        _refuse_other_numbering(columns)
    if ours and theirs:
        for side, name in zip(SIDES, (ours, theirs), strict=True):
            columns.read[side][key] = name
        return ours, theirs
    if key == "label":
        which = "only one file has a label column" if ours or theirs else "no label column"
        columns.notes.append(f"{which}: boxes are matched regardless of class")
        return None
    if ours or theirs:
        lacking = "target" if ours else "pred"
        source = columns.source(lacking)
        held = f"; its columns: {some(source.names)}" if source.names else ""
        raise DataError(
            f"{visible(source.path)} has no image_id, so its boxes cannot be assigned to images",
            fix=f"name the column with --col {lacking}.image_id=NAME{held}",
        )
    tables = all(columns.source(side).names for side in SIDES)
    named = "name the columns with --col image_id=NAME" if tables else "save them with their image_id as .npz"
    raise DataError(
        "no image_id in either file, so boxes cannot be assigned to images",
        fix=f"{named}, or use --one-image if all boxes are of one image",
    )


def _refuse_other_numbering(columns: RoleColumns) -> None:
    """Raise DataError where images are numbered by their places in a list, and the other side has names or another number."""
    counts = {side: declared_of(columns.source(side)).get("numbered_images") for side in SIDES}
    if counts["pred"] == counts["target"]:
        return
    told = {side: _images(columns, side, n) for side, n in counts.items()}
    paths = {side: visible(columns.source(side).path) for side in SIDES}
    what = f"{told['pred']} in {paths['pred']}, but {told['target']} in {paths['target']}"
    raise DataError(what, fix="give each entry of both files its image_id, or write both lists of the same images")


def _images(columns: RoleColumns, side: str, count: int | None) -> str:
    """The images of a side; count: of those that are known by their places alone."""
    if count is not None:
        return f"{count} image{'s' * (count != 1)} without ids"
    lone = columns_of(columns, "image_id")[SIDES.index(side)] is None
    return "boxes without images" if lone else "images with ids"


def _axis(
    columns: RoleColumns, key: str, names: tuple[str, str], rows: Mapping[str, int], matching: Matching, conventions: Conventions
) -> Axis:
    raw = {side: _coded(columns, side, key, name, rows[side], conventions) for side, name in zip(SIDES, names, strict=True)}
    ours, theirs = (raw[side][0] for side in SIDES)
    spell = file_stems(columns, key, names) or _spelling(key, ours, theirs, matching)
    refuse_unknown(columns, key, names, spell)
    if pair := respelled(ours, theirs, spell):
        columns.notes.append(f"{key}: {visible(pair[0], 40)!r} of PRED is compared as equal to {visible(pair[1], 40)!r} of TARGET")
    known: dict[str, int] = {}
    codes = {}
    for side in SIDES:
        words, index = raw[side]
        own = np.array([-1, *(known.setdefault(spell(word), len(known)) for word in words)], np.int64)
        codes[side] = own[index + 1]
    return Axis(key, names, tuple(known), codes, spell)


def _spelling(key: str, ours: Sequence[str], theirs: Sequence[str], matching: Matching) -> Callable[[str], str]:
    """How the words of both sides are spelled to be compared: image ids as text, labels by value."""
    if key == "image_id":
        return stem if matching.key_stem else plain
    logical = [{w.strip().lower() for w in words} <= {"true", "false"} for words in (ours, theirs)]
    return word if logical[0] == logical[1] else truth


def _coded(columns: RoleColumns, side: str, key: str, name: str, rows: int, conventions: Conventions) -> tuple[list[str], Ints]:
    """The distinct words of a column, and the index of each row's word; -1 where it is missing and --nonfinite allows that."""
    field = columns.source(side).text(name)
    cells = [str(x) for x in field.read(0, field.rows).tolist()]
    if len(cells) != rows:
        raise DataError(f"{visible(columns.source(side).path)}: {len(cells)} {KEYS[key]}s for {rows} boxes")
    known = {word: i for i, word in enumerate(dict.fromkeys(cells))}
    index = np.fromiter(map(known.__getitem__, cells), np.int64, len(cells))
    words = list(known)
    lost = missing_words(words, conventions.classes if key == "label" else ())
    if named := [word for word in words if is_missing(word) and word not in lost]:
        columns.notes.append(f"{visible(columns.source(side).path)}: {key} {', '.join(map(visible, named))} read as a name")
    if lost:
        _refuse_missing(field, cells, lost, KEYS[key], conventions.nonfinite)
        kept = [i for i, word in enumerate(words) if word not in lost]
        place = np.full(len(words), -1, np.int64)
        place[kept] = np.arange(len(kept))
        words, index = [words[i] for i in kept], place[index]
    named = as_described(columns, side, key, words)
    if key == "label":
        columns.notes += naming_note(columns.source(side), words, named)
    return named, index


def missing_words(words: Sequence[str], names: Sequence[str] = ()) -> frozenset[str]:
    """The words of a column that mean a missing value; not known names, nor a spelling such as `NA` alone among names."""
    lost = frozenset(word for word in words if is_missing(word) and word not in names)
    named = [word for word in words if word not in lost]
    alone = len(lost) == 1 and all(word.strip().isalpha() for word in lost)
    return frozenset() if alone and named and not any(c.isdigit() for word in named for c in word) else lost


def _refuse_missing(field: Field, cells: Sequence[str], lost: frozenset[str], what: str, nonfinite: str) -> None:
    if nonfinite == "error":
        row = next(i for i, cell in enumerate(cells) if cell in lost)
        raise DataError(f"a missing {what}", field.where(row), "fill it in, or use --nonfinite drop to leave such boxes out")


def _strangers(columns: RoleColumns, axis: Axis, matching: Matching) -> LosscliError:
    """The error where no image or label is on both sides, with the first of each as the files spell them."""
    first, words = [], []
    for side, name in zip(SIDES, axis.columns, strict=True):
        field = columns.source(side).text(name)
        cells = dict.fromkeys(str(x) for x in field.read(0, field.rows).tolist())
        words.append(as_described(columns, side, axis.key, [cell for cell in cells if not is_missing(cell)]))
        first.append(visible(words[-1][0] if words[-1] else next(iter(cells)), 60))
    plural = f"{KEYS[axis.key]}s"
    what = f"0 of {len(words[0])} {plural} in common: PRED begins {first[0]}, TARGET {first[1]}"
    if axis.key == "image_id" and not matching.key_stem and stems_meet(*words):
        return DataError(what, fix="use --key-stem to compare them without folder and suffix")
    if axis.key == "image_id" and max(map(len, words)) == 1:
        return DataError(what, fix="use --one-image if all boxes are of one image")
    from losscli.sources.folders.stems import stem_of  # late: for messages

    if axis.key == "image_id" and (stems := stem_options(*([stem_of(word) for word in side] for side in words))):
        return DataError(what, fix=f"change the names of the files: {stems}")
    if axis.key == "image_id":
        return DataError(what, fix="name other columns with --col pred.image_id=NAME and --col target.image_id=NAME")
    for side in SIDES:
        if (unread := declared_of(columns.source(side)).get("unread_names")) is not None:
            return UsageError(f"{what}: {unread.what}", fix=unread.fix)
    fix = f"{_alike(columns, words)}name other columns with --col label=NAME, or use --class-agnostic to ignore them"
    return DataError(what, fix=fix)


def _alike(columns: RoleColumns, words: Sequence[Sequence[str]]) -> str:
    """How the labels of both sides may be made the same."""
    sources = [columns.source(side) for side in SIDES]
    if any(getattr(source, "classes", None) for source in sources):
        return "use --names none if both number the classes alike, "
    if any(getattr(source, "numbered", False) for source in sources):
        return "name the classes with --names FILE or --names a,b,c, "
    numbered = [side for side, own in zip(SIDES, words, strict=True) if all(w.strip().isdigit() for w in own)]
    if len(numbered) == 1:
        return f"name the classes with --names {numbered[0]}.a,b,c (from 0), "
    return "give both sides the same labels, "
