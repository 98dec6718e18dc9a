"""A loss as data, declared by one decorated function. Never reads files, never reduces."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from losscli.core.docstring import docstring
from losscli.core.errors import UsageError, nearest, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass, field
from losscli.core.values import Value, write_value
from losscli.numerics.stable import Bools, Floats
from losscli.spec.docstrings import sections
from losscli.spec.names import LIBRARIES
from losscli.spec.param import Angle, Fitted, Matrix, Param, Params, Vector, argument, signature_of, with_parameters_of

__all__ = [
    "CONVENTIONS",
    "Angle",
    "Fitted",
    "Loss",
    "Matrix",
    "Param",
    "Params",
    "Reading",
    "Rows",
    "Vector",
    "Whole",
    "signature_of",
]


@dataclass(frozen=True)
class Rows:
    """The result of a kernel per row.

    values (n,): one loss per row, class weights included. norm (n,): the contribution of a row to the divisor of the mean (1 if
    None); floor: the minimum of that divisor. kept (n,): False for rows that are not counted (ignored, or 0/0 with a skip
    policy). parts: named terms of a composite with their weights; their weighted sum is `values`. classes: the loss of each
    class, (n,K), and whether a row has one, (n,K), computed on demand (see Loss.by_class).
    """

    values: Floats
    norm: Floats | None = None
    kept: Bools | None = None
    parts: Mapping[str, tuple[float, Floats]] = field(default_factory=dict)
    floor: float = 0.0
    classes: Callable[[], tuple[Floats, Bools]] | None = None


@dataclass(frozen=True)
class Whole:
    """The result of a loss that is not a mean over rows: its value, its terms, and its gradient on demand.

    rows (n,): the loss of each row (NaN for a row with nothing to compare), or None if rows have no loss. count, total: the number
    of terms and their sum, if there were too many to keep. classes (K,): the loss of each class, NaN for one that is left out.
    batches (B,2): the total of each batch and what it is divided by, where the value is Σ totals / Σ divisors.
    """

    value: float
    terms: Floats
    gradient: Callable[[], Mapping[str, Floats]] | None = None
    parts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows: Floats | None = None
    count: int | None = None
    total: float | None = None
    classes: Floats | None = None
    batches: Floats | None = None


CONVENTIONS = tuple(LIBRARIES)
"""The libraries whose conventions a loss may name."""

Reading = str | Callable[[Params, int], str]
Domain = Mapping[str, str]
"""By role, the domain of its numbers beyond being finite: `positive`, `nonnegative`, `unit` (0…1)."""


@dataclass(eq=False)
class Loss:
    """One loss of one family, read from its decorated kernel.

    unit: `row` (the kernel returns Rows or an array), `pool` (the kernel returns named sums per row, and `finish` computes the
    value from sums) or `whole` (the kernel receives all rows at once and returns a Whole).
    reads: the function that prepares the kernel's arguments, called as Family.prepare; default: the family's reader.
    scores, label: how the family prepares those roles (see the family's role table), or a function of (params, classes).
    sample: what one sample is, in words; default: that of the family.
    domain: the domain of the numbers of its roles, or a function of the parameters.
    width: the number of predictions per target: None for one each, 0 for any number, or a function of the parameters.
    pooled: for `pool`, True (or a function of the parameters) if the file is one pool; else the parameter `pool` decides
    (image or batch).
    when: of two forms that read the same roles, whether the parameters select this one.
    """

    name: str
    family: str
    kernel: Callable[..., Any]
    unit: str = "row"
    aliases: tuple[str, ...] = ()
    complements: tuple[str, ...] = ()
    """Names of the score that is 1 minus this loss, for the error about an unknown loss."""
    cite: str = ""
    direction: str = "lower"
    reverse: Callable[[Params], bool] | None = None
    """Whether these parameters turn a score into its complement, for which lower is better."""
    ordered: bool = False
    """Whether the order of the classes matters, so that names of classes need one."""
    lowest: float | None = 0.0
    highest: float | None = None
    worst: float | Callable[[Params], float | None] | None = None
    """The value of an object that was not found at all, where that is not the end of its range; with these parameters."""
    keypoint_sigmas: Mapping[str, tuple[float, ...]] | None = None
    """Of a loss of keypoints, which pairs sets by their similarity: the sigmas that its parameter gives a name."""
    reads: Callable[..., tuple[Any, ...]] | None = None
    sample: str = ""
    scores: Reading = "raw"
    label: Reading = "class"
    pooled: bool | Callable[[Params], bool] = False
    when: Callable[[Params], bool] | None = None
    domain: Domain | Callable[[Params], Domain] = field(default_factory=dict)
    width: int | Callable[[Params], int | None] | None = None
    levels: str = ""
    """The parameter that is the level of each column of `pred`, where these are quantiles."""
    outside: str = ""
    """The parameter that is the share of targets outside of `lower` and `upper`."""
    differences: bool = False
    """Whether it reads `pred` and `target` by their difference only, so that whole numbers beyond 2^53 are subtracted exactly."""
    scale_free: bool | Callable[[Params], bool] = False
    """Whether, with these parameters, it stays the same where all x are multiplied by one number and all y by another, as where
    boxes in pixels become shares of their image."""
    frozen: Callable[[Params], bool] | None = None
    """Whether, with these parameters, the gradient treats a factor as constant and so is not the derivative of the value."""
    axes: tuple[str, ...] = ()
    """The natural axes that it has, of those of its form; empty: all of them."""
    no_curve: Callable[[Params], str] | None = None
    """Why, with these parameters, it cannot be drawn as a curve though losses of its form can; empty if it can."""
    conventions: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """By library of CONVENTIONS: the parameters that reproduce that library's loss; empty if the defaults do."""
    first_pass: Callable[[Params], bool] | None = None
    """Whether, with these parameters, the first pass of `fit` is needed; None: whenever `fit` is declared."""
    tops: frozenset[str] = frozenset()
    """The names of sums, of `pool` or of the first pass, that take the maximum over rows instead of the total."""
    placed: Callable[[Params], bool] | None = None
    """Whether, with these parameters, the loss depends on a row's position in its batch."""
    of_value: bool = False
    """Whether gradients are of the value, as for composites, even if rows have separate values."""
    rowed: bool | Callable[[Params], bool] = False
    """Whether, with these parameters, a `whole` loss also returns the loss of each row."""
    finisher: Callable[..., Any] | None = None
    slope: Callable[..., Any] | None = None
    inner: Callable[..., Any] | None = None
    fitter: Callable[..., Any] | None = None
    resolver: Callable[..., Any] | None = None
    exact: Callable[..., Any] | None = None
    settler: Callable[..., Any] | None = None
    other: Loss | None = None
    by_class: str = "members"
    """How a class has a loss: `members`, that of the rows or pixels whose true class it is; `sums`, that of its sums, which
    `finish` gets for one class at a time; `given`, as the kernel returns it. K is the number of classes that the loss counts, the
    last K of all."""
    classless: str | Callable[[Params], str] = ""
    """Why, with these parameters, a class has no loss of its own; empty if it has one."""
    origin: str = ""
    """`file.py:name` or `package:name` from which a loss that is not built in can be loaded again."""

    @lazy
    def _signature(self) -> tuple[tuple[str, ...], tuple[Param, ...]]:
        return signature_of(self.kernel)  # lazy: a run needs the signatures of its own losses only

    @property
    def takes(self) -> tuple[str, ...]:
        """The roles it reads: the kernel's positional arguments."""
        return self._signature[0]

    @property
    def params(self) -> tuple[Param, ...]:
        """Its parameters: the kernel's keyword-only arguments."""
        return self._signature[1]

    @lazy
    def optional(self) -> frozenset[str]:
        """The optional roles: the kernel's positional arguments with a default."""
        arguments = inspect.signature(self.kernel).parameters
        return frozenset(name for name in self.takes if arguments[name].default is not inspect.Parameter.empty)

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Call the kernel on prepared arrays; returns one value per row, named sums, or a Whole."""
        with np.errstate(all="ignore"):
            out = self.kernel(*args, **params)
        return out.values if isinstance(out, Rows) else out

    def guarded(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The function as the engine calls it."""
        return fn

    def gradient(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: the gradient of each row's loss, as an array or {role: array} in the shape of what it read.

        Called with the kernel's arrays and the parameters as one object: `def slope(pred, target, p)` with `p.gamma`. For a `pool`
        loss `sums` comes before `p` (those of its rows, or those of the file as one row).
        """
        self.slope = self.guarded(fn)
        return fn

    def finish(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator for `pool`: `finish(sums, p)` computes one value per entry from sums with a leading axis and the parameters.

        It returns Rows, an array, or {part: (weight, array)}.
        """
        self.finisher = self.guarded(fn)
        return fn

    def parts(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: the intermediate quantities of each row's value, {name: array} with one entry per row, for `explain --row`.

        Called as the gradient is; for a `pool` loss with the `sums` of its rows.
        """
        self.inner = self.guarded(fn)
        return fn

    def fit(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: sums per row, from the kernel's arrays and `p`, which a first pass over the file totals for `resolve`."""
        self.fitter = self.guarded(fn)
        return fn

    def resolve(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: `resolve(totals, p)` returns the parameters to change, from the totals of `fit`."""
        self.resolver = self.guarded(fn)
        return fn

    def exactly(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator for `pool`: as `fit`, sums that need no first pass, each (n, k, …) with k numbers that add up to it exactly."""
        self.exact = self.guarded(fn)
        return fn

    def settle(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: `settle(totals, p)` returns the sums that `finish` takes, from the totals of `exactly` as `Integers`."""
        self.settler = self.guarded(fn)
        return fn

    def mined(self, **facts: Any) -> Callable[[Callable[..., Any]], Loss]:
        """Decorator: the same loss over all rows at once, from other roles or for the parameters that need it (`when`)."""

        def attach(kernel: Callable[..., Any]) -> Loss:
            self.other = Loss(
                self.name, self.family, kernel, **{"unit": "whole", "reads": self.reads, "sample": self.sample, **facts}
            )
            return self.other

        return attach

    def same_params(self, **defaults: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator of another kernel, which declares its roles and `p`: it has the parameters of this loss, all but the
        given defaults."""
        return lambda kernel: with_parameters_of(self.kernel, kernel, **defaults)

    def pools(self, params: Params) -> bool:
        """Whether the value is computed from sums over the file instead of from values of rows."""
        if self.unit != "pool":
            return False
        always = self.pooled(params) if callable(self.pooled) else self.pooled
        return always or params.get("pool") == "batch"

    def applies(self, params: Params) -> bool:
        """Whether the parameters select this form."""
        return self.when is None or self.when(params)

    @property
    def forms(self) -> tuple[Loss, ...]:
        """This loss and its other form, if any."""
        return (self, self.other) if self.other else (self,)

    @property
    def differentiable(self) -> bool:
        """Whether a gradient is declared (a `whole` loss returns one itself)."""
        return self.slope is not None or self.unit == "whole"

    def direction_for(self, params: Params) -> str:
        """`higher` or `lower`: which is better with these parameters."""
        return "lower" if self.reverse is not None and self.reverse(params) else self.direction

    def worst_for(self, params: Params) -> float | None:
        """The worst value with these parameters; None if there is none."""
        if self.worst is None:
            return self.highest if self.direction_for(params) == "lower" else self.lowest
        return self.worst(params) if callable(self.worst) else self.worst

    def domain_for(self, params: Params) -> Domain:
        """The domain of the numbers of its roles with these parameters."""
        return self.domain(params) if callable(self.domain) else self.domain

    def rowed_for(self, params: Params) -> bool:
        """Whether it compares rows with each other and, with these parameters, still has a loss per row."""
        return self.unit == "whole" and bool(self.rowed(params) if callable(self.rowed) else self.rowed)

    def width_for(self, params: Params) -> int | None:
        """The number of predictions per target with these parameters; None: one each, 0: any number."""
        return self.width(params) if callable(self.width) else self.width

    def classless_for(self, params: Params) -> str:
        """Why a class has no loss of its own with these parameters; empty if it has one."""
        return self.classless(params) if callable(self.classless) else self.classless

    def param(self, name: str) -> Param | None:
        return next((p for p in self.params if p.name == name), None)

    def convention(self, library: str) -> dict[str, Value]:
        """The parameters that reproduce that library's loss; empty if there is no convention of that library.

        Raises UsageError for an unknown library.
        """
        if library not in CONVENTIONS:
            raise UsageError(
                f"unknown library {visible(library)!r}{nearest(library, CONVENTIONS)}",
                fix=f"known libraries: {', '.join(CONVENTIONS)}",
            )
        return {k: self._own(k).read(write_value(v)) for k, v in self.conventions.get(library, {}).items()}

    def _own(self, name: str) -> Param:
        return next(p for form in self.forms for p in form.params if p.name == name)

    def defaults(self) -> dict[str, Value]:
        return {p.name: p.default for p in self.params}

    def with_defaults(self, **given: Any) -> Params:
        """The parameters of a recipe that sets only the given ones, for calling this loss's gradient from another loss."""
        return Params({**self.defaults(), **self.fitted, **given})

    @lazy
    def fitted(self) -> Mapping[str, Any]:
        """The arguments that recipes cannot set, with their values before a first pass."""
        known = {argument(p.name) for p in self.params}
        arguments = inspect.signature(self.kernel).parameters.values()
        return {a.name: a.default for a in arguments if a.kind is a.KEYWORD_ONLY and a.name not in known}

    @lazy
    def page(self) -> dict[str, str]:
        """The docstring's sections by heading; the first line is `Summary`, unheaded paragraphs are `Notes`."""
        return sections(docstring(self.kernel))

    @property
    def summary(self) -> str:
        return self.page.get("Summary", "")
