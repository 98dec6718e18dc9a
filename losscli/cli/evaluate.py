"""The five family commands: argv becomes a Request, nothing else happens here."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from losscli.cli import exits, messages
from losscli.cli import options as o
from losscli.cli.declarations import for_typer

if TYPE_CHECKING:
    import typer

    from losscli.reading.matching import Matching
    from losscli.report.render import Style
    from losscli.run.run import Result

NOTES = ("reading",)
"""The codes of warnings that are only worth knowing."""

FAMILIES = {
    "classify": "Class scores against labels: ce, bce, focal, hinge …",
    "regress": "Numbers against numbers: mae, mse, huber …",
    "detect": "Boxes against boxes: iou, giou, ciou, composites …",
    "segment": "Masks against masks: dice, jaccard, pixel ce …",
    "embed": "Embeddings: contrastive, triplet, center, arcface …",
}


def register(app: typer.Typer) -> None:
    """Add one command per family."""
    for name, text in FAMILIES.items():
        epilog = f"`losscli losses --family {name}` lists the losses, `losscli explain {name}/LOSS` tells about one."
        app.command(name, help=text, epilog=epilog)(for_typer(command(name)))


def command(family: str) -> Callable[..., None]:
    def evaluate(
        pred: o.Pred,
        target: o.Target = None,
        loss: o.Losses = None,
        loss_file: o.LossFile = None,
        convention: o.Convention = None,
        key: o.Key = None,
        missing: o.Missing = "error",
        extra: o.Extra = "error",
        match: o.Match = "none",
        iou_threshold: o.IouThreshold = None,
        col: o.Cols = None,
        weights: o.Weights = None,
        nonfinite: o.Nonfinite = "error",
        from_logits: o.FromLogits = False,
        multilabel: o.Multilabel = False,
        classes: o.Classes = None,
        box_format: o.Boxes = None,
        pred_box_format: o.PredBoxes = None,
        target_box_format: o.TargetBoxes = None,
        degenerate: o.Degenerate = "error",
        mixed_scale: o.MixedScale = "error",
        class_weights: o.ClassWeights = None,
        centers: o.Centers = None,
        delimiter: o.Delimiter = None,
        no_header: o.NoHeader = False,
        strict: o.Strict = False,
        reduction: o.Reduction = "mean",
        by: o.By = None,
        worst: o.WorstK = 0,
        per_sample: o.PerSample = None,
        gradients: o.Gradients = None,
        grad_stats: o.GradStats = False,
        fail_if: o.FailIf = None,
        warn_if: o.WarnIf = None,
        format: o.Format = "auto",
        output: o.Outputs = None,
        score_only: o.ScoreOnly = False,
        digits: o.Digits = None,
        jobs: o.Jobs = None,
        cluster: o.Cluster = None,
        quiet: o.Quiet = False,
        verbose: o.Verbose = 0,
        no_progress: o.NoProgress = False,
        debug: o.Debug = False,
        color: o.Color = "auto",
    ) -> None:
        exits.state["debug"] = debug

        def body() -> int:
            from losscli.cli.progress import watcher
            from losscli.core.allocator import keep_pages
            from losscli.reading.bind import Reading
            from losscli.run.request import Request
            from losscli.run.run import run
            from losscli.spec.family import Conventions

            keep_pages()
            gc.enable()
            how = Conventions(
                from_logits=from_logits,
                multilabel=multilabel,
                classes=tuple(classes.split(",")) if classes else (),
                pred_format=pred_box_format or box_format or "",
                target_format=target_box_format or box_format or "",
                degenerate=degenerate,
                mixed_scale=mixed_scale,
                nonfinite=nonfinite,
            )
            reading = Reading(
                tuple(key or ()),
                missing,
                extra,
                tuple(col or ()),
                weights,
                strict,
                matching_of(match, iou_threshold, bool(key)),
                tuple(by or ()),
            )
            look = style(digits, color, verbose, quiet)
            taken = per_sample == "-" or any(text.endswith("=-") for text in output or ())
            shape = "" if taken and format == "auto" else chosen(format)
            machine = score_only or shape in ("", "json", "csv", "md")
            exits.spell_out(machine)
            result = run(
                Request(
                    family=family,
                    pred=pred,
                    target=target,
                    losses=tuple(loss or ()),
                    loss_files=tuple(loss_file or ()),
                    convention=convention,
                    reading=reading,
                    how=how,
                    class_weights=class_weights,
                    centers=centers,
                    delimiter="\t" if delimiter == "tab" else delimiter,
                    header=not no_header,
                    reduction=reduction,
                    worst=worst,
                    per_sample=per_sample,
                    gradients=gradients,
                    grad_stats=grad_stats,
                    fail_if=tuple(fail_if or ()),
                    warn_if=tuple(warn_if or ()),
                    format=shape,
                    outputs=tuple(output or ()),
                    score_only=score_only,
                    score_digits=digits,
                    style=look,
                    jobs=jobs,
                    forks=True,
                    cluster=cluster,
                ),
                exits.Stdout(),
                watcher(not (quiet or no_progress)),
            )
            tell(result, quiet, shown=not score_only and shape in ("table", "plain", "md"), digits=look.digits)
            exits.write(result.text, machine)
            return result.exit_code

        exits.guarded(body)

    return evaluate


def matching_of(match: str, threshold: float | None, keyed: bool) -> Matching | None:
    """How sets are to be matched, if at all. Raises UsageError where the options contradict each other."""
    from losscli.core.errors import UsageError
    from losscli.reading.matching import Matching

    if match in ("greedy", "hungarian"):
        if keyed:
            raise UsageError(f"--match {match} finds the pairs, --key names them: one of the two", fix="leave one away")
        return Matching(match, 0.5 if threshold is None else threshold)
    if threshold is not None:
        raise UsageError("--iou-threshold is the least overlap of a matched pair", fix="add --match greedy")
    if match == "key" and not keyed:
        raise UsageError("--match key pairs rows by a column", fix="name it: --key COL")
    return None


def chosen(format: str) -> str:
    """What `auto` means here."""
    return ("table" if exits.on_terminal() else "plain") if format == "auto" else format


def style(digits: int | None, color: str, verbose: int, quiet: bool) -> Style:
    """How to print: the terminal's width and whether colour is wanted."""
    from losscli.report.render import Style

    return Style(
        digits=digits or 6,
        width=exits.width(),
        color=exits.colored(),
        verbose=verbose,
        quiet=quiet,
        unicode=exits.takes_signs(),
    )


def tell(result: Result, quiet: bool, shown: bool, digits: int) -> None:
    """Warnings and, where stdout does not show them, gates: on stderr."""
    from losscli.report.render import gate_line

    if quiet:
        return
    for w in result.report.warnings:
        (messages.note if w.code in NOTES else messages.warning)(w.message)
    if not shown:
        for verdict in result.report.gates:
            messages.gate(gate_line(verdict, digits))
