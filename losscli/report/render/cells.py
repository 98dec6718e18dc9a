"""The report's tables as text cells, before any layout: losses, terms, groups, worst samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from losscli.core.records import dataclass, replace
from losscli.core.values import read_number
from losscli.numerics.statistics.interval import Interval
from losscli.report.model import ENDS, NORMS, GradientLine, Group, Line, Report, TermLine, Worst
from losscli.report.render.sparkline import sparkline
from losscli.report.render.style import Style
from losscli.report.render.words import cell, interval, number, statistic, text
from losscli.spec.matching import Counts

SPREAD = ("mean", "std", "min", "p50", "p95", "max")


@dataclass(frozen=True)
class Grid:
    """Named columns of finished cells; `texts` are the columns of words rather than numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: frozenset[int]
    title: str = ""
    drawn: bool = False
    """Whether the last column is a picture, which a narrow terminal may leave out."""


@dataclass(frozen=True)
class Column:
    """A column of a grid to be; two columns may share a name."""

    name: str
    cells: Sequence[str]
    words: bool = False


def grid_of(*columns: Column) -> Grid:
    rows = tuple(zip(*(c.cells for c in columns), strict=True))
    return Grid(tuple(c.name for c in columns), rows, frozenset(i for i, c in enumerate(columns) if c.words))


def losses(report: Report, style: Style, *, every: bool, terms: bool) -> Grid:
    """A row per loss. `every` keeps the columns without information; `terms` puts a recipe's terms below it."""
    named = _stats(report.losses, style.digits, every, ends=every)
    mixed = any(x.direction == "higher" for x in report.losses)
    rows: list[tuple[str, ...]] = []
    pictures: list[str] = []
    for x in report.losses:
        numbers = _numbers(x, named, style.digits)
        arrow = ["↑" if x.direction == "higher" else "↓"] if mixed else []
        rows.append((text(x.label), *arrow, *numbers))
        pictures.append(sparkline(x.histogram))
        if terms:
            rows += [
                ("  " + _term(t), *[""] * mixed, number(t.value, style.digits), *[""] * (len(named) - 1)) for t in listed_terms(x)
            ]
            pictures += [""] * (len(rows) - len(pictures))
    header = ("loss", *(["better"] if mixed else []), *_titled(named, report.losses))
    found = Grid(header, tuple(rows), frozenset({0, 1} if mixed else {0}))
    return found if every or all(x.histogram is None for x in report.losses) else _with_pictures(found, pictures)


def _with_pictures(g: Grid, pictures: Sequence[str]) -> Grid:
    rows = tuple((*row, cell) for row, cell in zip(g.rows, pictures, strict=True))
    return Grid((*g.header, "histogram"), rows, g.texts | {len(g.header)}, g.title, drawn=True)


def _stats(lines: Sequence[Line], digits: int, every: bool, ends: bool) -> list[str]:
    """The numbers of these lines that get a column: without `every`, those with information. ends: the ends of the interval as the
    last columns, instead of the interval in one."""
    stats = [s for s in SPREAD if every or _informs(s, lines, digits)]
    rest = ["nonfinite"] if every or any(x.nonfinite for x in lines) else []
    known = any(x.low is not None for x in lines)
    last = ENDS if ends and (known or every) and any(x.ci is not None for x in lines) else ()
    return ["value", *(["ci"] if known and not ends else []), "n", *stats, *rest, *last]


def _numbers(line: Line, named: Sequence[str], digits: int) -> list[str]:
    return [interval(line.ci, digits) if s == "ci" else statistic(s, getattr(line, s), digits) for s in named]


def _titled(named: Sequence[str], lines: Iterable[Line]) -> list[str]:
    """The headings: that of the interval is its level."""
    level = next((x.ci.level for x in lines if isinstance(x.ci, Interval)), 0.0)
    return [f"{number(100 * level, 6)} % CI" if s == "ci" else s for s in named]


def _informs(stat: str, lines: Iterable[Line], digits: int) -> bool:
    """Whether a column has information: not where it is empty, nor a mean that equals the value throughout."""
    found = [(getattr(x, stat), x.value) for x in lines]
    return any(v is not None and (stat != "mean" or number(v, digits) != number(value, digits)) for v, value in found)


def listed_terms(line: Line) -> tuple[TermLine, ...]:
    """The terms that get a line: none if the only term is the loss itself."""
    return line.terms if len(line.terms) > 1 or any(t.weight != 1 for t in line.terms) else ()


def _term(t: TermLine) -> str:
    return text(t.name) if t.weight == 1 else f"{text(t.name)} ×{number(t.weight, 6)}"


def terms(report: Report, style: Style) -> Grid:
    """A row per term of every loss that has some."""
    found = [(x, t) for x in report.losses for t in listed_terms(x)]
    return grid_of(
        Column("loss", [text(x.label) for x, _ in found], words=True),
        Column("term", [text(t.name) for _, t in found], words=True),
        Column("weight", [number(t.weight, style.digits) for _, t in found]),
        Column("value", [number(t.value, style.digits) for _, t in found]),
    )


