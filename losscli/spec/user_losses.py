"""User-defined losses: a function in a file, a loss declared in a program, or one from an installed package."""

from __future__ import annotations

import inspect
import os
import sys
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any

from losscli.core.docstring import docstring
from losscli.core.errors import LosscliError, UsageError, nearest, visible
from losscli.core.foreign_code import foreign_code
from losscli.core.records import dataclass
from losscli.core.seen_files import note
from losscli.spec import registry
from losscli.spec.family import Family
from losscli.spec.loss import Loss, Param
from losscli.spec.names import plain_name
from losscli.spec.param import class_or_binary
from losscli.spec.user_code import OWN, Kernel, blaming, in_shape, refuse, row_by_row

UNTOLD = "A loss whose author has not said what it measures."
GROUP = "losscli.losses"
"""The entry-point group for losses of packages: a declared loss, or a plain function named `family.name`."""


@dataclass(eq=False)
class Custom(Loss):
    """A loss that is not built in."""

    def __reduce__(self) -> tuple[Any, ...]:
        if self.origin:
            return (_again, (self.origin, self.family, self.name))
        return (registry.form, (self.family, self.name, self.kernel.__name__))

    def guarded(self, fn: Kernel) -> Kernel:
        return blaming(self.name, fn)

    def gradient(self, fn: Kernel) -> Kernel:
        self.slope = in_shape(self.name, fn, lambda: self.takes)
        return fn


def declare(family: str, name: str | None = None, **facts: Any) -> Callable[[Kernel], Custom]:
    """Decorator: declare a function of arrays as a loss of a family.

    Positional arguments are roles of the family; keyword-only arguments are parameters, annotated with a type or with
    `Annotated[type, Param(help, ge=…)]`. The function returns one value per row. The arrays are plain: numbers as float64, labels
    and masks as class numbers or class shares; scores unchanged, (n,) or (n,C), in segment (n,H,W) or (n,C,H,W); boxes as (n,4)
    corners. `@fn.gradient` attaches the gradient, which is called with the same arrays and the parameters as one object:
    `def slope(pred, target, p)` with `p.beta`. facts: aliases, cite, direction, lowest, highest, scores, label and the other
    fields of Loss. Raises UsageError if the function cannot be a loss.
    """

    def attach(kernel: Kernel) -> Custom:
        found = registry.load(family)
        own = getattr(kernel, "__name__", "") if name is None else name
        aliases = facts.get("aliases", ())
        for word in (own, *(aliases if isinstance(aliases, (list, tuple)) else (aliases,))):
            if not isinstance(word, str) or not plain_name(word) or word is aliases:
                raise UsageError(f"{visible(word, 40)} cannot be the name of a loss", fix="write aliases=('a', 'b')")
        return register(_made(own, family, kernel, facts), found)

    return attach


def register(loss: Custom, family: Family) -> Custom:
    """Add a loss to its family for this process. Replaces an earlier user-defined loss; raises UsageError for a built-in name."""
    for word in (loss.name, *loss.aliases):
        held = family.find(word)
        if held is not None and not isinstance(held, Custom):
            raise UsageError(f"{family.name} already has a built-in loss {visible(word)!r}", fix="use another name")
    known = [r.name for r in family.roles]
    strange = [r for r in loss.takes if r not in known]
    fix = f"its roles: {', '.join(known)}"
    if strange:
        what = f"{visible(loss.name)} takes {visible(strange[0])!r}, which is not a role of {family.name}"
        raise UsageError(what + nearest(strange[0], known), fix=fix)
    if not loss.takes:
        raise UsageError(f"{visible(loss.name)} takes no role of {family.name}", fix=fix)
    family.losses[loss.name] = loss
    family.aliases.update(dict.fromkeys(loss.aliases, loss.name))
    return loss


def from_file(spec: str, family: str | None) -> Custom:
    """The loss at `file.py:name`, added to its family. Raises UsageError if there is none."""
    path, colon, name = spec.rpartition(":")
    if not colon or not name.isidentifier() or not path.endswith(".py"):
        raise UsageError(f"{visible(spec)!r} is not FILE.py:NAME", fix="write it like --loss-file my.py:fn")
    found = vars(_module(path)).get(name)
    if not callable(found):
        raise UsageError(f"{visible(path)} has no function {visible(name)!r}")
    return adopt(found, name, family, spec)


