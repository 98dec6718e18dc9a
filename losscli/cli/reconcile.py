"""The command that puts one loss under every library's convention: argv becomes a Request, nothing else happens here."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from losscli.cli import exits
from losscli.cli import options as o
from losscli.cli.declarations import for_typer
from losscli.cli.evaluate import chosen, style


def register(app: typer.Typer) -> None:
    """Add the command."""
    text = "One loss under every library's convention; with --value, the ways that give a reported number."
    app.command("reconcile", help=text)(for_typer(reconcile))


def reconcile(
    family: Annotated[
        Literal["classify", "regress", "detect", "segment", "embed"],
        typer.Argument(metavar="FAMILY", help="classify, regress, detect, segment or embed."),
    ],
    pred: o.Pred,
    target: o.Target = None,
    loss: o.Losses = None,
    loss_file: o.LossFile = None,
    value: Annotated[
        str | None,
        typer.Option("--value", metavar="X", help="A reported number, with as many digits as it was reported with."),
    ] = None,
    key: o.Key = None,
    missing: o.Missing = "error",
    extra: o.Extra = "error",
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
    reduction: o.Reduction = "mean",
    format: o.Format = "auto",
    digits: o.Digits = None,
    jobs: o.Jobs = None,
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> None:
    exits.state["debug"] = debug

    def body() -> int:
        from losscli.reading.bind import Reading
        from losscli.report.render import reconcile as ways
        from losscli.run.reconcile import reconcile as work
        from losscli.run.request import Request
        from losscli.spec.family import Conventions

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
        request = Request(
            family=family,
            pred=pred,
            target=target,
            losses=tuple(loss or ()),
            loss_files=tuple(loss_file or ()),
            reading=Reading(tuple(key or ()), missing, extra, tuple(col or ()), weights),
            how=how,
            class_weights=class_weights,
            centers=centers,
            delimiter="\t" if delimiter == "tab" else delimiter,
            header=not no_header,
            reduction=reduction,
            jobs=jobs,
            forks=True,
        )
        shape = chosen(format)
        exits.write(ways.render(work(request, value), shape, style(digits, color, 0, False)), shape in ("json", "csv", "md"))
        return 0

    exits.guarded(body)
