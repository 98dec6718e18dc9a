"""The command `merge`. Options become arguments, nothing else happens here."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

from losscli.cli import exits
from losscli.cli.declarations import Command
from losscli.cli.evaluate import for_machines, resolve_auto, show_messages, states_gates, style
from losscli.cli.saved import request_of
from losscli.core.errors import GATE_FAILED, OK
from losscli.report.asked_gates import asked
from losscli.report.formats import properties
from losscli.run.declared import RUNNING, Argument, Option
from losscli.run.options import OutputOptions, RunOptions, ScoreOptions
from losscli.run.statistics_options import StatisticsOptions


def merge(
    *,
    reports: Annotated[
        tuple[str, ...],
        Argument("REPORT…", "JSON reports of parts of the rows, with --state or --per-sample FILE, in the order of the rows."),
    ],
    allow_same: Annotated[
        bool, Option("--allow-same", "Join reports although a file of rows is in two of them.", group=RUNNING)
    ] = False,
    score: ScoreOptions,
    statistics: StatisticsOptions,
    output: OutputOptions,
    running: RunOptions,
) -> int:
    import_module("numpy")
    from losscli.core.records import replace
    from losscli.run.merge import Merging, merged_files
    from losscli.run.report_files import Rendering
    from losscli.run.unused import refuse_without_gates

    if not (score.fail_if or score.warn_if):
        refuse_without_gates(statistics)
    look = style(output)
    taken = any(text.endswith("=-") for text in output.outputs)
    shown = "" if taken and output.format == "auto" else resolve_auto(output.format)
    machine = output.score_only or for_machines(shown)
    exits.spell_out(machine)
    gates = [
        replace(gate, on=statistics.gate_on, inconclusive=statistics.inconclusive or "")
        for gate in (*asked(score.fail_if), *asked(score.warn_if, "warn"))
    ]
    rendering = Rendering(shown, output.outputs, look, output.score_only, output.digits)
    found, text = merged_files(
        reports, Merging(rendering, lambda x: request_of(x, running), gates, score.state, allow_same), exits.Stdout()
    )
    if not output.quiet:
        show_messages(found, output.verbose, shown=not output.score_only and states_gates(shown), digits=look.digits)
    exits.write(text, machine, raw=not output.score_only and bool(shown) and properties(shown).commands)
    return GATE_FAILED if found.verdict == "fail" else OK


MERGE = Command(
    "merge",
    merge,
    "Join JSON reports of parts of the rows to the report of all rows, exactly.",
    (
        "losscli regress diabetes_pred.npy diabetes_target.npy --loss mse --state -o part-1.json",
        "losscli merge part-1.json",
        "losscli merge part-1.json -o whole.json --fail-if 'mse > 5000'",
    ),
    "Each part is evaluated with --state, or with --per-sample where its losses are means or sums over samples. Its rows come "
    "after those of the parts before it.",
)
