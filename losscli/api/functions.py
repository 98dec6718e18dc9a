"""Every loss as a plain function of arrays: `losses.giou(pred, target)`, `losses.detect.focal(scores, label)`.

The arrays are the roles that `losscli explain LOSS` lists, in that order or by name, as the user has them: labels, logits
and box formats are understood as on the command line. Names that several families have are found under their family.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.values import Value, write_value
from losscli.spec import registry
from losscli.spec.loss import Loss
from losscli.spec.recipe import Recipe, Term

OPTIONS = (
    "from_logits",
    "multilabel",
    "box_format",
    "pred_box_format",
    "target_box_format",
    "degenerate",
    "mixed_scale",
    "nonfinite",
)
"""Keyword arguments of every function beside the loss's own parameters, as the options of those names."""


class Namespace:
    """The losses of one family as attributes."""

    def __init__(self, family: str) -> None:
        self._family = family

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        family = registry.load(self._family)
        loss = family.find(name)
        if loss is None:
            raise AttributeError(f"{self._family} has no loss {name}{nearest(name, family.words)}")
        return function(loss)

    def __dir__(self) -> list[str]:
        return registry.load(self._family).words

    def __repr__(self) -> str:
        return f"<the losses of {self._family}>"


def __getattr__(name: str) -> Any:
    if name in registry.NAMES:
        return Namespace(name)
    if name.startswith("__"):
        raise AttributeError(name)
    found = [loss for n in registry.NAMES if (loss := registry.load(n).find(name)) is not None]
    named = [loss for loss in found if loss.name == name]
    chosen = named if len(named) == 1 else found
    if len(chosen) == 1:
        return function(chosen[0])
    if not found:
        known = [w for n in registry.NAMES for w in registry.load(n).words]
        raise AttributeError(f"losscli has no loss {name}{nearest(name, known)}")
    ways = " or ".join(f"losscli.losses.{loss.family}.{name}" for loss in found)
    raise UsageError(f"several families have {name}", fix=ways)


def __dir__() -> list[str]:
    return [*registry.NAMES, *(w for n in registry.NAMES for w in registry.load(n).words)]


def function(loss: Loss) -> Callable[..., Any]:
    """A loss as a plain function: arrays by position or role name, parameters and OPTIONS by keyword."""

    def call(*arrays: Any, **given: Any) -> Any:
        from losscli.api.evaluation import values

        options = {k: given.pop(k) for k in OPTIONS if k in given}
        roles = _roles(loss, arrays, given)
        sides = _sides(loss, roles)
        recipe = Recipe(((1.0, term_of(loss, given)),))
        return values(recipe, sides["pred"], sides["target"] or None, **sides["option"], **options)

    call.__name__ = call.__qualname__ = loss.name
    call.__doc__ = inspect.getdoc(loss.kernel)
    call.__module__ = f"losscli.losses.{loss.family}"
    call.__dict__["__signature__"] = _signature(loss)
    return call


def _roles(loss: Loss, arrays: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    """Arrays by role: of the form of the loss that takes just these."""
    named = {r: given.pop(r) for form in loss.forms for r in form.takes if r in given and loss.param(r) is None}
    for form in loss.forms:
        left = [r for r in form.takes if r not in named]
        needed = [r for r in left if r not in form.optional]
        if len(needed) <= len(arrays) <= len(left) and set(named) <= set(form.takes):
            return {**named, **dict(zip(needed if len(needed) == len(arrays) else left, arrays, strict=False))}
    ways = " or ".join(f"({', '.join(form.takes)})" for form in loss.forms)
    raise UsageError(f"{loss.name} takes {ways}; {len(arrays) + len(named)} arrays were given")


def _sides(loss: Loss, roles: dict[str, Any]) -> dict[str, dict[str, Any]]:
    family = registry.load(loss.family)
    out: dict[str, dict[str, Any]] = {"pred": {}, "target": {}, "option": {}}
    for name, array in roles.items():
        role = family.role(name)
        if role.side == "option":
            out["option"][name] = array
        else:
            out["target" if role.side == "target" else "pred"][role.key] = array
    return out


def term_of(loss: Loss, given: dict[str, Any]) -> Term:
    """The loss with these parameters, each in its domain. Raises UsageError for any other word or value."""
    found: dict[str, Value] = {}
    for word, value in given.items():
        param = loss.param(word.rstrip("_"))
        if param is None:
            known = [p.name for p in loss.params]
            raise UsageError(f"{loss.name} has no parameter {visible(word)!r}{nearest(word, known)}", fix=_known(known))
        plain = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(plain, (list, tuple)):
            plain = tuple(plain)
        if "matrix" in param.kinds and not isinstance(plain, str):
            raise UsageError(f"{loss.name}: {param.name} is read from a file", fix=f"{param.name}='@matrix.npy'")
        found[param.name] = param.read(write_value(plain))
    missing = [p for p in loss.params if p.required and p.name not in found]
    if missing:
        raise UsageError(f"{loss.name} needs {missing[0].name}=… ({missing[0].help})")
    return Term(loss, tuple(sorted({**loss.defaults(), **found}.items())))


def _known(names: list[str]) -> str:
    return f"its parameters: {', '.join(names) or 'none'}; options: {', '.join(OPTIONS)}"


def _signature(loss: Loss) -> inspect.Signature:
    kinds = inspect.Parameter
    arrays = [kinds(r, kinds.POSITIONAL_OR_KEYWORD, default=None if r in loss.optional else kinds.empty) for r in loss.takes]
    params = [
        kinds(p.name if p.name != "lambda" else "lambda_", kinds.KEYWORD_ONLY, default=kinds.empty if p.required else p.default)
        for p in loss.params
    ]
    options = [kinds(o, kinds.KEYWORD_ONLY, default=None) for o in OPTIONS]
    return inspect.Signature([*arrays, *params, *options])


__all__ = ["Namespace", "function", "term_of"]
