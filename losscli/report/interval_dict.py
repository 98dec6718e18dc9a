"""An interval as plain data."""

from __future__ import annotations

from typing import Any

from losscli.core.json_numbers import number
from losscli.numerics.statistics.interval import Found, Interval


def interval(key: str, x: Found | None) -> dict[str, Any]:
    """`key: {…}`; null with the reason in `key_is` where nothing is known, and null alone where none was asked for."""
    if x is None:
        return {key: None}
    if not isinstance(x, Interval):
        return {key: None, f"{key}_is": x.reason}
    ends = {**number("low", x.low), **number("high", x.high)}
    drawn = {"resamples": x.resamples, "seed": x.seed} if x.resamples else {}
    rough = {"rough": True} if x.rough else {}
    return {key: {"level": x.level, **ends, "method": x.method, "n": x.n, **drawn, **rough}}
