"""Every option except those for reading, declared once: the command line, the Python interface and help derive from them.

A field is an option: its type, its default, and what `Option` says of it. Loads nothing heavy: --help reads it. Annotations are
evaluated as the module loads, for `slots` to read.
"""

from typing import Annotated, Any

from losscli.core.records import dataclass
from losscli.report.formats import FORMATS, SUFFIXES
from losscli.run.declared import GATES, LOSSES, OUTPUT, RUNNING, Option, slots
from losscli.run.read_options import READERS, TABLES, ReadOptions
from losscli.spec.names import LIBRARIES


@dataclass(frozen=True)
class LossOptions:
    """What is evaluated."""

    losses: Annotated[
        tuple[str, ...],
        Option(
            "-l",
            "--loss",
            metavar="RECIPE",
            group=LOSSES,
            also=("reconcile",),
            complete="loss",
            help="Evaluate this loss: [id=][weight*]name[:key=value,…][+…]; repeatable. `losscli losses` lists the names.",
        ),
    ] = ()
    loss_file: Annotated[
        tuple[str, ...],
        Option(
            "--loss-file",
            metavar="FILE.py:NAME",
            group=LOSSES,
            also=("explain", "reconcile"),
            help="Add your own loss, a function of arrays that returns one value per row; repeatable.",
        ),
    ] = ()
    convention: Annotated[
        str | None,
        Option(
            "--convention",
            metavar="LIBRARY",
            choices=LIBRARIES,
            group=LOSSES,
            also=("explain",),
            help=f"Use this library's defaults for parameters not set in the recipe: {', '.join(LIBRARIES)}.",
        ),
    ] = None

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give."""
        return {"losses": self.losses, "loss_files": self.loss_file, "convention": self.convention}


@dataclass(frozen=True)
class ScoreOptions:
    """What is computed, and the gates it must pass."""

    reduction: Annotated[
        str,
        Option(
            "--reduction",
            choices=("mean", "sum"),
            group=LOSSES,
            also=("reconcile",),
            help="How the losses of samples become one value.",
        ),
    ] = "mean"
    worst: Annotated[int, Option("--worst", metavar="K", low=0, group=OUTPUT, help="Show the K samples with the highest loss.")] = 0
    grad_stats: Annotated[
        bool, Option("--grad-stats", group=OUTPUT, help="Report gradient norms and the share of zero or non-finite gradients.")
    ] = False
    fail_if: Annotated[
        tuple[str, ...],
        Option("--fail-if", metavar="EXPR", group=GATES, help="Exit with 1 if this holds, e.g. 'giou.p95 > 0.8'; repeatable."),
    ] = ()
    warn_if: Annotated[
        tuple[str, ...], Option("--warn-if", metavar="EXPR", group=GATES, help="Warn if this holds; repeatable.")
    ] = ()

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give."""
        names = ("reduction", "worst", "grad_stats", "fail_if", "warn_if")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class OutputOptions:
    """Where results go, and in which format."""

    format: Annotated[
        str,
        Option(
            "-f",
            "--format",
            metavar="FORMAT",
            choices=("auto", *FORMATS),
            group=OUTPUT,
            also=("reconcile",),
            help=f"Format of stdout: {', '.join(FORMATS)} or auto, which is table on a terminal and plain elsewhere.",
        ),
    ] = "auto"
    outputs: Annotated[
        tuple[str, ...],
        Option(
            "-o",
            "--output",
            metavar="[FORMAT=]FILE",
            group=OUTPUT,
            help=f"Also write a report to a file; without FORMAT= by its suffix: {', '.join(SUFFIXES)}; repeatable.",
        ),
    ] = ()
    score_only: Annotated[bool, Option("-b", "--score-only", group=OUTPUT, help="Print bare numbers, one line per loss.")] = False
    digits: Annotated[
        int | None,
        Option(
            "--digits",
            metavar="N",
            low=1,
            high=17,
            group=OUTPUT,
            also=("explain", "reconcile"),
            help="Significant digits in text and tables (default: 6); JSON and CSV keep all.",
        ),
    ] = None
    per_sample: Annotated[
        str | None,
        Option(
            "--per-sample",
            metavar="FILE",
            group=OUTPUT,
            help="Write one row per sample to .csv, .tsv, .jsonl or .npy; - for CSV on stdout.",
        ),
    ] = None
    gradients: Annotated[
        str | None,
        Option(
            "--gradients",
            metavar="FILE",
            group=OUTPUT,
            help="Write d(loss)/d(prediction) of one loss to .npy, or .npz for several roles.",
        ),
    ] = None
    color: Annotated[
        str,
        Option("--color", choices=("auto", "always", "never"), group=OUTPUT, also=("reconcile",), help="Use colour on stdout."),
    ] = "auto"
    verbose: Annotated[int, Option("-v", "--verbose", count=True, group=OUTPUT, help="Show each loss's full recipe on stderr.")] = 0
    quiet: Annotated[bool, Option("-q", "--quiet", group=OUTPUT, also=READERS, help="Hide notes and warnings.")] = False

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give, the format of stdout aside."""
        names = ("outputs", "score_only", "per_sample", "gradients")
        return {**{name: getattr(self, name) for name in names}, "score_digits": self.digits}


@dataclass(frozen=True)
class RunOptions:
    """How the work is done. Never changes a result."""

    jobs: Annotated[
        int | None,
        Option(
            "-j",
            "--jobs",
            metavar="N",
            low=1,
            group=RUNNING,
            also=("reconcile",),
            help="Number of workers (default: one per core); never changes a result.",
        ),
    ] = None
    cluster: Annotated[
        str | None,
        Option(
            "--cluster",
            metavar="ADDRESS|local[:N]",
            group=RUNNING,
            help="Evaluate on the workers of a Dask scheduler, or on N local processes.",
        ),
    ] = None
    progress: Annotated[bool, Option("--no-progress", group=RUNNING, help="Show no progress line on a terminal.")] = True
    debug: Annotated[
        bool,
        Option("--debug", group=RUNNING, also=(*TABLES, "losses", "schema"), help="Show the traceback when losscli itself fails."),
    ] = False


FACE: tuple[type, ...] = (LossOptions, ReadOptions, ScoreOptions)
"""The records whose fields are keyword arguments of `losscli.evaluate` too."""

RECORDS: tuple[type, ...] = (*FACE, OutputOptions, RunOptions)


def commands_with(flag: str) -> tuple[str, ...]:
    """The commands that have an option: the families, where any does, else the others."""
    for record in RECORDS:
        for slot in slots(record):
            if flag in slot.declared.flags:
                return slot.declared.families or slot.declared.commands
    return ()
