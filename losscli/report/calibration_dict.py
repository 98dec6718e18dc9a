"""The calibration of a report as plain data, its schema, and back."""

from __future__ import annotations

from typing import Any

from losscli.core.json_numbers import number, read
from losscli.numerics.statistics.interval import UNKNOWN
from losscli.report.calibration import BRIER, ERRORS, WHY, Bin, Calibration
from losscli.report.interval_dict import interval, read_interval
from losscli.report.schema_parts import COUNT, FINITE, NUMBER, SHARE, Schema, list_of, object_of, or_null, ref
from losscli.spec.names import POSITIVE, PREDICTED

_BINS = ("bins", "equal_mass")
_NUMBERS = (*ERRORS, "chance")
_SHARES = ("predicted", "observed")


def calibration_dict(x: Calibration) -> dict[str, Any]:
    """The part `calibration` of the JSON report."""
    out: dict[str, Any] = {"event": x.event, "n": x.n}
    for key in _NUMBERS:
        out |= number(key, getattr(x, key))
    out["brier"] = {}
    for key in BRIER:
        out["brier"] |= number(key, x.brier[key])
    out |= number("temperature", x.temperature)
    out |= {"temperature_why": x.why} if x.why else {}
    out |= interval("temperature_ci", x.temperature_ci)
    return {**out, **{key: [_bin(b) for b in getattr(x, key)] for key in _BINS}}


def _bin(x: Bin) -> dict[str, Any]:
    out: dict[str, Any] = {"low": x.low, "high": x.high, "n": x.n, "weight": x.weight}
    for key in _SHARES:
        out |= number(key, getattr(x, key))
    return out


def calibration_schema() -> Schema:
    """The schema of that part."""
    edges = {"low": SHARE, "high": SHARE, "n": COUNT, "weight": FINITE}
    one = object_of({**edges, **dict.fromkeys(_SHARES, or_null(SHARE))}, why=_SHARES)
    found = {
        "event": {"enum": [POSITIVE, PREDICTED]},
        "n": COUNT,
        **dict.fromkeys(_NUMBERS, NUMBER),
        "brier": object_of(dict.fromkeys(BRIER, NUMBER), why=BRIER),
        "temperature": NUMBER,
        "temperature_why": {"enum": list(WHY)},
        "temperature_ci": or_null(ref("interval")),
        "temperature_ci_is": {"enum": list(UNKNOWN)},
        **{key: list_of(one) for key in _BINS},
    }
    return object_of(found, optional=("temperature_why", "temperature_ci_is"), why=(*_NUMBERS, "temperature"))


def read_calibration(x: dict[str, Any]) -> Calibration:
    """The calibration of such plain data."""
    return Calibration(
        event=x["event"],
        n=x["n"],
        **{key: read(x, key) for key in (*_NUMBERS, "temperature")},
        brier={key: read(x["brier"], key) for key in BRIER},
        why=x.get("temperature_why", ""),
        temperature_ci=read_interval(x, "temperature_ci"),
        bins=_read_bins(x["bins"]),
        equal_mass=_read_bins(x["equal_mass"]),
    )


def _read_bins(found: list[dict[str, Any]]) -> tuple[Bin, ...]:
    return tuple(Bin(x["low"], x["high"], x["n"], x["weight"], *(read(x, key) for key in _SHARES)) for x in found)
