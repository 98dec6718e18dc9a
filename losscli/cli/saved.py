"""The commands that read saved reports: `report` and `verify`. Options become arguments, nothing else happens here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

from losscli.cli import exits, messages
from losscli.cli.declarations import Command
from losscli.cli.evaluate import COMMANDS as EVALUATING
from losscli.cli.evaluate import Asked, for_machines, resolve_auto, show_messages, states_gates, style
from losscli.core.errors import DataError, Where, visible
from losscli.report.formats import properties
from losscli.run.declared import RUNNING, Argument, Option
from losscli.run.options import OutputOptions, RunOptions

if TYPE_CHECKING:
    from losscli.run.report_files import Saved
    from losscli.run.request import Request

Report = Annotated[str, Argument("REPORT", "A JSON report, as -o FILE.json writes it, or the page of -o FILE.html; - for stdin.")]


def report(*, report: Report, output: OutputOptions, running: RunOptions) -> int:
    from losscli.run.report_files import Rendering, rendered

    look = style(output)
    taken = any(text.endswith("=-") for text in output.outputs)
    shown = "" if taken and output.format == "auto" else resolve_auto(output.format)
    machine = output.score_only or for_machines(shown)
    exits.spell_out(machine)
    found, text = rendered(report, Rendering(shown, output.outputs, look, output.score_only, output.digits), exits.Stdout())
    if not output.quiet:
        show_messages(found, output.verbose, shown=not output.score_only and states_gates(shown), digits=look.digits)
    exits.write(text, machine, raw=not output.score_only and bool(shown) and properties(shown).commands)
    return 0


def verify(
    *,
    report: Report,
    allow_code: Annotated[
        bool, Option("--allow-code", "Run the code of the losses of --loss-file that the report names.", group=RUNNING)
    ] = False,
    output: OutputOptions,
    running: RunOptions,
) -> int:
    import_module("numpy")
    from losscli.run.report_files import saved
    from losscli.run.verify import verified

    found = saved(report)
    done = verified(found, request_of(found, running), allow_code)
    if not output.quiet:
        for note in done.notes:
            messages.note(note)
    exits.write(f"{visible(found.name)}: equal to the bit: {done.summary}\n")
    return 0


def request_of(found: Saved, running: RunOptions) -> Request:
    """The request that a report carries. Raises DataError where it carries none, UsageError for options that do not exist."""
    from losscli.run.given import raw

    options = found.report.options
    if found.report.shards:
        what = f"the report is merged from {len(found.report.shards):,} reports, and each can be verified by itself"
        raise DataError(what, Where(found.name), f"losscli verify {visible(found.report.shards[0].report)}")
    if options is None:
        what = "the report does not say how it was made: it is of data in memory"
        raise DataError(what, Where(found.name), "evaluate files, with -o FILE.json")
    words = raw(found.report.family, options)
    values = EVALUATING[found.report.family].values(words, frozenset(words))
    return Asked(**{"target": None, **values, "running": running}, family=found.report.family, name=found.report.check).request()


REPORT = Command(
    "report",
    report,
    "Print a saved JSON report in another format, as the evaluation would have printed it.",
    (
        "losscli regress diabetes.csv --loss mae -o run.json",
        "losscli report run.json",
        "losscli report run.json -f md",
    ),
)
VERIFY = Command(
    "verify",
    verify,
    "Evaluate what a saved JSON report says again; name the first place that differs.",
    ("losscli regress diabetes.csv --loss mae -o run.json", "losscli verify run.json"),
    "Exit codes: 0 where files and numbers are equal to the bit, 3 where one differs.",
)
COMMANDS = (REPORT, VERIFY)
