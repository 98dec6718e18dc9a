"""Shell completion: losses, maps, choices, and the columns of the files on the command line. Silent on errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from losscli.core.errors import LosscliError
from losscli.run.declared import Slot
from losscli.spec.names import FAMILIES

Offer = tuple[str, str]
_QUICK = 1 << 24
"""The most bytes that are read for the names in a file."""


def offers(command: str, slot: Slot) -> Callable[..., list[Offer]]:
    """A function that Typer calls for the possible words, each with a description."""
    declared = slot.declared

    def complete(ctx: Any, incomplete: str) -> list[Offer]:
        with contextlib.suppress(Exception):
            if declared.complete == "loss":
                return _once(_losses(_family(command, ctx), incomplete))
            if declared.complete == "map":
                return _once(_maps())
            if declared.complete == "check":
                return _once(_checks(ctx))
            if declared.complete in ("column", "role"):
                return _once(_columns(ctx, incomplete, roles=declared.complete == "role"))
            return [(choice, "") for choice in (*declared.choices, *declared.more())]
        return [(choice, "") for choice in declared.choices]

    complete.__annotations__ = {"ctx": _context(), "incomplete": str}
    return complete


def _family(command: str, ctx: Any) -> str | None:
    """The family that a command line is of, as far as it says so."""
    words = [ctx.params.get("family"), *(ctx.params.get("words") or ()), *ctx.args]
    return command if command in FAMILIES else next((word for word in words if word in FAMILIES), None)


def _once(found: Iterable[Offer]) -> list[Offer]:
    """Each word once, with its first description."""
    words: dict[str, str] = {}
    for word, description in found:
        words.setdefault(word, description)
    return list(words.items())


def _context() -> Any:
    import typer

    return typer.Context


def _losses(family: str | None, incomplete: str) -> Iterable[Offer]:
    """Names and aliases; after `dice+` or `0.5*` the terms that may follow."""
    from losscli.spec import registry

    head, slash, tail = incomplete.partition("/")
    if slash and head in FAMILIES:
        family, typed, before = head, tail, f"{head}/"
    else:
        typed, before = incomplete, ""
    start = max(typed.rfind(c) for c in "+*=") + 1
    before += typed[:start]
    for name in (family,) if family else registry.NAMES:
        found = registry.load(name)
        for word in sorted(found.words):
            loss = found.find(word)
            yield before + word, loss.summary if loss is not None else ""


def _maps() -> Iterable[Offer]:
    from losscli.spec.maps import MAPS

    return ((name, found.summary) for name, found in MAPS.items())


def _checks(ctx: Any) -> Iterable[Offer]:
    """The checks of the configuration."""
    from losscli.run.config.find import nearest_file
    from losscli.run.config.read import read_config

    path = ctx.params.get("config") or nearest_file()
    return [] if path is None else ((check.name, f"{check.family} {check.raw['pred']}") for check in read_config(path).checks)


def _columns(ctx: Any, incomplete: str, roles: bool) -> Iterable[Offer]:
    """The columns of PRED and TARGET; for `--col` the roles of the family first, then columns after ROLE=."""
    if roles and "=" not in incomplete:
        from losscli.spec import registry

        family = ctx.info_name if ctx.info_name in FAMILIES else ctx.params.get("family")
        for name in (family,) if family else registry.NAMES:
            for found in registry.load(name).roles:
                if found.side != "option":
                    yield f"{found.key}=", found.meaning
        return
    before = incomplete[: max(incomplete.rfind("="), incomplete.rfind(",")) + 1] if roles else ""
    for path in _paths(ctx):
        for name in _names(path):
            yield before + name, f"a column of {path}"


def _paths(ctx: Any) -> list[str]:
    """The files among the words so far; Typer has not yet given them their places where an option waits for its value."""
    import os

    words = [ctx.params.get("pred"), ctx.params.get("target"), *ctx.args]
    return [word for word in words if isinstance(word, str) and os.path.exists(word)]


def _names(path: str) -> list[str]:
    """The columns of a table or the keys of an archive: of lines of text from the first one alone."""
    import csv
    import json
    import os

    with contextlib.suppress(OSError, ValueError, LosscliError):
        if not os.path.isfile(path) or not _of_lines(path):
            from losscli.sources import open_source

            if os.path.isfile(path) and os.path.getsize(path) > _QUICK and path.endswith(".json"):
                return []  # it would have to be read to its end
            return list(open_source(path).names)
        line = _begin(path).decode("utf-8-sig").partition("\n")[0]
        if line.lstrip().startswith("{"):
            return list(json.loads(line))
        delimiter = max("\t,;|", key=line.count)
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    return []


def _of_lines(path: str) -> bool:
    """Whether the first line of a file names its columns: a table of text, or objects one per line, compressed or not."""
    from losscli.sources.formats import FILES

    known = next((FILES[suffix] for suffix in FILES if path.lower().endswith(suffix)), None)
    if known is None:
        from losscli.sources.files import compression  # late: it loads NumPy

        bare = compression.parted(path)[0].lower()
        known = next((FILES[suffix] for suffix in FILES if bare.endswith(suffix)), None)
    return known is None or known.name in ("csv", "jsonl")


def _begin(path: str) -> bytes:
    """The first bytes of a file, decompressed, up to the end of a line if there is one among them."""
    with open(path, "rb") as file:
        raw = file.read(1 << 20)
    if raw[:2].isascii() and not raw.startswith((b"BZ", b"PK")):
        return raw[: raw.rfind(b"\n") + 1] or raw
    from losscli.sources.files import compression  # late: it loads NumPy
    from losscli.sources.files.byte_file import ByteFile

    known = compression.recognised(raw)
    if known is not None:
        data = ByteFile(path)
        members = compression.members(data, path) if known.name == compression.ZIP else ("",)
        raw = next(compression.decompressed(compression.Packed(data, path, known.name, members[0])), b"")
    return raw[: raw.rfind(b"\n") + 1] or raw
