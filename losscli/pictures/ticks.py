"""Where the ticks of an axis are, and how they are written: 1, 2 and 5 times powers of ten, exactly in decimal."""

from __future__ import annotations

import math
from decimal import Decimal

from losscli.pictures.model import Axis

Tick = tuple[float, str]


def ticks(axis: Axis, most: int) -> list[Tick]:
    """The ticks of an axis, at most about `most` of them: where each is, and its label."""
    if axis.names:
        return [(float(i), name) for i, name in enumerate(axis.names)]
    found = _logarithmic(axis.low, axis.high, most) if axis.log else _linear(axis.low, axis.high, most)
    if axis.percent:
        return [(float(x), f"{(x * 100).normalize():f}%" if x else "0%") for x in found]
    return [(float(x), written(x)) for x in found]


def _linear(low: float, high: float, most: int) -> list[Decimal]:
    """Multiples of a step; more than `most` where these are not two. Both ends where no step is small enough."""
    least = (high - low) / max(most, 1)
    while least > 0:
        step = _step(least)
        first, last = math.ceil(Decimal(low) / step - Decimal("1e-9")), math.floor(Decimal(high) / step + Decimal("1e-9"))
        if last > first:
            return [step * i for i in range(first, last + 1)]
        least /= 2
    return [Decimal(repr(float(low))), Decimal(repr(float(high)))]


def _step(least: float) -> Decimal:
    """The smallest 1, 2 or 5 times a power of ten that is not below `least`."""
    power = math.floor(math.log10(least)) if least > 0 else -300
    return next(x for p in (power, power + 1) for m in (1, 2, 5) if float(x := Decimal(m).scaleb(p)) >= least * (1 - 1e-9))


def _logarithmic(low: float, high: float, most: int) -> list[Decimal]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = [Decimal(1).scaleb(p) for p in range(first, last + 1)]
    every = max(1, math.ceil(len(decades) / max(most, 1)))
    fine = [m * x for x in decades for m in (1, 2, 5)]
    inside = [x for x in fine if low * (1 - 1e-9) <= float(x) <= high * (1 + 1e-9)]
    if len(inside) <= max(most, 2):
        return inside
    return [x for x, p in zip(decades, range(first, last + 1), strict=True) if x in inside and p % every == 0]


def written(x: Decimal) -> str:
    """A tick's label: plain decimals, or a power of ten where these would be long and it is shorter."""
    if not x:
        return "0"
    plain = f"{x.normalize():f}"
    digits = x.normalize()
    power = digits.adjusted()
    short = f"{digits.scaleb(-power).normalize():f}e{power}"
    return plain if len(plain.lstrip("-")) <= 6 or len(plain) <= len(short) else short
