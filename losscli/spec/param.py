"""The parameters of a loss as data: kinds, domain and help, read from a kernel's signature, and their values."""

from __future__ import annotations

import inspect
import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper, wraps
from typing import Annotated, Any, Literal, NewType

from losscli.core.errors import UsageError, visible
from losscli.core.records import dataclass, replace
from losscli.core.values import File, Value, read_value, write_value
from losscli.numerics.stable import Array

Vector = Annotated[Array, "vector"]
"""A list `[1,2,3]` or a file `@weights.csv`; the kernel gets a float64 array."""
Matrix = Annotated[Array, "matrix"]
"""A file `@matrix.npy`; the kernel gets a float64 array of two axes."""
Angle = NewType("Angle", float)
"""Radians; `28.6deg` in a recipe."""


PER_CLASS = ("weights", "alpha", "counts", "pos_weight", "sizes")
"""The parameters that may be one number per class."""

_KINDS = {
    "none": "none",
    "bool": "true or false",
    "int": "whole number",
    "float": "number",
    "angle": "angle in radians or with deg",
    "vector": "list [a,b,…] or @file",
    "matrix": "@file",
}
_IN_A_SENTENCE = {
    **_KINDS,
    "int": "a whole number",
    "float": "a number",
    "angle": "an angle in radians or with deg",
    "vector": "a list [a,b,…] or @file",
}


@dataclass(frozen=True)
class Param:
    """One parameter of a loss: its help and its domain; name, kinds and default come from the signature."""

    help: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    example: str | None = None
    """A value for tests and examples, needed if there is no default."""
    name: str = ""
    kinds: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    default: Value = None
    required: bool = False

    def read(self, text: str) -> Value:
        """The value of `text`. Raises UsageError that lists what is accepted."""
        try:
            value = read_value(text, self.kinds, self.choices)
        except ValueError:
            raise UsageError(f"{self.name} must be {self._accepted(_IN_A_SENTENCE, ' or ')}, not {visible(text)!r}") from None
        self.check(value)
        return value

    def check(self, value: Value) -> None:
        """Raise UsageError if a number is outside the domain."""
        numbers = value if isinstance(value, tuple) else (value,)
        for x in numbers:
            if isinstance(x, (bool, str, File)) or x is None:
                continue
            if (
                not math.isfinite(x)
                or (self.ge is not None and x < self.ge)
                or (self.gt is not None and x <= self.gt)
                or (self.le is not None and x > self.le)
                or (self.lt is not None and x >= self.lt)
            ):
                raise UsageError(f"{self.name}={write_value(value)} is outside {self.domain or 'the finite numbers'}")

    @property
    def domain(self) -> str:
        """The allowed numbers, in words; empty if every finite number is allowed."""
        low = f"≥{self.ge:g}" if self.ge is not None else f">{self.gt:g}" if self.gt is not None else ""
        high = f"≤{self.le:g}" if self.le is not None else f"<{self.lt:g}" if self.lt is not None else ""
        return " and ".join(x for x in (low, high) if x)

    @property
    def accepts(self) -> str:
        """The accepted values, for help."""
        return self._accepted(_KINDS, " | ")

    def _accepted(self, words: Mapping[str, str], between: str) -> str:
        names = [*self.choices, *(words[k] for k in self.kinds if k in words)]
        return between.join(names) + (f" ({self.domain})" if self.domain else "")


@dataclass(frozen=True)
class Fitted:
    """Marks an argument that recipes cannot set: `resolve` computes it from a first pass; None if the given rows are all rows."""

    help: str


class Params(Mapping[str, Any]):
    """The values of a loss's parameters: `p.gamma` in its gradient, parts and finish, `p.lambda_` for the recipe's lambda.

    Also a mapping of the kernel's keyword arguments.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", {argument(name): value for name, value in values.items()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no parameter {name}; there are {', '.join(self._values) or 'none'}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} cannot be set: use replace({name}=…)")

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Params({self._values})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Params, (self._values,)

    def replace(self, **changes: Any) -> Params:
        """A copy with some parameters changed."""
        return Params({**self._values, **changes})


def class_or_binary(p: Params, classes: int) -> str:
    """How labels are read that are class numbers; with one score per row, 0 and 1."""
    return "class" if classes > 1 else "binary"


def argument(name: str) -> str:
    """The kernel's argument for a parameter of a recipe."""
    return "lambda_" if name == "lambda" else name


