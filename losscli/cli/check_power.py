"""`check --power`: what the gates of the checks can see, without failing anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from losscli.cli import exits, messages
from losscli.report.render.plain import lines
from losscli.report.render.powers import powers
from losscli.report.render.style import Style

if TYPE_CHECKING:
    from losscli.cli.check_process import Finished


def show(done: Finished, write: Callable[[str], None]) -> None:
    """Print what the gates of a check can see: its name, its errors, and a line per comparison."""
    write(f"{exits.heading(done.check.name)}\n")
    if done.report is None:
        messages.pass_on(done.err)
        write("\n")
        return
    table = powers(done.report.gates, Style())
    found = lines(table) if table.rows else ["no gates"]
    write("\n".join(found) + "\n\n")
