"""The commands other than the five families: losses, formats, inspect, transform, schema."""

from __future__ import annotations

import json
from typing import Annotated

from losscli.cli import exits
from losscli.cli.declarations import Command
from losscli.core.errors import UsageError, applies_only, visible
from losscli.run.declared import LOSSES, OUTPUT, Argument, Option
from losscli.run.options import OutputOptions, RunOptions
from losscli.run.read_options import Pred, ReadOptions, Target
from losscli.spec.names import FAMILIES

OnlyFamily = Annotated[
    str | None, Option("--family FAMILY", f"Only this family: {', '.join(FAMILIES)}.", choices=FAMILIES, group=LOSSES)
]

SCHEMAS = ("report", "comparison", "inspection", "config")


def losses(
    *,
    query: Annotated[str | None, Argument("QUERY", "Words to search names, aliases and summaries for.", complete="loss")] = None,
    family: OnlyFamily = None,
    test: Annotated[
        str | None, Option("--test FILE.py:NAME", "Run the checks of the built-in losses on your own loss.", group=LOSSES)
    ] = None,
    format: Annotated[
        str, Option("-f, --format", "Plain text, JSON or Markdown.", choices=("auto", "plain", "json", "md"), group=OUTPUT)
    ] = "auto",
    running: RunOptions,
) -> int:
    from losscli.spec import pages

    if test is not None:
        if query is not None:
            raise UsageError("--test checks your own loss, and QUERY searches the others", fix="use only one of them")
        if format in ("json", "md"):
            raise applies_only(f"--format {format}", "to lists of losses", "omit it, or --test")
        return tested(test, family)
    if query and not any(True for _ in pages.all_losses(family, query)):
        raise UsageError(f"no loss matches {visible(query)!r}", fix="`losscli losses` lists them all")
    if format == "json":
        found = [pages.entry(f, loss) for f, loss in pages.all_losses(family, query)]
        exits.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n", machine=True)
    elif format == "md":
        exits.write(pages.markdown(family, query))
    else:
        exits.write(pages.plain(family, exits.width(), query, exits.heading))
    return 0


def formats(
    *,
    query: Annotated[str | None, Argument("QUERY", "A suffix, the name of a file, or words to search for.")] = None,
    format: Annotated[
        str, Option("-f, --format", "Plain text, JSON or Markdown.", choices=("auto", "plain", "json", "md"), group=OUTPUT)
    ] = "auto",
    running: RunOptions,
) -> int:
    from losscli.run import format_list

    if format == "json":
        exits.write(json.dumps(format_list.data(query), indent=2, ensure_ascii=False) + "\n", machine=True)
    elif format == "md":
        exits.write(format_list.markdown(query))
    else:
        exits.write(format_list.plain(query, exits.width(), exits.heading))
    return 0


def tested(spec: str, family: str | None) -> int:
    """Check a user's loss by the laws of all losses and print the results; 1 if one is violated."""
    from losscli.run.check_loss import check
    from losscli.spec.user_losses import from_file

    checked = check(from_file(spec, family))
    words = {True: "PASS", False: "FAIL", None: "SKIP"}
    exits.write("".join(f"{words[x.passed]}  {x.law}{': ' + x.why if x.why else ''}\n" for x in checked))
    return 1 if any(x.passed is False for x in checked) else 0


def inspect(
    *,
    pred: Pred,
    target: Target = None,
    family: OnlyFamily = None,
    format: Annotated[
        str, Option("-f, --format", "A page for people, or JSON.", choices=("auto", "plain", "json"), group=OUTPUT)
    ] = "auto",
    read: ReadOptions,
    output: OutputOptions,
    running: RunOptions,
) -> int:
    from losscli.run.inspection import inspect as inspected
    from losscli.run.meaning import requested
    from losscli.run.request import Request

    found = inspected(Request(family or "", pred, target, **requested(read, family or "")), read)
    if format == "json":
        from losscli.report.render import strict_json
        from losscli.run.inspection.document import document

        exits.write(strict_json.dumps(document(found)), machine=True)
    else:
        from losscli.run.inspection.text import text

        exits.write(text(found, exits.width(), notes=not output.quiet))
    if found.error is not None:
        raise found.error
    return 0


def transform(
    *,
    map: Annotated[str, Argument("MAP", "softmax, sigmoid, log_softmax, hardmax[:kind=argmax] or l2_normalize.", complete="map")],
    pred: Pred,
    output: Annotated[
        str | None,
        Option("-o, --output [npy=|csv=]FILE", "Write to this .npy or .csv file (default: CSV on stdout).", group=OUTPUT),
    ] = None,
    read: ReadOptions,
    running: RunOptions,
) -> int:
    from losscli.run import transform as work

    exits.write(work.transform(map, pred, output, read), machine=True)
    return 0


def schema(
    *,
    what: Annotated[str, Argument("WHAT", f"{', '.join(SCHEMAS[:-1])} or {SCHEMAS[-1]}.", choices=SCHEMAS)] = "report",
    running: RunOptions,
) -> int:
    if what == "inspection":
        from losscli.run.inspection.document import schema as found
    elif what == "comparison":
        from losscli.report.ranking_dict import ranking_schema as found
    elif what == "config":
        from losscli.run.config.schema import config_schema as found
    else:
        from losscli.report.schema import report_schema as found
    exits.write(json.dumps(found(), indent=2, ensure_ascii=False) + "\n", machine=True)
    return 0


LOSSES_ = Command(
    "losses",
    losses,
    "List the losses, or those that match QUERY.",
    ("losscli losses focal", "losscli losses --family detect", "losscli losses --format json"),
)
FORMATS = Command(
    "formats",
    formats,
    "List the input formats, or those that match QUERY, and the extras that they need.",
    ("losscli formats", "losscli formats .xlsx", "losscli formats coco", "losscli formats --format json"),
)
INSPECT = Command(
    "inspect",
    inspect,
    "Show what each column is, how rows are paired and which losses fit; evaluate no loss.",
    (
        "losscli inspect boxes.csv gt.csv",
        "losscli inspect boxes.csv gt.csv --match greedy --by label",
        "losscli inspect iris_probs.csv iris_label.csv -f json",
    ),
)
TRANSFORM = Command(
    "transform",
    transform,
    "Turn scores into other scores: softmax, sigmoid, log_softmax, hardmax, l2_normalize.",
    ("losscli transform softmax digits_logits.npy", "losscli transform softmax digits_logits.npy --output probs.npy"),
)
SCHEMA = Command(
    "schema",
    schema,
    "Print the JSON Schema of a report, a comparison, an inspection or losscli.toml.",
    ("losscli schema report", "losscli schema inspection", "losscli schema config"),
)
COMMANDS = (LOSSES_, FORMATS, INSPECT, TRANSFORM, SCHEMA)
