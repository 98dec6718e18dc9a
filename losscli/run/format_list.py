"""The list of the formats of inputs and of reports, derived from their declarations. Nothing about a format is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.extras import installed
from losscli.core.records import dataclass
from losscli.report import formats as reports
from losscli.report import packaged
from losscli.sources.files import compression, unread
from losscli.sources.formats import FORMATS
from losscli.spec.pages import wrapped

KINDS = {
    "file": "Files, and folders and patterns of them",
    "image": "Files of one image each, and folders and patterns of them",
    "folder": "Folders and patterns",
    "compression": "Compression",
    "report": "Reports, for --format and --output",
}


@dataclass(frozen=True)
class Entry:
    """A format or a compression. needs: the extra without which none of it is read; partly: those that some of it needs. package:
    the package that it is of, if not of this one."""

    kind: str
    name: str
    suffixes: tuple[str, ...]
    summary: str
    also: tuple[tuple[str, str], ...] = ()
    needs: str = ""
    partly: tuple[tuple[str, str], ...] = ()
    parts: str = ""
    page: str = ""
    package: str = ""

    @property
    def extras(self) -> tuple[str, ...]:
        return (*filter(None, [self.needs]), *(extra for extra, _ in self.partly))

    @property
    def told(self) -> str:
        """What it is, in one clause."""
        return "; ".join([self.summary, *([", ".join(what for what, _ in self.also)] if self.also else [])])


def entries(query: str | None = None) -> list[Entry]:
    """Every entry, or those that match a query. Raises UsageError if there are none."""
    found = [entry for entry in _all() if _matches(entry, query or "")]
    if not found:
        raise _unknown(query or "")
    return found


def _all() -> Iterator[Entry]:
    for f in FORMATS:
        kind = "folder" if f.folder else "image" if f.images else "file"
        yield Entry(kind, f.name, f.suffixes, f.summary, f.also, f.extra, f.partly, f.parts, f.page)
    for c in compression.COMPRESSIONS:
        yield Entry("compression", c.name, c.suffixes, c.summary, needs=c.extra, page="files.md#compression")
    yield from _reports()


def _reports() -> Iterator[Entry]:
    """The formats of reports, those of installed packages last."""
    for name, f in reports.FORMATS.items():
        yield Entry("report", name, f.suffixes, f.about, page="reports.md#formats")
    for x in packaged.found().values():
        about = f"of the package {visible(x.package)}"
        yield Entry("report", visible(x.name), (), f"{about}; it {x.problem}" if x.problem else about, package=x.package)


def _matches(entry: Entry, query: str) -> bool:
    """Whether a query is a suffix or the name of a file with it; or all its words are in the entry."""
    if query.startswith(".") or "." in query:
        return any(suffix in entry.suffixes for suffix in _suffixes(query))
    held = " ".join((entry.kind, entry.name, *entry.suffixes, entry.told, *entry.extras)).lower()
    return all(word in held for word in query.lower().split())


def _suffixes(name: str) -> set[str]:
    """`b.nii.gz` has .nii.gz and .gz, and without its compression .nii."""
    name = name.lower()
    bare, packed = compression.parted(name)
    ends = {name[i:] for i in range(len(name)) if name[i] == "."} if packed else {f".{name.rpartition('.')[2]}"}
    return ends | ({f".{bare.rpartition('.')[2]}"} if packed else set())


def _unknown(query: str) -> UsageError:
    file = query if "." in query else f".{query}"
    kind = unread.by_name(file.lower()) or unread.by_name(file.lower(), folder=True)
    if kind is not None:
        file = f"FILE{file}" if file.startswith(".") else query
        refused = unread.refusal(kind, file, file)
        return UsageError(f"{visible(query)} is {kind.name}, which is not read", fix=refused.fix)
    known = [word for entry in _all() for word in (entry.name, *entry.suffixes)]
    return UsageError(f"no format matches {visible(query)!r}{nearest(query, known)}", fix="`losscli formats` lists them all")


def data(query: str | None = None) -> list[dict[str, Any]]:
    """The entries as plain data, for programs."""
    return [
        {
            "kind": x.kind,
            "name": x.name,
            "suffixes": list(x.suffixes),
            "summary": x.summary,
            "also": [what for what, _ in x.also],
            "parts": x.parts,
            **({"package": x.package} if x.package else {}),
            "extras": [_extra(extra, "all of it") for extra in filter(None, [x.needs])]
            + [_extra(extra, what) for extra, what in x.partly],
        }
        for x in entries(query)
    ]


def _extra(extra: str, what: str) -> dict[str, Any]:
    return {"extra": extra, "for": what, "install": _install(extra), "installed": installed(extra)}


def _install(extra: str) -> str:
    return f"pip install '.[{extra}]'"


def plain(query: str | None = None, width: int | None = None, heading: Callable[[str], str] = str) -> str:
    """A line per entry, or, within a width, a paragraph; and the commands that install what is missing."""
    found = entries(query)
    wide = [max(len(x.name) for x in found), max(len(" ".join(x.suffixes)) for x in found)]
    blocks = []
    for kind, title in KINDS.items():
        mine = [x for x in found if x.kind == kind]
        lines = [line for x in mine for line in _lines(x, wide, width)]
        blocks += ["\n".join([*map(heading, wrapped(title, width or 1000)), *lines])] if mine else []
    missing = [extra for extra in dict.fromkeys(extra for x in found for extra in x.extras) if not installed(extra)]
    if missing:
        lines = [f"  {_install(extra)}" for extra in missing]
        blocks.append("\n".join([heading("To install extras that are missing, in a checkout of losscli"), *lines]))
    return "\n\n".join(blocks) + "\n"


def _lines(entry: Entry, wide: Sequence[int], width: int | None) -> list[str]:
    suffixes, told = " ".join(entry.suffixes), "; ".join([entry.told, *_needed(entry)])
    if width is None:
        return [f"  {entry.name:<{wide[0]}}  {suffixes:<{wide[1]}}  {told}".rstrip()]
    if width < 60:
        return [f"  {entry.name}", *wrapped(suffixes, width, "      ", "      "), *wrapped(told, width, "      ", "      ")]
    indent = " " * (wide[0] + 4)
    return [*wrapped(suffixes, width, f"  {entry.name:<{wide[0]}}  ", indent), *wrapped(told, width, indent, indent)]


def _needed(entry: Entry) -> Iterator[str]:
    """Each extra, with what it is for and whether it is here."""
    for extra, what in (*((extra, "") for extra in filter(None, [entry.needs])), *entry.partly):
        told = "installed" if installed(extra) else "not installed"
        yield f"extra {extra}{f' for {what}' if what else ''} ({told})"


def markdown(query: str | None = None) -> str:
    """The entries as Markdown, for the documentation: the same wherever it is made."""
    found = entries(query)
    blocks = []
    for kind, title in KINDS.items():
        mine = [x for x in found if x.kind == kind and not x.package]
        rows = [f"| [{x.name}]({x.page}) | {_codes(x.suffixes)} | {_linked(x)} | {_wants(x)} |" for x in mine]
        head = f"| format | suffixes | {'is' if kind == 'report' else 'reads'} | extra |\n|---|---|---|---|\n"
        blocks += [f"**{title}**\n\n{head}" + "\n".join(rows)] if mine else []
    return "\n\n".join(blocks) + "\n"


def _linked(entry: Entry) -> str:
    return "; ".join([entry.summary, *([", ".join(f"[{what}]({page})" for what, page in entry.also)] if entry.also else [])])


def _codes(words: Sequence[str]) -> str:
    return " ".join(f"`{w}`" for w in words)


def _wants(entry: Entry) -> str:
    needs = [f"`{entry.needs}`"] if entry.needs else []
    return ", ".join([*needs, *(f"`{extra}` for {what}" for extra, what in entry.partly)])
