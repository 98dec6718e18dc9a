"""A recipe term resolved against the inputs: the loss variant, its parameters, and its evaluation on one block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass, fields, replace
from losscli.core.values import File, Value
from losscli.engine.undefined import (
    lost,
    undefined,
    undefined_fit,
    undefined_rows,
    undefined_slopes,
    undefined_sums,
    undefined_whole,
    unknown_whole,
)
from losscli.numerics.stable import Array, Bools, Floats, quiet
from losscli.sources.parameter_files import read_array
from losscli.spec.family import Conventions, Family, Watch
from losscli.spec.loss import Loss, Param, Params, Rows, Whole
from losscli.spec.recipe import Recipe, Term
from losscli.spec.tile import Block

if TYPE_CHECKING:
    from losscli.numerics.integers import Integers

Sums = Mapping[str, Floats]
_UNDEFINED = "undefined"
"""The name of the sum over the rows that lack those of a first pass."""
_OPTIONS = frozenset(f.name for f in fields(Conventions))


def loaded(param: Param | None, value: Value) -> Any:
    """A parameter's value as the kernel takes it: lists and files become arrays."""
    if isinstance(value, tuple):
        return np.asarray(value, dtype=np.float64)
    if not isinstance(value, File):
        return value
    array = read_array(value.path)
    if param is not None and "matrix" not in param.kinds:
        array = array.ravel()
        param.check(tuple(array.tolist()))
    return array


