"""The report formats and their properties. Loads nothing, so that help and completion stay quick."""

from __future__ import annotations

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Format:
    """One output format.

    module: has `render(report, style) -> str`, or, where `checks` is set, `render_checks(checks, style) -> str`, which also shows
    several reports and errors; the text ends with a newline. It may have `refuse(ids)`, which raises UsageError for ids of losses
    that it cannot write.
    about: what it is for, in one clause. suffixes: of files that are written in it. machine: read by programs, so UTF-8 whatever
    the locale. sentences: whether it states each gate's verdict in words. hashed: whether it shows the inputs' digests.
    commands: whether its text is meant for the runner of GitHub Actions, which acts on it. folder: whether it may be written as a
    folder too; the module then has `render_folder(checks, style)`, which returns the content of each file by its path there.
    images: whether it shows the worst samples as they are drawn. plots: whether it has the plots that are asked for.
    """

    module: str
    about: str
    suffixes: tuple[str, ...] = ()
    machine: bool = False
    sentences: bool = False
    hashed: bool = False
    checks: bool = False
    commands: bool = False
    folder: bool = False
    images: bool = False
    plots: bool = False


_RENDER = "losscli.report.render"
FORMATS = {
    "table": Format(f"{_RENDER}.table", "tables that fit a terminal", sentences=True),
    "plain": Format(f"{_RENDER}.plain", "aligned text for pipes and logs", (".txt",), sentences=True),
    "json": Format(f"{_RENDER}.json", "the whole report with all digits", (".json",), machine=True, hashed=True, plots=True),
    "jsonl": Format(f"{_RENDER}.jsonl", "an object per loss and group with all digits", (".jsonl",), machine=True),
    "csv": Format(f"{_RENDER}.csv", "rows of losses and groups with all digits", (".csv",), machine=True),
    "md": Format(f"{_RENDER}.md", "Markdown for comments and pages", (".md",), machine=True, sentences=True),
    "html": Format(
        f"{_RENDER}.html",
        "a page of one file, or of a folder with `html=FOLDER/`",
        (".html", ".htm"),
        machine=True,
        sentences=True,
        hashed=True,
        checks=True,
        folder=True,
        images=True,
        plots=True,
    ),
    "junit": Format(
        f"{_RENDER}.junit", "JUnit XML with a case per gate, for GitLab and Jenkins", (".xml",), machine=True, checks=True
    ),
    "github": Format(f"{_RENDER}.github", "annotations of GitHub Actions", machine=True, checks=True, commands=True),
    "summary": Format(
        f"{_RENDER}.summary", "Markdown within the limits of a GitHub step summary", machine=True, sentences=True, checks=True
    ),
    "gitlab": Format(f"{_RENDER}.gitlab", "GitLab Code Quality with an issue per gate that failed", machine=True, checks=True),
    "sarif": Format(
        f"{_RENDER}.sarif",
        "SARIF 2.1.0 with a result per gate that failed, for code scanning",
        (".sarif", ".sarif.json"),
        machine=True,
        checks=True,
    ),
    "openmetrics": Format(f"{_RENDER}.openmetrics", "OpenMetrics text for Prometheus and GitLab", (".prom",), machine=True),
    "flat": Format(f"{_RENDER}.flat", "JSON object of numbers for DVC, MLflow and W&B", machine=True),
}

SUFFIXES = tuple(suffix for f in FORMATS.values() for suffix in f.suffixes)


def by_suffix(path: str) -> str | None:
    """The format that a file's suffix names."""
    found = [(len(suffix), name) for name, f in FORMATS.items() for suffix in f.suffixes if path.lower().endswith(suffix)]
    return max(found)[1] if found else None


def properties(name: str) -> Format:
    """The properties of a format, of this package or of another."""
    return FORMATS.get(name) or Format("", "", machine=True, hashed=True, plots=True)
