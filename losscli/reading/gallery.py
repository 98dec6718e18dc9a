"""Probes against a gallery: every row of PRED with every row of TARGET, as pairs or as triplets, by the labels of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.asked import Bindings, Reading
from losscli.reading.labels import label_field, refuse_two_numberings, shared_codes
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.reading.slice_columns import slice_columns
from losscli.sources.base import Field, Source
from losscli.sources.random_access import with_random_access
from losscli.spec.family import Conventions, Family

MOST = 1 << 26
"""The most pairs or triplets, whose row numbers are kept in memory."""
TRIPLET, PAIR = ("anchor", "positive", "negative"), ("a", "b")
_SPAN = 1 << 16


@dataclass(frozen=True)
class Side:
    """One file of vectors with labels: its columns, the vectors, and the number of the class of each row."""

    columns: RoleColumns
    vectors: Field
    codes: Ints


def bind_gallery(
    family: Family, pred: Source, gallery: Source, wanted: frozenset[str], conventions: Conventions, reading: Reading
) -> Bindings:
    """The pairs or triplets that the losses read. Raises DataError where a side has no vectors or labels, or there are too many."""
    _refuse_options(reading)
    probe, other = _sides(family, (pred, gallery), conventions, reading)
    roles = next((roles for roles in (TRIPLET, PAIR) if set(roles) <= wanted), None)
    if roles is None:
        raise UsageError("--gallery forms pairs or triplets, which no loss of this run reads", fix="omit --gallery")
    same: list[Filled] = []
    if roles == PAIR:
        rows, agree = _pairs(probe.codes, other.codes)
        same = [Filled("same", "target", Given(agree))]
    else:
        rows = _triplets(probe.codes, other.codes)
    strangers = _strangers(probe, other)
    if not len(rows[0]):
        raise DataError("nothing to evaluate: no probe has a class of the gallery and others beside it", Where(pred.path))
    fields = with_random_access([probe.vectors, other.vectors])
    filled = [
        Filled(role, "pred" if i == 0 else "target", fields[min(i, 1)], rows=r)
        for i, (role, r) in enumerate(zip(roles, rows, strict=True))
    ]
    pairing = Pairing(pred.rows, gallery.rows, len(rows[0]), pred_index=rows[0], target_index=rows[1], listed="gallery")
    same = [replace(f, rows=np.arange(len(rows[0]))) for f in same]
    by = slice_columns(probe.columns, reading, pairing, frozenset(), filled, conventions)
    if by:
        columns = with_random_access([f.field for f in by])
        by = tuple(replace(f, field=column) for f, column in zip(by, columns, strict=True))
    left = {side: s.columns.left_out("pred") for side, s in (("pred", probe), ("target", other))}
    read = {side: {"label": _label(s.columns)} for side, s in (("pred", probe), ("target", other))}
    inputs = Inputs(family, pred, gallery, (*filled, *same), pairing, set_columns=read, left_out=left, by=by)
    notes = [*probe.columns.notes, *other.columns.notes, *strangers]
    guesses = (*probe.columns.guesses, *other.columns.guesses)
    if reading.strict and guesses:
        raise UsageError(f"--strict refuses guesses: {'; '.join(guesses)}", fix="state them with --col ROLE=NAME")
    return Bindings(inputs, conventions, tuple(notes), guesses)


def _strangers(probe: Side, other: Side) -> list[str]:
    """Says how many probes have a class that the gallery lacks. Raises DataError where that is so of all."""
    lacking = int((~np.isin(probe.codes, other.codes)).sum())
    path, its = (visible(side.columns.pred.path) for side in (probe, other))
    if lacking == len(probe.codes):
        words = [some(s.columns.facts["pred"].words(_label(s.columns))) for s in (probe, other)]
        what = f"no label of {path} is a label of {its}: {words[0]} against {words[1]}"
        raise DataError(what, fix="labels compare as they are written; name the same classes on both sides")
    return [f"{lacking:,} of {len(probe.codes):,} rows of {path} have a class that {its} lacks"] if lacking else []


def _refuse_options(reading: Reading) -> None:
    given = {"--key": reading.keys, "--weights": reading.weights, "--pair": reading.by_position, "--many": reading.many}
    flag = next((name for name, value in given.items() if value), None)
    if flag is not None:
        raise UsageError(f"--gallery and {flag} cannot be used together", fix=f"omit {flag}")


def _sides(family: Family, sources: tuple[Source, Source], conventions: Conventions, reading: Reading) -> tuple[Side, Side]:
    columns = [
        _columns(family, source, side, conventions, reading) for side, source in zip(("pred", "target"), sources, strict=True)
    ]
    labels = [label_field(c.pred, _names(c, "label"), conventions.classes, False) for c in columns]
    refuse_two_numberings(labels)
    codes = [_codes(field) for field in shared_codes(labels)]
    vectors = [c.pred.numbers(_names(c, "embedding")) for c in columns]
    for field, own in zip(vectors, codes, strict=True):
        if field.rows != len(own):
            raise DataError(f"{field.rows} vectors, but {len(own)} labels", Where(field.where(0).path), "save a label per vector")
    return Side(columns[0], vectors[0], codes[0]), Side(columns[1], vectors[1], codes[1])


def _columns(family: Family, source: Source, side: str, conventions: Conventions, reading: Reading) -> RoleColumns:
    """The vectors and labels of one file, as a file that holds both sides."""
    cols = [_own(text, side) for text in reading.cols if not text.startswith("pred." if side == "target" else "target.")]
    by = reading.beside if side == "pred" else ()
    columns = RoleColumns(family, source, None, frozenset({"embedding", "label"}), cols, (), None, by, conventions)
    for role, side_of in (("embedding", "pred"), ("label", "target")):
        found = columns.chosen[side_of].get(role)
        ids = found is not None and found.guess and any(columns.facts["pred"].identifies(n) for n in found.columns)
        if found is None or ids:
            fix = f"name it with --col {side}.{role}=NAME; its columns are {some(source.names)}"
            raise DataError(
                f"no column of `{role}`", Where(source.path), fix if source.names else "save it with its labels as .npz"
            )
    return columns


def _own(text: str, side: str) -> str:
    """A value of --col as one file alone takes it: `pred.label=x` names the label of the file of probes."""
    return text.removeprefix(f"{side}.")


def _names(columns: RoleColumns, role: str) -> tuple[str, ...]:
    return columns.chosen["pred" if role == "embedding" else "target"][role].columns


def _label(columns: RoleColumns) -> str:
    return next(iter(_names(columns, "label")), "")


def _codes(field: Field) -> Ints:
    spans = [np.asarray(field.read(low, min(low + _SPAN, field.rows))) for low in range(0, field.rows, _SPAN)]
    found = np.concatenate(spans).reshape(field.rows, -1)[:, 0]
    bad = ~np.isfinite(found) | (found != np.floor(found))
    if bad.any():
        raise DataError("is not a class", field.where(int(np.argmax(bad))), "give a whole number or a name as the label")
    return found.astype(np.int64)


def _pairs(probes: Ints, gallery: Ints) -> tuple[list[Ints], Array]:
    """The rows of every pair, and 1 where its labels are equal."""
    _refuse_many(len(probes) * len(gallery), "pairs")
    first, second = np.repeat(np.arange(len(probes)), len(gallery)), np.tile(np.arange(len(gallery)), len(probes))
    return [first, second], (probes[first] == gallery[second]).astype(np.uint8)


def _triplets(probes: Ints, gallery: Ints) -> list[Ints]:
    """The rows of every probe with a gallery row of its class and one of another."""
    values, counts = np.unique(gallery, return_counts=True)
    known = dict(zip(values.tolist(), counts.tolist(), strict=True))
    _refuse_many(sum(known.get(c, 0) * (len(gallery) - known.get(c, 0)) for c in probes.tolist()), "triplets")
    parts: list[Sequence[Ints]] = []
    for i, c in enumerate(probes.tolist()):
        like = np.flatnonzero(gallery == c)
        unlike = np.flatnonzero(gallery != c)
        parts.append((np.full(len(like) * len(unlike), i), np.repeat(like, len(unlike)), np.tile(unlike, len(like))))
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _refuse_many(count: int, what: str) -> None:
    if count > MOST:
        fix = f"evaluate the probes in parts, or list the {what} that matter in a file for --pairs"
        raise DataError(f"{count:,} {what}, more than the {MOST:,} that are formed at once", fix=fix)


@dataclass(frozen=True)
class Given:
    """Numbers in memory as a field."""

    values: Array
    names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    kind: str = "i"

    @property
    def rows(self) -> int:
        return len(self.values)

    def read(self, start: int, stop: int) -> Array:
        return self.values[start:stop]

    def take(self, rows: Ints) -> Array:
        return self.values[rows]

    def where(self, row: int, item: int = 0) -> Where:
        return Where("labels", row=row + 1)
