"""The commands beside the five families: losses, explain, inspect, transform, schema."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from losscli.cli import exits
from losscli.cli import options as o
from losscli.cli.declarations import for_typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("losses", help="The catalogue of losses.")(for_typer(losses))
    app.command("inspect", help="What would be read, and how it would be paired.")(for_typer(inspect))
    app.command("transform", help="Scores in, scores out: softmax, sigmoid, hardmax …")(for_typer(transform))
    app.command("schema", help="The JSON Schema of what losscli writes.")(for_typer(schema))


def losses(
    family: o.FamilyName = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="FILE.py:NAME", help="Hold a loss of your own to the laws of all losses.")
    ] = None,
    format: Annotated[
        Literal["auto", "plain", "json", "md"], typer.Option("-f", "--format", help="plain text, JSON or Markdown.")
    ] = "auto",
) -> None:
    def body() -> int:
        from losscli.spec import pages

        if test is not None:
            return tested(test, family)
        if format == "json":
            found = [pages.entry(f, loss) for f, loss in pages.all_losses(family)]
            exits.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n", machine=True)
        else:
            exits.write(pages.markdown(family) if format == "md" else pages.plain(family, exits.width()))
        return 0

    exits.guarded(body)


def tested(spec: str, family: str | None) -> int:
    """Hold a user's loss to the laws and print them; 1 where one is broken."""
    from losscli.run.check_loss import hold
    from losscli.spec.user_losses import from_file

    held = hold(from_file(spec, family))
    words = {True: "PASS", False: "FAIL", None: "SKIP"}
    exits.write("".join(f"{words[x.passed]}  {x.law}{': ' + x.why if x.why else ''}\n" for x in held))
    return 1 if any(x.passed is False for x in held) else 0


def inspect(
    pred: o.Pred,
    target: o.Target = None,
    family: o.FamilyName = None,
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
    delimiter: o.Delimiter = None,
    no_header: o.NoHeader = False,
    strict: o.Strict = False,
    debug: o.Debug = False,
) -> None:
    exits.state["debug"] = debug

    def body() -> int:
        from losscli.reading.bind import Reading
        from losscli.run import inspect as inspection
        from losscli.spec.family import Conventions

        how = Conventions(
            nonfinite=nonfinite,
            from_logits=from_logits,
            multilabel=multilabel,
            classes=tuple(classes.split(",")) if classes else (),
            pred_format=pred_box_format or box_format or "",
            target_format=target_box_format or box_format or "",
            degenerate=degenerate,
        )
        reading = Reading(tuple(key or ()), missing, extra, tuple(col or ()), weights, strict)
        mark = "\t" if delimiter == "tab" else delimiter
        found = inspection.inspect(pred, target, family, how, reading, mark, not no_header)
        exits.write(found.text(exits.width()))
        if found.error is not None:
            raise found.error
        return 0

    exits.guarded(body)


def transform(
    map: Annotated[str, typer.Argument(metavar="MAP", help="softmax, sigmoid, log_softmax, hardmax[:kind=argmax], l2_normalize.")],
    pred: o.Pred,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="npy=FILE|csv=FILE", help="Default: CSV on stdout.")
    ] = None,
    col: o.Cols = None,
    nonfinite: o.Nonfinite = "error",
    delimiter: o.Delimiter = None,
    no_header: o.NoHeader = False,
    debug: o.Debug = False,
) -> None:
    exits.state["debug"] = debug

    def body() -> int:
        from losscli.run import transform as work

        mark = "\t" if delimiter == "tab" else delimiter
        exits.write(work.transform(map, pred, output, tuple(col or ()), nonfinite, mark, not no_header), machine=True)
        return 0

    exits.guarded(body)


def schema(what: Annotated[Literal["report"], typer.Argument(help="report")] = "report") -> None:
    def body() -> int:
        from losscli.report.schema import report_schema

        exits.write(json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n", machine=True)
        return 0

    exits.guarded(body)
