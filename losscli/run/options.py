"""Every option except those for reading, declared once: the command line, the Python interface and help derive from them.

A field is an option: its type, its default, and its `Option`. Loads nothing heavy: --help reads it. Annotations are
evaluated as the module loads, for `slots` to read.
"""

from typing import Annotated, Any

from losscli.core.records import dataclass
from losscli.report import packaged
from losscli.report.formats import FORMATS, SUFFIXES
from losscli.run.declared import GATES, LOSSES, OUTPUT, RUNNING, Option, slots
from losscli.run.file_options import DETECT, READERS, TABLES
from losscli.run.picture_options import PictureOptions
from losscli.run.read_options import ReadOptions
from losscli.run.statistics_options import StatisticsOptions
from losscli.spec.names import FAMILIES, LIBRARIES
from losscli.spec.plot_kinds import BINS


@dataclass(frozen=True)
class LossOptions:
    """What is evaluated."""

    losses: Annotated[
        tuple[str, ...],
        Option(
            "-l, --loss RECIPE",
            "Evaluate this loss: [id=][weight*]name[:key=value,…][+…]; repeatable. Quoted, 'focal:gamma={0,1,2}' is three losses. "
            "`losscli losses` lists the names.",
            group=LOSSES,
            also=("reconcile", "init", "compare"),
            complete="loss",
        ),
    ] = ()
    loss_file: Annotated[
        tuple[str, ...],
        Option(
            "--loss-file FILE.py:NAME",
            "Add your own loss, a function of arrays that returns one value per row; repeatable.",
            group=LOSSES,
            also=("explain", "reconcile", "init", "compare", "curve"),
        ),
    ] = ()
    convention: Annotated[
        str | None,
        Option(
            "--convention LIBRARY",
            f"Use this library's defaults for parameters not set in the recipe: {', '.join(LIBRARIES)}.",
            choices=LIBRARIES,
            group=LOSSES,
            also=("explain", "init", "compare", "curve"),
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
            "How the losses of samples become one value.",
            choices=("mean", "sum"),
            group=LOSSES,
            also=("reconcile", "compare"),
        ),
    ] = "mean"
    per_class: Annotated[
        bool,
        Option(
            "--per-class",
            "Report the loss of each class too: over the rows, columns or pixels of the class, or of its region alone.",
            group=LOSSES,
            families=("classify", "segment"),
            also=("compare",),
        ),
    ] = False
    calibration: Annotated[
        int | None,
        Option(
            "--calibration [BINS]",
            f"Report the calibration of the scores, in this many bins ({BINS} if no number follows), and their best temperature.",
            low=1,
            high=1000,
            bare=str(BINS),
            group=OUTPUT,
            families=("classify",),
        ),
    ] = None
    budget: Annotated[
        bool,
        Option(
            "--budget",
            "Report the share of each loss, and of its gradient, that the rows of each class and of each tenth by ease carry.",
            group=OUTPUT,
        ),
    ] = False
    worst: Annotated[
        int, Option("--worst K", "Show the K samples with the highest loss, also of each group.", low=0, group=OUTPUT)
    ] = 0
    best: Annotated[
        int, Option("--best K", "Show the K samples with the lowest loss, also of each group.", low=0, group=OUTPUT)
    ] = 0
    terms: Annotated[
        bool, Option("--terms", "Show each term of the losses of these samples too, of recipes with several.", group=OUTPUT)
    ] = False
    grad_stats: Annotated[
        bool, Option("--grad-stats", "Report gradient norms and the share of zero or non-finite gradients.", group=OUTPUT)
    ] = False
    state: Annotated[
        bool,
        Option(
            "--state",
            "Carry the exact sums in the JSON report, so that losscli merge joins reports of parts of the rows.",
            group=OUTPUT,
            also=("merge",),
        ),
    ] = False
    fail_if: Annotated[
        tuple[str, ...],
        Option("--fail-if EXPR", "Exit with 1 if this is true, e.g. 'giou.p95 > 0.8'; repeatable.", group=GATES, also=("merge",)),
    ] = ()
    warn_if: Annotated[
        tuple[str, ...], Option("--warn-if EXPR", "Warn if this is true; repeatable.", group=GATES, also=("merge",))
    ] = ()

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give."""
        names = ("reduction", "per_class", "calibration", "budget", "worst", "best", "terms", "grad_stats", "state")
        return {name: getattr(self, name) for name in (*names, "fail_if", "warn_if")}


@dataclass(frozen=True)
class OutputOptions:
    """Where results go, and in which format."""

    format: Annotated[
        str,
        Option(
            "-f, --format FORMAT",
            f"Format of stdout: {', '.join(FORMATS)} or auto, which is table on a terminal and plain elsewhere.",
            choices=("auto", *FORMATS),
            more=packaged.names,
            group=OUTPUT,
            also=("report", "merge"),
        ),
    ] = "auto"
    outputs: Annotated[
        tuple[str, ...],
        Option(
            "-o, --output [FORMAT=]FILE",
            f"Also write a report to a file; without FORMAT= by its suffix: {', '.join(SUFFIXES)}; repeatable.",
            group=OUTPUT,
            also=("check", "report", "merge"),
        ),
    ] = ()
    score_only: Annotated[
        bool, Option("-b, --score-only", "Print bare numbers, one line per loss.", group=OUTPUT, also=("report", "merge"))
    ] = False
    digits: Annotated[
        int | None,
        Option(
            "--digits N",
            "Significant digits in text and tables (default: 6); JSON and CSV keep all.",
            low=1,
            high=17,
            group=OUTPUT,
            also=("explain", "reconcile", "check", "report", "compare", "merge"),
        ),
    ] = None
    per_sample: Annotated[
        str | None,
        Option(
            "--per-sample FILE",
            "Write one row per sample to .csv, .tsv, .jsonl, .npy or .parquet; - for CSV on stdout.",
            group=OUTPUT,
        ),
    ] = None
    list_unmatched: Annotated[
        str | None,
        Option(
            "--list-unmatched FILE",
            "Write the missed, spurious and ignored boxes of --match to .csv, .tsv or .jsonl.",
            group=OUTPUT,
            families=DETECT,
        ),
    ] = None
    gradients: Annotated[
        str | None,
        Option("--gradients FILE", "Write d(loss)/d(prediction) of one loss to .npy, or .npz for several roles.", group=OUTPUT),
    ] = None
    gradients_dtype: Annotated[
        str,
        Option(
            "--gradients-dtype",
            "The type of the numbers of --gradients; pred is that of the prediction's, and float64 for whole numbers and text.",
            choices=("pred", "float16", "float32", "float64"),
            group=OUTPUT,
        ),
    ] = "pred"
    color: Annotated[
        str,
        Option(
            "--color",
            "Use colour on stdout.",
            choices=("auto", "always", "never"),
            group=OUTPUT,
            also=("reconcile", "check", "report", "compare", "curve", "merge"),
        ),
    ] = "auto"
    findings: Annotated[
        str,
        Option(
            "--findings",
            "What gitlab and sarif list: gates that need attention, or with worst also the samples of --worst.",
            choices=("gates", "worst"),
            group=OUTPUT,
            also=("check", "report", "merge"),
        ),
    ] = "gates"
    github: Annotated[
        bool,
        Option("--no-github", "In GitHub Actions, write no annotations and no step summary.", group=OUTPUT, also=("check",)),
    ] = True
    verbose: Annotated[
        int,
        Option(
            "-v, --verbose",
            "Show each loss's full recipe on stderr.",
            count=True,
            group=OUTPUT,
            also=("check", "report", "compare", "merge"),
        ),
    ] = 0
    quiet: Annotated[
        bool, Option("-q, --quiet", "Hide notes and warnings.", group=OUTPUT, also=(*READERS, "check", "report", "verify", "merge"))
    ] = False

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give, the format of stdout aside."""
        names = ("outputs", "score_only", "per_sample", "list_unmatched", "gradients", "gradients_dtype")
        return {**{name: getattr(self, name) for name in names}, "score_digits": self.digits}


