"""A comparison of models as text: a table per loss and group, best first, and a sentence with the models that are tied."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.output.spreadsheet import safe
from losscli.report.against import Against
from losscli.report.formats import FORMATS as REPORTS
from losscli.report.model import Line
from losscli.report.ranking import TIED, UNTESTED, WORSE, Ranked, Ranking, Standing
from losscli.report.ranking_dict import ranking_dict
from losscli.report.render import strict_json
from losscli.report.render.cells import Column, Grid, grid_of
from losscli.report.render.style import Style
from losscli.report.render.words import UNDEFINED, WHY, cell, count, exact, interval, number, text

FORMATS = ("table", "plain", "json", "csv", "md")
SUFFIXES = tuple(suffix for name in FORMATS for suffix in REPORTS[name].suffixes)
MOST = 12
"""Models that a sentence names."""


def render(found: Ranking, format: str, style: Style) -> str:
    """The comparison as table, plain, json, csv or md; the text ends with a newline."""
    if format == "json":
        return strict_json.dumps(ranking_dict(found))
    if format == "csv":
        return _csv(found)
    if format == "md":
        return _md(found, style)
    from losscli.report.render.wrap import wrap

    table = format == "table"
    if table:
        from losscli.report.render.table import grid_lines as lines
    else:
        from losscli.report.render.plain import lines as plain_lines

        def lines(g: Grid, style: Style) -> list[str]:
            return plain_lines(g)

    def said(words: str) -> list[str]:
        return wrap(words, style.width) if table else [words]

    parts = [[*said(title(x)), *lines(_grid(x, style), style), *said(conclusion(x, found.how.test))] for x in found.losses]
    parts += [[*said(g.title), *lines(g, style)] for g in _by_group(found, style)]
    if not style.quiet:
        parts.append(said(facts(found)))
    return style.spell("\n\n".join("\n".join(part) for part in parts) + "\n")


def title(x: Ranked) -> str:
    """`mae (lower is better)`."""
    return f"{text(x.line.label)} ({x.line.direction} is better)"


def _grid(x: Ranked, style: Style) -> Grid:
    digits, found = style.digits, [s.against for s in x.standings]
    sure = _intervals([s.line for s in x.standings], digits)
    tested = any(a is not None and a.p_holm is not None for a in found)
    return grid_of(
        Column("model", [text(s.model) for s in x.standings], words=True),
        Column("value", [number(s.line.value, digits) for s in x.standings]),
        *sure,
        Column("n", [f"{s.line.n:,}" for s in x.standings]),
        Column("delta", [_cell(a, lambda a: number(a.delta, digits)) for a in found]),
        Column("CI of delta", [_cell(a, lambda a: "identical" if a.identical else interval(a.delta_ci, digits)) for a in found]),
        Column("rel", [_cell(a, _relative) for a in found]),
        *([Column("p", [_cell(a, lambda a: number(a.p_holm, 2)) for a in found])] if tested else []),
        Column("mark", [s.mark for s in x.standings], words=True),
    )


def _by_group(found: Ranking, style: Style) -> list[Grid]:
    """The groups loss by loss: the best model of each, and those that are tied with it."""
    out = []
    for id in dict.fromkeys((tuple(x.by), x.line.id) for x in found.groups):
        rows = [x for x in found.groups if (tuple(x.by), x.line.id) == id]
        lines, names = [x.line for x in rows], list(rows[0].by)
        g = grid_of(
            *(Column(text(name), [cell(x.by[name]) or '""' for x in rows], words=True) for name in names),
            Column("n", [f"{line.n:,}" for line in lines]),
            Column("best", [text(x.best) or UNDEFINED for x in rows], words=True),
            Column("value", [number(line.value, style.digits) for line in lines]),
            *_intervals(lines, style.digits),
            Column("worse", [f"{len(x.marked(WORSE)):,}" for x in rows]),
            Column("tied", [_tied(x) for x in rows], words=True),
        )
        out.append(Grid(g.header, g.rows, g.texts, f"{title(rows[0])} by {text(', '.join(names))}"))
    return out


def _intervals(lines: Sequence[Line], digits: int) -> list[Column]:
    """The column of the values' intervals, headed by their level; none where no value has one."""
    level = next((x.ci.level for x in lines if isinstance(x.ci, Interval)), None)
    return [] if level is None else [Column(f"{number(100 * level, 6)} % CI", [interval(x.ci, digits) for x in lines])]