def _kinds(hint: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds and the words that an annotation allows. Raises TypeError for other annotations."""
    if hint is type(None):
        return ("none",), ()
    if hint is Angle:
        return ("angle",), ()
    if hint in (bool, int, float):
        return (hint.__name__,), ()
    origin = typing.get_origin(hint)
    if origin is Annotated:
        return (str(hint.__metadata__[0]),), ()
    if origin is Literal:
        return ("word",), tuple(str(x) for x in typing.get_args(hint))
    if origin in (typing.Union, types.UnionType):
        pairs = [_kinds(x) for x in typing.get_args(hint)]
        return tuple(k for p in pairs for k in p[0]), tuple(c for p in pairs for c in p[1])
    raise TypeError(f"a parameter cannot be annotated {hint!r}")


def signature_of(kernel: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[Param, ...]]:
    """The roles a kernel takes (positional arguments) and its parameters (keyword-only arguments)."""
    hints = typing.get_type_hints(kernel, include_extras=True)
    takes: list[str] = []
    params: list[Param] = []
    for name, arg in inspect.signature(kernel).parameters.items():
        if arg.kind is not arg.KEYWORD_ONLY:
            takes.append(name)
            continue
        hint = hints[name]
        if any(isinstance(m, Fitted) for m in getattr(hint, "__metadata__", ())):
            continue
        notes = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Param)]
        if not notes:
            raise TypeError(f"{kernel.__name__}: parameter {name} has no Param(…)")
        rest = hint.__metadata__[: hint.__metadata__.index(notes[0])]
        kinds, choices = _kinds(Annotated[(hint.__origin__, *rest)] if rest else hint.__origin__)
        required = arg.default is arg.empty
        default = None if required else _plain(arg.default, kinds)
        named = replace(notes[0], name=name.rstrip("_"), kinds=kinds, choices=choices, default=default, required=required)
        params.append(named)
    return tuple(takes), tuple(params)


def with_parameters_of(first: Callable[..., Any], kernel: Callable[..., Any], **defaults: Any) -> Callable[..., Any]:
    """A kernel that declares roles and `p` as one that takes the parameters of `first`, with some defaults changed.

    Keyword-only arguments of its own follow `p`.
    """
    arguments = [*inspect.signature(kernel).parameters.values()]
    own = [a for a in arguments if a.kind is a.KEYWORD_ONLY]
    roles = arguments[: len(arguments) - len(own) - 1]

    @wraps(kernel)
    def whole(*arrays: Any, **params: Any) -> Any:
        apart = {a.name: params.pop(a.name) for a in own}
        return kernel(*arrays, Params(params), **apart)

    held = [a for a in inspect.signature(first).parameters.values() if a.kind is a.KEYWORD_ONLY]
    params = [a.replace(default=defaults.get(a.name, a.default)) for a in held]
    whole.__signature__ = inspect.Signature([*roles, *params, *own])  # type: ignore[attr-defined]
    whole.__annotations__ = {
        **typing.get_type_hints(first, include_extras=True),
        **typing.get_type_hints(kernel, include_extras=True),
    }
    return whole


def formula(kernel: Callable[..., Any], first: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that declares roles and `p`, with the parameters, the name and the docstring of the formula that it evaluates."""
    return update_wrapper(with_parameters_of(first, kernel), first, ("__module__", "__name__", "__qualname__", "__doc__"), ())


def _plain(default: Any, kinds: tuple[str, ...]) -> Value:
    if isinstance(default, int) and not isinstance(default, bool) and "int" not in kinds:
        return float(default)
    return typing.cast(Value, default)
