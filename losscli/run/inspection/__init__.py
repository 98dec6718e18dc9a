"""What would be read and how it would be paired: the same reading, pairing and checks as an evaluation, without the loss.

`inspect` reads as the whole: the facts of each file, each family on the files, how rows pair, and the command to use.
"""

from __future__ import annotations

import shlex
from typing import Any

from losscli.core.errors import LosscliError, visible
from losscli.core.records import dataclass, replace
from losscli.run.asking import spread_out
from losscli.run.declared import spelled
from losscli.run.inspection.columns import File, file_of
from losscli.run.inspection.fits import Attempt, ranked
from losscli.run.inspection.pairs import Pairs, paired
from losscli.run.inspection.readings import Reading, readings
from losscli.run.prepare import opened
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request


@dataclass(frozen=True)
class Inspection:
    """The facts. attempts: the families, the likeliest first. words: the command of an evaluation. error: what it ends with."""

    files: tuple[File, ...]
    pairs: Pairs
    attempts: tuple[Attempt, ...]
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    """Each with its code."""
    error: LosscliError | None = None

    @property
    def best(self) -> Attempt:
        return self.attempts[0]

    @property
    def command(self) -> str:
        """The command, ready to paste unless a file's name holds control characters, which are escaped."""
        return visible(shlex.join(self.words), 10_000)

    @property
    def readings(self) -> dict[str, dict[str, Reading]]:
        """By side, what is made of each column."""
        return readings(self.best, tuple(f.side for f in self.files))


def inspect(request: Request, options: ReadOptions) -> Inspection:
    """Look at the request's files; an empty family is any. Raises only where a file cannot be read at all."""
    files = opened(request)
    if request.family in ("", "regress"):
        pred, own = spread_out(files.pred, replace(request, family="regress"), tried=True)
        if pred is not files.pred:
            files, request = replace(files, pred=pred), own
    given = [("pred", files.pred), *([("target", files.target)] if files.target is not None else [])]
    described = tuple(file_of(side, source) for side, source in given)
    attempts = ranked(request, files, options)
    best = attempts[0]
    inputs = None if best.trial is None else best.trial.ready.inputs
    notes, warnings = ((), ()) if best.trial is None else (best.trial.ready.notes, best.trial.warnings)
    words = _command(request, options, best)
    return Inspection(described, paired(request, files, inputs), tuple(attempts), words, notes, warnings, _error(request, best))


def _error(request: Request, best: Attempt) -> LosscliError | None:
    """The error that an evaluation would end with; None of a file that is not said to contain both sides."""
    lone = request.target is None and not request.family
    return None if lone and not best.named else best.error


def _command(request: Request, options: ReadOptions, best: Attempt) -> tuple[str, ...]:
    """The evaluation of the proposed loss on these files, with every option that was given."""
    on: dict[str, Any] = dict.fromkeys(best.candidate.switches, True)
    own = replace(options, **on)
    paths = [str(x) for x in (request.pred, request.target) if x is not None]
    family = best.family.name
    return ("losscli", family, *paths, *spelled(own, "inspect"), "--loss", best.recipe)