@dataclass(frozen=True)
class RunOptions:
    """How the work is done. Never changes a result."""

    jobs: Annotated[
        int | None,
        Option(
            "-j, --jobs N",
            "Number of workers (default: one per core); never changes a result.",
            low=1,
            group=RUNNING,
            also=("reconcile", "check", "init", "verify", "compare"),
        ),
    ] = None
    cluster: Annotated[
        str | None,
        Option(
            "--cluster ADDRESS|local[:N]",
            "Evaluate on the workers of a Dask scheduler, or on N local processes.",
            group=RUNNING,
            also=("compare",),
        ),
    ] = None
    progress: Annotated[bool, Option("--no-progress", "Show no progress line on a terminal.", group=RUNNING, also=("compare",))] = (
        True
    )
    debug: Annotated[
        bool,
        Option(
            "--debug",
            "Show the traceback when losscli itself fails.",
            group=RUNNING,
            also=(*TABLES, "losses", "schema", "check", "report", "verify", "merge"),
        ),
    ] = False


_READERS = ("inspect", "explain", "reconcile", "compare")
LAYERED = (*FAMILIES, *_READERS)
"""The commands whose options may also be given by the environment and by the defaults of a configuration file."""


@dataclass(frozen=True)
class ConfigOptions:
    """Where options come from besides the command line. Not in RECORDS: no file can say this."""

    config: Annotated[
        str | None,
        Option(
            "--config FILE",
            "Read this configuration, not the nearest losscli.toml or pyproject.toml upward.",
            group=RUNNING,
            also=(*_READERS, "check"),
        ),
    ] = None
    isolated: Annotated[
        bool,
        Option(
            "--isolated",
            "Ignore LOSSCLI_* variables, and every configuration that --config does not name.",
            group=RUNNING,
            also=(*_READERS, "check"),
        ),
    ] = False


SCORING: tuple[type, ...] = (LossOptions, ReadOptions, ScoreOptions, StatisticsOptions)
"""The records whose fields are keyword arguments of every function of Python that evaluates."""

FACE: tuple[type, ...] = (*SCORING, PictureOptions)
"""Those of `losscli.evaluate`."""

RECORDS: tuple[type, ...] = (*FACE, OutputOptions, RunOptions)


def commands_with(flag: str) -> tuple[str, ...]:
    """The commands that have an option: the families, where any does, else the others."""
    for record in RECORDS:
        for slot in slots(record):
            if flag in slot.declared.flags:
                return slot.declared.families or slot.declared.commands
    return ()