@dataclass(frozen=True)
class BoundTerm:
    """A term with the form of its loss that fits the inputs, and its parameters as kernels take them."""

    term: Term
    form: Loss
    params: Params
    family: Family
    conventions: Conventions
    penalty: float | None = None
    """The loss of a box without partner, where such boxes are samples."""
    exact: bool = False
    """Whether its sums are those of `Loss.exactly`."""
    unfitted: bool = False
    """Whether a sum of the first pass is NaN, or of rows whose labels are."""

    @classmethod
    def of(
        cls,
        term: Term,
        family: Family,
        available: frozenset[str],
        conventions: Conventions,
        sure: frozenset[str] = frozenset(),
    ) -> BoundTerm:
        """Choose the first form whose roles the inputs and the given options fill; if there is none, as if every option were given.

        sure: the roles that the user named, or that an unnamed array fills for certain; forms that read one come first.

        Raises DataError naming the roles that are missing.
        """
        forms = sorted(term.loss.forms, key=lambda form: sure.isdisjoint(form.takes))
        options = {r.name for r in family.roles if r.side == "option"}
        given = {name for name in options if getattr(conventions, name) is not None}
        for filled in (available | given, available | options):
            form = next((f for f in forms if set(f.takes) - f.optional <= filled and f.applies(term.params)), None)
            if form is not None:
                break
        else:
            missing = " or ".join(
                " and ".join(_spoken(family, r) for r in form.takes if r not in options | available | form.optional)
                for form in term.loss.forms
            )
            lack = [[r for r in form.takes if r not in options | available | form.optional] for form in term.loss.forms]
            lacking = _stated(family, min(lack, key=len))
            raise DataError(
                f"{term.loss.name} reads {missing}, which the inputs do not contain",
                fix=f"`losscli explain {family.name}/{term.loss.name}` shows what it reads; name columns with {lacking}",
            )
        own = {p.name for p in form.params}
        values = {k: loaded(form.param(k), v) for k, v in term.values if k in own}
        return cls(term, form, Params({**form.fitted, **values}), family, conventions)

    @property
    def pooled(self) -> bool:
        """Whether the value comes from sums over the file rather than from the rows' values."""
        return self.form.pools(self.params)

    @property
    def piece(self) -> int:
        """How many rows of a tile the kernel is given at a time; 0 for all of them."""
        return self.family.piece(self.form) if self.family.piece else 0

    @property
    def spaced(self) -> bool:
        """Whether its distances are measured with the spacing of the files."""
        known = self.conventions.spacing is not None and any(p.name == "spacing" for p in self.form.params)
        return known and self.params.get("spacing") is None

    @property
    def per_row(self) -> bool:
        """Whether every sample has a value."""
        return self.form.unit != "whole" and not self.pooled

    @property
    def fits(self) -> bool:
        """Whether a first pass over the file is needed."""
        first = self.form.first_pass
        return self.form.fitter is not None and not self.exact and (first is None or first(self.params))

    def args(self, block: Block, watch: Watch) -> tuple[Any, ...]:
        return self.family.prepare(block, self.form, self.params, self.conventions, watch)

    def fit(self, block: Block, watch: Watch) -> Sums:
        """The sums of the first pass."""
        assert self.form.fitter is not None
        found = _columns(quiet(self.form.fitter)(*self.args(block, watch), self.params))
        return {**found, _UNDEFINED: undefined_fit(found, self._undefined(block, "target"))} if self._keeps else found

    def resolved(self, totals: Sums) -> BoundTerm:
        """With the parameters that depend on all rows."""
        if self.form.resolver is None:
            return self
        found = quiet(self.form.resolver)(totals, self.params)
        unfitted = self._keeps and bool(found) and bool(totals[_UNDEFINED].any())
        conventions = replace(self.conventions, **{k: v for k, v in found.items() if k in _OPTIONS})
        params = self.params.replace(**{k: v for k, v in found.items() if k not in _OPTIONS})
        return replace(self, params=params, conventions=conventions, unfitted=unfitted)

    @property
    def _keeps(self) -> bool:
        return self.conventions.nonfinite == "keep"

    def _undefined(self, block: Block, side: str = "") -> Bools | None:
        """The rows with NaN in what the loss reads (of that side); None if there are none, or --nonfinite lets none through."""
        if not self._keeps:
            return None
        if self.unfitted and not side:
            return np.ones(block.rows, bool)
        block = self.family.arranged(block, self.form, self.params, self.conventions, Watch())
        roles = (r for r in self.form.takes if side in ("", self.family.role(r).side))
        return undefined(block, roles, self.family.of_vectors and self.form.unit == "whole")

    def sums(self, block: Block, watch: Watch) -> Sums:
        return self.sums_of(block, self.args(block, watch))

    def sums_of(self, block: Block, args: tuple[Any, ...]) -> Sums:
        """The sums of prepared arguments."""
        found = _columns(quiet(self.form.kernel)(*args, **self.params))
        bad = self._undefined(block)
        return found if bad is None else undefined_sums(found, bad)

    def exact_sums(self, block: Block, watch: Watch) -> Sums:
        """The sums of each row as numbers that add up to them, (n, k, …)."""
        assert self.form.exact is not None
        args = self.args(block, watch)
        found, bad = _columns(quiet(self.form.exact)(*args, self.params)), self._undefined(block)
        return found if bad is None else undefined_sums(found, bad)

    def settled(self, totals: Mapping[str, Integers]) -> Sums:
        """The sums that `finish` takes."""
        assert self.form.settler is not None
        return _columns(quiet(self.form.settler)(totals, self.params))

    def cached_sums(self, block: Block, watch: Watch) -> Sums:
        """The sums of a block, computed once."""
        return block.once(("sums", self.term.full()), lambda: self.sums(block, watch))

    def finish(self, sums: Sums) -> Rows:
        assert self.form.finisher is not None
        found = _rows(quiet(self.form.finisher)(sums, self.params))
        bad = lost(sums) if self._keeps else None
        return found if bad is None else undefined_rows(found, bad, bad)

    def rows(self, block: Block, watch: Watch) -> Rows:
        """One value per row."""
        if self.form.unit == "pool":
            return self.finish(self.cached_sums(block, watch))
        return self.rows_of(block, self.args(block, watch))

    def rows_of(self, block: Block, args: tuple[Any, ...]) -> Rows:
        """One value per row of prepared arguments."""
        if self.form.unit == "pool":
            return self.finish(self.sums_of(block, args))
        found = _rows(quiet(self.form.kernel)(*args, **self.params))
        bad = self._undefined(block)
        found = found if bad is None else undefined_rows(found, bad, self._undefined(block, "target"))
        if self.penalty is None:
            return found
        from losscli.engine.penalties import penalised  # late: most boxes without partner do not count

        return penalised(found, block.lone, self.penalty)

    def parts(self, block: Block, watch: Watch) -> dict[str, Floats]:
        """The quantities behind each row's value that the loss declares; empty where it declares none."""
        if self.form.inner is None:
            return {}
        args = self.args(block, watch)
        if self.form.unit == "pool":
            return dict(quiet(self.form.inner)(*args, self.sums(block, watch), self.params))
        return dict(quiet(self.form.inner)(*args, self.params))

    def whole(self, block: Block, watch: Watch) -> Whole:
        return self.whole_of(block, self.args(block, watch))

    def whole_of(self, block: Block, args: tuple[Any, ...]) -> Whole:
        """The loss of prepared arguments of all rows."""
        if self._undefined(block) is None:
            found: Whole = quiet(self.form.kernel)(*args, **self.params)
            return found
        try:
            return undefined_whole(quiet(self.form.kernel)(*args, **self.params))
        except DataError:  # without the terms that are NaN there may be nothing to evaluate
            return unknown_whole({r: block.arrays[r] for r in self.form.takes if self.family.role(r).side in ("pred", "any")})

    def gradient(self, block: Block, watch: Watch, totals: Sums | None = None) -> dict[str, Floats]:
        """By role: of each row's loss, or, given the totals of the file, of the pooled value."""
        if self.form.slope is None:
            raise UsageError(
                f"{self.form.name} has no useful gradient", fix=f"see `losscli explain {self.family.name}/{self.form.name}`"
            )
        if self.form.unit == "row" and 0 < self.piece < block.rows:
            found = [self.gradient(piece, watch) for piece in block.pieces(self.piece)]
            return {role: np.concatenate([g[role] for g in found]) for role in found[0]}
        args = self.args(block, watch)
        if self.form.unit == "pool":
            found = quiet(self.form.slope)(*args, totals if totals is not None else self.sums(block, watch), self.params)
        else:
            found = quiet(self.form.slope)(*args, self.params)
        slopes = dict(found) if isinstance(found, Mapping) else {self._pred_role(): found}
        bad = self._undefined_slopes(block, totals)
        return slopes if bad is None else undefined_slopes(slopes, bad)

    def _undefined_slopes(self, block: Block, totals: Sums | None) -> Bools | None:
        """The rows whose gradient is NaN: all of them if the totals are, else those that hold NaN and are not left out."""
        if self._keeps and totals is not None and lost(totals) is not None:
            return np.ones(block.rows, bool)
        bad = self._undefined(block)
        if bad is None or totals is not None:
            return bad
        kept = self.rows(block, Watch()).kept
        return bad if kept is None else np.asarray(bad & kept)

    def share_of(self, weight: Floats) -> Floats:
        """A row's weight in the gradient of a pooled value; of a maximum, 1 where the weight is above 0."""
        return (weight > 0).astype(np.float64) if self.form.tops else weight

    def _pred_role(self) -> str:
        return next(r for r in self.form.takes if self.family.role(r).side in ("pred", "any"))


