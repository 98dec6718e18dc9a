"""The command that compares many models: options become what is compared and how, nothing else happens here."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from losscli.cli import exits, messages
from losscli.cli.declarations import Command
from losscli.cli.evaluate import NOTES, Asked, for_machines, resolve_auto, style
from losscli.core.errors import OK, UsageError, nearest, raise_all, visible
from losscli.core.records import dataclass
from losscli.run.config.layers import layered
from losscli.run.declared import OUTPUT, PAIRS, Argument, Option, choose, slots
from losscli.run.options import LossOptions, OutputOptions, RunOptions, ScoreOptions
from losscli.run.picture_options import PictureOptions
from losscli.run.read_options import ReadOptions
from losscli.run.statistics_options import StatisticsOptions
from losscli.spec.names import FAMILIES

if TYPE_CHECKING:
    from losscli.report.ranking import Ranking

_FORMATS = ("table", "plain", "json", "csv", "md")
_EVALUATING = (LossOptions, ReadOptions, ScoreOptions)
"""The records of options that say how predictions are evaluated."""
_OF_SAVED = ("unit",)
"""Those of them that apply to the samples of earlier runs."""


def family_of(words: Sequence[str]) -> str:
    """The family that the first word names; empty where it names a file."""
    return "" if not words or os.path.isfile(words[0]) else choose(words[0], dict.fromkeys(FAMILIES, ())) or ""


class Compare(Command):
    """The command; the environment and the configuration give it the options of the family that it evaluates."""

    def completed(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """A parser's raw values with those of the environment and of a configuration file, where predictions are evaluated."""
        family = family_of(raw.get("words") or ())
        if not family:
            return raw
        found = layered([slot for slot in self.slots if not slot.option or family in slot.declared.families], raw)
        if not found.raw.get("quiet"):
            for text in found.notes:
                messages.note(text)
        return found.raw


@dataclass(frozen=True)
class Compared:
    """The arguments of a comparison. family: of the predictions to be evaluated; empty where earlier runs are compared."""

    family: str
    words: tuple[str, ...]
    losses: LossOptions
    read: ReadOptions
    score: ScoreOptions
    statistics: StatisticsOptions
    output: OutputOptions
    running: RunOptions
    allowed: bool
    hashed: bool


def compare(
    *,
    words: Annotated[
        tuple[str, ...],
        Argument(
            "REPORT…|FAMILY PRED… TARGET",
            "JSON reports that name their samples, or files of --per-sample; or a family, predictions and their target: a quoted "
            "pattern names a model per file.",
        ),
    ],
    losses: LossOptions,
    allow_different: Annotated[
        bool,
        Option(
            "--allow-different",
            "Compare models that were evaluated in different ways, on the samples that all of them have.",
            group=PAIRS,
        ),
    ] = False,
    read: ReadOptions,
    score: ScoreOptions,
    statistics: StatisticsOptions,
    format: Annotated[
        str,
        Option(
            "-f, --format",
            "Format of stdout; auto is table on a terminal and plain elsewhere.",
            choices=("auto", *_FORMATS),
            group=OUTPUT,
        ),
    ] = "auto",
    outputs: Annotated[
        tuple[str, ...],
        Option(
            "-o, --output [FORMAT=]FILE",
            "Also write the comparison to a file; without FORMAT= by its suffix: .txt, .json, .csv, .md; repeatable.",
            group=OUTPUT,
        ),
    ] = (),
    output: OutputOptions,
    running: RunOptions,
) -> int:
    import_module("numpy")
    from losscli.core.allocator import keep_pages
    from losscli.run.ranking_files import files_of, written

    files = files_of(outputs)
    family = family_of(words)
    taken = any(path == "-" for _, path in files)
    shown = "" if taken and format == "auto" else resolve_auto(format)
    hashed = "json" in (shown, *(name for name, _ in files))
    asked = Compared(
        family, words[1:] if family else words, losses, read, score, statistics, output, running, allow_different, hashed
    )
    keep_pages()
    gc.freeze()
    gc.enable()
    machine = for_machines(shown)
    exits.spell_out(machine)
    done, inputs = (_evaluated if family else _saved)(asked)
    text = written(done, files, shown, style(output), inputs, exits.Stdout())
    if not output.quiet:
        _show(done, output.verbose)
    exits.write(text, machine)
    return OK


