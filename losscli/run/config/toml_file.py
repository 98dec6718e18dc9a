"""Reads TOML with the line of every key. The grammar is the standard library's alone: lines are found by parsing statements."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Place = tuple["str | int", ...]
"""The way to a value: keys, and numbers within arrays of tables."""

_ENDS = ("]", "}", '"""', "'''")
"""One of these is on the last line of every value of several lines."""
_AT = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


@dataclass(frozen=True)
class TomlFile:
    """A parsed file: its path as messages show it, its text, and the table in it."""

    path: str
    text: str
    table: Mapping[str, Any]

    @lazy
    def lines(self) -> dict[Place, int]:
        """The line of every table and key, from 1."""
        return dict(_placed(self.text))

    def where(self, place: Place) -> Where:
        """The line of a value, or of the nearest table around it."""
        known = next((self.lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self.lines), None)
        return Where(self.path, line=known)


def read_toml(path: str, shown: str) -> TomlFile:
    """The file at `path`. Raises DataError where it cannot be read, UsageError where it is not TOML."""
    try:
        with open_noted(path) as file:
            raw = file.read()
    except OSError as e:
        raise DataError(f"cannot be read: {e.strerror or visible(e)}", Where(shown)) from None
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as e:
        raise UsageError("is not UTF-8 text", Where(shown, line=raw[: e.start].count(b"\n") + 1), "save it as UTF-8") from None
    try:
        return TomlFile(shown, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as e:
        found = _AT.search(str(e))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        what = f"is not TOML: {visible(_AT.sub('', str(e)))}"
        raise UsageError(what, Where(shown, line=line), "give a losscli.toml, as `losscli init` writes one") from None
    except ValueError as e:  # a number of thousands of digits
        what = f"is not TOML: {visible(e)}"
        raise UsageError(what, Where(shown), "give a losscli.toml, as `losscli init` writes one") from None
    except RecursionError:
        raise UsageError("is not read: its values are nested too deeply", Where(shown)) from None


def _placed(text: str) -> Iterator[tuple[Place, int]]:
    """The place of every key and its line, in the order of the text; of a key that is given in parts, each line."""
    table: Place = ()
    counts: dict[Place, int] = {}
    for line, statement, found in _statements(text):
        if not statement.startswith("["):
            yield from ((table + place, line) for place in _keys(found))
            continue
        *outer, last = _path(found)
        table = ()
        for key in outer:
            table = _within((*table, key), counts)
        table = (*table, last)
        if statement.startswith("[["):
            counts[table] = counts.get(table, 0) + 1
            yield table, line
        table = _within(table, counts)
        yield table, line


def _within(table: Place, counts: Mapping[Place, int]) -> Place:
    """The table, or the last of an array of tables."""
    return (*table, counts[table] - 1) if table in counts else table


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each header and each key with its value, parsed alone: the fewest lines that are TOML by themselves."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        for stop in range(start + 1, len(lines) + 1):
            if stop > start + 1 and not any(mark in lines[stop - 1] for mark in _ENDS):
                continue
            statement = "\n".join(lines[start:stop])
            try:
                found = tomllib.loads(statement)
            except ValueError:
                continue
            if found:
                yield start + 1, statement.lstrip(" \t"), found
            start = stop
            break
        else:
            return


def _path(found: Any) -> list[str]:
    """The keys of a header."""
    path = []
    while isinstance(found, dict) and found:
        key, found = next(iter(found.items()))
        path.append(key)
    return path


def _keys(found: Any, place: Place = ()) -> Iterator[Place]:
    """Every key of a statement, those of inline tables too."""
    items: Any = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, inner in items:
        if isinstance(found, dict) or isinstance(inner, dict):
            yield (*place, key)
        yield from _keys(inner, (*place, key))
