"""What a run in GitHub Actions writes by itself: annotations on stderr, which the runner reads too, and the step's summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from losscli.cli import messages
from losscli.core import workflow
from losscli.core.errors import LosscliError
from losscli.core.records import replace
from losscli.report import render
from losscli.report.render import Style
from losscli.report.render.findings import Check
from losscli.report.render.style import ROOM
from losscli.run.checks import failed, finished
from losscli.run.request import Request
from losscli.run.run import Result


def summarised(request: Request) -> Request:
    """The request with the step's summary as an output, unless it is one already or cannot be written."""
    path = workflow.step_summary()
    style = replace(request.style, room=max(ROOM - workflow.summary_size(), 0))
    written = path is None or any(text == path or text.endswith(f"={path}") for text in request.outputs)
    return replace(request, style=style, outputs=request.outputs if written else (*request.outputs, f"summary={path}"))


def annotated(request: Request, work: Callable[[Request], Result]) -> Result:
    """The result of the request; its findings, or the error that ends it, are annotated unless stdout shows them already."""
    shown = not request.score_only and request.format == "github"
    shown = shown or any(text.lower() == "github=-" for text in request.outputs)
    try:
        result = work(request)
    except LosscliError as e:
        if not shown:
            annotate([failed(request, e)], request.style)
        raise
    if not shown:
        annotate([finished(request, result.report)], request.style)
    return result


def annotate(checks: Sequence[Check], style: Style) -> None:
    """Print the annotations of checks."""
    messages.commands(render.render_checks(checks, "github", style))
