"""Checks as the body of a page. One that takes too much room loses rows of its tables, those of slices and samples first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from losscli.core.version import __version__
from losscli.report.render.cells import Column, grid_of
from losscli.report.render.findings import Check
from losscli.report.render.page import archive
from losscli.report.render.page.markup import Markup, element, lines, said
from losscli.report.render.page.parts import Section, sections
from losscli.report.render.page.signs import badge
from losscli.report.render.page.tables import KINDS, SAMPLES, SLICES, Items, Table
from losscli.report.render.style import Style
from losscli.report.render.words import count, facts, gates_of

STEPS = (100, 50, 20, 10, 5, 2, 1, 0)
"""The rows that tables keep, tried in turn until a check fits into its room."""


def title(checks: Sequence[Check]) -> str:
    """What a tab of a browser shows."""
    names = [f"{check.verdict.upper()} · {check.name}" if check.verdict != "none" else check.name for check in checks]
    return " · ".join([*(names if len(names) == 1 else [count(len(names), "check")]), "losscli"])


def prefixes(checks: Sequence[Check]) -> list[str]:
    """What the names within each check begin with."""
    return [""] if len(checks) == 1 else [f"check-{i}-" for i, _ in enumerate(checks, 1)]


def body(checks: Sequence[Check], style: Style, room: int) -> list[Markup]:
    """The elements of the page, each check within so many bytes."""
    footer = element("footer", element("p", f"Written by losscli {__version__}."))
    if len(checks) == 1:
        head, main, block = _fitted(checks[0], style, room, "", 1)
        return [element("header", head), element("main", main), footer, block]
    blocks, mains = [], []
    for i, (prefix, check) in enumerate(zip(prefixes(checks), checks, strict=True), 1):
        head, main, block = _fitted(check, style, room, prefix, 2)
        mains.append(element("section", lines(head, main), id=f"check-{i}", class_="check"))
        blocks.append(block)
    header = element("header", element("h1", count(len(checks), "check")))
    return [header, element("main", lines(_overview(checks).shown("checks"), *mains)), footer, *blocks]


def _overview(checks: Sequence[Check]) -> Table:
    """A row per check."""
    grid = grid_of(
        Column("check", [element("a", check.name, href=f"#check-{i}") for i, check in enumerate(checks, 1)], words=True),
        Column("verdict", [badge(check.verdict) for check in checks], words=True),
        Column("gates", [_summary(check) for check in checks], words=True),
    )
    return Table("Checks", grid)


def _summary(check: Check) -> str:
    """How many of its gates passed, or its error."""
    if check.report is None:
        return said(check.error.lines()[0] if check.error is not None else "there is no report")
    found = [parts[0].verdict for parts in gates_of(check.report.gates)]
    return f"{found.count('pass')} of {count(len(found), 'gate')} passed" if found else "no gates"


def _fitted(check: Check, style: Style, room: int, prefix: str, level: int) -> tuple[Markup, Markup, Markup]:
    """The heading, the sections and the embedded report of a check."""
    found = sections(check, style, prefix)
    block, note = embedded(check)
    room -= len(block.encode())
    first = (SLICES, SAMPLES)
    head = _heading(check, prefix, level)
    for most, kinds in ((None, KINDS), *((n, first) for n in STEPS), *((n, KINDS) for n in STEPS)):
        if sum(_letters(part, most, kinds) for x in found for part in x.parts) > room:
            continue
        main = lines(
            _contents(found, prefix, check.name if prefix else ""),
            *(_section(x, most, kinds, prefix, level + 1) for x in found),
            note,
        )
        if len(main.encode()) + len(head.encode()) <= room:
            break
    return head, main, block


def _heading(check: Check, prefix: str, level: int) -> Markup:
    title = element(f"h{level}", check.name)
    report = check.report
    if report is None:
        return lines(title, element("p", badge(check.verdict), class_="summary"))
    warned = element("a", count(len(report.warnings), "warning"), href=f"#{prefix}warnings")
    more = [Markup(" · "), warned] if report.warnings else []
    state = [Markup(" "), _summary(check)] if report.gates else []
    return lines(
        title,
        element("p", badge(check.verdict), *state, class_="summary"),
        element("p", " · ".join(facts(report)), *more),
    )


def _contents(found: Sequence[Section], prefix: str, name: str) -> Markup:
    """Links to the sections, of a check by its name where there are several."""
    links = [element("li", element("a", x.title, href=f"#{prefix}{x.name}")) for x in found]
    return (
        element("nav", element("ul", *links), aria_label=f"Sections of {name}" if name else "Sections")
        if len(links) > 1
        else Markup("")
    )


def _section(x: Section, most: int | None, kinds: Collection[str], prefix: str, level: int) -> Markup:
    name = f"{prefix}{x.name}"
    parts = [
        part if isinstance(part, Markup) else part.shown(f"{name}-{i}", most if part.kind in kinds else None)
        for i, part in enumerate(x.parts, 1)
    ]
    return element("section", lines("", element(f"h{level}", x.title, id=name), *parts, Markup("")))


def _letters(part: Table | Items | Markup, most: int | None, kinds: Collection[str]) -> int:
    """The least room that a part takes."""
    return len(part) if isinstance(part, Markup) else part.letters(most if part.kind in kinds else None)


def embedded(check: Check) -> tuple[Markup, Markup]:
    """The report as JSON in an element that runs nothing, and what the page says of it."""
    if check.report is None:
        return Markup(""), Markup("")
    block = archive.embedded(check.report)
    held = element("script", Markup(block.content), type=block.type, data_report=check.name)
    if block.content:
        printing = element("code", "losscli report PAGE -f json")
        return held, element("p", "The JSON report is within this page: ", printing, " prints it.")
    note = f"The JSON report of {block.size:,} bytes is not within this page: "
    return held, element("p", note, element("code", "-o json=FILE"), " writes it.")
