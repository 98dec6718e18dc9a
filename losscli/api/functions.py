"""Losses as functions of arrays, made from their declarations; the module `losscli.losses` offers them by name.

Arrays are given in the order of the roles or by role name, as the user has them. Never computes anything itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from losscli.core.docstring import docstring
from losscli.core.errors import UsageError, Where, nearest, visible
from losscli.core.values import Value, write_value
from losscli.numerics.stable import Array
from losscli.sources.as_array import as_array
from losscli.sources.frames.frame import as_pandas
from losscli.sources.in_memory import images_of
from losscli.spec import registry
from losscli.spec.family import Family
from losscli.spec.loss import Loss, Param
from losscli.spec.param import argument
from losscli.spec.recipe import Recipe, Term
from losscli.spec.shapes import fits

IMAGES = ("ignore_index", "ignore_mask", "mask_values", "num_classes", "channels", "rows_are_images")
BOXES = ("box_format", "pred_box_format", "target_box_format", "degenerate", "mixed_scale")


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


def find(name: str) -> Any:
    """What `losscli.losses` has under a name: a family, a loss, or a choice among the losses that share the name."""
    if name in registry.NAMES:
        return namespace(name)
    found = tuple(loss for n in registry.NAMES if (loss := registry.load(n).find(name)) is not None)
    if not found:
        known = [w for n in registry.NAMES for w in registry.load(n).words]
        raise AttributeError(f"losscli has no loss {name}{nearest(name, known)}")
    return function(found[0]) if len(found) == 1 else shared(name, found)


def names() -> list[str]:
    """Every family, loss and alias."""
    return sorted({*registry.NAMES, *(w for n in registry.NAMES for w in registry.load(n).words)})


@cache
def namespace(family: str) -> Namespace:
    """The losses of a family."""
    return Namespace(family)


@cache
def function(loss: Loss) -> Callable[..., Any]:
    """A loss as a function: arrays by position or role name, parameters and options by keyword."""

    def call(*arrays: Any, **given: Any) -> Any:
        from losscli.api.evaluation import library, values

        family = registry.load(loss.family)
        options = {k: given.pop(k) for k in options_of(loss) if k in given}
        logits = isinstance(options.get("from_logits"), (bool, np.bool_)) and bool(options["from_logits"])
        roles = {name: _squeezed(x) for name, x in roles_of(loss, arrays, given, logits).items()}
        single = all(_shape(x) == () for x in roles.values())
        if single:
            roles = {name: [x] for name, x in roles.items()}
        options = {**_class_names(family, roles), **options}
        if "class_names" in options:
            options["classes"] = options.pop("class_names")
        sides = _sides(family, roles)
        out = values(
            Recipe(((1.0, term_of(loss, given, library(options.get("convention")))),)),
            sides["pred"],
            sides["target"] or None,
            **sides["option"],
            **options,
        )
        return float(out[0]) if single and isinstance(out, np.ndarray) else out

    return _dressed(call, f"{loss.family}.{loss.name}", docstring(loss.kernel), _signature(loss))


@cache
def shared(name: str, found: tuple[Loss, ...]) -> Callable[..., Any]:
    """The losses of one name as one function, which the shapes of the arrays resolve."""

    def call(*arrays: Any, **given: Any) -> Any:
        return function(resolved(name, found, arrays, given))(*arrays, **given)

    ways = _ways(found)
    doc = f"{ways}, whichever the shapes of the arrays fit. Raises UsageError where they fit several.\n\n" + "\n".join(
        f"{x.family}.{x.name}{_signature(x)}: {x.summary}" for x in found
    )
    return _dressed(call, name, doc, None)


def resolved(name: str, found: tuple[Loss, ...], arrays: tuple[Any, ...], given: dict[str, Any]) -> Loss:
    """The loss that the arrays are for: the only one they fit, or the only one of that very name that they fit."""
    able = [loss for loss in found if _takes(loss, arrays, given)]
    fitting = [loss for loss in able if _fit(loss, roles_of(loss, arrays, dict(given)))]
    chosen = fitting if len(fitting) == 1 else [loss for loss in fitting if loss.name == name]
    if len(chosen) == 1:
        return chosen[0]
    if not able:
        raise UsageError(f"{name} takes {' or '.join(_forms(x) for x in found)}; {len(arrays)} arrays were given")
    if not fitting:
        readings = "; ".join(f"{x.family}.{x.name} reads {_reads(x)}" for x in able)
        given_shapes = ", ".join(str(_shape(x)) for x in arrays)
        raise UsageError(f"no {name} reads arrays of the shapes {given_shapes}", fix=readings)
    both = " and ".join(f"{x.family}.{x.name}" for x in fitting)
    raise UsageError(f"the arrays fit {both}", fix=_ways(tuple(fitting)))


def _takes(loss: Loss, arrays: tuple[Any, ...], given: dict[str, Any]) -> bool:
    """Whether a form of the loss takes so many arrays, of these names."""
    try:
        roles_of(loss, arrays, dict(given))
    except UsageError:
        return False
    return True


def _ways(found: tuple[Loss, ...]) -> str:
    return " or ".join(f"losscli.losses.{loss.family}.{loss.name}" for loss in found)


def _reads(loss: Loss) -> str:
    family = registry.load(loss.family)
    return " and ".join(f"{name} {family.role(name).shape}" for name in loss.takes)


def roles_of(loss: Loss, arrays: tuple[Any, ...], given: dict[str, Any], logits: bool = False) -> dict[str, Any]:
    """Arrays by role: of the form of the loss that takes so many, and whose shapes they fit where several do.

    Takes those named out of `given`. logits: whether scores are logits, so that whole numbers are not taken for classes.
    """
    named = {r: given.pop(r) for form in loss.forms for r in form.takes if r in given and loss.param(r) is None}
    named = {r: x for r, x in named.items() if x is not None}
    ways = [x for form in loss.forms if (x := _assigned(form, arrays, named)) is not None]
    if ways:
        fitting = [x for x in ways if _fit(loss, x)] or ways
        return next((x for x in fitting if not logits and _classes_only(loss, x)), fitting[0])
    raise UsageError(f"{loss.name} takes {_forms(loss)}; {len(arrays) + len(named)} arrays were given")


def _assigned(form: Loss, arrays: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any] | None:
    """The arrays by role where the form takes so many, of these names."""
    left = [r for r in form.takes if r not in named]
    needed = [r for r in left if r not in form.optional]
    if not len(needed) <= len(arrays) <= len(left) or not set(named) <= set(form.takes):
        return None
    return {**named, **dict(zip(needed if len(needed) == len(arrays) else left, arrays, strict=False))}


def _fit(loss: Loss, roles: dict[str, Any]) -> bool:
    """Whether the shapes of the arrays are those of the roles."""
    family = registry.load(loss.family)
    return all(fits(_shape(x) or (1,), family.role(name).shape) for name, x in roles.items())


def _classes_only(loss: Loss, roles: dict[str, Any]) -> bool:
    """Whether a role of predicted classes has nothing that could be scores: text, or whole numbers beyond 0 and 1."""
    family = registry.load(loss.family)
    found = next((_array(x) for name, x in roles.items() if family.role(name).alone[0]), np.zeros(0))
    if found.dtype.kind not in "iuf":
        return found.dtype.kind in "US" or any(isinstance(x, str) for x in found.ravel()[:1])
    return bool(found.ndim == 1 and found.size and found.min() >= 0 and found.max() > 1 and (found == np.rint(found)).all())


def _forms(loss: Loss) -> str:
    return " or ".join(dict.fromkeys(f"({', '.join(form.takes)})" for form in loss.forms))


def _squeezed(data: Any) -> Any:
    """A DataFrame of one column as that column, and a list of images of different sizes as what has their common shape."""
    images = images_of(data)
    if images is not None:
        return images
    frame = as_pandas(data)
    return frame.iloc[:, 0] if frame is not None and frame.ndim == 2 and frame.shape[1] == 1 else data


def _array(data: Any) -> Array:
    """Data as an array, which may be a single number."""
    squeezed = _squeezed(data)
    try:
        return np.asarray(squeezed)
    except Exception:  # whatever a type's own conversion raises
        return as_array(squeezed, Where("arrays"))


def _shape(data: Any) -> tuple[int, ...]:
    squeezed = _squeezed(data)
    found = getattr(squeezed, "shape", None)
    return found if isinstance(found, tuple) else _array(squeezed).shape


def _sides(family: Family, roles: dict[str, Any]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {"pred": {}, "target": {}, "option": {}}
    for name, array in roles.items():
        role = family.role(name)
        if role.side == "option":
            out["option"][name] = array
        else:
            out["target" if role.side == "target" else "pred"][role.key] = array
    return out


def _class_names(family: Family, roles: dict[str, Any]) -> dict[str, Any]:
    """The column names of a DataFrame of scores as the names of the classes."""
    for name, array in roles.items():
        frame = as_pandas(array) if family.role(name).key == "scores" else None
        if frame is not None and frame.ndim == 2 and all(isinstance(c, str) for c in frame.columns):
            return {"class_names": list(frame.columns)}
    return {}


def term_of(loss: Loss, given: dict[str, Any], convention: str | None = None) -> Term:
    """The loss with these parameters, each in its domain, else a library's. Raises UsageError for any other word or value."""
    found: dict[str, Value] = {} if convention is None else {k: v for k, v in loss.convention(convention).items() if loss.param(k)}
    for word, value in given.items():
        param = loss.param(word.rstrip("_"))
        if param is None:
            known = [p.name for p in loss.params]
            raise UsageError(f"{loss.name} has no parameter {visible(word)!r}{nearest(word, known)}", fix=_known(loss, known))
        found[param.name] = _value(loss, param, value)
    missing = [p for p in loss.params if p.required and p.name not in found]
    if missing:
        raise UsageError(f"{loss.name} needs {missing[0].name}=… ({missing[0].help})")
    return Term(loss, tuple(sorted({**loss.defaults(), **found}.items())))


