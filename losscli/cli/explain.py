"""The command that describes a loss, or breaks the loss of one sample down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from losscli.cli import exits, messages
from losscli.cli.declarations import Command
from losscli.cli.evaluate import style
from losscli.core.errors import applies_only, raise_all
from losscli.run.declared import LOSSES, OUTPUT, Argument, Option
from losscli.run.options import LossOptions, OutputOptions, RunOptions
from losscli.run.read_options import ReadOptions, Target
from losscli.spec.names import FAMILIES

if TYPE_CHECKING:
    from losscli.spec.loss import Loss


def explain(
    *,
    loss: Annotated[
        str, Argument("LOSS", "A name, or family/name where several families have it; with --row a recipe.", complete="loss")
    ],
    pred: Annotated[str | None, Argument("PRED", "Predictions, with --row.")] = None,
    target: Target = None,
    row: Annotated[int | None, Option("--row K", "Break down row K of PRED.", low=1, group=LOSSES)] = None,
    family: Annotated[
        str | None, Option("--family FAMILY", f"One of {', '.join(FAMILIES)}.", choices=FAMILIES, group=LOSSES)
    ] = None,
    losses: LossOptions,
    read: ReadOptions,
    format: Annotated[str, Option("-f, --format", "Format of --row.", choices=("auto", "plain", "json"), group=OUTPUT)] = "auto",
    output: OutputOptions,
    running: RunOptions,
) -> int:
    adopt(losses.loss_file, family)
    if pred is None and row is None:
        _refuse_of_row(losses, read, format)
        return page(loss, family)
    return sample(loss, family, pred, target, row, losses, read, output, format)


def _refuse_of_row(losses: LossOptions, read: ReadOptions, format: str) -> None:
    """Raise UsageError for options of --row, where a page is asked for."""
    convention = losses.convention is not None and "convention" not in read.shared
    others = {"--convention": convention, "--format json": format == "json"}
    flags = [*(slot.spelled for slot in read.given), *(flag for flag, given in others.items() if given)]
    raise_all([applies_only(flag, "with --row K PRED", "omit it, or name a row of a file") for flag in flags])


def page(loss: str, family: str | None) -> int:
    """Print the page of a loss, for each family that has it."""
    from losscli.spec import pages
    from losscli.spec.explain import explain as described

    width = max(30, min(100, exits.width() or 100))
    found = [
        described(f, x, width, exits.heading) + (small_curve(x) if exits.on_terminal() else "") for f, x in pages.find(loss, family)
    ]
    exits.write(f"\n{'-' * width}\n\n".join(found))
    return 0


def small_curve(loss: Loss) -> str:
    """The curve of a loss with its default parameters as text; empty where it has none."""
    from losscli.cli.pictures import text
    from losscli.core.errors import LosscliError
    from losscli.run.curves.curve import Asked, drawn
    from losscli.run.curves.picture import picture
    from losscli.spec import registry
    from losscli.spec.recipe import parse

    try:
        recipe = parse(loss.name, registry.load(loss.family))
        return "\n" + text(picture(drawn(Asked((loss.name,)), loss.family, [recipe])), rows=7)
    except LosscliError:  # it has no curve, or needs a parameter
        return ""


def sample(
    loss: str,
    family: str | None,
    pred: str | None,
    target: str | None,
    row: int | None,
    losses: LossOptions,
    read: ReadOptions,
    output: OutputOptions,
    format: str,
) -> int:
    """Print the terms, quantities and gradient of one sample."""
    from losscli.core.errors import UsageError
    from losscli.report.render import one_row as shown
    from losscli.run.meaning import refuse_other_families, requested
    from losscli.run.one_row import decompose
    from losscli.run.request import Request
    from losscli.spec.pages import family_and_recipe

    if pred is None or row is None:
        raise UsageError("--row and PRED must be given together", fix="losscli explain LOSS --row K PRED TARGET")
    own, recipe = family_and_recipe(loss, family)
    refuse_other_families(read, own)
    request = Request(family=own, pred=pred, target=target, losses=(recipe,), convention=losses.convention, **requested(read, own))
    found = decompose(request, row)
    if not output.quiet:
        for note in found.notes:
            messages.note(note)
    exits.write(shown.render(found, format, style(output)), format == "json")
    return 0


def adopt(specs: Sequence[str], family: str | None) -> None:
    """Add the user's own losses."""
    for spec in specs:
        from losscli.spec.user_losses import from_file

        from_file(spec, family)


EXPLAIN = Command(
    "explain",
    explain,
    "Describe a loss: formula, gradient, uses and origin; or with --row, break down one sample.",
    ("losscli explain giou", "losscli explain segment/dice", "losscli explain giou --row 17 boxes.csv gt.csv --key id"),
)