def groups(report: Report, style: Style, loss: str, ends: bool) -> Grid:
    """A row per group: the group's values, and the numbers of one loss."""
    found = [(g, g.line(loss)) for g in report.groups]
    lines = [line for _, line in found]
    named = _stats(lines, style.digits, False, ends)
    cells = zip(*(_numbers(x, named, style.digits) for x in lines), strict=True)
    columns = [Column(s, column) for s, column in zip(_titled(named, lines), cells, strict=True)]
    g = grid_of(*by_columns([g for g, _ in found]), *columns)
    return g if ends or not _comparable(lines, report.line(loss)) else _with_pictures(g, [sparkline(x.histogram) for x in lines])


def _comparable(lines: Sequence[Line], whole: Line) -> bool:
    """Whether the histograms of groups have the edges of that over all samples."""
    found = [x.histogram.edges for x in lines if x.histogram is not None]
    return bool(found) and whole.histogram is not None and all(edges == whole.histogram.edges for edges in found)


def group_gradients(report: Report, style: Style, loss: str) -> Grid:
    """A row per group: the group's values, and the gradients of one loss."""
    found = [(g, line.gradient) for g in report.groups if (line := g.line(loss)).gradient is not None]
    return grid_of(*by_columns([g for g, _ in found]), *_slopes([g for _, g in found], style))


def by_group(report: Report, style: Style, *, ends: bool = False) -> list[Grid]:
    """The groups' tables, loss by loss, each with a title; none without groups. ends: the ends of intervals in columns."""
    if not report.groups:
        return []
    names = text(", ".join(report.groups[0].by))
    found = [(f"{text(x.label)} by {names}", groups(report, style, x.id, ends)) for x in report.losses]
    found += [(f"Gradient of {text(x.label)} by {names}", group_gradients(report, style, x.id)) for x in report.losses]
    return [replace(g, title=title) for title, g in found if g.rows]


def named(g: Grid, columns: int) -> Grid:
    """The first columns joined into one, which every band of a split table repeats."""
    first = ", ".join
    texts = frozenset({0, *(i - columns + 1 for i in g.texts if i >= columns)})
    return Grid(
        (first(g.header[:columns]), *g.header[columns:]),
        tuple((first(row[:columns]), *row[columns:]) for row in g.rows),
        texts,
        g.title,
        g.drawn,
    )


def by_columns(found: Sequence[Group]) -> list[Column]:
    names = list(found[0].by) if found else []
    return [Column(text(name), [_key(g.by[name]) for g in found], words=True) for name in names]


MOST_LABELS, MOST_IMAGES = 10, 5
"""The most labels and images that are listed for people."""


def boxes(report: Report, style: Style) -> list[Grid]:
    """The boxes of a matching: all of them and per label, and the images with the most unmatched ones; each with a title."""
    if report.boxes is None:
        return []
    total = report.boxes.total
    labels = report.boxes.by.get("label", {}) if _unmatched(total) else {}
    shown, left = _most_unmatched(labels, MOST_LABELS)
    ordered = [(word, labels[word]) for word in (shown if left else sorted(shown, key=_rank))]
    title = f"Boxes by {text(report.boxes.columns['label'][0])}" if labels else "Boxes"
    before = " before --filter" if report.alignment.filter else ""
    title += before
    if left:
        title += f", the {MOST_LABELS} with the most unmatched of {len(labels)}"
    grids = [_counted([("all", total), *(ordered if len(labels) > 1 else [])], "label", title, style)]
    images = report.boxes.by.get("image_id", {})
    worst = [(word, images[word]) for word in _most_unmatched(images, MOST_IMAGES)[0] if _unmatched(images[word])]
    if len(images) > 1 and worst:
        grids.append(
            _counted(worst, text(report.boxes.columns["image_id"][0]), f"Images with the most unmatched boxes{before}", style)
        )
    return grids


def _rank(word: str) -> tuple[bool, float, str]:
    """Numbers by value, then other words."""
    found = read_number(word)
    return found is None, found or 0.0, word


def _unmatched(counts: Counts) -> int:
    return counts.missed + counts.spurious


def _most_unmatched(found: Mapping[str, Counts], most: int) -> tuple[list[str], int]:
    """The values with the most unmatched boxes, and how many there are besides."""
    words = sorted(found, key=lambda word: -_unmatched(found[word]))
    return words[:most], len(words[most:])


def _counted(found: Sequence[tuple[str, Counts]], name: str, title: str, style: Style) -> Grid:
    """A row per count of boxes."""
    names = ["matched", "missed", "spurious", *(["ignored"] if any(c.ignored for _, c in found) else [])]
    g = grid_of(
        Column(name, [_key(word) for word, _ in found], words=True),
        *(Column(n, [f"{getattr(c, n):,}" for _, c in found]) for n in names),
        *(Column(n, [number(getattr(c, n), style.digits) for _, c in found]) for n in ("precision", "recall")),
    )
    return Grid(g.header, g.rows, g.texts, title)


