"""Options from the environment: `LOSSCLI_BOX_FORMAT` is --box-format. A repeatable option takes one value per line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from losscli.core.errors import UsageError, closest, raise_all, visible
from losscli.core.values import is_whole
from losscli.run.config.find import PREFIX
from losscli.run.config.keys import key_of, options
from losscli.run.declared import Slot

_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": None, "false": None, "no": None, "off": None}
_WORDS = frozenset(_TRUTH) - {"0", "1"}
"""Those that are not numbers."""


def variable(slot: Slot) -> str:
    """The variable of an option."""
    return PREFIX + key_of(slot).upper().replace("-", "_")


def from_environment(slots: Iterable[Slot], environ: Mapping[str, str]) -> dict[str, Any]:
    """What the variables give, as a command line would, by the name of the option. Empty variables give nothing.

    Raises UsageError with every value that an option does not accept.
    """
    found: dict[str, Any] = {}
    errors: list[UsageError] = []
    for slot in slots:
        name = variable(slot)
        if environ.get(name, "").strip():
            try:
                found[slot.name] = raw = _raw(slot, name, environ[name])
                if raw is not None:
                    slot.read(raw, name)
            except UsageError as e:
                errors.append(e)
    raise_all(errors)
    return found


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that is nearly the name of an option's; other programs may have others."""
    known = [variable(slot).removeprefix(PREFIX) for slot in options().values()]
    others = [name for name in sorted(environ) if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in (*known, "CONFIG")]
    near = {name: closest(name.removeprefix(PREFIX), known) for name in others}
    return [f"{visible(name)} is not an option, did you mean {PREFIX}{word}?" for name, word in near.items() if word is not None]


def _raw(slot: Slot, name: str, text: str) -> Any:
    if slot.count and is_whole(text):
        return int(text) or None
    if slot.declared.bare and text.strip().lower() in _WORDS:
        return slot.declared.bare if _TRUTH[text.strip().lower()] else None
    if slot.switch:
        if text.strip().lower() not in _TRUTH:
            raise UsageError(f"{name}: {visible(text, 40)!r} is not true or false", fix=f"{name}=1 or {name}=0")
        return _TRUTH[text.strip().lower()]
    return text.splitlines() if slot.many else text
