"""Workflow commands: no text becomes one, and what is written into one comes out of it unchanged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from losscli.core import workflow
from tests.support.judges import github

LOGS = st.lists(
    st.sampled_from(["::", ":", "##[", "#", "[", "error", " ", "\t", "\u3000", "\n", "\r", "]", "x", "%0A", "add-mask"]),
    max_size=20,
).map("".join)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(LOGS)
def test_a_log_has_no_commands(log: str) -> None:
    shown = workflow.inert(log)
    assert github.commands(shown) == []
    assert shown.replace("\u200b", "") == log
    assert workflow.inert(shown) == shown
    assert all(not line.lstrip().startswith("::") and "##[" not in line for line in shown.replace("\r", "\n").split("\n"))


@given(LOGS, st.lists(st.integers(0, 6), max_size=20))
def test_a_stream_is_the_same_wherever_it_is_divided(log: str, sizes: list[int]) -> None:
    written: list[str] = []
    guard, rest = workflow.Guard(written.append), log
    for size in sizes:
        guard.write(rest[:size])
        rest = rest[size:]
    guard.write(rest)
    guard.flush()
    assert "".join(written) == workflow.inert(log)


@given(TEXTS, TEXTS)
def test_data_and_properties_come_out_unchanged(title: str, message: str) -> None:
    line = f"::error title=x{workflow.property_value(title)}::{workflow.data(message)}"
    assert "\n" not in line
    assert "\r" not in line
    (found,) = github.commands(line)
    assert found.data == message
    assert found.properties["title"] == f"x{title}".rstrip(), "the runner trims the end of the properties"


def test_variables_are_read_as_the_runner_sets_them(monkeypatch, tmp_path) -> None:
    assert not workflow.on_github()
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert not workflow.on_github()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert workflow.on_github()
    assert workflow.step_summary() is None
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "s.md"))
    assert workflow.step_summary() is None
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "s.md"))
    assert workflow.step_summary() == str(tmp_path / "s.md")
    assert workflow.summary_size() == 0
    (tmp_path / "s.md").write_text("four")
    assert workflow.summary_size() == 4
