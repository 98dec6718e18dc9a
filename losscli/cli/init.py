"""The command that writes a configuration file: options become the parts of it, nothing else happens here."""

from __future__ import annotations

import os
from typing import Annotated

from losscli.cli import exits
from losscli.cli.declarations import Command
from losscli.cli.evaluate import show_messages
from losscli.cli.tools import OnlyFamily
from losscli.core.errors import OK, UsageError, visible
from losscli.run.declared import OUTPUT, Option
from losscli.run.options import LossOptions, RunOptions
from losscli.run.read_options import Pred, ReadOptions, Target


def init(
    *,
    pred: Pred,
    target: Target = None,
    family: OnlyFamily = None,
    losses: LossOptions,
    read: ReadOptions,
    output: Annotated[
        str,
        Option(
            "-o, --output FILE", "The file to write, in the working directory (default: losscli.toml); - for stdout.", group=OUTPUT
        ),
    ] = "losscli.toml",
    running: RunOptions,
) -> int:
    if output != "-":
        _refuse(output)
    from losscli.output.files import Outputs
    from losscli.run.init import config_text

    text, result = config_text(family or "", pred, target, losses, read, running.jobs)
    show_messages(result.report, verbose=0, shown=True, digits=6)
    if output == "-":
        exits.write(text, machine=True)
        return OK
    with Outputs() as files:
        files.open(output).write(text)
        _refuse(output)
        files.commit()
    named = "" if os.path.basename(output) == "losscli.toml" else f" --config {output}"
    exits.write(f"wrote {visible(output)}; `losscli check{visible(named)}` runs it\n")
    return OK


def _refuse(path: str) -> None:
    """Raise UsageError for a file that exists, and for another folder: its paths are relative to the file."""
    if os.path.lexists(path):
        raise UsageError(f"{visible(path)} exists, and is not overwritten", fix="-o FILE writes another, -o - prints it")
    if os.path.realpath(os.path.dirname(path) or ".") != os.path.realpath("."):
        raise UsageError(
            f"{visible(path)} is in another folder, which its paths would be relative to", fix="run this command there"
        )


INIT = Command(
    "init",
    init,
    "Write a commented losscli.toml from what `inspect` finds, with a gate at the end of each loss's interval.",
    (
        "losscli init boxes.csv gt.csv --key id -o -",
        "losscli init iris_probs.csv iris_label.csv --key flower --loss ce -o flowers.toml",
        "losscli init diabetes.csv --family regress --loss mae --loss rmse -o -",
    ),
    "`losscli check` runs the checks of the file.",
)
