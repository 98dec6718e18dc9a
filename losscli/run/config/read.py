"""Reads a configuration file into checks. Every mistake of the file is reported, each with its line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from losscli.core.errors import UsageError, Where, nearest, raise_all, visible
from losscli.core.records import dataclass, field
from losscli.core.version import __version__
from losscli.report.asked_gates import INCONCLUSIVE, LEVELS, ON, AskedGate
from losscli.run.config.find import NAME, PROJECT, TABLE, shown
from losscli.run.config.keys import options, raw_of
from losscli.run.config.required_version import satisfied
from losscli.run.config.toml_file import Place, TomlFile, read_toml
from losscli.run.declared import Slot, choose
from losscli.spec.names import FAMILIES

SCHEMA = 1
TOP = ("schema", "required-version", "defaults", "check")
OWN = ("name", "family", "pred", "target", "gate")
"""The keys of a check that are not options."""
GATE: Mapping[str, tuple[str, ...]] = {"expr": (), "on": ON, "inconclusive": INCONCLUSIVE, "level": LEVELS, "id": ()}
"""The keys of a gate, each with the words that it takes; none: any text."""


@dataclass(frozen=True)
class Check:
    """One evaluation with its gates. raw: what a command line gives the family's command, by name; where: its place in the file."""

    name: str
    family: str
    raw: Mapping[str, Any]
    gates: tuple[AskedGate, ...]
    where: Where


