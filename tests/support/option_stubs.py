"""Writes `keywords.pyi`, the types of options in Python, from the declarations: `python -m tests.support.readme`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from losscli.run.declared import Slot, slots
from losscli.run.options import FACE
from losscli.run.read_options import ReadOptions
from tests.support.paths import ROOT

PATH = ROOT / "losscli" / "api" / "keywords.pyi"
OWN = ("losses",)
"""What `evaluate` declares in its own signature."""

HEAD = '''\
"""The options in Python, with their types. Written by `python -m tests.support.readme`; not to be edited."""

from collections.abc import Sequence
from typing import Any, Literal, TypedDict
'''


def stub() -> str:
    """The whole file."""
    reading = _fields("Reading", "TypedDict, total=False", slots(ReadOptions))
    others = [slot for record in FACE if record is not ReadOptions for slot in slots(record) if slot.name not in OWN]
    return "\n".join([HEAD, *reading, "", *_fields("Options", "Reading, total=False", others), ""])


def _fields(name: str, bases: str, found: Sequence[Slot]) -> list[str]:
    return [f"class {name}({bases}):", *(f"    {slot.name}: {_type(slot)}" for slot in found)]


def _type(slot: Slot) -> str:
    """What a field takes; of choices that go by other names too, any text."""
    declared = slot.declared
    choices = declared.choices
    if slot.annotation is Any:
        return "Any"
    words = f"Literal[{', '.join(map(json.dumps, choices))}]" if choices and not any(choices.values()) else "str"
    kind = "bool" if slot.switch else slot.number.__name__ if slot.number else words
    return f"{kind} | Sequence[{kind}]" if slot.many else f"{kind} | None" if slot.default is None else kind


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
    print(f"{PATH} has {len(stub().splitlines())} lines")
