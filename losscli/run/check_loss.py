"""The laws that every loss must meet, checked on generated data for a user's loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from losscli.core.errors import LosscliError, Where
from losscli.core.records import dataclass, replace
from losscli.engine.block_outcome import Outcome as Result
from losscli.engine.block_outcome import evaluate_block, weighted_totals
from losscli.engine.term import BoundTerm
from losscli.numerics.stable import Array, Floats
from losscli.spec import registry
from losscli.spec.family import Conventions, Family, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.recipe import parse
from losscli.spec.tile import Block

ROWS, CLASSES, DIMS, STEP, MOST_PLACES = 12, 4, 5, 6e-6, 24
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Checked:
    """One law: `passed` is None where it does not apply; `why`: what violates it, or why it does not apply."""

    law: str
    passed: bool | None
    why: str = ""


@dataclass(frozen=True)
class Example:
    """A recipe on made-up data; form: the form of the loss that reads it, where it is not the one for these roles."""

    loss: Loss
    recipe: str
    arrays: Arrays
    conventions: Conventions
    shape: str
    form: Loss | None = None

    @property
    def family(self) -> Family:
        return registry.load(self.loss.family)

    @property
    def params(self) -> Params:
        return parse(self.recipe, self.family).terms[0][1].params

    @property
    def per_row(self) -> list[str]:
        """The roles with one entry per row."""
        return [role for role in self.arrays if not self.family.role(role).shared]

    @property
    def rows(self) -> int:
        return len(self.arrays[self.per_row[0]])

    def taken(self, index: slice | Array) -> Arrays:
        """The arrays of some rows."""
        return {k: v[index] if k in self.per_row else v for k, v in self.arrays.items()}

    def bound(self) -> BoundTerm:
        """The recipe bound to these roles."""
        bound = BoundTerm.of(parse(self.recipe, self.family).terms[0][1], self.family, frozenset(self.arrays), self.conventions)
        if self.form is None or self.form is bound.form:
            return bound
        own = {p.name for p in self.form.params}
        given = {k: v for k, v in bound.params.items() if k.rstrip("_") in own}
        return replace(bound, form=self.form, params=Params({**self.form.fitted, **given}))

    def block(self, arrays: Arrays | None = None) -> Block:
        given = dict(self.arrays if arrays is None else arrays)
        index = np.arange(len(given[self.per_row[0]]))
        shared = frozenset(given) - frozenset(self.per_row)
        return Block(given, index, index, lambda role, i, item: Where(role, i + 1, str(item)), None, shared)

    def evaluate(self, arrays: Arrays | None = None, gradient: bool = False) -> Result:
        """The loss evaluated by the steps of the engine."""
        with np.errstate(all="ignore"):
            return evaluate_block(self.bound(), self.block(arrays), Watch(), gradient)


def check(loss: Loss) -> list[Checked]:
    """Check every law with each choice of each parameter, up to the first violation. Shapes that it does not read are skipped."""
    examples = list(_examples(loss))
    unread = _unread(examples)
    examples = [e for e in examples if (e.recipe, e.shape) not in unread]
    found = [Checked(f"{recipe} reads {shape}", None, why) for (recipe, shape), why in unread.items()]
    for name, law in LAWS.items():
        try:
            broken = next((f"{e.recipe}: {why}" for e in examples if (why := law(e))), "")
        except LosscliError as e:
            broken = " ".join(e.lines())
        skipped = law is _gradient and loss.slope is None
        found.append(Checked(name, None, "declares no gradient") if skipped else Checked(name, not broken, broken))
    return found


def _unread(examples: Sequence[Example]) -> dict[tuple[str, str], str]:
    """By recipe and shape, how the loss fails where it reads another shape under the same recipe."""
    failed = {}
    for e in examples:
        try:
            e.evaluate()
        except LosscliError as error:
            failed[e.recipe, e.shape] = error.lines()[0]
    read = {e.recipe for e in examples if (e.recipe, e.shape) not in failed}
    return {place: why for place, why in failed.items() if place[0] in read}


def _range(e: Example) -> str:
    out = e.evaluate()
    if out.values is None:
        values = np.array([out.value])
    elif out.values.shape != (e.rows,):
        return f"{out.values.shape} values for {e.rows} rows"
    else:
        values = out.values if out.kept is None else out.values[out.kept]
    if not np.isfinite(values).all():
        return f"a value of {values[~np.isfinite(values)][0]} on finite data"
    slack = 1e-12 * max(1.0, float(np.abs(values).max(initial=0.0)))
    low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
    if e.loss.lowest is not None and low < e.loss.lowest - slack:
        return f"a value of {low:g} below the lowest declared, {e.loss.lowest:g}"
    if e.loss.highest is not None and high > e.loss.highest + slack:
        return f"a value of {high:g} above the highest declared, {e.loss.highest:g}"
    return ""


def _gradient(e: Example) -> str:
    out = e.evaluate(gradient=True)
    for role, g in (out.gradient or {}).items():
        x = np.asarray(e.arrays[role], float)
        if g.size != x.size:
            return f"a gradient of shape {g.shape} by {role} of shape {x.shape}"
        by_row = out.values is not None
        flat = g.reshape(len(x), -1) if by_row else g.reshape(1, -1)
        for place in range(min(flat.shape[1], MOST_PLACES)):
            slope, own = _difference(e, role, x, place, by_row), flat[:, place]
            off = np.abs(own - slope) > 1e-4 * np.abs(slope) + 2e-6 * max(1.0, float(np.abs(slope).max()))
            if off.any():
                row = int(np.argmax(off))
                where = f" of row {row + 1}" if by_row else ""
                return f"{role}[{place}]{where}: {own[row]:.6g}, finite differences give {slope[row]:.6g}"
    return ""


def _difference(e: Example, role: str, x: Floats, place: int, by_row: bool) -> Floats:
    """By nudging one entry of every row, or, where the rows have no values, one entry alone."""
    sides = []
    for sign in (1.0, -1.0):
        moved = x.reshape(len(x), -1).copy() if by_row else x.reshape(1, -1).copy()
        moved[:, place] += sign * STEP
        out = e.evaluate({**e.arrays, role: moved.reshape(x.shape)})
        sides.append(np.array([out.value]) if out.values is None else out.values)
    return np.asarray((sides[0] - sides[1]) / (2 * STEP))


def _order(e: Example) -> str:
    if e.loss.placed is not None and e.loss.placed(e.params):
        return ""
    order = np.random.default_rng(2).permutation(e.rows)
    one, two = e.evaluate(), e.evaluate(e.taken(order))
    if not np.isclose(one.value, two.value, rtol=1e-12, atol=1e-13):
        return f"{one.value!r} became {two.value!r}"
    if one.values is None or two.values is None:
        return ""
    rounding = 1e-14 if e.bound().fits else 0.0  # a parameter fitted to the file carries the rounding of its own sum
    same = np.allclose(two.values, one.values[order], rtol=rounding, atol=0, equal_nan=True)
    return "" if same else "values changed with the order of the rows"


def _alone(e: Example) -> str:
    bound, block, watch = e.bound(), e.block(), Watch()
    if bound.form.unit == "whole":
        return ""
    with np.errstate(all="ignore"):
        if bound.fits:
            bound = bound.resolved(weighted_totals(bound.fit(block, watch), None, bound.form.tops))
        whole = _of_rows(bound, block)
        for size in (1, 5):
            for start in range(0, e.rows, size):
                rows = slice(start, start + size)
                own = _of_rows(bound, e.block(e.taken(rows)))
                if not all(np.array_equal(whole[k][rows], own[k], equal_nan=not bound.pooled) for k in whole):
                    return f"row {start + 1} has a different value when evaluated {'alone' if size == 1 else f'among {size}'}"
    return ""


def _of_rows(bound: BoundTerm, block: Block) -> Mapping[str, Floats]:
    """What a loss keeps of every row: its value, or the sums of its pool."""
    if bound.pooled:
        return bound.sums(block, Watch())
    return {"values": bound.rows(block, Watch()).values}


def _single(e: Example) -> str:
    single = {k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in e.arrays.items()}
    double = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in single.items()}
    one, two = e.evaluate(single).value, e.evaluate(double).value
    return "" if one == two else f"float32 input gives {one!r}, the same numbers in float64 give {two!r}"


def _untouched(e: Example) -> str:
    copies = {k: v.copy() for k, v in e.arrays.items()}
    e.evaluate(copies, gradient=e.bound().form.differentiable)
    changed = [k for k in copies if not np.array_equal(copies[k], e.arrays[k])]
    return f"it modified its input {changed[0]}" if changed else ""


LAWS: Mapping[str, Callable[[Example], str]] = {
    "one finite value per row, within its range": _range,
    "the gradient equals finite differences": _gradient,
    "the order of the rows does not matter": _order,
    "a row's value does not depend on the other rows": _alone,
    "float32 input gives the same bits as float64 input": _single,
    "the input is not modified": _untouched,
}


def _examples(loss: Loss) -> Iterator[Example]:
    """The loss at its defaults, then with one parameter at a time at each of its other choices."""
    required = {p.name: p.example or "1" for p in loss.params if p.required}
    changes: list[dict[str, str]] = [{}]
    for p in loss.params:
        words = [c for c in p.choices if c != p.default] + (["false" if p.default else "true"] if "bool" in p.kinds else [])
        changes += [{p.name: w} for w in [*words, *([p.example] if p.example else [])]]
    for change in changes:
        inside = ",".join(f"{k}={v}" for k, v in {**required, **change}.items())
        recipe = f"{loss.name}:{inside}" if inside else loss.name
        params = parse(recipe, registry.load(loss.family)).terms[0][1].params
        yield from _data(loss, recipe, params, np.random.default_rng(0))


def _data(loss: Loss, recipe: str, params: Params, rng: np.random.Generator) -> Iterator[Example]:
    """Arrays for the roles that the loss takes, in the shapes of its family."""
    tail = (4, 5) if loss.family == "segment" else ()
    shapes: list[tuple[int, ...]] = [(ROWS,), (ROWS, 3)] if loss.family == "regress" else [(ROWS, CLASSES, *tail)]
    if loss.family in ("classify", "segment"):
        shapes.append((ROWS, *tail))
    for shape in shapes:
        classes = 1 if shape == (ROWS, *tail) else CLASSES
        kind = loss.scores(params, classes) if callable(loss.scores) else loss.scores
        conventions = Conventions(from_logits=kind in ("softmax", "sigmoid"))
        axes = f"(n,{','.join(map(str, shape[1:]))})"
        yield Example(
            loss, recipe, {role: _role(loss, role, shape, classes, params, rng) for role in loss.takes}, conventions, axes
        )


def _role(loss: Loss, role: str, shape: tuple[int, ...], classes: int, params: Params, rng: np.random.Generator) -> Array:
    if loss.family == "regress":
        domain = loss.domain_for(params).get(role, "")
        near = {"positive": (0.3, 3.0), "nonnegative": (0.3, 3.0), "unit": (0.05, 0.95)}.get(domain)
        return rng.uniform(*near, shape) if near else rng.normal(0.0, 2.0, shape)
    if role in ("pred", "target"):
        corner, side = rng.uniform(0, 4, (ROWS, 2)), rng.uniform(5, 9, (ROWS, 2))
        return np.concatenate([corner, corner + side], 1)
    if role == "scores":
        return rng.normal(0.0, 1.5, shape)
    if role in ("label", "mask"):
        wants = loss.label(params, classes) if callable(loss.label) else loss.label
        wide = classes == 1 or wants in ("multihot", "binary", "unit")
        return rng.integers(0, 2, shape) if wide else rng.integers(0, CLASSES, (ROWS, *shape[2:]))
    return rng.integers(0, 2, ROWS) if role == "same" else rng.normal(size=(ROWS, DIMS))
