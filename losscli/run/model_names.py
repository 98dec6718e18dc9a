"""The files that words of a command line name as models, and short names for them. Reads no file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from losscli import sources
from losscli.core.errors import UsageError, visible
from losscli.sources.folders.natural_order import natural


def models_of(words: Sequence[str], *, why: str = "compare takes two or more models") -> list[str]:
    """The paths that the words name: a pattern or a list names each of its files. Raises UsageError for one that
    is named twice, and where there is only one."""
    found: list[str] = []
    for word in words:
        found += _expanded(word)
    real: dict[str, str] = {}
    for path in found:
        first = real.setdefault(os.path.realpath(path), path)
        if first is not path:
            also = "" if first == path else f", as {visible(first)} too"
            raise UsageError(f"{visible(path)} is named twice{also}", fix="name every model once")
    if len(found) < 2:
        what = f"there is only one model: {visible(found[0])}" if found else "there is no model"
        raise UsageError(what, fix=why)
    return found


def _expanded(word: str) -> list[str]:
    if sources.is_list(word):
        from losscli.sources.folders.list_file import listed

        return listed(word)
    if sources.is_pattern(word):
        from losscli.sources.folders.shards import expand

        return expand(word)
    return [word]


def named(paths: Sequence[str]) -> list[tuple[str, str]]:
    """The paths with short names, in the order of the names."""
    return sorted(zip(paths, short_names(paths), strict=True), key=lambda found: natural(found[1]))


def short_names(paths: Sequence[str]) -> list[str]:
    """The paths without what they share: the folders in front, the parts behind, and the suffix."""
    parts = [path.replace(os.sep, "/").rstrip("/").split("/") for path in paths]
    front = _shared(parts)
    back = _shared([x[front:][::-1] for x in parts])
    names = ["/".join(x[front : len(x) - back]) for x in parts]
    while len({end := os.path.splitext(name)[1] for name in names}) == 1 and end:
        names = [name[: -len(end)] for name in names]
    whole = all(names) and len(set(names)) == len(names)
    return names if whole else list(paths)


def _shared(parts: Sequence[Sequence[str]]) -> int:
    """How many parts all of them begin with."""
    return next((i for i, found in enumerate(zip(*parts, strict=False)) if len(set(found)) > 1), min(map(len, parts)))
