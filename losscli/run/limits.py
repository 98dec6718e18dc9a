"""The gates of --max-regression and --max-change: limits of the relative difference of every loss."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from losscli.report.asked_gates import AskedGate
from losscli.run.request import Request
from losscli.spec.recipe import Recipe


def limits(request: Request, recipes: Sequence[Recipe]) -> tuple[AskedGate, ...]:
    """Of each loss: not worse by more than one share, and not different by more than the other."""
    out = []
    for recipe in recipes:
        worse = "<" if all(t.loss.direction_for(t.params) == "higher" for _, t in recipe.terms) else ">"
        sides = [(request.max_regression, (worse,)), (request.max_change, (">", "<"))]
        out += [_gate(request, recipe, op, share) for share, ops in sides if share is not None for op in ops]
    return tuple(out)


def _gate(request: Request, recipe: Recipe, op: str, share: float) -> AskedGate:
    percent = f"{(Decimal(repr(share)) * 100).normalize():f}%"
    expr = f"{recipe.id}.rel {op} {percent if op == '>' else f'-{percent}'}"
    return AskedGate(expr, on=request.gate_on, inconclusive=request.inconclusive)
