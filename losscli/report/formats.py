"""The report formats and their properties. Loads nothing, so that help and completion stay quick."""

from __future__ import annotations

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Format:
    """One output format.

    module: has `render(report, style) -> str`, whose text ends with a newline. suffixes: of files that are written in it.
    machine: read by programs, so UTF-8 whatever the locale. sentences: whether it states each gate's verdict in words.
    hashed: whether it shows the inputs' digests.
    """

    module: str
    suffixes: tuple[str, ...] = ()
    machine: bool = False
    sentences: bool = False
    hashed: bool = False


FORMATS = {
    "table": Format("losscli.report.render.table", sentences=True),
    "plain": Format("losscli.report.render.plain", (".txt",), sentences=True),
    "json": Format("losscli.report.render.json", (".json",), machine=True, hashed=True),
    "csv": Format("losscli.report.render.csv", (".csv",), machine=True),
    "md": Format("losscli.report.render.md", (".md",), machine=True, sentences=True),
}

SUFFIXES = tuple(suffix for f in FORMATS.values() for suffix in f.suffixes)


def by_suffix(path: str) -> str | None:
    """The format that a file's suffix names."""
    return next((name for name, f in FORMATS.items() if path.lower().endswith(f.suffixes or ("\0",))), None)
