"""The five family commands: options become a Request, nothing else happens here."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from losscli.cli import exits, messages
from losscli.cli.declarations import Command
from losscli.core.records import dataclass, replace
from losscli.core.workflow import on_github
from losscli.report.formats import properties
from losscli.run.options import LossOptions, OutputOptions, RunOptions, ScoreOptions
from losscli.run.picture_options import PictureOptions
from losscli.run.read_options import Pred, ReadOptions, Target
from losscli.run.statistics_options import StatisticsOptions
from losscli.spec.names import FAMILIES

if TYPE_CHECKING:
    from losscli.report.asked_gates import AskedGate
    from losscli.report.model import Report
    from losscli.report.render import Style
    from losscli.run.request import Request
    from losscli.run.run import Result

NOTES = ("reading", "quantiles-approximate", "quantiles-weighted")
"""The codes of warnings that are only worth knowing."""

MOST_UNDRAWN = 3
"""The samples that are not drawn and that are named on stderr."""

SUMMARIES = {
    "classify": "Evaluate class scores against labels: ce, bce, focal, hinge …",
    "regress": "Evaluate numbers against numbers: mae, mse, huber …",
    "detect": "Evaluate boxes against boxes: iou, giou, ciou, composites …",
    "segment": "Evaluate masks against masks: dice, jaccard, pixel ce …",
    "embed": "Evaluate embeddings: contrastive, triplet, center, arcface …",
}
EXAMPLES = {
    "classify": (
        "losscli classify iris_probs.csv iris_label.csv --key flower --loss ce",
        "losscli classify digits_logits.npy digits_label.npy --from-logits --loss focal:gamma=2 --worst 3",
        "losscli classify cancer_pred.csv cancer_label.csv --key case --loss bce --fail-if 'bce > 0.5'",
    ),
    "regress": (
        "losscli regress diabetes.csv --loss mae --loss rmse",
        "losscli regress diabetes_pred.csv diabetes_target.csv --key patient --loss huber:delta=50",
        "losscli regress diabetes_pred.npy diabetes_target.npy --loss mse --format json",
    ),
    "detect": (
        "losscli detect boxes.csv gt.csv --key id --loss giou",
        "losscli detect boxes.csv gt.csv --key id --loss giou --loss ciou --worst 5",
        "losscli detect boxes.csv gt.csv --match greedy --loss giou --fail-if 'giou.p95 > 0.8'",
    ),
    "segment": (
        "losscli segment coins_probs.npy coins_masks.npy --loss dice",
        "losscli segment coins3_probs.npy coins3_masks.npy --loss dice+ce --worst 3",
        "losscli segment coins_probs.npy coins_masks.npy --loss jaccard --convention monai",
    ),
    "embed": (
        "losscli embed digits_triplets.npy --loss triplet:margin=0.2",
        "losscli embed digits_embedding.csv digits_embedding_label.csv --key id --loss triplet",
        "losscli embed digits_pairs.csv digits_pairs_same.csv --loss contrastive",
    ),
}
"""Commands that run in sample_data."""


def command(family: str) -> Command:
    """The command of a task family."""

    def evaluate(
        *,
        pred: Pred,
        target: Target = None,
        losses: LossOptions,
        read: ReadOptions,
        score: ScoreOptions,
        statistics: StatisticsOptions,
        output: OutputOptions,
        pictures: PictureOptions,
        running: RunOptions,
    ) -> int:
        return evaluated(Asked(family, pred, target, losses, read, score, statistics, output, pictures, running)).exit_code

    epilog = f"`losscli losses --family {family}` lists the losses; `losscli explain {family}/LOSS` describes one."
    return Command(family, evaluate, SUMMARIES[family], EXAMPLES[family], epilog)


COMMANDS = {family: command(family) for family in FAMILIES}


@dataclass(frozen=True)
class Asked:
    """The arguments of one evaluation. gates: those that no option gives; name: that of the check, if it has one; self_test:
    whether the gates are also judged on random halves of the units; shown: the formats of reports
    of all checks, which show this one too."""

    family: str
    pred: str
    target: str | None
    losses: LossOptions
    read: ReadOptions
    score: ScoreOptions
    statistics: StatisticsOptions
    output: OutputOptions
    pictures: PictureOptions
    running: RunOptions
    gates: Sequence[AskedGate] = ()
    name: str = ""
    self_test: bool = False
    shown: tuple[str, ...] = ()

    def request(self) -> Request:
        """The request, the format of stdout aside. Raises UsageError where options contradict each other."""
        from losscli.run.given import given
        from losscli.run.meaning import requested
        from losscli.run.request import Request

        asked = (self.losses, self.read, self.score, self.statistics, self.pictures)
        return Request(
            name=self.name,
            options=given(self.pred, self.target, {type(x): x for x in asked}),
            family=self.family,
            pred=self.pred,
            target=self.target,
            **self.losses.requested(),
            **requested(self.read, self.family),
            **self.score.requested(),
            **self.statistics.requested(),
            **self.output.requested(),
            **self.pictures.requested(),
            gates=tuple(self.gates),
            self_test=self.self_test,
            shown=self.shown,
            jobs=self.running.jobs,
            cluster=self.running.cluster,
            forks=True,
        )


def evaluated(asked: Asked) -> Result:
    """Evaluate, and print the report and the messages."""
    import_module("numpy")  # before what needs it: deep within other imports, CPython maps memory for each of its calls
    from losscli.cli.progress import watcher
    from losscli.core.allocator import keep_pages
    from losscli.run.run import run

    keep_pages()
    gc.freeze()  # what is loaded stays: searching it for garbage is a tenth of a small run's time
    gc.enable()
    output = asked.output
    look = style(output)
    stdout_taken = output.per_sample == "-" or any(text.endswith("=-") for text in output.outputs)
    stdout_format = "" if stdout_taken and output.format == "auto" else resolve_auto(output.format)
    machine = output.score_only or for_machines(stdout_format)
    exits.spell_out(machine)
    request = replace(asked.request(), format=stdout_format, style=look)

    def work(request: Request) -> Result:
        return run(request, exits.Stdout(), watcher(asked.running.progress and not output.quiet))

    if output.github and on_github():
        from losscli.cli import github

        result = github.annotated(request, work)
    else:
        result = work(request)
    if not output.quiet:
        show_messages(
            result.report, output.verbose, shown=not output.score_only and states_gates(stdout_format), digits=look.digits
        )
        undrawn = () if result.drawn is None else result.drawn.notes
        for note in undrawn[:MOST_UNDRAWN]:
            messages.note(note)
        if len(undrawn) > MOST_UNDRAWN:
            from losscli.report.drawn import not_drawn

            messages.note(not_drawn(len(undrawn) - MOST_UNDRAWN, "as the page says"))
    exits.write(result.text, machine, raw=not output.score_only and bool(stdout_format) and properties(stdout_format).commands)
    return result


def for_machines(format: str) -> bool:
    """Whether programs read this format; samples, which take the place of a report, are read by programs too."""
    return not format or properties(format).machine


def states_gates(format: str) -> bool:
    """Whether a report in this format contains the verdicts of its gates."""
    return bool(format) and properties(format).sentences


def resolve_auto(format: str) -> str:
    """What `auto` means here."""
    return ("table" if exits.on_terminal() else "plain") if format == "auto" else format


def style(output: OutputOptions) -> Style:
    """How to print: the terminal's width and whether colour is wanted."""
    from losscli.report.render import Style

    return Style(
        digits=output.digits or 6,
        width=exits.width(),
        color=exits.colored(),
        quiet=output.quiet,
        unicode=exits.takes_signs(),
        findings=output.findings,
    )


def show_messages(report: Report, verbose: int, shown: bool, digits: int) -> None:
    """Print notes, warnings, under -v the signatures, and, unless stdout has shown them, gates on stderr."""
    from losscli.core.errors import visible
    from losscli.report.render import gate_lines
    from losscli.spec.guards import silenced

    for w in report.warnings:
        lines = [w.message, *([allow] if (allow := silenced(w.code)) else [])]
        (messages.note if w.code in NOTES else messages.warning)(*lines)
    if verbose:
        for line in report.losses:
            messages.note(f"{visible(line.label)}: {visible(line.signature.replace('|', ' | '), 10_000)}")
    if not shown:
        for text in gate_lines(report.gates, digits):
            messages.gate(text)
