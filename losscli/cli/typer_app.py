"""The Typer app: every command with its page of help. Imports nothing heavy: --help stays quick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from losscli.cli import check, compare, curve, evaluate, explain, init, merge, reconcile, saved, tools
from losscli.cli.declarations import add
from losscli.cli.help_page import Page, Pages
from losscli.core.version import __version__

SUMMARY = "Evaluate loss functions of predictions against targets, from files: an exact number, a report, an exit code."
COMMANDS = {
    c.name: c
    for c in (
        *evaluate.COMMANDS.values(),
        *tools.COMMANDS,
        explain.EXPLAIN,
        curve.CURVE,
        reconcile.RECONCILE,
        compare.COMPARE,
        check.CHECK,
        init.INIT,
        *saved.COMMANDS,
        merge.MERGE,
    )
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"losscli {__version__}")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("-V", "--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def app_for(argv: Sequence[str] | None = None) -> typer.Typer:
    """The app for a command line: of commands that it does not name only names and summaries, which are quick to build."""
    app = typer.Typer(
        name="losscli",
        cls=Pages,
        epilog="Start with: losscli detect boxes.csv gt.csv --loss giou. "
        "Exit codes: 0 done, 1 a gate failed, 2 usage, 3 data, 70 a bug, 130 interrupted.",
        rich_markup_mode=None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )
    app.callback(help=SUMMARY)(root)
    for name, command in COMMANDS.items():
        add(app, command, Page, whole=argv is None or name in argv)
    return app
