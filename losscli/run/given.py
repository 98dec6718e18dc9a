"""What was asked for, by the keys of a configuration file, as a report has it, so that it can be evaluated again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.core.errors import UsageError, nearest, visible
from losscli.run.config.keys import key_of, options, raw_of
from losscli.run.declared import Slot, slots, unset, whole
from losscli.run.options import FACE

Data = (str, int, float)


def given(pred: Any, target: Any, records: Mapping[type, Any]) -> dict[str, Any] | None:
    """PRED, TARGET and every option of how to evaluate that is not at its default; None where one is data in memory."""
    if not isinstance(pred, str) or not isinstance(target, str | None):
        return None
    found: dict[str, Any] = {"pred": pred, **({} if target is None else {"target": target})}
    for kind in records:
        for slot in slots(kind):
            value = getattr(records[kind], slot.name)
            if slot.declared.recorded is not None and not unset(value, slot.default):
                found[key_of(slot)] = _plain(slot, value)
    flat = [x for value in found.values() for x in (value if isinstance(value, list) else [value])]
    return found if all(isinstance(x, Data) for x in flat) else None


def _said(slot: Slot, value: Any) -> Any:
    """The value without what a report does not say."""
    recorded = slot.declared.recorded or whole
    if recorded is whole:
        return value
    return [recorded(str(x)) for x in value] if isinstance(value, list) else recorded(str(value))


def _plain(slot: Slot, value: Any) -> Any:
    if slot.switch:
        return value if slot.count else True
    recorded = slot.declared.recorded
    if recorded is None or recorded is whole:
        return list(value) if slot.many else value
    return list(dict.fromkeys(map(recorded, value))) if slot.many else recorded(value)


WORDS = ("pred", "target")
"""The keys that name files rather than options."""


def raw(family: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a parser of the command line would have read for `asked`: the inverse of `given`.

    Raises UsageError for a key that does not say how to evaluate, and for a value that it does not take.
    """
    names = {slot.name for kind in FACE for slot in slots(kind) if slot.declared.recorded is not None}
    known = {key: slot for key, slot in options(family).items() if slot.name in names}
    found: dict[str, Any] = {}
    for key, value in asked.items():
        if key in WORDS:
            if not isinstance(value, str):
                raise UsageError(f"options.{key}: {visible(value, 40)} is not a path")
            found[key] = value
        elif key in known:
            if value != _said(known[key], value):  # such as a file that would be written
                raise UsageError(f"options.{key}: {visible(value, 40)} is more than how to evaluate")
            found[known[key].name] = raw_of(known[key], value, f"options.{key}")
        else:
            raise UsageError(f"options.{visible(key)} is not an option of {family}{nearest(key, known)}")
    if "pred" not in found:
        raise UsageError("options.pred is missing")
    return found