def gradients(report: Report, style: Style) -> Grid:
    """A row per loss with gradient statistics: shares of samples, and quantiles of the norm."""
    found = [(x.label, x.gradient) for x in report.losses if x.gradient is not None]
    return grid_of(Column("gradient of", [text(i) for i, _ in found], words=True), *_slopes([g for _, g in found], style))


def _slopes(found: Sequence[GradientLine], style: Style) -> list[Column]:
    shares = (("zero", "zero_share"), ("nonfinite", "nonfinite_share"))
    return [
        Column("n", [f"{g.n:,}" for g in found]),
        *(Column(name, [number(100 * getattr(g, key), 4) + " %" for g in found]) for name, key in shares),
        *(Column(f"‖g‖ {q}", [number(getattr(g, q), style.digits) for g in found]) for q in NORMS),
    ]


def worst(report: Report, found: Sequence[Worst], style: Style) -> Grid:
    """A row per sample: loss, group, rank, value, key columns and source rows; the file too on a side of several."""
    labels = {x.id: x.label for x in report.losses}
    keys = dict.fromkeys(k for w in found for k in w.key)
    names = dict.fromkeys(k for w in found for k in w.by)
    return grid_of(
        Column("loss", [text(labels.get(w.loss, w.loss)) for w in found], words=True),
        *(Column(text(k), [_key(w.by.get(k)) for w in found], words=True) for k in names),
        Column("rank", [str(w.rank) for w in found]),
        Column("value", [number(w.value, style.digits) for w in found]),
        *_termwise(found, style),
        *(Column(text(k), [_key(w.key.get(k)) for w in found], words=True) for k in keys),
        Column("pred_row", [number(w.pred_row, style.digits) for w in found]),
        *_files(report, found, "pred", style),
        *(
            [Column("target_row", [number(w.target_row, style.digits) for w in found])]
            if any(w.target_row is not None for w in found)
            else []
        ),
        *_files(report, found, "target", style),
    )


def _termwise(found: Sequence[Worst], style: Style) -> list[Column]:
    """A column per term of the samples' losses, under --terms."""
    names = dict.fromkeys((i, t.name) for w in found for i, t in enumerate(w.terms))
    values = [{(i, t.name): t.value for i, t in enumerate(w.terms)} for w in found]
    return [Column(text(name), [number(x.get((i, name)), style.digits) for x in values]) for i, name in names]


def _files(report: Report, found: Sequence[Worst], side: str, style: Style) -> list[Column]:
    """The file and the line of each sample, where a side has several files; the line alone where the rows do not say it."""
    where = [w.where.get(side) for w in found]
    rows = [w.pred_row if side == "pred" else w.target_row for w in found]
    lines = [None if x is None else x.line for x in where]
    several = any(x is not None and x.path != report.inputs[side].path for x in where)
    files = Column(f"{side}_file", [number(None, 1) if x is None else text(x.path) for x in where], words=True)
    plain = all(line is None or row is None or line in (row, row + 1) for row, line in zip(rows, lines, strict=True))
    shown = any(lines) and (several or not plain)
    return [*([files] if several else []), *([Column(f"{side}_line", [number(n, style.digits) for n in lines])] if shown else [])]


def worst_by_loss(report: Report, style: Style) -> list[Grid]:
    """One grid per loss and list, with the loss in the title instead of a column; those of groups after those of all samples."""
    out = []
    for kind, entries in (("Worst", report.worst), ("Best", report.best)):
        for of_group in (False, True):
            for x in report.losses:
                found = [w for w in entries if w.loss == x.id and bool(w.by) == of_group]
                if not found:
                    continue
                g = worst(report, found, style)
                title = f"{kind} by {text(x.label)}"
                title += f" within {text(', '.join(found[0].by))}" if of_group else ""
                out.append(Grid(g.header[1:], tuple(row[1:] for row in g.rows), frozenset(c - 1 for c in g.texts if c), title))
    return out


def worst_lists(report: Report, style: Style) -> list[Grid]:
    """A grid per list of all losses: the worst of all samples without a title, then those of groups, then the best."""
    out = []
    for kind, entries in (("worst", report.worst), ("best", report.best)):
        for of_group in (False, True):
            found = [w for w in entries if bool(w.by) == of_group]
            title = f"{kind} within {text(', '.join(found[0].by))}" if of_group and found else "best" if kind == "best" else ""
            g = worst(report, found, style)
            out.append(Grid(g.header, g.rows, g.texts, title))
    return [g for g in out if g.rows]


def _key(found: str | None) -> str:
    return number(None, 1) if found is None else cell(found) or '""'
