"""The options of reading, each declared once: which columns, which pairs, and what the numbers mean.

Loads nothing heavy. Annotations are evaluated as the module loads, for `slots` to read.
"""

from typing import TYPE_CHECKING, Annotated, Any

from losscli.core.errors import UsageError
from losscli.core.records import dataclass
from losscli.run.declared import COLUMNS, VALUES, Argument, Option
from losscli.spec.names import BOX_FORMATS

if TYPE_CHECKING:
    from losscli.reading.bind import Reading
    from losscli.reading.matching import Matching
    from losscli.spec.family import Conventions

READERS = ("inspect", "explain", "reconcile")
"""The commands beside the families that read predictions and targets."""
TABLES = (*READERS, "transform")
SCORED = ("classify", "detect", "segment")
DETECT, EMBED = ("detect",), ("embed",)

Pred = Annotated[
    str,
    Argument("PRED", help="Predictions: .csv, .tsv, .jsonl, .npy, .npz or .parquet, a quoted pattern, a URL, or - for stdin."),
]
Target = Annotated[str | None, Argument("TARGET", help="Targets. Omit it when PRED contains both sides.")]


@dataclass(frozen=True)
class ReadOptions:
    """How the files are read: which columns, which pairs, and what the numbers mean."""

    key: Annotated[
        tuple[str, ...],
        Option(
            "--key",
            metavar="COL|LEFT=RIGHT",
            group=COLUMNS,
            also=READERS,
            complete="column",
            help="Pair rows by this column; repeatable.",
        ),
    ] = ()
    missing: Annotated[
        str,
        Option(
            "--missing",
            choices=("error", "drop"),
            group=COLUMNS,
            also=READERS,
            help="What to do with targets without prediction.",
        ),
    ] = "error"
    extra: Annotated[
        str,
        Option(
            "--extra",
            choices=("error", "drop"),
            group=COLUMNS,
            also=READERS,
            help="What to do with predictions without target.",
        ),
    ] = "error"
    match: Annotated[
        str,
        Option(
            "--match",
            metavar="HOW",
            choices=("none", "key", "greedy", "hungarian"),
            group=COLUMNS,
            families=DETECT,
            also=READERS,
            help="Pair the boxes within an image_id and label: greedy (by score), hungarian (for most overlap), key (by --key) "
            "or none (the default).",
        ),
    ] = "none"
    iou_threshold: Annotated[
        float | None,
        Option(
            "--iou-threshold",
            metavar="T",
            low=0.0,
            high=1.0,
            group=COLUMNS,
            families=DETECT,
            also=READERS,
            help="Minimum IoU of a pair under --match (default: 0.5).",
        ),
    ] = None
    col: Annotated[
        tuple[str, ...],
        Option(
            "--col",
            metavar="ROLE=NAME,…",
            group=COLUMNS,
            also=TABLES,
            complete="role",
            help="Name the columns or keys that fill a role; pred.ROLE or target.ROLE for one side; repeatable.",
        ),
    ] = ()
    weights: Annotated[
        Any,
        Option(
            "--weights",
            metavar="COL|FILE",
            group=COLUMNS,
            also=READERS,
            complete="column",
            help="Weight each sample: value = Σ w·l / Σ w.",
        ),
    ] = None
    by: Annotated[
        tuple[str, ...],
        Option(
            "--by",
            metavar="COL",
            group=COLUMNS,
            also=("inspect", "explain"),
            complete="column",
            help="Report the same statistics per distinct value of this column; repeat it to group by combinations.",
        ),
    ] = ()
    delimiter: Annotated[
        str | None,
        Option(
            "-d",
            "--delimiter",
            metavar="CHAR",
            group=COLUMNS,
            also=TABLES,
            help="Field delimiter of tables; `tab` for tab (default: by suffix and header).",
        ),
    ] = None
    header: Annotated[
        bool,
        Option("-H", "--no-header", group=COLUMNS, also=TABLES, help="Tables have no header line; columns are c0, c1 and so on."),
    ] = True
    strict: Annotated[
        bool,
        Option(
            "--strict", group=COLUMNS, also=READERS, help="Refuse every guess: positional pairing, implied columns or box formats."
        ),
    ] = False
    from_logits: Annotated[
        bool,
        Option("--from-logits", group=VALUES, families=SCORED, also=READERS, help="Read scores as logits, not probabilities."),
    ] = False
    multilabel: Annotated[
        bool,
        Option(
            "--multilabel",
            group=VALUES,
            families=SCORED,
            also=READERS,
            help="Read every score as a separate probability; rows need not sum to one.",
        ),
    ] = False
    classes: Annotated[
        Any,
        Option(
            "--classes",
            metavar="A,B,C",
            group=VALUES,
            families=(*SCORED, *EMBED),
            also=READERS,
            help="Name the classes in the order of the scores.",
        ),
    ] = None
    box_format: Annotated[
        str | None,
        Option(
            "--box-format",
            choices=BOX_FORMATS,
            metavar="FORMAT",
            group=VALUES,
            families=DETECT,
            also=READERS,
            help=f"Format of the boxes: {', '.join(BOX_FORMATS)} (default: by column names, else xyxy).",
        ),
    ] = None
    pred_box_format: Annotated[
        str | None,
        Option(
            "--pred-box-format",
            choices=BOX_FORMATS,
            metavar="FORMAT",
            group=VALUES,
            families=DETECT,
            also=READERS,
            help="Format of PRED's boxes alone.",
        ),
    ] = None
    target_box_format: Annotated[
        str | None,
        Option(
            "--target-box-format",
            choices=BOX_FORMATS,
            metavar="FORMAT",
            group=VALUES,
            families=DETECT,
            also=READERS,
            help="Format of TARGET's boxes alone.",
        ),
    ] = None
    degenerate: Annotated[
        str,
        Option(
            "--degenerate",
            choices=("error", "keep"),
            group=VALUES,
            families=DETECT,
            also=READERS,
            help="What to do with boxes without width or height.",
        ),
    ] = "error"
    mixed_scale: Annotated[
        str,
        Option(
            "--mixed-scale",
            choices=("error", "keep"),
            group=VALUES,
            families=DETECT,
            also=READERS,
            help="What to do when one side's boxes are in pixels and the other's in 0…1.",
        ),
    ] = "error"
    nonfinite: Annotated[
        str,
        Option(
            "--nonfinite",
            choices=("error", "drop", "keep"),
            group=VALUES,
            also=TABLES,
            help="What to do with rows that contain NaN or infinity.",
        ),
    ] = "error"
    class_weights: Annotated[
        Any,
        Option(
            "--class-weights",
            metavar="FILE",
            group=VALUES,
            families=EMBED,
            also=READERS,
            help="Read (C,d) class weights or proxies, the classifier over the embeddings, from .npy or .csv.",
        ),
    ] = None
    centers: Annotated[
        Any,
        Option(
            "--centers",
            metavar="FILE",
            group=VALUES,
            families=EMBED,
            also=READERS,
            help="Read class centres (C,d) from .npy or .csv.",
        ),
    ] = None

    @property
    def separator(self) -> str | None:
        """The delimiter as the character that it is."""
        return "\t" if self.delimiter == "tab" else self.delimiter

    def reading(self) -> "Reading":
        """Columns and pairing. Raises UsageError where options contradict each other."""
        from losscli.reading.bind import Reading

        return Reading(self.key, self.missing, self.extra, self.col, self.weights, self.strict, self._matching(), self.by)

    def conventions(self) -> "Conventions":
        """What the numbers mean."""
        from losscli.spec.family import Conventions

        return Conventions(
            from_logits=self.from_logits,
            multilabel=self.multilabel,
            classes=tuple(self.classes.split(",")) if isinstance(self.classes, str) and self.classes else tuple(self.classes or ()),
            pred_format=self.pred_box_format or self.box_format or "",
            target_format=self.target_box_format or self.box_format or "",
            degenerate=self.degenerate,
            mixed_scale=self.mixed_scale,
            nonfinite=self.nonfinite,
        )

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give."""
        return {
            "reading": self.reading(),
            "conventions": self.conventions(),
            "class_weights": self.class_weights,
            "centers": self.centers,
            "delimiter": self.separator,
            "header": self.header,
        }

    def _matching(self) -> "Matching | None":
        from losscli.reading.matching import Matching

        if self.match in ("greedy", "hungarian"):
            if self.key:
                raise UsageError(f"--match {self.match} and --key cannot be used together", fix="use only one of them")
            return Matching(self.match, 0.5 if self.iou_threshold is None else self.iou_threshold)
        if self.iou_threshold is not None:
            raise UsageError("--iou-threshold needs --match greedy or --match hungarian", fix="add --match greedy")
        if self.match == "key" and not self.key:
            raise UsageError("--match key needs --key", fix="add --key COL")
        return None
