"""The options as keys of a file: which there are, and what a value means. Derived from the declarations of the command line."""

from __future__ import annotations

from typing import Any

from losscli.core.errors import UsageError, visible
from losscli.run.declared import Slot, slots
from losscli.run.options import RECORDS
from losscli.spec.names import FAMILIES


def key_of(slot: Slot) -> str:
    """The key of an option: its long name."""
    return slot.declared.flags[-1].removeprefix("--")


def options(family: str = "") -> dict[str, Slot]:
    """The options of a family, or of every family, by key."""
    found = [slot for record in RECORDS for slot in slots(record)]
    families = {family} if family else set(FAMILIES)
    return {key_of(slot): slot for slot in found if families & set(slot.declared.families)}


def raw_of(slot: Slot, value: Any, named: str) -> Any:
    """What a parser of the command line would have read for this value; None where it is the absence of a switch.

    Raises UsageError where the value is not of the kind of the option, or is not accepted by it. named: what messages call it.
    """
    raw = _raw(slot, value, named)
    if raw is not None:
        slot.read(raw, named)
    return raw


def _raw(slot: Slot, value: Any, named: str) -> Any:
    if slot.switch:
        if isinstance(value, bool):
            return value or None
        if slot.count and isinstance(value, int) and value >= 0:
            return value or None
        raise UsageError(f"{named}: {_spelled(value)} is not true or false{' or a count' if slot.count else ''}")
    if slot.many:
        return [_text(x, named) for x in (value if isinstance(value, list) else [value])]
    if slot.declared.bare and isinstance(value, bool):
        return slot.declared.bare if value else None
    if isinstance(value, list):
        joined = f'{named} = "{",".join(map(str, value))}"' if "," in slot.declared.metavar else f"{named} = …"
        raise UsageError(f"{named} takes one value, not a list", fix=joined)
    return _text(value, named)


def _text(value: Any, named: str) -> str:
    """A text or a number as the words of a command line."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    raise UsageError(f"{named}: {_spelled(value)} is not text or a number")


def _spelled(value: Any) -> str:
    """A value in TOML's words."""
    if isinstance(value, bool):
        return str(value).lower()
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else visible(value, 40)
