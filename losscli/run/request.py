"""The request of one run, and what follows from it alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from losscli import sources
from losscli.core.records import dataclass, field, replace
from losscli.numerics.stable import Floats
from losscli.reading.asked import Reading
from losscli.report import render
from losscli.report.asked_gates import AskedGate, asked
from losscli.report.model import CLASS
from losscli.sources.base import Source
from losscli.sources.side_format import files_named
from losscli.spec.family import Conventions, PerImage
from losscli.spec.recipe import Recipe


@dataclass(frozen=True)
class Request:
    """Everything the user asked for, as typed."""

    family: str
    pred: str | Source
    target: str | Source | None = None
    losses: tuple[str, ...] = ()
    loss_files: tuple[str, ...] = ()
    """FILE.py:NAME of the user's losses."""
    convention: str | None = None
    """The library whose defaults are used for parameters not set in the recipes."""
    reading: Reading = field(default_factory=Reading)
    conventions: Conventions = field(default_factory=Conventions)
    class_weights: str | Floats | None = None
    centers: str | Floats | None = None
    ignore_mask: str | PerImage | None = None
    score_threshold: float | None = None
    """The least score of objects whose masks become images."""
    class_agnostic: bool = False
    """Whether the masks of objects become one mask, whatever their classes."""
    name: str = ""
    """The name of the check, in reports for CI; the family and the file of predictions where it is empty."""
    options: Mapping[str, Any] | None = None
    """What was asked for, by the keys of a configuration file; None of data in memory."""
    formats: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """How tables are written: the options as typed, by name."""
    shared: frozenset[str] = frozenset()
    """The options, by name, that settings of several commands give: they need not apply to this one."""
    reduction: str = "mean"
    per_class: bool = False
    calibration: int | None = None
    """The number of bins of the calibration; None for none."""
    budget: bool = False
    worst: int = 0
    best: int = 0
    terms: bool = False
    """Whether the terms of the worst and best samples are shown."""
    per_sample: str | None = None
    plots: tuple[str, ...] = ()
    """KIND or KIND=FILE of each plot."""
    list_unmatched: str | None = None
    loss_map: str | None = None
    gradients: str | None = None
    gradients_dtype: str = "pred"
    """The type of the numbers that are written; by default that of the prediction."""
    grad_stats: bool = False
    state: bool = False
    """Whether the report carries its sums, none of which is rounded then."""
    ci: float | None = None
    """The level of confidence intervals; None for none."""
    fail_if: tuple[str, ...] = ()
    warn_if: tuple[str, ...] = ()
    baseline: str | Source | None = None
    """Other predictions of the same targets."""
    unpaired: bool = False
    """Whether the baseline is of other samples."""
    test: str = "signflip"
    adjust: str = "holm"
    ci_method: str = "skew-t"
    resamples: int | None = None
    """Of a bootstrap or a sign-flip test; None for the usual number of each."""
    seed: int = 0
    max_regression: str | None = None
    """The largest relative difference for the worse that does not fail, as typed."""
    max_change: str | None = None
    """The largest relative difference that does not fail, as typed."""
    gate_on: str = "value"
    """What gates are judged by: `value` or `ci`."""
    inconclusive: str | None = None
    """What an inconclusive gate counts as; None for `warn` where the interval has the limit inside, `fail` where there is none."""
    self_test: bool = False
    """Whether the gates are also judged on random halves of the units, between which there is nothing to find."""
    shown: tuple[str, ...] = ()
    """Whether the inputs' digests are wanted, whatever the formats."""
    gates: tuple[AskedGate, ...] = ()
    """Gates besides those of --fail-if and --warn-if, with settings of their own."""
    format: str = "plain"
    """What goes to stdout; empty: no report."""
    outputs: tuple[str, ...] = ()
    score_only: bool = False
    score_digits: int | None = None
    style: render.Style = field(default_factory=render.Style)
    jobs: int | None = None
    forks: bool = False
    """Whether the jobs may be forked processes; only where the process runs nothing but this tool."""
    cluster: str | None = None
    """The address of a Dask scheduler, or `local[:N]`."""

    @property
    def groups(self) -> tuple[str, ...]:
        """What names a group: the columns of --by, the bins, and the class with --per-class."""
        return (*self.reading.groups, CLASS) if self.per_class else self.reading.groups

    @property
    def asked_gates(self) -> tuple[AskedGate, ...]:
        """Every gate, unread."""
        every = (*asked(self.fail_if), *asked(self.warn_if, "warn"), *self.gates)
        return tuple(replace(g, on=g.on or self.gate_on, inconclusive=g.inconclusive or self.inconclusive or "") for g in every)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every file that is read, those that recipes name aside."""
        named = (
            self.pred,
            self.target,
            self.baseline,
            self.reading.listed,
            self.reading.gallery,
            self.reading.weights,
            self.class_weights,
            self.centers,
            self.ignore_mask,
        )
        files = (*files_named(self.formats), *(spec.rpartition(":")[0] for spec in self.loss_files), *_lists(self.options or {}))
        return (*(path for x in named if isinstance(x, str) for path in sources.paths(x)), *files)


def _lists(options: Mapping[str, Any]) -> Iterator[str]:
    """The files that options name as `@FILE`."""
    for given in options.values():
        for text in given if isinstance(given, (list, tuple)) else [given]:
            if isinstance(text, str) and text.startswith("@") and len(text) > 1:
                yield text[1:]


def jobs(request: Request) -> int:
    """--jobs, or the cores this process may use."""
    if request.jobs is not None:
        return request.jobs
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerOptions(TypedDict):
    """How the work is spread over this machine, as `engine.evaluate` takes it."""

    jobs: int
    forks: bool


def worker_options(request: Request, recipes: Sequence[Recipe]) -> WorkerOptions:
    """The jobs, and whether they may be processes: not where a user's loss might use a library that does not survive a fork."""
    foreign = any(t.loss.origin for r in recipes for _, t in r.terms)
    return {"jobs": jobs(request), "forks": request.forks and jobs(request) > 1 and not foreign}
