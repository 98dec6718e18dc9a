"""The command that evaluates one loss under every library's convention: options become a Request, nothing else happens here."""

from __future__ import annotations

from typing import Annotated

from losscli.cli import exits, messages
from losscli.cli.declarations import Command
from losscli.cli.evaluate import for_machines, resolve_auto, style
from losscli.run.declared import LOSSES, OUTPUT, Argument, Option
from losscli.run.options import LossOptions, OutputOptions, RunOptions, ScoreOptions
from losscli.run.read_options import Pred, ReadOptions, Target
from losscli.spec.names import FAMILIES


def reconcile(
    *,
    family: Annotated[str, Argument("FAMILY", f"One of {', '.join(FAMILIES)}.", choices=FAMILIES)],
    pred: Pred,
    target: Target = None,
    losses: LossOptions,
    value: Annotated[
        str | None,
        Option(
            "--value X",
            "A reported value, with all its digits: what gives it to the last one, else to single precision (1e-6), is shown.",
            group=LOSSES,
        ),
    ] = None,
    format: Annotated[
        str,
        Option(
            "-f, --format",
            "Format of stdout; auto is table on a terminal and plain elsewhere.",
            choices=("auto", "table", "plain", "json", "csv", "md"),
            group=OUTPUT,
        ),
    ] = "auto",
    read: ReadOptions,
    score: ScoreOptions,
    output: OutputOptions,
    running: RunOptions,
) -> int:
    from losscli.report.render import reconcile as page
    from losscli.run.meaning import refuse_other_families, requested
    from losscli.run.reconcile import reconcile as work
    from losscli.run.request import Request

    refuse_other_families(read, family)
    request = Request(
        family=family,
        pred=pred,
        target=target,
        **losses.requested(),
        **requested(read, family),
        reduction=score.reduction,
        jobs=running.jobs,
        forks=True,
    )
    found = work(request, value)
    if not output.quiet:
        for note in found.notes:
            messages.note(note)
    shown = resolve_auto(format)
    exits.write(page.render(found, shown, style(output)), for_machines(shown))
    return 0


RECONCILE = Command(
    "reconcile",
    reconcile,
    "Compare a loss across library conventions, or find the settings behind a reported number (--value).",
    (
        "losscli reconcile segment coins_probs.npy coins_masks.npy --loss dice",
        "losscli reconcile classify digits_logits.npy digits_label.npy --from-logits --loss focal --value 0.0345",
    ),
)
