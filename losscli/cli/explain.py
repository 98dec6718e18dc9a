"""The command that tells about one loss, or takes one of its samples apart."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from losscli.cli import exits
from losscli.cli import options as o
from losscli.cli.declarations import for_typer
from losscli.cli.evaluate import style


def register(app: typer.Typer) -> None:
    """Add the command."""
    text = "One loss on a page: formula, gradient, uses, origin; with --row, one sample taken apart."
    app.command("explain", help=text)(for_typer(explain))


def explain(
    loss: Annotated[
        str,
        typer.Argument(metavar="LOSS", help="A name or alias; family/name where several families have it. With --row: a recipe."),
    ],
    pred: Annotated[str | None, typer.Argument(metavar="PRED", help="With --row: predictions.")] = None,
    target: o.Target = None,
    row: Annotated[int | None, typer.Option("--row", metavar="K", min=1, help="Take PRED's data row K (from 1) apart.")] = None,
    family: o.FamilyName = None,
    loss_file: o.LossFile = None,
    convention: o.Convention = None,
    key: o.Key = None,
    missing: o.Missing = "error",
    extra: o.Extra = "error",
    col: o.Cols = None,
    nonfinite: o.Nonfinite = "error",
    from_logits: o.FromLogits = False,
    multilabel: o.Multilabel = False,
    classes: o.Classes = None,
    box_format: o.Boxes = None,
    pred_box_format: o.PredBoxes = None,
    target_box_format: o.TargetBoxes = None,
    degenerate: o.Degenerate = "error",
    class_weights: o.ClassWeights = None,
    centers: o.Centers = None,
    delimiter: o.Delimiter = None,
    no_header: o.NoHeader = False,
    format: Annotated[Literal["auto", "plain", "json"], typer.Option("-f", "--format", help="Of --row: text or JSON.")] = "auto",
    digits: o.Digits = None,
    debug: o.Debug = False,
) -> None:
    exits.state["debug"] = debug

    def page() -> int:
        from losscli.spec import pages as catalogue

        adopt(loss_file, family)
        width = max(30, min(100, exits.width() or 100))
        pages = [catalogue.explain(f, x, width) for f, x in catalogue.find(loss, family)]
        exits.write(f"\n{'-' * width}\n\n".join(pages))
        return 0

    def sample() -> int:
        from losscli.core.errors import UsageError
        from losscli.reading.bind import Reading
        from losscli.report.render import one_row as shown
        from losscli.run.one_row import decompose
        from losscli.run.request import Request
        from losscli.spec.family import Conventions

        if pred is None or row is None:
            raise UsageError("a sample needs its files and its row", fix="losscli explain LOSS --row K PRED TARGET")
        how = Conventions(
            from_logits=from_logits,
            multilabel=multilabel,
            classes=tuple(classes.split(",")) if classes else (),
            pred_format=pred_box_format or box_format or "",
            target_format=target_box_format or box_format or "",
            degenerate=degenerate,
            nonfinite=nonfinite,
        )
        adopt(loss_file, family)
        own, recipe = named(loss, family)
        request = Request(
            family=own,
            pred=pred,
            target=target,
            losses=(recipe,),
            convention=convention,
            reading=Reading(tuple(key or ()), missing, extra, tuple(col or ())),
            how=how,
            class_weights=class_weights,
            centers=centers,
            delimiter="\t" if delimiter == "tab" else delimiter,
            header=not no_header,
        )
        found = decompose(request, row)
        exits.write(shown.render(found, format, style(digits, "never", 0, False)), format == "json")
        return 0

    exits.guarded(page if pred is None and row is None else sample)


def adopt(specs: list[str] | None, family: str | None) -> None:
    """Add the user's own losses."""
    for spec in specs or ():
        from losscli.spec.user_losses import from_file

        from_file(spec, family)


def named(loss: str, family: str | None) -> tuple[str, str]:
    """The family and the recipe of `detect/focal:gamma=1`, --family, or the only family that has the loss."""
    from losscli.spec import pages as catalogue
    from losscli.spec import registry

    head, slash, tail = loss.partition("/")
    if slash and head in registry.NAMES:
        return head, tail
    return family or catalogue.family_of(loss), loss