def _tied(x: Ranked) -> str:
    """The models that are tied with the best of a group; what was not tested is not known to be."""
    tied, untested = x.marked(TIED), x.marked(UNTESTED)
    every = len(tied) == len(x.standings) - 1 > 1
    parts = [f"all {len(tied)} others" if every else _names(tied, 4)] if tied else []
    return "; ".join([*parts, *([f"{len(untested)} not tested"] if untested else [])]) or UNDEFINED


def _cell(a: Against | None, of: object) -> str:
    return UNDEFINED if a is None else str(of(a))  # type: ignore[operator]


def _relative(a: Against) -> str:
    return UNDEFINED if a.rel is None else f"{number(100 * a.rel, 3)} %"


def conclusion(x: Ranked, test: str) -> str:
    """The best model and those that are tied with it, in a sentence."""
    many = len(x.standings)
    if not x.best:
        return "No model has a finite value, so that there is no best one."
    tied, worse, untested = (x.marked(mark) for mark in (TIED, WORSE, UNTESTED))
    best = text(x.best)
    left = f" Not tested: {_names(untested)} ({_why(x)})." if untested and test != "none" else ""
    extreme = "highest" if x.line.direction == "higher" else "lowest"
    if tied:
        all_of = "Every other model is tied" if len(tied) == many - 1 and many > 2 else "Tied"
        named = "" if len(tied) == many - 1 and many > 2 else f": {_names(tied)}"
        return f"{all_of} with the best ({best}){named}; the {extreme} of {many} values is not a finding.{left}"
    if worse:
        return f"The best is {best}; no other model is tied with it.{left}"
    return f"The {extreme} value is that of {best}.{left}"


def _why(x: Ranked) -> str:
    """Why the first model that was not tested was not."""
    found = next((s.against.delta_ci for s in x.standings if s.mark == UNTESTED and s.against is not None), None)
    reason = found.reason if isinstance(found, NoInterval) else "no-method"
    return "the loss is not a function of totals of its samples" if reason == "no-method" else WHY[reason]


def _names(names: Sequence[str], most: int = MOST) -> str:
    shown = ", ".join(map(text, names[:most]))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


TESTS = {"signflip": "sign-flip test", "t": "Student's t", "none": "no test"}
ADJUSTED = {"holm": "Holm", "bh": "Benjamini and Hochberg", "none": "unadjusted"}


def facts(found: Ranking) -> str:
    """What was compared and how."""
    how = found.how
    tested = [TESTS[how.test] if found.tests else "no test"]
    if how.test != "none" and found.tests:
        tested = [
            f"{TESTS[how.test]} at {number(100 * (1 - how.level), 6)} %",
            f"p: {ADJUSTED[how.adjust]} over {count(found.tests, 'comparison')}",
        ]
    family = [found.family] if found.family else []
    target = [f"of {text(found.target.path)}"] if found.target.path else []
    return " · ".join([*family, count(len(found.models), "model"), *target, f"paired by {text(found.paired)}", *tested])


def _md(found: Ranking, style: Style) -> str:
    from losscli.report.render import md

    parts = ["### losscli compare"]
    for x in found.losses:
        parts += [f"#### {md.escape(title(x))}", md.table(_grid(x, style)), md.escape(conclusion(x, found.how.test))]
    for g in _by_group(found, style):
        parts += [f"#### {md.escape(g.title)}", md.table(g)]
    warned = "\n".join(md.item(text(w.message)) for w in found.warnings)
    return style.spell("\n\n".join([*parts, md.escape(facts(found)), *([warned] if warned else [])]) + "\n")


def _csv(found: Ranking) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    names = tuple(dict.fromkeys(name for x in found.groups for name in x.by))
    rows.writerow((*HEADER, *(safe(f"by.{name}") for name in names)))
    for x in found.every:
        by = [safe(x.by[name]) if name in x.by else "" for name in names]
        rows.writerows((*_row(x, i, s), *by) for i, s in enumerate(x.standings, 1))
    return out.getvalue()


HEADER = (
    *("loss", "model", "rank", "mark", "value", "low", "high", "n", "delta", "delta_low", "delta_high", "rel"),
    *("p", "p_holm", "wins", "ties", "losses"),
)


def _row(x: Ranked, rank: int, s: Standing) -> Iterator[str]:
    a = s.against
    yield from (safe(x.line.id), safe(s.model), str(rank), s.mark, exact(s.line.value), *_ends(s.line.ci), str(s.line.n))
    if a is None:
        yield from [""] * 9
    else:
        yield from (exact(a.delta), *_ends(a.delta_ci), *map(exact, (a.rel, a.p, a.p_holm, a.wins, a.ties, a.losses)))


def _ends(ci: Found | None) -> tuple[str, str]:
    return (exact(ci.low), exact(ci.high)) if isinstance(ci, Interval) else ("", "")
