"""The gates of --max-regression and --max-change: limits of the relative difference of every loss."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from losscli.core.errors import UsageError, raise_all, visible
from losscli.core.values import share_of
from losscli.report.asked_gates import AskedGate
from losscli.run.request import Request
from losscli.spec.recipe import Recipe


def limits(request: Request, recipes: Sequence[Recipe]) -> tuple[AskedGate, ...]:
    """Of each loss: not worse by more than one share, and not different by more than the other. Raises UsageError."""
    regression, change = shares(request)
    out = []
    for recipe in recipes:
        worse = "<" if all(t.loss.direction_for(t.params) == "higher" for _, t in recipe.terms) else ">"
        sides = [(regression, (worse,)), (change, (">", "<"))]
        out += [_gate(request, recipe, op, share) for share, ops in sides if share is not None for op in ops]
    return tuple(out)


def shares(request: Request) -> tuple[float | None, float | None]:
    """--max-regression and --max-change. Raises UsageError for both at once."""
    found: list[float | None] = []
    errors: list[UsageError] = []
    for flag, text in (("--max-regression", request.max_regression), ("--max-change", request.max_change)):
        share = None if text is None else share_of(text)
        if text is not None and (share is None or share < 0):
            what = f"{flag} {visible(text, 40)!r} is not a share of 0 or more"
            errors.append(UsageError(what, fix="write it as 2% or 0.02"))
        elif text is not None and request.baseline is None:
            errors.append(UsageError(f"{flag} needs a baseline", fix="add --baseline FILE"))
        found.append(share)
    raise_all(errors)
    return found[0], found[1]


def _gate(request: Request, recipe: Recipe, op: str, share: float) -> AskedGate:
    percent = f"{(Decimal(repr(share)) * 100).normalize():f}%"
    expr = f"{recipe.id}.rel {op} {percent if op == '>' else f'-{percent}'}"
    return AskedGate(expr, on=request.gate_on, inconclusive=request.inconclusive or "")