@dataclass(frozen=True)
class Config:
    """A file: its path as messages show it, the folder that its paths are relative to, its checks, and the defaults by key."""

    path: str
    folder: str
    checks: tuple[Check, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def read_config(path: str) -> Config:
    """The checks of a file. Raises UsageError with every mistake, DataError where the file cannot be read."""
    file = read_toml(path, shown(path))
    inside = TABLE if os.path.basename(path) == PROJECT else ()
    table: Any = file.table
    for key in inside:
        table = table.get(key) if isinstance(table, Mapping) else None
    if not isinstance(table, Mapping):
        raise UsageError("has no table [tool.losscli]", Where(file.path), f"add one, or write a {NAME}")
    return _Reader(file, inside).config(table, os.path.dirname(os.path.abspath(path)))


def _raws(known: Mapping[str, Slot], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values that were checked before, as a command line gives them."""
    return {known[key].name: raw_of(known[key], value, key) for key, value in given.items() if key in known}


class _Reader:
    """Collects the mistakes of one file."""

    def __init__(self, file: TomlFile, inside: Place) -> None:
        self.file, self.inside = file, inside
        self.errors: list[UsageError] = []

    def config(self, table: Mapping[str, Any], folder: str) -> Config:
        self._version(table)
        self._known((), table, TOP)
        defaults = self._options(("defaults",), self._table(table.get("defaults", {}), ("defaults",)), "")
        checks = [self._check(("check", i), x, defaults) for i, x in enumerate(self._tables(table.get("check", []), ("check",)))]
        self._named_once(checks)
        raise_all(sorted(self.errors, key=lambda e: (e.where and e.where.line) or 0))
        return Config(self.file.path, folder, tuple(x for x in checks if x is not None), defaults)

    def where(self, place: Place) -> Where:
        return self.file.where(self.inside + place)

    def wrong(self, place: Place, what: str, fix: str | None = None) -> None:
        self.errors.append(UsageError(what, self.where(place), fix))

    def _version(self, table: Mapping[str, Any]) -> None:
        """Another version reads other keys, so that nothing else is said of a file for it."""
        asked, schema = table.get("required-version", ">=0"), table.get("schema", SCHEMA)
        fits = satisfied(asked, __version__) if isinstance(asked, str) else None
        if fits is None:
            self.wrong(("required-version",), f"required-version: {_text(asked)} is not a range of versions", 'such as ">=0.1,<2"')
        elif not fits:
            self.wrong(("required-version",), f"is for losscli {visible(asked)}, and this is losscli {__version__}")
        if schema != SCHEMA or isinstance(schema, bool):
            self.wrong(("schema",), f"schema {_text(schema)} is unknown to losscli {__version__}", f"schema = {SCHEMA}")
        raise_all(self.errors)

    def _check(self, place: Place, table: Mapping[str, Any], defaults: Mapping[str, Any]) -> Check | None:
        before = len(self.errors)
        given = {key: self._word(place, table, key) for key in ("name", "family", "pred")}
        target = None if "target" not in table else self._word(place, table, "target")
        family = choose(given["family"], dict.fromkeys(FAMILIES, ())) if given["family"] else None
        if given["family"] and family is None:
            what = f"family: unknown value {visible(given['family'])!r}{nearest(given['family'], FAMILIES)}"
            self.wrong((*place, "family"), what, f"one of {', '.join(FAMILIES)}")
        if "-" in (given["pred"], target):
            self.wrong((*place, "pred" if given["pred"] == "-" else "target"), "a check cannot read stdin", "name a file")
        own = self._options(place, {k: v for k, v in table.items() if k not in OWN}, family or "")
        gates = self._gates((*place, "gate"), table.get("gate", []))
        if family is None or len(self.errors) > before:
            return None
        words = {"pred": given["pred"], **({} if target is None else {"target": target})}
        raw = {**_raws(options(family), {**defaults, **own}), **words}
        return Check(given["name"], family, raw, gates, self.where(place))

    def _word(self, place: Place, table: Mapping[str, Any], key: str) -> str:
        """The text of a key that must be there, on one line unless it is a path; empty where it is not."""
        value = table.get(key)
        if isinstance(value, str) and value.strip() and (value.isprintable() or key in ("pred", "target")):
            return value
        what = f"a check needs a {key}" if value is None else f"{key}: {_text(value)} is not a line of text"
        self.wrong(place if value is None else (*place, key), what, f'{key} = "…"')
        return ""

    def _options(self, place: Place, table: Mapping[str, Any], family: str) -> dict[str, Any]:
        """The values that options accept; every other key or value is a mistake."""
        known, found = options(family), {}
        for key in self._known(place, table, known, family):
            try:
                raw_of(known[key], table[key], key)
            except UsageError as e:
                self.wrong((*place, key), e.what, e.fix)
            else:
                found[key] = table[key]
        return found

    def _known(self, place: Place, table: Mapping[str, Any], known: Iterable[str], family: str = "") -> list[str]:
        """The keys that are known; every other is a mistake."""
        words = list(known)
        for key in table:
            if key not in words:
                self.wrong((*place, key), *self._unknown(place, key, words, family))
        return [key for key in table if key in words]

    def _unknown(self, place: Place, key: str, known: list[str], family: str) -> tuple[str, str | None]:
        readers = options()[key].declared.families if key in options() else ()
        if readers and family:
            return f"{key} is an option of {', '.join(readers)}, not of {family}", None
        if readers:
            return f"the option {key} is outside [defaults] and [[check]]", "move it into one of them"
        if place == ("defaults",) and key in OWN:
            return f"{key} belongs to a single check", "move it under [[check]]"
        own = OWN if place[:1] == ("check",) and len(known) > len(GATE) else ()
        listed = f"one of {', '.join(known)}" if len(known) <= len(GATE) else f"keys are {_listed(own)}the long names of options"
        near = nearest(key, [*known, *own]) or (nearest(key, options()) if family else "")
        return f"unknown key {visible(key, 40)!r}{near}", listed

    def _gates(self, place: Place, given: Any) -> tuple[AskedGate, ...]:
        found = [self._gate((*place, i), table) for i, table in enumerate(self._tables(given, place))]
        ids = [gate.id for gate in found if gate is not None and gate.id]
        for gate in found:
            if gate is not None and gate.id and ids.count(gate.id) > 1:
                self.errors.append(UsageError(f"two gates of a check have the id {visible(gate.id)!r}", gate.where))
                break
        return tuple(gate for gate in found if gate is not None and gate.level != "off")

    def _gate(self, place: Place, table: Mapping[str, Any]) -> AskedGate | None:
        before = len(self.errors)
        words: dict[str, str] = {}
        for key in self._known(place, table, GATE):
            text, choices = self._word(place, table, key), GATE[key]
            found = choose(text, dict.fromkeys(choices, ())) if text and choices else text
            if found is None:
                what = f"{key}: unknown value {visible(text)!r}{nearest(text, choices)}"
                self.wrong((*place, key), what, f"one of {', '.join(choices)}")
            else:
                words[key] = found
        if "expr" not in table:
            self.wrong(place, "a gate needs an expr", 'expr = "giou.p95 > 0.8"')
        if len(self.errors) > before:
            return None
        level = {"error": "fail"}.get(words.get("level", "error"), words.get("level", ""))
        settings = {key: words.get(key, "") for key in ("on", "inconclusive", "id")}
        return AskedGate(words["expr"], level, **settings, where=self.where(place))

    def _table(self, value: Any, place: Place) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.wrong(place, f"{place[-1]} is not a table", f"[{self._header(place)}]")
        return {}

    def _tables(self, value: Any, place: Place) -> list[Mapping[str, Any]]:
        if isinstance(value, list) and all(isinstance(x, Mapping) for x in value):
            return value
        self.wrong(place, f"{place[-1]} is not a list of tables", f"begin each with [[{self._header(place)}]]")
        return []

    def _header(self, place: Place) -> str:
        return ".".join(str(x) for x in (*self.inside, *place) if isinstance(x, str))

    def _named_once(self, checks: Iterable[Check | None]) -> None:
        seen: set[str] = set()
        for check in checks:
            if check is not None and check.name in seen:
                self.errors.append(UsageError(f"two checks have the name {visible(check.name)!r}", check.where))
            elif check is not None:
                seen.add(check.name)


def _text(value: Any) -> str:
    return visible(repr(value), 40)


def _listed(names: Iterable[str]) -> str:
    return "".join(f"{name}, " for name in names)
