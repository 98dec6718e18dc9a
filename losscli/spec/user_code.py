"""Calls into the code of a user's loss: however it fails, and whatever it returns in place of numbers, is an error of that loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, NoReturn

import numpy as np

from losscli.core.errors import LosscliError, UsageError, nearest, visible
from losscli.core.foreign_code import Ended, foreign_code
from losscli.core.records import replace
from losscli.numerics.stable import Array
from losscli.spec.loss import Rows

Kernel = Callable[..., Any]
OWN = "the error is in the loss's own code"


def refuse(error: BaseException, what: str, verb: str, fix: str) -> NoReturn:
    """Raise the UsageError of an exception of a user's code, or the exception itself where it is not one of that code.

    what: the loss or its file; verb: what it did, if it raised.
    """
    own_exit = type(error) is SystemExit  # a termination of this program raises a subclass
    if isinstance(error, (LosscliError, KeyboardInterrupt)) or (isinstance(error, SystemExit) and not own_exit):
        raise error
    if own_exit or isinstance(error, Ended):
        call = str(error) if isinstance(error, Ended) else f"sys.exit({'' if error.args == () else repr(error.args[0])})"
        raise UsageError(f"{what} calls {visible(call, 60)}", fix=fix) from None
    raise UsageError(f"{what} {verb}: {type(error).__name__}: {visible(error)}", fix=fix) from error


def blaming(name: str, fn: Kernel) -> Kernel:
    """A function of a user's loss whose exceptions are reported as errors of that loss."""

    @wraps(fn)
    def call(*arrays: Any, **params: Any) -> Any:
        try:
            with foreign_code():
                return fn(*map(_sealed, arrays), **params)
        except BaseException as e:
            refuse(e, f"the loss {name}", "failed", OWN)

    return call


def _sealed(array: Any) -> Any:
    """The array without a way to make it writable, as other losses read it too: its owner is a buffer that is only read."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        return array
    return np.asarray(array.data.toreadonly())


def row_by_row(name: str, kernel: Kernel) -> Kernel:
    """The kernel, with a check that it returns one number per row."""
    guarded, said = blaming(name, kernel), f"the loss {name}"
    fix = "return one value per row; the tool takes their mean"

    @wraps(kernel)
    def call(*arrays: Any, **params: Any) -> Any:
        out = guarded(*arrays, **params)
        if isinstance(out, Rows):
            return replace(out, values=numbers(said, out.values, fix))
        if isinstance(out, Mapping):
            raise UsageError(f"{said} gave a dict", fix=fix)
        values = numbers(said, out, fix)
        if isinstance(arrays[0], np.ndarray) and values.shape != arrays[0].shape[:1]:
            raise UsageError(f"{said} gave the shape {values.shape} for {len(arrays[0])} rows", fix=fix)
        return values

    return call


def in_shape(name: str, slope: Kernel, roles: Callable[[], Sequence[str]]) -> Kernel:
    """The gradient, with a check that it returns numbers in the shapes of the arrays; roles: the names of the arrays."""
    guarded, said = blaming(name, slope), f"the gradient of {name}"
    fix = "return an array in the shape of the predictions, or {role: array} where there are several"

    @wraps(slope)
    def call(*arrays: Any) -> Any:
        out = guarded(*arrays)
        held = dict(zip(roles(), arrays, strict=False))
        given = out if isinstance(out, Mapping) else {next(iter(held)): out}
        strange = [role for role in given if role not in held]
        if strange or not given:
            what = f"names {visible(strange[0])!r}{nearest(str(strange[0]), held)}" if strange else "is empty"
            raise UsageError(f"{said} {what}", fix=fix)
        checked = {role: numbers(said, g, fix) for role, g in given.items()}
        for role, g in checked.items():
            if isinstance(held[role], np.ndarray) and g.shape != held[role].shape:
                raise UsageError(f"{said} has the shape {g.shape}, where {role} has {held[role].shape}", fix=fix)
        return checked if isinstance(out, Mapping) else next(iter(checked.values()))

    return call


def numbers(said: str, out: Any, fix: str) -> Array:
    """What a user's function returned as an array of real numbers."""
    try:
        array = np.asarray(out)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
        if isinstance(out, np.ma.MaskedArray) and array.dtype.kind in "fiub":
            array = np.where(np.ma.getmaskarray(out), np.nan, array)
    except Exception:  # also what a type's own conversion raises
        raise UsageError(f"{said} gave {visible(type(out).__name__)}s that are not an array of numbers", fix=fix) from None
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{said} gave values of type {array.dtype}, not real numbers", fix=fix)
    return array
