"""Finds long tables of forecasts, a row per level or member, and the columns by which their forecasts pair with TARGET."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import replace
from losscli.reading.asked import Reading
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.quantile_rows import POINTS, QUANTILE, SAMPLE, LongColumns, Spread, level_in
from losscli.sources.base import Source
from losscli.spec.column_names import LEVEL, LONG_VALUE, ROW_KIND, fold, is_id, is_index
from losscli.spec.slices import Condition

_KINDS = (QUANTILE, SAMPLE, *POINTS)


def spread(pred: Source, reading: Reading, tried: bool = False) -> tuple[Source, Reading]:
    """PRED with a row per forecast where it is a long table, and what was asked of the result.

    A table without kinds of rows is one where every forecast has every level, or where a loss reads levels, for which a level that
    is missing is an error. tried: whether no loss is known yet.
    """
    if not pred.is_table or isinstance(pred, Spread) or reading.by_position or not _levels_in(pred):
        return pred, reading
    facts = ColumnFacts(pred)
    found = _long_columns(facts, reading)
    if found is None:
        return pred, reading
    certain = bool(found.kind) or reading.forecasts.several
    if not certain and not found.keys:
        return pred, reading
    picked = [f for f in reading.filters if found.kind and f.column == found.kind and f.op == "="]
    kinds = [str(f.value).strip().lower() for f in picked] or list(_KINDS)
    reading = replace(reading, filters=tuple(f for f in reading.filters if f not in picked), cols=_without(reading.cols, found))
    if strange := next((k for k in kinds if k not in _KINDS), None):
        raise DataError(f"rows of {visible(strange)} are not read", Where(pred.path), f"{found.kind} may be {', '.join(_KINDS)}")
    try:
        return Spread(pred, found, kinds), reading
    except DataError:
        if certain and not tried:
            raise
        return pred, reading


def _levels_in(pred: Source) -> bool:
    names = {*map(fold, LEVEL)}
    return any(fold(n) in names for n in pred.names)


def _long_columns(facts: ColumnFacts, reading: Reading) -> LongColumns | None:
    """The columns of a long table: one of levels, of which there are several, beside one of values."""
    level = next((n for n in facts.named((LEVEL[0],))), None) or _only(facts.named(LEVEL))
    value = _value(facts, reading)
    if level is None or value is None or level == value:
        return None
    kind = next(iter(facts.named(ROW_KIND)), "")
    named = {*reading.keys, *reading.beside, reading.weights, *(f.column for f in reading.filters if not _picks(f, kind))}
    named |= {n for text in reading.cols for n in text.partition("=")[2].split(",") if n != value}
    if named & {level, kind, value} or reading.models:
        return None
    if not kind:
        words = facts.every_word(level)
        numbers = [level_in(w) for w in words]
        if len(words) < 2 or not all(0 < x < 1 for x in numbers):
            return None
    keys = [n for n in facts.names if n not in (level, value, kind) and not is_index(n)]
    keys = [n for n in keys if not (is_id(n) and facts.source.rows > 1 and facts.unique(n))]
    return LongColumns(level, value, kind, tuple(keys))


def _picks(condition: Condition, kind: str) -> bool:
    return bool(kind) and condition.column == kind and condition.op == "="


def _value(facts: ColumnFacts, reading: Reading) -> str | None:
    said = [t.partition("=")[2] for t in reading.cols if t.partition("=")[0] in ("pred", "pred.pred")]
    if said and said[0] in facts.names:
        return said[0]
    hits = [n for n in facts.named(LONG_VALUE) if facts.numeric(n)]
    return hits[0] if len(hits) == 1 else next((n for n in hits if fold(n) == "value"), None)


def _without(cols: Sequence[str], found: LongColumns) -> tuple[str, ...]:
    """--col without the choice of the value, which the result does not have."""
    return tuple(t for t in cols if t not in (f"pred={found.value}", f"pred.pred={found.value}"))


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def shared_keys(pred: Spread, target: Source) -> list[tuple[str, str]]:
    """The columns that name a forecast and that TARGET has too. Raises DataError where they do not tell its rows apart."""
    folded = {fold(n): n for n in target.names}
    keys = [(n, folded[fold(n)]) for n in pred.columns.keys if fold(n) in folded]
    if keys and _unique(target, [right for _, right in keys]):
        return keys
    more = _alike(pred, target, keys)
    what = f"several rows of {visible(target.path)} have the same {some([k for _, k in keys])}" if keys else "no column in common"
    flags = [shlex.quote(f"{left}={right}" if left != right else left) for left, right in [*keys, *more]]
    if not more:
        flags.append("COL=COL")
    what += f": which columns pair the forecasts of {visible(pred.path)} with their targets?"
    raise DataError(what, fix="state them with " + " ".join(f"--key {flag}" for flag in flags))


def _unique(target: Source, names: Sequence[str]) -> bool:
    fields = [target.text(n) for n in names]
    rows = list(zip(*(f.read(0, target.rows).tolist() for f in fields), strict=True))
    return len(set(rows)) == len(rows)


def _alike(pred: Spread, target: Source, keys: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of other columns with values in common, of text that differs between rows."""
    ours, theirs = ColumnFacts(pred), ColumnFacts(target)
    used = {n for pair in keys for n in pair}
    out = []
    for left in pred.columns.keys:
        words = set() if left in used or ours.numeric(left) else set(ours.words(left))
        hits = [n for n in theirs.names if n not in used and len(words) > 1 and words & set(theirs.words(n))]
        out += [(left, hits[0])] if len(hits) == 1 else []
    return out[:1]
