"""The budget of a report as plain data, its schema, and back."""

from __future__ import annotations

from typing import Any

from losscli.core.json_numbers import number, read
from losscli.report.budget import FIRST, SLOPES, TENTHS, TRUTH, Budget, LossBudget, Share
from losscli.report.schema_parts import NUMBER, SHARE, TEXT, Schema, list_of, map_of, object_of, or_null

_CARRIED = ("loss", "gradient")


def budget_dict(x: Budget) -> dict[str, Any]:
    """The part `budget` of the JSON report."""
    return {"ease": x.ease, "gradient_of": x.slope, "losses": [_loss(loss) for loss in x.losses]}


def _loss(x: LossBudget) -> dict[str, Any]:
    return {
        "loss": x.loss,
        "tenths": [{**number("until", until), **_share(share)} for until, share in zip(x.until, x.tenths, strict=True)],
        "classes": [{"class": name, **_share(share)} for name, share in x.classes.items()],
        "groups": [{"by": dict(by), **_share(share)} for by, share in x.groups],
    }


def _share(x: Share) -> dict[str, Any]:
    out: dict[str, Any] = {"weight": x.weight}
    for key in _CARRIED:
        out |= number(key, getattr(x, key))
    return out


def budget_schema() -> Schema:
    """The schema of that part."""
    share = {"weight": SHARE, **dict.fromkeys(_CARRIED, or_null(SHARE))}
    tenth = list_of(object_of({"until": NUMBER, **share}, why=("until", *_CARRIED)))
    loss = {
        "loss": TEXT,
        "tenths": {**tenth, "minItems": TENTHS, "maxItems": TENTHS},
        "classes": list_of(object_of({"class": TEXT, **share}, why=_CARRIED)),
        "groups": list_of(object_of({"by": map_of(TEXT), **share}, why=_CARRIED)),
    }
    return object_of({"ease": {"enum": [TRUTH, FIRST]}, "gradient_of": {"enum": list(SLOPES)}, "losses": list_of(object_of(loss))})


def read_budget(x: dict[str, Any]) -> Budget:
    """The budget of such plain data."""
    return Budget(x["ease"], x["gradient_of"], tuple(_read_loss(loss) for loss in x["losses"]))


def _read_loss(x: dict[str, Any]) -> LossBudget:
    return LossBudget(
        x["loss"],
        tuple(map(_read_share, x["tenths"])),
        tuple(read(tenth, "until") for tenth in x["tenths"]),
        {y["class"]: _read_share(y) for y in x["classes"]},
        tuple((y["by"], _read_share(y)) for y in x["groups"]),
    )


def _read_share(x: dict[str, Any]) -> Share:
    return Share(x["weight"], read(x, "loss"), read(x, "gradient"))
