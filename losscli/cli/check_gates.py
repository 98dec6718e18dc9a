"""`check --power` and `check --self-test`: what the gates can see, and how often they fail by chance, without failing anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from losscli.cli import exits, messages
from losscli.report.render.alarms import alarms
from losscli.report.render.cells import Grid
from losscli.report.render.plain import lines
from losscli.report.render.powers import powers
from losscli.report.render.style import Style
from losscli.report.verdicts import Verdict

if TYPE_CHECKING:
    from losscli.cli.check_process import Finished


def show_power(done: Finished, write: Callable[[str], None]) -> None:
    """Print what the gates of a check can see: its name, its errors, and a line per comparison."""
    _show(done, write, powers)


def show_alarms(done: Finished, write: Callable[[str], None]) -> None:
    """Print how often the gates of a check fail by chance: its name, its errors, and a line per gate."""
    _show(done, write, alarms)


def _show(done: Finished, write: Callable[[str], None], table: Callable[[Sequence[Verdict], Style], Grid]) -> None:
    write(f"{exits.heading(done.check.name)}\n")
    if done.report is None:
        messages.pass_on(done.err)
        write("\n")
        return
    found = table(done.report.gates, Style())
    write("\n".join(lines(found) if found.rows else ["no gates"]) + "\n\n")
