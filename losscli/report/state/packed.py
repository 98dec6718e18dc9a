"""Values of declared types as plain data and back: records by their fields, integers of any size, arrays. Strict: what is not of
the declared type is refused with its place."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from itertools import repeat
from math import inf, nan
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from losscli.core.errors import visible
from losscli.core.records import fields
from losscli.engine.budget import BudgetCounts
from losscli.engine.calibration import CalibrationCounts
from losscli.numerics.lattice import Lattice
from losscli.numerics.ranked_sums import RankedSums
from losscli.report.state import arrays

SAFE = 1 << 53
"""Integers from this size on are texts."""
_SPECIAL = {"nan": nan, "inf": inf, "-inf": -inf}
_LARGE = re.compile(r"(-?)([0-9a-f]{1,4096})(?:p([0-9]{1,5}))?", re.ASCII)
_UNIONS = (Union, types.UnionType)


class Damaged(ValueError):
    """Plain data that is not of the declared type."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{visible(place, 200)}: {what}")


def packed(value: Any, kind: Any) -> Any:
    """A value of a declared type as plain data."""
    origin, args = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        return _SCALARS[kind][0](value)
    if origin in _UNIONS:
        return _of_union(value, [k for k in args if k is not type(None)])
    if origin is tuple:
        return [packed(x, k) for x, k in zip(value, _kinds(args), strict=False)]
    if origin in (frozenset, set):
        return sorted(value)
    if origin is not None and issubclass(origin, Mapping):
        if args[0] is str:
            return {k: packed(x, args[1]) for k, x in value.items()}
        return [[packed(k, args[0]), packed(x, args[1])] for k, x in value.items()]
    return {name: packed(getattr(value, name), hint) for name, hint in hints(kind).items()}


def unpacked(data: Any, kind: Any, at: str) -> Any:
    """The value of plain data. Raises Damaged with the place, which begins with `at`, where it is not of the declared type."""
    origin, args = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        try:
            return _SCALARS[kind][1](data)
        except ValueError as e:
            raise Damaged(at, str(e)) from None
    if origin in _UNIONS:
        return _one_of(data, args, at)
    if origin is tuple:
        items = _list(data, at)
        if args[-1:] != (...,) and len(items) != len(args):
            raise Damaged(at, f"has {len(items)} items instead of {len(args)}")
        return tuple(unpacked(x, k, f"{at}[{i}]") for i, (x, k) in enumerate(zip(items, _kinds(args), strict=False)))
    if origin in (frozenset, set):
        return origin(unpacked(x, args[0], f"{at}[{i}]") for i, x in enumerate(_list(data, at)))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(data, args, at)
    known = hints(kind)
    _refuse_other_keys(_object(data, at), known, at)
    return (get_origin(kind) or kind)(**{name: unpacked(data[name], hint, f"{at}.{name}") for name, hint in known.items()})


def hints(kind: Any) -> dict[str, Any]:
    """The declared types of a record's fields."""
    cls = get_origin(kind) or kind
    if cls not in _HINTS:
        _HINTS[cls] = get_type_hints(cls, localns=_LATE)
    known = dict(zip(getattr(cls, "__parameters__", ()), get_args(kind), strict=False))
    return {f.name: _filled(_HINTS[cls][f.name], known) for f in fields(cls)}


_HINTS: dict[Any, dict[str, Any]] = {}
_LATE = {x.__name__: x for x in (BudgetCounts, CalibrationCounts, Lattice, RankedSums)}
"""The records that a tally names without loading them."""


def _filled(hint: Any, known: Mapping[Any, Any]) -> Any:
    """A type with the variables of a generic record replaced."""
    if isinstance(hint, TypeVar):
        return known[hint]
    variables = getattr(hint, "__parameters__", ())
    return hint[tuple(known[v] for v in variables)] if variables and known else hint


def _kinds(args: tuple[Any, ...]) -> Any:
    """The types of a tuple's items."""
    return repeat(args[0]) if args[-1:] == (...,) else args


def _of_union(value: Any, kinds: list[Any]) -> Any:
    if value is None or len(kinds) == 1:
        return None if value is None else packed(value, kinds[0])
    kind = next(k for k in kinds if isinstance(value, get_origin(k) or k))
    return {"is": _name(kind), **packed(value, kind)}


