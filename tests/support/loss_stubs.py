"""Writes `losscli/losses.pyi`, the types of `losscli.losses`, from the declarations: `python -m tests.support.readme`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from losscli.api.functions import options_of
from losscli.spec import registry
from losscli.spec.family import Family
from losscli.spec.loss import Loss
from losscli.spec.param import Param, argument
from losscli.spec.user_losses import Custom
from tests.support.paths import ROOT

PATH = ROOT / "losscli" / "losses.pyi"
WIDTH = 132

HEAD = '''\
# mypy: disable-error-code="overload-overlap"
"""Every loss as a function of arrays, with its types. Written by `python -m tests.support.readme`; not to be edited."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Unpack

Values: TypeAlias = NDArray[np.float64]
"""The loss of each sample."""
Vector: TypeAlias = ArrayLike
"""Numbers, or a file of them: "@weights.csv". A matrix may be an array too."""
BoxFormat: TypeAlias = Literal["xyxy", "xywh", "cxcywh"]

class _Shared:
    """A name of several families: the shapes of the arrays decide which is meant; UsageError where they fit several."""

    def __call__(self, *arrays: ArrayLike, **parameters: Any) -> Any: ...

class _Options(TypedDict, total=False):
    convention: str
    nonfinite: Literal["error", "drop", "keep"]

class _Weights(TypedDict, total=False):
    weights: ArrayLike

class _Scores(TypedDict, total=False):
    from_logits: bool
    multilabel: bool

class _Classes(TypedDict, total=False):
    class_names: Sequence[str]

class _Images(TypedDict, total=False):
    ignore_mask: ArrayLike
    mask_values: Sequence[float]
    num_classes: int
    channels: Literal["first", "last"]
    rows_are_images: bool

class _Ignored(TypedDict, total=False):
    ignore_index: int | Sequence[int]

class _Boxes(TypedDict, total=False):
    box_format: BoxFormat
    pred_box_format: BoxFormat
    target_box_format: BoxFormat
    degenerate: Literal["error", "keep"]
    mixed_scale: Literal["error", "keep"]
'''

SETS = {
    "from_logits": "_Scores",
    "class_names": "_Classes",
    "ignore_mask": "_Images",
    "ignore_index": "_Ignored",
    "box_format": "_Boxes",
    "weights": "_Weights",
}
"""The set of options that each of these begins."""
TYPES = {
    "none": "None",
    "bool": "bool",
    "int": "int",
    "float": "float",
    "angle": "float | str",
    "vector": "Vector",
    "matrix": "Vector",
}
"""What a parameter of each kind takes."""


def stub() -> str:
    """The whole file."""
    families = [registry.load(name) for name in registry.NAMES]
    return "\n".join([HEAD, *_combined(families), *map(_namespace, families), _top(families)])


def _combined(families: Iterable[Family]) -> Iterable[str]:
    """The sets of options that losses take together."""
    found = {_options(loss): _sets(loss) for family in families for loss in _own(family)}
    for name in sorted(found):
        if name != "_Options":
            yield f"class {name}({', '.join(found[name])}): ...\n"


def _sets(loss: Loss) -> list[str]:
    return [*(SETS[o] for o in options_of(loss) if o in SETS), "_Options"]


def _options(loss: Loss) -> str:
    return "_" + "".join(name.removeprefix("_") for name in _sets(loss))


def _namespace(family: Family) -> str:
    """The class of one family: a method per loss, its aliases below."""
    lines = [f"class {_class(family)}:", f'    """The losses of {family.name}."""', ""]
    for loss in _own(family):
        lines += _methods(loss)
        lines += [f"    {alias} = {loss.name}" for alias in loss.aliases]
    return "\n".join([*lines, "", f"{family.name}: {_class(family)}", ""])


def _own(family: Family) -> list[Loss]:
    """The built-in losses, without those that a program declared."""
    return [loss for loss in family.losses.values() if not isinstance(loss, Custom)]


def _class(family: Family) -> str:
    return f"_{family.name.capitalize()}"


def _methods(loss: Loss) -> list[str]:
    """A method per reading of the loss, the summary in the last one."""
    ways = [(_arrays(form, "ArrayLike"), _returns(form)) for form in loss.forms]
    if loss.family == "regress":
        ways.insert(0, (_arrays(loss, "float"), "float"))
    merged: dict[str, str] = {}
    for arrays, returned in ways:
        merged[arrays] = " | ".join(dict.fromkeys([*merged[arrays].split(" | "), returned])) if arrays in merged else returned
    lines = []
    for i, (arrays, returned) in enumerate(merged.items()):
        over = ["    @overload"] if len(merged) > 1 else []
        body = f'"""{loss.summary}"""' if i == len(merged) - 1 else "..."
        lines += [*over, *_definition(loss, arrays, returned), f"        {body}"]
    return lines


def _definition(loss: Loss, arrays: str, returned: str) -> list[str]:
    """`def name(…) -> …:` on one line, or broken after commas."""
    star = ["*"] if loss.params else []
    pieces = ["self", arrays, *star, *map(_parameter, loss.params), f"**options: Unpack[{_options(loss)}]"]
    line = f"    def {loss.name}("
    lines = []
    for i, piece in enumerate(pieces):
        tail = ", " if i < len(pieces) - 1 else f") -> {returned}:"
        if len(line) + len(piece) + len(tail.rstrip()) > WIDTH:
            lines.append(line.rstrip())
            line = " " * 8
        line += piece + tail
    return [*lines, line]


def _arrays(form: Loss, kind: str) -> str:
    return ", ".join(f"{r}: {kind} | None = None" if r in form.optional else f"{r}: {kind}" for r in form.takes)


def _returns(form: Loss) -> str:
    """Values where each sample has a loss, float where only all of them have; both where a parameter decides."""
    if form.unit == "row" or form.rowed is True:
        return "Values"
    if form.unit == "whole" and callable(form.rowed):
        return "Values | float"
    if form.unit == "whole" or form.pooled is True:
        return "float"
    return "Values | float" if callable(form.pooled) or form.param("pool") is not None else "Values"


def _parameter(param: Param) -> str:
    words = f"Literal[{', '.join(map(json.dumps, param.choices))}]" if param.choices else ""
    kinds = [words, *(TYPES[k] for k in param.kinds if k != "word")]
    text = f"{argument(param.name)}: {' | '.join(dict.fromkeys(k for k in kinds if k))}"
    return text if param.required else f"{text} = {_default(param)}"


def _default(param: Param) -> str:
    value = param.default
    return (
        repr(value)
        if value is None or isinstance(value, (bool, int, float))
        else json.dumps(value)
        if isinstance(value, str)
        else "..."
    )


def _top(families: list[Family]) -> str:
    """Every name without its family."""
    owners: dict[str, list[str]] = {}
    for family in families:
        for word in (word for loss in _own(family) for word in (loss.name, *loss.aliases)):
            owners.setdefault(word, []).append(family.name)
    return "".join(
        f"{word}: _Shared\n" if len(found) > 1 else f"{word} = {found[0]}.{word}\n" for word, found in sorted(owners.items())
    )


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
    print(f"{PATH} has {len(stub().splitlines())} lines")
