"""Parameter values: parsing them from text and writing them in canonical form. Independent of losses."""

from __future__ import annotations

import math
import re
from typing import Union

from losscli.core.records import dataclass

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$", re.ASCII)

_WHOLE = re.compile(r"-?[0-9]{1,18}")
LARGEST = 2**53
"""The largest whole number up to which a double represents every one exactly."""


@dataclass(frozen=True)
class File:
    """`@path`: a vector or matrix read from a file."""

    path: str


Value = Union[None, bool, int, float, str, "tuple[float, ...]", File]


def share_of(text: str) -> float | None:
    """A finite decimal, or a percentage as a share; None for anything else. A percent sign shifts the point in the text, as
    99.9 / 100 is not the double nearest to 0.999."""
    bare = text.removesuffix("%").rstrip()
    number = read_number(bare)
    if number is None or not math.isfinite(number):
        return None
    if bare == text:
        return number
    return number / 100 if "e" in bare.lower() else float(f"{bare}e-2")


def is_whole(text: str) -> bool:
    """Whether a text is a whole number of at most 18 digits: of more Python converts none at once, and of thousands none at all."""
    return _WHOLE.fullmatch(text) is not None


def read_number(text: str) -> float | None:
    """A decimal number, or None; `nan`, `inf`, what overflows to infinity and digits with underscores are not accepted."""
    value = float(text) if NUMBER.match(text) else math.inf
    return value if math.isfinite(value) else None


def read_value(text: str, kinds: tuple[str, ...], choices: tuple[str, ...]) -> Value:
    """The value parsed as the first kind that accepts it. Raises ValueError if none does."""
    number = read_number(text)
    if "word" in kinds and text in choices:
        return text
    if "none" in kinds and text == "none":
        return None
    if "bool" in kinds and text in ("true", "false"):
        return text == "true"
    if "int" in kinds and number is not None and number.is_integer() and abs(number) <= LARGEST:
        return int(number)
    if "angle" in kinds and text.endswith("deg") and (degrees := read_number(text[:-3])) is not None:
        return math.radians(degrees)
    if ("float" in kinds or "angle" in kinds) and number is not None:
        return number
    if ("vector" in kinds or "matrix" in kinds) and text.startswith("@") and len(text) > 1:
        return File(text[1:])
    if "vector" in kinds and text.startswith("[") and text.endswith("]"):
        items = [read_number(x.strip()) for x in text[1:-1].split(",")]
        if items and all(x is not None for x in items):
            return tuple(x for x in items if x is not None)
    raise ValueError(text)


def write_number(x: float) -> str:
    """The shortest decimal that parses back to the same number, without a plus sign (which separates terms)."""
    text = repr(float(x)).replace("e+", "e")
    return text.removesuffix(".0")


def write_value(value: Value) -> str:
    """The canonical spelling, which `read_value` parses."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, File):
        return "@" + value.path
    if isinstance(value, tuple):
        return "[" + ",".join(write_number(x) for x in value) + "]"
    return write_number(value)
