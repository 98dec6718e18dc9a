"""`main`, the only place that exits. A plain evaluation is read without Typer, everything else by it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from losscli.cli import exits, messages
from losscli.core import interrupts
from losscli.core.version import __version__


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    interrupts.listen()
    gc.disable()  # until all is loaded: modules make no garbage, and looking for it is a tenth of a small run's time
    code = exits.leave(lambda: command_of(sys.argv[1:])())
    interrupts.leave_alone()
    gc.freeze()  # what is left is freed with the process, without a search by the interpreter
    foreign = sys.modules.get("losscli.core.foreign_code")
    if foreign is not None:
        foreign.end(code)
    sys.exit(code)


def command_of(argv: Sequence[str]) -> Callable[[], object]:
    """What a command line asks for, ready to run."""
    messages.read_color(argv)
    if list(argv) in (["-V"], ["--version"]):
        return lambda: exits.write(f"losscli {__version__}\n")
    from losscli.cli import evaluate, fast_parser

    if argv and argv[0] in evaluate.COMMANDS:
        command = evaluate.COMMANDS[argv[0]]
        given = fast_parser.read(command, argv[1:])
        if given is not None:
            return lambda: command(**given)
    from losscli.cli.typer_app import app_for

    completing = any(name.endswith("_COMPLETE") for name in os.environ)
    return lambda: exits.by_typer(app_for(None if completing else argv), argv)
