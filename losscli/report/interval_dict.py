"""An interval as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.core.json_numbers import number, read
from losscli.numerics.statistics.interval import Found, Interval, NoInterval


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


def read_interval(x: Mapping[str, Any], key: str) -> Found | None:
    """The interval of a key: the inverse of `interval`."""
    found = x.get(key)
    if found is None:
        return NoInterval(x[f"{key}_is"]) if f"{key}_is" in x else None
    low, high = read(found, "low"), read(found, "high")
    drawn = found.get("resamples", 0), found.get("seed", 0)
    return Interval(low, high, found["method"], found["level"], found["n"], found.get("rough", False), *drawn)