def _evaluated(asked: Compared) -> tuple[Ranking, Sequence[str]]:
    """The models of predictions that are evaluated, and the files that they are of."""
    _refuse_other_families(asked)
    from losscli import sources
    from losscli.cli.progress import watcher
    from losscli.run.compare import compared_predictions
    from losscli.run.model_names import models_of

    *preds, target = asked.words if len(asked.words) != 1 else (*asked.words, None)
    way = f"losscli compare {asked.family} 'PREDS-*.npy' TARGET"
    paths = models_of(
        [str(x) for x in preds], why=f"{way} takes two or more, then TARGET; without one, they are one quoted pattern"
    )
    request = Asked(
        asked.family,
        paths[0],
        target,
        asked.losses,
        asked.read,
        asked.score,
        asked.statistics,
        OutputOptions(),
        PictureOptions(),
        asked.running,
    ).request()
    watch = watcher(asked.running.progress and not asked.output.quiet)
    done = compared_predictions(request, paths, allowed=asked.allowed, hashed=asked.hashed, watch=watch)
    return done, (*request.inputs, *(file for path in paths for file in sources.paths(path)))


def _saved(asked: Compared) -> tuple[Ranking, Sequence[str]]:
    """The models of earlier runs, and the files that they are of."""
    _refuse_evaluating(asked)
    from losscli.numerics.statistics.sign_flip import FLIPS
    from losscli.report.comparisons import Tested
    from losscli.report.ranking import level_of
    from losscli.run.compare_saved import SavedAsked, compared_saved
    from losscli.run.model_names import models_of
    from losscli.run.statistics_options import confidence

    paths = models_of(asked.words)
    level, given = confidence(asked.statistics.ci), asked.statistics
    how = Tested(level_of(level), given.test, given.adjust, given.resamples or FLIPS, given.seed)
    return compared_saved(paths, SavedAsked(how, level, asked.read.unit, asked.allowed, asked.hashed)), paths


def _given(asked: Compared) -> list[Any]:
    """The options of evaluating that are not at their defaults."""
    records = {LossOptions: asked.losses, ReadOptions: asked.read, ScoreOptions: asked.score}
    return [slot for kind in _EVALUATING for slot in slots(kind) if getattr(records[kind], slot.name) != slot.default]


def _refuse_other_families(asked: Compared) -> None:
    """Raise UsageError for options that the family does not read."""
    errors = []
    for slot in _given(asked):
        read_by = slot.declared.families
        if asked.family not in read_by:
            errors.append(UsageError(f"{slot.spelled} is read by {', '.join(read_by)}, not by {asked.family}"))
    raise_all(errors)


def _refuse_evaluating(asked: Compared) -> None:
    """Raise UsageError for options of evaluating, and for a first word that is near to a family."""
    word = asked.words[0]
    if not os.path.exists(word) and word.isidentifier() and (near := nearest(word, FAMILIES)):
        raise UsageError(f"{visible(word)} is not a file, and not a family{near}", fix=f"the families are {', '.join(FAMILIES)}")
    flags = [slot.spelled for slot in _given(asked) if slot.name not in _OF_SAVED]
    if flags or asked.running.cluster is not None:
        named = ", ".join(flags or ["--cluster"])
        what = f"{named} {'apply' if len(flags) > 1 else 'applies'} to predictions, and these are files of earlier runs"
        raise UsageError(what, fix="name the family first: losscli compare FAMILY PRED… TARGET --loss …")


def _show(done: Ranking, verbose: int) -> None:
    """Print notes and warnings and, under -v, the signatures on stderr."""
    from losscli.spec.guards import silenced

    for w in done.warnings:
        allow = silenced(w.code) if done.models[0].kind == "predictions" else ""
        (messages.note if w.code in NOTES else messages.warning)(w.message, *([allow] if allow else []))
    if verbose:
        for x in done.losses:
            signature = x.line.signature or x.line.id
            messages.note(f"{visible(x.line.label)}: {visible(signature.replace('|', ' | '), 10_000)}")


COMPARE = Compare(
    "compare",
    compare,
    "Compare many models on the same targets: the best of each loss, and the set that is tied with it.",
    (
        "losscli compare regress 'diabetes_[rw]*.csv' diabetes_pred.csv diabetes_target.csv --key patient --loss mae",
        "losscli regress diabetes_pred.csv diabetes_target.csv --key patient --loss mae --per-sample a.csv -o a.json",
        "losscli regress diabetes_refit.csv diabetes_target.csv --key patient --loss mae --per-sample b.csv -o b.json",
        "losscli compare a.json b.json",
    ),
    "Reports and files of samples are those of -o FILE.json and --per-sample FILE. Models are tied with the best where the paired "
    "test, adjusted for all comparisons, does not find them worse.",
)
