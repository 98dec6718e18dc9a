"""How tests evaluate a recipe on arrays: the engine's own steps on one block, without files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.core.errors import Where
from losscli.engine.block_outcome import Outcome, evaluate_block
from losscli.engine.term import BoundTerm
from losscli.run.check_loss import Example
from losscli.spec import registry
from losscli.spec.family import Conventions, Watch
from losscli.spec.recipe import parse
from losscli.spec.tile import Block

__all__ = ["Result", "bind", "block_of", "bound_term", "example_of", "lawful", "run"]


def block_of(arrays: Mapping[str, Any], weight: Any = None, shared: frozenset[str] = frozenset()) -> Block:
    """A block of arrays by role name; every role's first axis is the samples, but for shared ones."""
    held = {k: np.asarray(v) for k, v in arrays.items()}
    rows = next(len(v) for k, v in held.items() if k not in shared)
    index = np.arange(rows)
    ones = None if weight is None else np.asarray(weight, float)
    return Block(held, index, index, lambda role, i, item: Where(f"{role}.npy", i + 1, str(item)), ones, shared)


@dataclass(frozen=True)
class Result:
    """The outcome of one recipe of one term."""

    value: float
    values: np.ndarray | None
    kept: np.ndarray | None
    gradient: Mapping[str, np.ndarray] | None
    outcome: Outcome


def example_of(family: str, recipe: str, arrays: Mapping[str, Any], form: Any = None, **conventions: Any) -> Example:
    """A recipe of one term on arrays by role name; every role's first axis is the samples, but for shared ones. `form` picks one
    where the loss has two."""
    found = registry.load(family)
    (_, term), *more = parse(recipe, found).terms
    assert not more, "one term"
    options = {r.name: np.asarray(arrays[r.name], float) for r in found.roles if r.side == "option" and r.name in arrays}
    held = {k: np.asarray(v) for k, v in arrays.items() if k not in options}
    return Example(term.loss, recipe, held, Conventions(**{**conventions, **options}), "", form)


def bound_term(family: str, recipe: str, arrays: Mapping[str, Any], form: Any = None, **conventions: Any) -> BoundTerm:
    """A recipe of one term bound to arrays."""
    return example_of(family, recipe, arrays, form, **conventions).bound()


def lawful(example: Any) -> Example:
    """An example of the laws, as the package's laws take it."""
    return example_of(example.family, example.recipe, example.arrays, example.form, **example.conventions)


def bind(example: Any) -> tuple[BoundTerm, Conventions]:
    """An example of the laws, bound."""
    bound = lawful(example).bound()
    return bound, bound.conventions


def run(
    family: str,
    recipe: str,
    arrays: Mapping[str, Any],
    *,
    weight: Any = None,
    gradient: bool = True,
    form: Any = None,
    **conventions: Any,
) -> Result:
    """Evaluate `recipe` (one term) on role arrays, gradient by role name included where the loss has one."""
    example = example_of(family, recipe, arrays, form, **conventions)
    bound, shared = example.bound(), frozenset(example.arrays) - frozenset(example.per_row)
    block = block_of(example.arrays, weight, shared)
    watch = Watch()
    outcome = evaluate_block(bound, block, watch, gradient=gradient and bound.form.differentiable)
    if example.family.conclude:
        example.family.conclude(watch, bound.conventions)
    return Result(outcome.value, outcome.values, outcome.kept, outcome.gradient, outcome)
