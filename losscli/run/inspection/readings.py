"""What an evaluation makes of each column: a role, a key, a group, a weight, or nothing, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.records import dataclass
from losscli.run.inspection.fits import Attempt

USES = {"the key": "key", "the weight": "weight", "a group": "group"}
"""Columns that fill no role and are read all the same, by the reason that RoleColumns gives."""
_LISTED = "of the rows in the list"
_WHY = dict.fromkeys(("image_id", "label"), "equal in a pair of --match")


@dataclass(frozen=True)
class Reading:
    """role: what the column fills, or `key`, `group`, `weight`; empty where it is left out. why: the reason for either."""

    role: str
    why: str

    def __str__(self) -> str:
        return f"left out: {self.why}" if not self.role else f"{self.role}: {self.why}" if self.why else self.role


def readings(best: Attempt, sides: tuple[str, ...]) -> dict[str, dict[str, Reading]]:
    """By side and column; the empty name is an array without one. Empty where an evaluation cannot decide."""
    if best.columns is None and best.trial is None:
        return {side: {} for side in sides}
    out = {side: {name: _left(why) for name, why in left.items()} for side, left in _left_out(best, sides).items()}
    read = None if best.trial is None else {f.role for f in best.trial.filled}
    for side, chosen in (best.columns.chosen if best.columns is not None else {}).items():
        for role, found in chosen.items():
            if read is not None and role not in read:
                continue
            key = best.family.role(role).key
            out[side if side in out else "pred"].update({name: Reading(key, found.why) for name in found.columns or ("",)})
    _matched(best, out)
    _several(best, out)
    return out


def _left(why: str) -> Reading:
    return Reading(USES[why], "") if why in USES else Reading("", why)


def _left_out(best: Attempt, sides: tuple[str, ...]) -> Mapping[str, dict[str, str]]:
    found = {} if best.trial is None else best.trial.ready.inputs.left_out
    known = best.columns
    return {side: dict(found.get(side) or (known.left_out(side) if known is not None else ())) for side in sides}


def _several(best: Attempt, out: dict[str, dict[str, Reading]]) -> None:
    """The columns that fill a role together with others: those of models, and the vectors that a list names."""
    inputs = None if best.trial is None else best.trial.ready.inputs
    if inputs is None:
        return
    for f in inputs.filled:
        key = best.family.role(f.role).key
        side = out[f.side if f.side in out else "pred"]
        for name in f.field.names:
            known = side.get(name, Reading("", ""))
            if not known.role or (inputs.models and key == "pred"):
                several = "a model" if inputs.models and key == "pred" else ""
                side[name] = Reading(key, _LISTED if inputs.pairing.listed else several)
            elif known.why == _LISTED and key not in known.role.split(", "):
                side[name] = Reading(f"{known.role}, {key}", known.why)


def _matched(best: Attempt, out: dict[str, dict[str, Reading]]) -> None:
    """The columns that pairing reads, and no loss."""
    inputs = None if best.trial is None else best.trial.ready.inputs
    found = {} if inputs is None else inputs.set_columns
    why = {"list": "names rows of the list", "gallery": "compared between the files"}
    listed = "" if inputs is None else inputs.pairing.listed
    for side, columns in found.items():
        for key, name in columns.items():
            if not out[side].get(name, Reading("", "")).role:
                out[side][name] = Reading(key, why.get(listed) or _WHY.get(key, "read by --match"))