def _value(loss: Loss, param: Param, value: Any) -> Value:
    """A parameter from Python: a number, a word, None, numbers in a row, or a matrix as its numbers row by row."""
    try:
        if hasattr(value, "tolist") or isinstance(value, (list, tuple)):
            array = np.asarray(value)
            value = tuple(array.ravel().tolist()) if array.ndim == 2 and "matrix" in param.kinds else array.tolist()
            value = tuple(value) if isinstance(value, list) else value
        return param.read(write_value(value))
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{loss.name}: {param.name} must be {param.accepts}, not {visible(value, 40)}") from None
    except UsageError as e:
        raise UsageError(f"{loss.name}: {e.what}", fix=e.fix) from None


def options_of(loss: Loss) -> tuple[str, ...]:
    """The keyword arguments of a loss's function besides its parameters: the options of those names that its roles read.

    The option --classes is `class_names`: some losses have a parameter `classes`. Where `weights` are a loss's own of its classes,
    those of samples are an option of `losscli.evaluate` alone.
    """
    family = registry.load(loss.family)
    roles = [family.role(name) for form in loss.forms for name in form.takes]
    keys = {role.key for role in roles}
    scores = ("from_logits", "multilabel", "renormalize") if keys & {"scores", "heat"} else ()
    classes = ("class_names",) if any(role.text for role in roles) else ()
    images = IMAGES if loss.family == "segment" else ()
    options = (*scores, *classes, *images, *(BOXES if keys & {"box", "anchor"} else ()), "convention", "weights", "nonfinite")
    return tuple(option for option in options if loss.param(option) is None)


def _known(loss: Loss, params: list[str]) -> str:
    return f"its parameters: {', '.join(params) or 'none'}; options: {', '.join(options_of(loss))}"


def _signature(loss: Loss) -> inspect.Signature:
    kinds = inspect.Parameter
    arrays = [kinds(r, kinds.POSITIONAL_OR_KEYWORD, default=None if r in loss.optional else kinds.empty) for r in loss.takes]
    params = [kinds(argument(p.name), kinds.KEYWORD_ONLY, default=kinds.empty if p.required else p.default) for p in loss.params]
    options = [kinds(o, kinds.KEYWORD_ONLY, default=None) for o in options_of(loss)]
    return inspect.Signature([*arrays, *params, *options])


def _dressed(call: Callable[..., Any], path: str, doc: str, signature: inspect.Signature | None) -> Callable[..., Any]:
    """A function with the name, page and signature of the loss it calls; it pickles by that name."""
    call.__module__, call.__qualname__, call.__name__ = "losscli.losses", path, path.rpartition(".")[2]
    call.__doc__ = doc
    if signature is not None:
        call.__dict__["__signature__"] = signature
    return call