def adopt(found: Any, name: str, family: str | None, origin: str) -> Custom:
    """A function or declared loss of a file or package, added to its family. Raises UsageError if the family is unclear."""
    if isinstance(found, Custom):
        if family is not None and found.family != family:
            raise UsageError(f"{visible(origin)} is a loss of {found.family}, not of {family}")
        found.origin = origin
        return register(found, registry.load(found.family))
    if family is None:
        fix = "add --family NAME, or declare it: @losscli.declare('regress')"
        raise UsageError(f"{visible(origin)} is a plain function without a family", fix=fix)
    loss = _made(name, family, found, {})
    loss.origin = origin
    return register(loss, registry.load(family))


_searched: dict[str, list[str]] = {}
"""By family, the paths that packages were looked for in."""


def from_packages(family: Family) -> bool:
    """Add the losses that installed packages declare for a family; returns whether there are new ones. Packages are looked for
    once, where the paths of imports stay the same: it reads the disk."""
    from importlib.metadata import entry_points  # late: it reads the disk

    if _searched.get(family.name) == sys.path:
        return False
    before = len(family.losses)
    for point in entry_points(group=GROUP):
        own, dot, name = point.name.rpartition(".")
        if (dot and own != family.name) or family.find(name) is not None:
            continue
        try:
            with foreign_code():
                found = point.load()
        except BaseException as e:
            refuse(e, f"the loss {visible(point.name)} of {visible(point.value)}", "cannot be loaded", OWN)
        if dot or (isinstance(found, Custom) and found.family == family.name):
            adopt(found, name, family.name, point.value)
    _searched[family.name] = list(sys.path)
    return len(family.losses) > before


def _made(name: str, family: str, kernel: Kernel, facts: dict[str, Any]) -> Custom:
    try:
        made = Custom(name, family, row_by_row(name, _annotated(kernel)), **{"lowest": None, "label": class_or_binary, **facts})
        _ = made.params  # read now, so that errors are reported here
        return made
    except LosscliError:
        raise
    except Exception as e:  # annotations are the user's code, too
        raise UsageError(
            f"{visible(name)} cannot be a loss: {visible(e)}", fix="write it like def fn(pred, target, *, beta: float = 1.0)"
        ) from None


def _annotated(kernel: Kernel) -> Kernel:
    """A copy of the function with a Param on every parameter; the type comes from the annotation or the default."""
    if not isinstance(kernel, types.FunctionType):
        raise TypeError(f"it is a {'class' if isinstance(kernel, type) else type(kernel).__name__}, not a Python function")
    if inspect.iscoroutinefunction(kernel) or inspect.isgeneratorfunction(kernel) or inspect.isasyncgenfunction(kernel):
        raise TypeError("it returns its values one by one or later, not as an array")
    hints = typing.get_type_hints(kernel, include_extras=True)
    for name, arg in inspect.signature(kernel).parameters.items():
        if arg.kind in (arg.VAR_POSITIONAL, arg.VAR_KEYWORD):
            raise TypeError(f"*{name} has no name of a role or parameter")
        if arg.kind is arg.KEYWORD_ONLY:
            told = float if arg.default in (arg.empty, None) or isinstance(arg.default, (int, float)) else type(arg.default)
            hint = hints.get(name, bool if isinstance(arg.default, bool) else told)
            has = any(isinstance(m, Param) for m in getattr(hint, "__metadata__", ()))
            hints[name] = hint if has else Annotated[hint, Param("no help")]
    copy = types.FunctionType(kernel.__code__, kernel.__globals__, kernel.__name__, kernel.__defaults__, kernel.__closure__)
    copy.__kwdefaults__, copy.__doc__, copy.__annotations__ = kernel.__kwdefaults__, docstring(kernel) or UNTOLD, hints
    return copy


def _module(path: str) -> types.ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(f"losscli_custom_{abs(hash(path))}", path)
    assert spec is not None
    assert spec.loader is not None
    module, folder = module_from_spec(spec), os.getcwd()
    vars(module)["print"] = _to_stderr  # stdout is the report's
    try:
        note(path)
        with foreign_code():
            spec.loader.exec_module(module)
    except BaseException as e:
        if isinstance(e, FileNotFoundError) and not os.path.exists(path):
            raise UsageError(f"{visible(path)}: no such file", fix="check --loss-file FILE.py:NAME") from None
        refuse(e, visible(path), "cannot be loaded", "put what a script runs under: if __name__ == '__main__'")
    finally:
        os.chdir(folder)
    return module


def _to_stderr(*values: Any, **how: Any) -> None:
    print(*values, **{"file": sys.stderr, **how})


def _again(origin: str, family: str, name: str) -> Loss:
    """A loss of another process, loaded again from its origin."""
    found = registry.load(family)
    if name not in found.losses:
        if ".py:" in origin:
            from_file(origin, family)
        else:
            from_packages(found)
    return found.losses[name]
