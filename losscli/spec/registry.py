"""The five families by name, imported on demand, and pickling of families and losses by name."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from losscli.core.errors import UsageError, nearest, visible
from losscli.spec.family import Family
from losscli.spec.loss import Loss
from losscli.spec.names import FAMILIES

NAMES = FAMILIES


def load(name: str) -> Family:
    """The family of that name with its losses declared. Raises UsageError with the nearest name."""
    if not isinstance(name, str) or name not in NAMES:
        fix = f"the families are {', '.join(NAMES)}"
        raise UsageError(f"unknown family {visible(name)!r}{nearest(visible(name), NAMES)}", fix=fix)
    family: Family = import_module(f"losscli.families.{name}").FAMILY
    return family


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a package and of the packages in it, in the order of their names."""
    for _, name, _ in walk_packages(path, f"{package}."):
        import_module(name)


def offered(family: Family, module: dict[str, Any]) -> tuple[Callable[[str], Loss], Callable[[], list[str]]]:
    """Declare a family's losses by importing its package, offer them there by name, and return its `__getattr__` and `__dir__`."""
    import_all(module["__name__"], module["__path__"])
    module.update(family.losses)  # a loss comes before the module of its name

    def loss(name: str) -> Loss:
        if name not in family.losses:
            raise AttributeError(f"{family.name} has no loss {name}{nearest(name, family.words)}")
        return family.losses[name]

    return loss, lambda: ["FAMILY", *family.losses]


def form(family: str, name: str, kernel: str) -> Loss:
    """The form of a loss with the given kernel name."""
    return next(f for f in load(family).losses[name].forms if f.kernel.__name__ == kernel)


def _by_name(family: Family) -> tuple[Any, ...]:
    return load, (family.name,)


def _by_kernel(loss: Loss) -> tuple[Any, ...]:
    return form, (loss.family, loss.name, loss.kernel.__name__)


copyreg.pickle(Family, _by_name)
copyreg.pickle(Loss, _by_kernel)
