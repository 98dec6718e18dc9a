"""The result of `reconcile` as text: a row per variant of the loss."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from losscli.report.render import strict_json
from losscli.report.render.cells import Grid
from losscli.report.render.style import Style
from losscli.report.render.words import UNDEFINED, number, text


def render(found: Any, format: str, style: Style) -> str:
    """Reconciled as table, plain, json, csv or md; the text ends with a newline."""
    if format == "json":
        return strict_json.dumps(found.as_dict())
    if format == "csv":
        return _csv(found)
    grid, summary = _grid(found.rows, found.value, style), _summary(found, style)
    if format == "md":
        from losscli.report.render import md

        return style.spell("\n\n".join([*([md.table(grid)] if grid.rows else []), *map(md.escape, summary)]) + "\n")
    if format == "table":
        from losscli.report.render.table import grid_lines as lines
    else:
        from losscli.report.render.plain import lines as plain_lines

        def lines(g: Grid, style: Style) -> list[str]:
            return plain_lines(g)

    shown = lines(grid, style) if grid.rows else []
    return style.spell("\n".join([*shown, *([""] if shown else []), *summary]) + "\n")


def _grid(rows: Sequence[Any], ours: float, style: Style) -> Grid:
    cells = tuple(
        (
            text(r.recipe),
            number(r.value, style.digits),
            number(r.difference, style.digits) if r.difference == r.difference else UNDEFINED,
            text(", ".join(r.cause)) or UNDEFINED,
            ", ".join((*(["losscli"] if not r.cause and r.value == ours and not r.libraries else []), *r.libraries)) or UNDEFINED,
        )
        for r in rows
    )
    return Grid(("recipe", "value", "difference", "cause", "libraries"), cells, frozenset({0, 3, 4}))


def _summary(found: Any, style: Style) -> list[str]:
    ours = f"ours: {text(found.recipe)} = {number(found.value, style.digits)}"
    if found.reported is None:
        return [ours]
    if found.rows:
        far = " to single precision (1e-6 of it), none to its last digit" if found.single else ""
        return [ours, f"{_variants(len(found.rows), found.tried)} {found.reported}{far}"]
    summary = [ours, f"none of the {found.tried} variants tried gives {found.reported}"]
    if found.nearest is not None:
        near = found.nearest
        cause = text(", ".join(near.cause)) or "ours"
        summary.append(f"nearest: {number(near.value, style.digits)} with {text(near.recipe)} ({cause})")
    return summary


def _variants(hits: int, tried: int) -> str:
    return f"{hits} of the {tried} variants tried {'gives' if hits == 1 else 'give'}"


def _csv(found: Any) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("recipe", "value", "difference", "cause", "libraries"))
    for r in found.rows:
        rows.writerow((r.recipe, repr(float(r.value)), repr(float(r.difference)), " ".join(r.cause), " ".join(r.libraries)))
    return out.getvalue()
