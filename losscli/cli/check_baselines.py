"""`check --update-baseline`: writes the baselines of checks, reports with the losses of their samples, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.cli import messages
from losscli.cli.check_folder import inside
from losscli.core.errors import OK, UsageError, raise_all, visible
from losscli.core.records import replace
from losscli.run.config.keys import options
from losscli.run.declared import GATES

if TYPE_CHECKING:
    from losscli.cli.check_process import Finished
    from losscli.run.config.read import Check
    from losscli.run.options import OutputOptions

Raw = Mapping[str, Any]
OTHERS = ("baseline", "unpaired", "outputs", "list_unmatched", "gradients", "plots", "loss_map", "score_only", "format")
"""The options that compare with a baseline, and those that write what is not one."""
SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
"""Of losses of samples that a baseline may be."""


def updates(folder: str, checks: Sequence[Check], raws: Sequence[Raw], force: bool) -> tuple[list[Check], list[Raw]]:
    """The checks that have a baseline, without gates, and their options: to write it, and nothing else.

    Raises UsageError in CI without `force`, where there is no baseline, and where one is a file of predictions.
    """
    if os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no") and not force:
        what = "--update-baseline is refused under CI=true: every later run would be compared with this one, good or bad"
        raise UsageError(what, fix="update it elsewhere and commit the files, or add --force")
    found, errors = [], []
    with inside(folder):
        for check, raw in zip(checks, raws, strict=True):
            try:
                if raw.get("baseline"):
                    found.append((replace(check, gates=()), _writing(check, raw)))
            except UsageError as e:
                errors.append(UsageError(f"{check.name}: {e.what}", check.where, e.fix))
        raise_all(errors)
        if not found:
            raise UsageError("no check has a baseline", fix='add a key to a check: baseline = "baselines/NAME.json"')
        for _, raw in found:
            os.makedirs(os.path.dirname(raw["per_sample"]) or ".", exist_ok=True)
    return [check for check, _ in found], [raw for _, raw in found]


def alone(output: OutputOptions) -> OutputOptions:
    """The options of output without reports of all checks. Raises UsageError where one is asked for."""
    if output.outputs:
        raise UsageError("--update-baseline writes baselines and nothing else", fix="omit --output")
    return replace(output, github=False)


def _writing(check: Check, raw: Raw) -> Raw:
    """The options of a check that writes its baseline: a report and its samples, or samples alone, by the suffix."""
    path = raw["baseline"]
    _refuse_predictions(path)
    dropped = {*OTHERS, *(slot.name for slot in options(check.family).values() if slot.declared.group == GATES)}
    kept = {name: value for name, value in raw.items() if name not in dropped}
    if not path.lower().endswith(".json"):
        return {**kept, "per_sample": path}
    return {**kept, "outputs": [f"json={path}"], "per_sample": f"{path[: -len('.json')]}.samples.csv"}


def _refuse_predictions(path: str) -> None:
    """Raise UsageError for what is neither a report nor samples: it would be lost, or could not be read."""
    from losscli.run.baseline_files import PREDICTIONS, kind_of
    from losscli.sources import is_list, is_pattern, is_url

    named = is_url(path) or is_list(path) or is_pattern(path) or not path.lower().endswith((".json", *SUFFIXES))
    if named or (os.path.exists(path) and kind_of(path) == PREDICTIONS):
        what = f"the baseline {visible(path)} is of predictions, which are not overwritten"
        raise UsageError(what, fix='name a report, which is written with its samples: baseline = "baselines/NAME.json"')


def show(done: Finished, write: Callable[[str], None]) -> None:
    """Print what a check has written."""
    messages.pass_on(done.err)
    if done.code == OK:
        write(f"{done.check.name}: baseline updated\n")
