"""Which columns are the quantiles, the members or the interval that the losses read, by the levels that their names state."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.values import write_number
from losscli.reading.asked import Forecasts, Reading
from losscli.reading.chosen import col
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.quantile_rows import Spread
from losscli.spec.column_names import PRED
from losscli.spec.quantile_names import end_of, level_of


def forecast_columns(facts: ColumnFacts, reading: Reading, wanted: frozenset[str]) -> tuple[str, ...]:
    """More `--col`: the columns of PRED that fill `pred`, or `lower` and `upper`, and that nothing else states.

    Raises DataError or UsageError where a table of forecasts does not contain what the losses read.
    """
    asked, source = reading.forecasts, facts.source
    said = {t.partition("=")[0].removeprefix("pred.") for t in reading.cols}
    if not source.is_table or not (asked.several or isinstance(source, Spread)) or reading.models:
        return ()
    out = []
    if "pred" in wanted and "pred" not in said:
        names = _of_spread(source, asked) if isinstance(source, Spread) else _wide(facts, reading)
        out += [f"pred={','.join(names)}"] if names else []
    if "lower" in wanted and "upper" in wanted and not said & {"lower", "upper"} and asked.outside is not None:
        ends = (asked.outside / 2, 1 - asked.outside / 2)
        own = source.quantiles if isinstance(source, Spread) else _quantiles(facts, reading) or _ends(facts, reading, ends)
        found = _at(own, ends)
        if len(own) > 2 and not found:
            low, high, share = (write_number(round(x, 12)) for x in (*ends, asked.outside))
            what = f"no quantiles {low} and {high} for alpha={share}"
            raise DataError(what, Where(source.path), f"set alpha to twice a level below 0.5 (the levels are of {some(own)})")
        out += [f"lower={found[0]}", f"upper={found[1]}"] if found else []
    return tuple(out)


def _of_spread(source: Spread, asked: Forecasts) -> tuple[str, ...]:
    """The columns of a long table that the losses read."""
    if asked.of == "mixed":
        what = "the losses read different columns of the table: all quantiles, some of them, members, or one prediction"
        raise UsageError(what, fix="evaluate them one at a time")
    if asked.of == "members":
        if not source.members:
            what = f"contains quantiles, and {asked.loss} reads members of equal weight"
            raise DataError(what, Where(source.path), "--loss 2*pinball is the score over all levels (of a central set: WIS)")
        return source.members
    if asked.of == "levels":
        if not source.quantiles:
            raise DataError(f"contains no quantiles, which {asked.loss} reads", Where(source.path), "crps reads members")
        if not asked.levels:
            return source.quantiles
        if found := _at(source.quantiles, asked.levels):
            return found
        lost = next(x for x in asked.levels if not _at(source.quantiles, (x,)))
        raise DataError(
            f"no quantile of level {write_number(lost)}", Where(source.path), f"its levels are {some(source.quantiles)}"
        )
    single = source.points or (source.quantiles if len(source.quantiles) == 1 else ())
    if len(single) == 1:
        return single
    middle = [*source.points, *_at(source.quantiles, (0.5,))] or [(source.quantiles or source.members)[0]]
    what = f"contains several predictions of each target, and {asked.loss} reads one"
    raise DataError(what, Where(source.path), f"choose it with {col('pred', *([n] for n in middle))}")


def _quantiles(facts: ColumnFacts, reading: Reading) -> tuple[str, ...]:
    """The columns of quantiles by name, ends of intervals aside, where no level is there twice."""
    apart = {*reading.keys, *reading.beside}
    names = [n for n in facts.names if facts.numeric(n) and n not in apart]
    levels = {n: level for n in names if (level := level_of(n, names)) is not None and not end_of(n)}
    return tuple(sorted(levels, key=levels.__getitem__)) if len(set(levels.values())) == len(levels) > 1 else ()


def _ends(facts: ColumnFacts, reading: Reading, levels: Sequence[float]) -> tuple[str, ...]:
    """The ends of intervals of several levels by name. Raises DataError where several models have ends of these levels."""
    apart = {*reading.keys, *reading.beside}
    names = [n for n in facts.names if facts.numeric(n) and n not in apart and end_of(n)]
    known = {n: level for n in names if (level := level_of(n, names)) is not None}
    if len(set(known.values())) == len(known):
        return tuple(sorted(known, key=known.__getitem__))
    lows, highs = ([n for n, own in known.items() if abs(own - level) < 1e-9] for level in levels)
    if not lows or len(lows) != len(highs):
        return ()
    what = f"{visible(facts.source.path)}: ends of several intervals of this level: {some([*lows, *highs])}"
    each = [f"{col('lower', [low])} {col('upper', [high])}" for low, high in zip(lows, highs, strict=True)]
    raise DataError(what, fix=f"choose with {' or '.join(each[:3])}")


def _wide(facts: ColumnFacts, reading: Reading) -> tuple[str, ...]:
    """All columns of quantiles, or those of the stated levels, where no column has the name of a prediction."""
    asked = reading.forecasts
    if asked.of != "levels" or any(facts.numeric(n) for n in facts.named(PRED)):
        return ()
    own = _quantiles(facts, reading)
    return _at(own, asked.levels) if asked.levels else own


def _at(names: Sequence[str], levels: Sequence[float]) -> tuple[str, ...]:
    """The columns of these levels; empty where one is not there."""
    known = {round(level, 9): n for n in names if (level := level_of(n, names)) is not None}
    found = [known.get(round(level, 9)) for level in levels]
    return tuple(n for n in found if n is not None) if None not in found else ()
