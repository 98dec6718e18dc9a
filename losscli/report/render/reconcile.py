"""What `reconcile` found, as text: a row per way to compute the loss."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from losscli.report.render.cells import Grid
from losscli.report.render.style import Style
from losscli.report.render.words import number, text


def render(found: Any, format: str, style: Style) -> str:
    """Reconciled as table, plain, json, csv or md; the text ends with a newline."""
    if format == "json":
        return json.dumps(found.as_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if format == "csv":
        return _csv(found)
    grid, told = _grid(found.rows, found.value, style), _told(found, style)
    if format == "md":
        from losscli.report.render import md

        return style.spell("\n\n".join([*([md.table(grid)] if grid.rows else []), *map(md.escape, told)]) + "\n")
    if format == "table":
        from losscli.report.render.table import grid_lines as lines
    else:
        from losscli.report.render.plain import lines as plain_lines

        def lines(g: Grid, style: Style) -> list[str]:
            return plain_lines(g)

    shown = lines(grid, style) if grid.rows else []
    return style.spell("\n".join([*shown, *([""] if shown else []), *told]) + "\n")


def _grid(rows: Sequence[Any], ours: float, style: Style) -> Grid:
    cells = tuple(
        (
            text(r.recipe),
            number(r.value, style.digits),
            number(r.difference, style.digits) if r.difference == r.difference else "–",
            text(", ".join(r.cause)) or "same value",
            ", ".join((*(["losscli"] if not r.cause and r.value == ours and not r.libraries else []), *r.libraries)) or "–",
        )
        for r in rows
    )
    return Grid(("recipe", "value", "difference", "cause", "libraries"), cells, frozenset({0, 3, 4}))


def _told(found: Any, style: Style) -> list[str]:
    ours = f"ours: {text(found.recipe)} = {number(found.value, style.digits)}"
    if found.reported is None:
        return [ours]
    if found.rows:
        return [ours, f"{found.reported} is given by {len(found.rows)} of {found.tried} ways tried"]
    told = [ours, f"none of {found.tried} ways tried gives {found.reported}"]
    if found.nearest is not None:
        near = found.nearest
        told.append(f"nearest: {number(near.value, style.digits)} by {text(near.recipe)} ({text(', '.join(near.cause)) or 'ours'})")
    return told


def _csv(found: Any) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("recipe", "value", "difference", "cause", "libraries"))
    for r in found.rows:
        rows.writerow((r.recipe, repr(float(r.value)), repr(float(r.difference)), " ".join(r.cause), " ".join(r.libraries)))
    return out.getvalue()