def rowed(recipe: Recipe, terms: Mapping[str, BoundTerm]) -> str | None:
    """The key of a recipe's only term, if that term compares rows with each other and still has a loss per row."""
    if len(recipe.terms) != 1 or recipe.terms[0][0] != 1.0:
        return None
    key = recipe.terms[0][1].full()
    return key if terms[key].form.rowed_for(terms[key].params) else None


def _spoken(family: Family, name: str) -> str:
    role = family.role(name)
    return f"`{role.key}` ({'either file' if role.side == 'any' else role.side.upper()})"


def _stated(family: Family, lacking: Sequence[str]) -> str:
    """How --col names the columns of the first role that is missing, with its side where both have it."""
    if not lacking:
        return "--col ROLE=NAME"
    role = family.role(lacking[0])
    both = any(r.key == role.key and r.side != role.side for r in family.roles)
    return f"--col {f'{role.side}.' if both else ''}{role.key}=NAME,…"


def _rows(out: Any) -> Rows:
    return out if isinstance(out, Rows) else Rows(np.asarray(out, dtype=np.float64))


def _columns(sums: Mapping[str, Array]) -> dict[str, Floats]:
    return {k: np.asarray(v, dtype=np.float64) for k, v in sums.items()}


def scaled(gradients: Mapping[str, Floats], weight: Floats | None) -> Mapping[str, Floats]:
    """Gradients by role times a number per row; None: unchanged."""
    if weight is None:
        return gradients
    return {k: weighed(g, weight) for k, g in gradients.items()}


def weighed(array: Floats, weight: Floats) -> Floats:
    """The rows times their weights; 0 where the weight is, also of infinity and NaN."""
    along = weight.reshape(-1, *[1] * (array.ndim - 1))
    return array * along if weight.all() else np.where(along == 0, 0.0, array * along)
