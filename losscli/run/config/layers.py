"""Where options come from: the command line, before the environment, before the defaults of a configuration file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from losscli.core.errors import UsageError, Where, visible
from losscli.core.records import dataclass, field
from losscli.run.config.find import PREFIX, nearest_file, shown
from losscli.run.declared import OUTPUT, RUNNING, Slot

if TYPE_CHECKING:
    from losscli.run.config.read import Config


@dataclass(frozen=True)
class Layered:
    """The options of a command as a parser gives them, and the sentences that say which were not on the command line."""

    raw: Mapping[str, Any]
    notes: tuple[str, ...] = field(default_factory=tuple)


def layered(slots: Iterable[Slot], raw: Mapping[str, Any]) -> Layered:
    """A command line completed by the environment and by the nearest configuration. Raises UsageError for mistakes in them."""
    isolated, path = bool(raw.get("isolated")), raw.get("config")
    asked = not isolated and any(name.startswith(PREFIX) for name in os.environ)
    path = path or (None if isolated else os.environ.get(f"{PREFIX}CONFIG") or nearest_file())
    if not asked and path is None:
        return Layered(raw)
    from losscli.run.config.environment import from_environment, misspelt, variable
    from losscli.run.config.keys import key_of, options

    known = {slot.name: slot for slot in slots if slot.option and options().get(key_of(slot)) is slot}
    given = {name: x for name, x in raw.items() if x not in (None, False, [], ())}
    around = from_environment(known.values(), os.environ) if asked else {}
    below = {} if path is None else _defaults(path, known, {*given, *around})
    telling = [slot for slot in known.values() if slot.declared.group not in (OUTPUT, RUNNING) and slot.name not in given]
    notes = [variable(slot) for slot in telling if slot.name in around]
    from_file = [key_of(slot) for slot in telling if slot.name in below]
    said = misspelt(os.environ) if asked else []
    said += [f"from the environment: {', '.join(notes)}"] if notes else []
    said += [f"from {visible(shown(path or ''))}: {', '.join(from_file)}"] if from_file else []
    found = {**below, **around, **given}
    if path is not None:
        _refuse_overwriting(path, [found[slot.name] for slot in slots if slot.declared.group == OUTPUT and slot.name in found])
    return Layered(found, tuple(said))


def _refuse_overwriting(path: str, outputs: Iterable[Any]) -> None:
    """Raise UsageError where an output, `FILE` or `WORD=FILE`, is the configuration file."""
    for given in outputs:
        for text in given if isinstance(given, (list, tuple)) else [given]:
            named = text.rpartition("=")[2] if isinstance(text, str) else ""
            if os.path.isfile(named) and os.path.isfile(path) and os.path.samefile(named, path):
                what = f"{visible(named)} is an input: writing it would destroy it"
                raise UsageError(what, fix="choose another name for the output")


def _defaults(path: str, known: Mapping[str, Slot], taken: set[str]) -> dict[str, Any]:
    """The defaults of a file that a command has, without those that are given elsewhere."""
    from losscli.run.config.keys import key_of, raw_of
    from losscli.run.config.read import read_config

    config = read_config(path)
    found: dict[str, Any] = {}
    for slot in known.values():
        if slot.name not in taken and key_of(slot) in config.defaults:
            found[slot.name] = raw = raw_of(slot, config.defaults[key_of(slot)], key_of(slot))
            _refuse_elsewhere(config, slot, raw)
    return found


def _refuse_elsewhere(config: Config, slot: Slot, raw: Any) -> None:
    """Raise UsageError for a default that may name a file, where the working directory is not the folder it is relative to."""
    from losscli.run.config.keys import key_of

    texts = raw if isinstance(raw, list) else [raw] if isinstance(raw, str) else []
    named = any(word in slot.declared.metavar for word in ("FILE", "DIR")) or any("@" in text for text in texts)
    if named and texts and os.path.realpath(config.folder) != os.path.realpath(os.getcwd()):
        flag = slot.declared.flags[-1]
        raise UsageError(
            f"the default {key_of(slot)} is relative to the folder of this file, which is not the working directory",
            Where(config.path),
            f"give {flag}, or --isolated to ignore the file",
        )
