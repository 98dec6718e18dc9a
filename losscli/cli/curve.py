"""The command that draws losses over their natural axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from losscli.cli import exits, messages
from losscli.cli.declarations import Command
from losscli.cli.explain import adopt
from losscli.core.errors import applies_only, raise_all
from losscli.run.declared import LOSSES, OUTPUT, Argument, Option
from losscli.run.options import LossOptions, OutputOptions, RunOptions
from losscli.run.read_options import ReadOptions
from losscli.spec.names import FAMILIES

if TYPE_CHECKING:
    from losscli.run.curves.curve import Asked


def curve(
    *,
    loss: Annotated[
        tuple[str, ...],
        Argument(
            "LOSS",
            "Recipes, or FAMILY/RECIPE where several families have the loss; quoted, 'focal:gamma={0,1,2}' is three of them.",
            complete="loss",
        ),
    ] = (),
    losses: LossOptions,
    family: Annotated[
        str | None, Option("--family FAMILY", f"One of {', '.join(FAMILIES)}.", choices=FAMILIES, group=LOSSES)
    ] = None,
    against: Annotated[
        str | None,
        Option(
            "--against AXIS",
            "What varies, where a loss has several axes: probability, confidence, margin, error, shift, scale, aspect, overlap, "
            "distance, angle …",
            group=LOSSES,
        ),
    ] = None,
    range: Annotated[str | None, Option("--range A:B", "The ends of the axis.", group=LOSSES)] = None,
    gradient: Annotated[
        bool, Option("--gradient", "Also draw the derivative along the axis, from the analytic gradient.", group=LOSSES)
    ] = False,
    data: Annotated[
        tuple[str, str] | None,
        Option("--data PRED TARGET", "Show below the axis where the samples of these files are.", group=LOSSES, pair=True),
    ] = None,
    read: ReadOptions,
    format: Annotated[
        str,
        Option(
            "-f, --format",
            "Format of stdout; auto is a picture of text on a terminal and CSV elsewhere.",
            choices=("auto", "text", "csv", "svg"),
            group=OUTPUT,
        ),
    ] = "auto",
    out: Annotated[
        tuple[str, ...],
        Option(
            "-o, --output KIND=FILE",
            "Write to a file instead: svg, png or pdf (extra plot), or csv; KIND may be left to the suffix. Repeatable.",
            group=OUTPUT,
        ),
    ] = (),
    folder: Annotated[
        str | None, Option("--gallery DIR", "Write the pictures of the documentation's gallery, and its page.", group=OUTPUT)
    ] = None,
    output: OutputOptions,
    running: RunOptions,
) -> int:
    from losscli.core.errors import UsageError
    from losscli.run.curves.curve import Asked

    if data is None:
        fix = "omit it, or name files"
        raise_all([applies_only(slot.spelled, "with --data PRED TARGET", fix) for slot in read.given])
    if folder is not None:
        from losscli.run.curves.gallery import write

        if loss:
            raise UsageError("--gallery has losses of its own", fix="omit the losses, or write one picture with -o FILE.svg")
        own = {"--family": family, "--against": against, "--range": range, "--gradient": gradient, "--data": data, "--output": out}
        raise_all([applies_only(flag, "with LOSS", "omit it, or --gallery") for flag, given in own.items() if given])
        write(folder, exits.Stdout())
        return 0
    if not loss:
        raise UsageError("no loss to draw", fix="for example: losscli curve mae mse smooth_l1 --gradient")
    adopt(losses.loss_file, family)
    asked = Asked(loss, family, losses.convention, range, against, gradient, data is not None)
    return drawn(asked, data, read, format, out, output.quiet)


def drawn(asked: Asked, data: tuple[str, str] | None, read: ReadOptions, format: str, out: tuple[str, ...], quiet: bool) -> int:
    """Draw to stdout or to files."""
    from losscli.cli.pictures import text
    from losscli.run.curves import outputs
    from losscli.run.curves.curve import drawn as curves_of
    from losscli.run.curves.curve import understood
    from losscli.run.curves.picture import picture
    from losscli.run.curves.samples import below

    files = [outputs.named(text) for text in out]
    family, recipes = understood(asked)
    found, samples = (curves_of(asked, family, recipes), None) if data is None else below(asked, family, recipes, data, read)
    for note in () if quiet else (*found.notes, *(samples.notes if samples else ())):
        messages.note(note)
    made = picture(found, samples)
    if files:
        outputs.write(files, data or (), found, made, exits.Stdout())
    elif format == "text" or (format == "auto" and exits.on_terminal()):
        exits.write(text(made))
    else:
        kind = "svg" if format == "svg" else "csv"
        exits.write(str(outputs.content(kind, found, made)), machine=True)
    return 0


CURVE = Command(
    "curve",
    curve,
    "Draw losses over their natural axis: probability, margin, error, shift of a box; with derivatives and your own samples.",
    (
        "losscli curve mae mse smooth_l1 --gradient",
        "losscli curve 'classify/focal:gamma={0,0.5,1,2,5}' classify/ce -o focal.svg",
        "losscli curve iou giou diou ciou --against shift -o csv=iou.csv",
        "losscli curve classify/focal:gamma=2 --against confidence --data iris_probs.csv iris_label.csv --key flower",
    ),
)