def _one_of(data: Any, args: tuple[Any, ...], at: str) -> Any:
    if data is None and type(None) in args:
        return None
    kinds = [k for k in args if k is not type(None)]
    if len(kinds) == 1:
        return unpacked(data, kinds[0], at)
    known = {_name(k): k for k in kinds}
    name = _object(data, at).get("is")
    if name not in known:
        raise Damaged(f"{at}.is", f"is not one of {', '.join(known)}")
    return unpacked({k: x for k, x in data.items() if k != "is"}, known[name], at)


def _name(kind: Any) -> str:
    return str((get_origin(kind) or kind).__name__)


def _mapping(data: Any, args: tuple[Any, ...], at: str) -> dict[Any, Any]:
    if args[0] is str:
        return {k: unpacked(x, args[1], f"{at}[{k}]") for k, x in _object(data, at).items()}
    found = {}
    for i, pair in enumerate(_list(data, at)):
        if not isinstance(pair, list) or len(pair) != 2:
            raise Damaged(f"{at}[{i}]", "is not a key and a value")
        key = unpacked(pair[0], args[0], f"{at}[{i}][0]")
        if key in found:
            raise Damaged(f"{at}[{i}][0]", "is there twice")
        found[key] = unpacked(pair[1], args[1], f"{at}[{' '.join(map(str, key)) if isinstance(key, tuple) else key}]")
    return found


def _object(data: Any, at: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Damaged(at, "is not an object")
    return data


def _list(data: Any, at: str) -> list[Any]:
    if not isinstance(data, list):
        raise Damaged(at, "is not a list")
    return data


def _refuse_other_keys(data: Mapping[str, Any], known: Mapping[str, Any], at: str) -> None:
    for name in (*known, *data):
        if name not in data:
            raise Damaged(f"{at}.{name}", "is missing")
        if name not in known:
            raise Damaged(f"{at}.{name}", "is not a field")


def _integer(value: int) -> int | str:
    """An integer; from 2^53 on hexadecimal digits and a power of two: `1fp1074`."""
    if -SAFE < value < SAFE:
        return int(value)
    size = abs(value)
    shift = (size & -size).bit_length() - 1
    return f"{'-' if value < 0 else ''}{size >> shift:x}{f'p{shift}' if shift else ''}"


def _read_integer(data: Any) -> int:
    if type(data) is int:
        return data
    found = _LARGE.fullmatch(data) if isinstance(data, str) else None
    if found is None:
        raise ValueError("is not an integer: digits, or a text of hexadecimal digits and p with a power of two")
    size = int(found[2], 16) << int(found[3] or 0)
    return -size if found[1] else size


def _number(value: float) -> float | str:
    return float(value) if abs(value) < inf else "nan" if value != value else "inf" if value > 0 else "-inf"


def _read_number(data: Any) -> float:
    if isinstance(data, str) and data in _SPECIAL:
        return _SPECIAL[data]
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise ValueError("is not a number, nan, inf or -inf")
    return float(data)


def _as_it_is(kind: type) -> Callable[[Any], Any]:
    def read(data: Any) -> Any:
        if type(data) is not kind:
            raise ValueError(f"is not {'a text' if kind is str else 'true or false'}")
        return data

    return read


def _of_any(value: Any) -> Any:
    """A parameter: a number, a text, an array, or a list of such."""
    if isinstance(value, np.ndarray):
        return arrays.packed(value)
    if isinstance(value, (tuple, list)):
        return {"list": [_of_any(x) for x in value]}
    if isinstance(value, (bool, str)) or value is None:
        return {"text": value} if isinstance(value, str) else value
    return _number(float(value)) if isinstance(value, (float, np.floating)) else {"int": _integer(int(value))}


def _read_any(data: Any) -> Any:
    if isinstance(data, dict) and len(data) == 1:
        (kind, x), *_ = data.items()
        if kind == "text" and isinstance(x, str):
            return x
        if kind == "int":
            return _read_integer(x)
        if kind == "list" and isinstance(x, list):
            return tuple(map(_read_any, x))
    if isinstance(data, dict):
        return arrays.unpacked(data)
    return data if data is None or isinstance(data, bool) else _read_number(data)


_SCALARS: dict[Any, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    int: (_integer, _read_integer),
    float: (_number, _read_number),
    str: (str, _as_it_is(str)),
    bool: (bool, _as_it_is(bool)),
    np.ndarray: (arrays.packed, arrays.unpacked),
    Any: (_of_any, _read_any),
}
"""By declared type, how a value is written and read."""
