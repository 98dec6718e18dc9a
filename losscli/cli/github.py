"""What a run in GitHub Actions writes by itself: annotations on stderr, which the runner reads too, and the step's summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from losscli.cli import messages
from losscli.core import workflow
from losscli.core.errors import LosscliError, described
from losscli.core.records import replace
from losscli.report import render
from losscli.report.render import Style
from losscli.report.render.findings import Check
from losscli.report.render.style import ROOM
from losscli.run.checks import failed, finished
from losscli.run.request import Request
from losscli.run.run import Result


def annotated(request: Request, work: Callable[[Request], Result]) -> Result:
    """The result of the request, which also writes the step's summary; its findings, or the error that ends it, are annotated."""
    style = with_room(request.style)
    done = shown(request.outputs) or (not request.score_only and request.format == "github")
    request = replace(request, style=style, outputs=(*request.outputs, *summary_output(request.outputs)))
    try:
        result = work(request)
    except (LosscliError, MemoryError, OSError) as e:
        annotate([] if done else [failed(request, described(e))], style)
        raise
    annotate([] if done else [finished(result.report)], style)
    return result


def annotate(checks: Sequence[Check], style: Style) -> None:
    """Print the annotations of checks."""
    messages.commands(render.render_checks(checks, "github", style))


def summary_output(outputs: Sequence[str]) -> tuple[str, ...]:
    """The option --output that writes the step's summary; none if one of these does, or it cannot be written."""
    path = workflow.step_summary()
    written = path is None or any(text == path or text.endswith(f"={path}") for text in outputs)
    return () if written else (f"summary={path}",)


def with_room(style: Style) -> Style:
    """The style with the bytes that the step's summary may still take."""
    return replace(style, room=max(ROOM - workflow.summary_size(), 0))


def shown(outputs: Sequence[str]) -> bool:
    """Whether an option --output prints the annotations."""
    return any(text.lower() == "github=-" for text in outputs)
