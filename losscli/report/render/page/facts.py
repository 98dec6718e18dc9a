"""How a run read its files and how to repeat it: inputs with their digests, the pairing, signatures and the command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from losscli.report.model import InputLine, Report
from losscli.report.render.cells import Column, grid_of
from losscli.report.render.page.markup import Markup, element, said
from losscli.report.render.page.tables import Table
from losscli.report.render.style import Style
from losscli.report.render.words import EXACT, number, read_columns, text


def inputs(report: Report) -> Markup:
    """A table with a column per side."""
    read = dict(zip(report.inputs, read_columns(report), strict=True))
    rows = (
        ("file", lambda side, x: x.path),
        ("format", lambda side, x: x.format),
        ("rows", lambda side, x: f"{x.rows:,}"),
        ("read", lambda side, x: read[side].partition(": ")[2].partition(" · left out: ")[0]),
        ("left out", lambda side, x: _left(x)),
        ("SHA-256", lambda side, x: x.sha256),
    )
    head = element("tr", element("td", ""), *(element("th", side, scope="col") for side in report.inputs))
    body = [
        element("tr", element("th", name, scope="row"), *(element("td", fact(side, x)) for side, x in report.inputs.items()))
        for name, fact in rows
    ]
    return element("table", element("caption", "Inputs"), element("thead", head), element("tbody", *body), class_="facts")


def _left(x: InputLine) -> str:
    return "; ".join(f"{text(column)} ({text(why)})" if why else text(column) for column, why in x.left_out)


def alignment(report: Report, style: Style) -> Markup:
    """How the rows were paired, and how many of them."""
    a = report.alignment
    rows = {
        "pairing": text(a.pairing),
        "key": ", ".join(map(text, a.key)),
        "confirmed by": text(a.agrees),
        "rows of predictions": f"{a.pred_rows:,}",
        "rows of targets": f"{a.target_rows:,}",
        "matched": f"{a.matched:,}",
        "predictions without a target": f"{a.pred_only:,}",
        "targets without a prediction": f"{a.target_only:,}",
        "dropped": f"{a.dropped:,}",
        "filter": " and ".join(map(text, a.filter)),
        "filtered out": f"{a.filtered:,}" if a.filter else "",
        "evaluated": f"{a.evaluated:,}",
        "coverage": number(a.coverage, EXACT if a.coverage < 1 <= float(number(a.coverage, style.digits)) else style.digits),
    }
    return _facts("Pairs", rows)


def _facts(caption: str, rows: Mapping[str, str]) -> Markup:
    body = [element("tr", element("th", name, scope="row"), element("td", fact)) for name, fact in rows.items() if fact]
    return element("table", element("caption", caption), element("tbody", *body), class_="facts")


def signatures(report: Report) -> Table:
    """The settings behind each value."""
    grid = grid_of(
        Column("loss", [text(x.label) for x in report.losses], words=True),
        Column("signature", [_breakable(x.signature) for x in report.losses], words=True),
    )
    return Table("Signatures", grid, what="losses", wraps=True)


def _breakable(signature: str) -> Markup:
    """A signature that may be broken into lines between its settings."""
    return Markup(f"|{element('wbr')}".join(map(said, signature.split("|"))))


def command(report: Report) -> Iterator[Markup]:
    """The command of the evaluation, where files were evaluated."""
    if report.options is not None:
        yield element("pre", element("code", command_line(report.family, report.options)), class_="command")


def command_line(family: str, options: Mapping[str, Any]) -> str:
    """The options of a report as words of a shell."""
    words = ["losscli", family, *(str(options[side]) for side in ("pred", "target") if side in options)]
    for key, value in options.items():
        if key in ("pred", "target"):
            continue
        if isinstance(value, bool):
            words += [f"--{key}"] * value
        else:
            for x in value if isinstance(value, list) else [value]:
                words += [f"--{key}={x}"] if str(x).startswith("-") else [f"--{key}", str(x)]
    return shlex.join(words)
