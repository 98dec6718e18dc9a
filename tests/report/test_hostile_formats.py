"""One law of all report formats: text of files and arguments stays data, whatever it is. Each format is read by its judge."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError
from losscli.core.workflow import inert
from losscli.output.spreadsheet import safe
from losscli.report.against import Against
from losscli.report.model import Baseline, Group, Report, Warned, Worst
from losscli.report.render import FORMATS, Style, render, render_checks
from losscli.report.render.findings import Check
from losscli.report.render.words import text
from losscli.report.verdicts import Verdict
from tests.support.judges import github, junit, markdown, metrics, pages, strict_json
from tests.support.made_reports import line, plain, side

PIECES = (
    *("\x1b[31m", "\x00", "\x85", "\x9b2J", "\ud800", "\udc80", "\ufffe", "\u202e", "\u200f", "\u2066", "\u2028", "\ufeff"),
    *("<script>alert(1)</script>", "<b>", "&lt;", "]]>", "<!--", "<?x", "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "\t"),
    *("::error::x", "::add-mask::x", "##[error]x", "##[", "::", "%0A", "%3A%2C", "\n", "\r", "\r\n::warning::y"),
    *("|", "`", "**b**", "~~s~~", "[a](http://b.example)", "![i](x)", "https://e.example", "www.e.example", "# h", "- i", "1. n"),
    *("{{x}}", "$(x)", "#", "\\", '"', "'", "/", "..", ",", ":", " ", "é漢שלום", "[red]", "a", "7"),
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join) | st.text(
    st.characters(exclude_categories=[]), min_size=1, max_size=12
)


@dataclass(frozen=True)
class Judge:
    """How a format is read: every text of it, and how it spells a text that the report has in its losses, groups and samples."""

    texts: Callable[[str], list[str]]
    spelled: Callable[[str], str] = text
    samples: bool = True


def cells(shown: str) -> list[str]:
    return [x for row in csv.reader(io.StringIO(shown, newline="")) for x in row]


def commands(shown: str) -> list[str]:
    found = github.commands(shown)
    assert len(found) == shown.count("\n")
    assert all(x.name in ("error", "warning") and set(x.properties) == {"title"} for x in found)
    return [words for x in found for words in (x.data, *x.properties.values())]


JUDGES = {
    "table": Judge(str.splitlines),
    "plain": Judge(str.splitlines),
    "json": Judge(lambda shown: strict_json.texts(strict_json.document(shown)), str),
    "jsonl": Judge(lambda shown: [x for row in shown.splitlines() for x in strict_json.texts(strict_json.document(row))], str),
    "csv": Judge(cells, safe),
    "md": Judge(markdown.texts, lambda x: text(x).strip(" ")),
    "html": Judge(pages.texts),
    "junit": Judge(junit.texts),
    "github": Judge(commands),
    "summary": Judge(markdown.texts, lambda x: text(x).strip(" ")),
    "gitlab": Judge(lambda shown: strict_json.texts(strict_json.gitlab(shown))),
    "sarif": Judge(
        lambda shown: [x.replace("\\](", "](") for x in strict_json.texts(strict_json.sarif(shown))],
        lambda x: text(x).replace("\\](", "]("),
    ),
    "openmetrics": Judge(
        lambda shown: [x for sample in metrics.samples(shown) for x in sample.labels.values()],
        lambda x: text(x).replace("#", "_"),
    ),
    "flat": Judge(lambda shown: list(strict_json.document(shown)), lambda x: ""),
}


def made(words: str) -> Report:
    """A report with a text wherever it can have one."""
    loss = line(words, 0.25, signature=words, typed=words, against=Against(0.5, 0.25, -0.25, -0.5, p=0.01, p_holm=0.02))
    return replace(
        plain(),
        inputs={"pred": replace(side(words, "a"), roles={"box": (words,)}, left_out=((words, words),)), "target": side(words, "b")},
        alignment=replace(plain().alignment, pairing="key", key=(words,)),
        losses=(loss,),
        groups=(Group({words: words}, 24, (loss,)),),
        worst=(Worst(words, 1, 0.5, {words: words}, 1, 2), Worst(words, 1, 0.5, {words: words}, 1, 2, {words: words})),
        gates=(Verdict(f"{words} > 0.1", "fail", 0.25, 0.1, "fail"), Verdict("a > 0.1", "warn", None, 0.1, "warn", id=words)),
        warnings=(Warned("w", words),),
        baseline=Baseline(words, "predictions", 24, "c" * 64, words),
    )


def test_every_format_has_a_judge() -> None:
    assert set(JUDGES) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
@given(words=TEXTS)
def test_text_stays_data(name: str, words: str) -> None:
    shown = render(made(words), name, Style(findings="worst"))
    assert shown.endswith("\n")
    assert all(c == "\n" or c.isprintable() for c in shown)
    read, spelled = JUDGES[name].texts(shown), JUDGES[name].spelled(words)
    assert any(spelled in x for x in read), (spelled, shown)
    if not FORMATS[name].commands:
        assert github.commands(inert(shown)) == []


@pytest.mark.parametrize("name", ["json", "html", "junit", "gitlab", "sarif", "flat", "md", "summary"])
@given(words=TEXTS)
def test_formats_with_escapes_have_nothing_that_a_log_would_run(name: str, words: str) -> None:
    """Their text is not altered in a log either: it reads back to the same data."""
    shown = render(made(words), name, Style(findings="worst"))
    assert inert(shown) == shown


@given(words=TEXTS)
def test_csv_has_no_formula(words: str) -> None:
    assert not any(x[:1] in "=@" for x in cells(render(made(words), "csv")) if x)


@pytest.mark.parametrize("name", [name for name, f in FORMATS.items() if f.checks])
@given(words=TEXTS)
def test_the_text_of_errors_stays_data(name: str, words: str) -> None:
    errors = [DataError(words, fix=words), UsageError(words)]
    shown = render_checks([Check(f"{words}{i}", error=e, pred=words) for i, e in enumerate(errors)], name)
    assert all(c == "\n" or c.isprintable() for c in shown)
    assert any(JUDGES[name].spelled(words) in x for x in JUDGES[name].texts(shown))


@given(words=TEXTS)
def test_names_of_flat_are_taken_by_mlflow(words: str) -> None:
    found = strict_json.document(render(made(words), "flat"))
    assert all(metrics.taken_by_mlflow(name) for name in found)
    assert len(found) == 15


@given(words=TEXTS)
def test_openmetrics_is_read_by_gitlab(words: str) -> None:
    shown = render(made(words), "openmetrics")
    assert sorted(metrics.by_gitlab(shown).values()) == sorted(x.rpartition(" ")[2] for x in shown.splitlines()[2:-1])
