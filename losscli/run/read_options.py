"""The options of reading, each declared once: which columns, which pairs, and what the numbers mean.

Loads nothing heavy. Annotations are evaluated as the module loads, for `slots` to read.
"""

from functools import partial
from typing import Annotated, Any

from losscli.core.records import dataclass
from losscli.run.declared import COLUMNS, PAIRS, VALUES, Argument, Option, Slot, slots, unset
from losscli.run.file_options import DETECT, EMBED, READERS, SEGMENT, TABLES, FileOptions
from losscli.spec.guards import GUARDS
from losscli.spec.names import BOX_FORMATS

SCORED = ("classify", "detect", "segment")
ERROR_OR_DROP, ERROR_OR_KEEP = ("error", "drop"), ("error", "keep")
_VALUED = tuple(name for name in READERS if name != "curve")
"""The readers that compute a value of the samples; to a curve only their places matter."""
_column = partial(Option, group=COLUMNS, also=READERS)
_pair = partial(Option, group=PAIRS, also=READERS)
_value = partial(Option, group=VALUES, also=READERS)

Pred = Annotated[
    str,
    Argument(
        "PRED",
        "Predictions: a file, a folder or a quoted pattern of one of the formats that `losscli formats` lists; @FILE, a list of "
        "paths; a URL; or - for stdin.",
    ),
]
Target = Annotated[str | None, Argument("TARGET", "Targets. Omit it when PRED contains both sides.")]


@dataclass(frozen=True)
class ReadOptions(FileOptions):
    """How the files are read: which columns, which pairs, and what the numbers mean."""

    key: Annotated[
        tuple[str, ...],
        _pair("--key COL|LEFT=RIGHT", "Pair the rows that have the same value in this column; repeatable.", complete="column"),
    ] = ()
    key_stem: Annotated[bool, _pair("--key-stem", "Compare keys and image ids without folder and file suffix.")] = False
    many: Annotated[bool, _pair("--many", "Pair several predictions with the target of their --key.")] = False
    missing: Annotated[str, _pair("--missing", "What to do with targets without a prediction.", choices=ERROR_OR_DROP)] = "error"
    extra: Annotated[str, _pair("--extra", "What to do with predictions without a target.", choices=ERROR_OR_DROP)] = "error"
    pair: Annotated[
        str | None,
        _pair("--pair position", "Pair rows by position even where ids in the files contradict it.", choices=("position",)),
    ] = None
    pairs: Annotated[
        Any,
        _pair(
            "--pairs FILE",
            "Evaluate the pairs (columns a, b, same) or triplets (anchor, positive, negative) of this list of ids, or an LFW "
            "pairs.txt; --key names the column of ids in PRED.",
            families=EMBED,
        ),
    ] = None
    gallery: Annotated[
        Any,
        _pair(
            "--gallery FILE",
            "Compare every vector of PRED with every vector of this file, both with labels: all pairs, or all triplets of a vector "
            "of PRED, one of its class and one of another.",
            families=EMBED,
            also=_VALUED,
        ),
    ] = None
    match: Annotated[
        str | None,
        _pair(
            "--match HOW",
            "Pair the boxes within an image and label: greedy (by score), hungarian (largest total overlap), coco (as COCO's "
            "evaluation does), key (by --key) or none; the default is greedy where a file is of sets of boxes, such as COCO, else "
            "none.",
            choices=("none", "key", "greedy", "hungarian", "coco"),
            families=DETECT,
        ),
    ] = None
    iou_threshold: Annotated[
        float | None,
        _pair("--iou-threshold T", "Minimum IoU of a pair under --match (default: 0.5).", low=0.0, high=1.0, families=DETECT),
    ] = None
    score_threshold: Annotated[
        float | None,
        _pair(
            "--score-threshold T",
            "Match only predictions with a score of at least T; in segment, leave out objects below it.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = None
    max_dets: Annotated[
        int | None,
        _pair(
            "--max-dets K",
            "Match only the K predictions with the highest scores per image and label (default: 100 under --match coco).",
            low=1,
            families=DETECT,
        ),
    ] = None
    area: Annotated[
        str | None,
        _pair(
            "--area RANGE",
            "Ignore objects outside this range of area under --match coco: small, medium, large or LO:HI.",
            families=DETECT,
        ),
    ] = None
    unmatched: Annotated[
        str | None,
        _pair(
            "--unmatched HOW",
            "What unmatched boxes count as under --match: ignore (the default); penalize: each missed object is a sample with the "
            "loss's worst value; penalize-both: each spurious prediction too; penalize:VALUE to give the value.",
            families=DETECT,
        ),
    ] = None
    class_agnostic: Annotated[
        bool,
        _pair(
            "--class-agnostic",
            "Match boxes whatever their label; in segment, read objects as one mask.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = False
    one_image: Annotated[bool, _pair("--one-image", "Match all boxes as those of one image.", families=DETECT)] = False
    col: Annotated[
        tuple[str, ...],
        _column(
            "--col ROLE=NAME,…",
            "Fill a role with these columns or keys: names, globs such as prob_*, list columns; pred.ROLE or target.ROLE for one "
            "side; repeatable.",
            also=TABLES,
            complete="role",
        ),
    ] = ()
    models: Annotated[
        tuple[str, ...],
        _column(
            "--models A,B",
            "Evaluate each of these columns of PRED as the predictions of a model, and report each: names, globs, or '*' for all.",
            families=("regress",),
            also=_VALUED,
            complete="column",
        ),
    ] = ()
    weights: Annotated[
        Any, _column("--weights COL|FILE", "Weight each sample: value = Σ w·l / Σ w.", also=_VALUED, complete="column")
    ] = None
    by: Annotated[
        tuple[str, ...],
        _column(
            "--by COL",
            "Report the same statistics per distinct value of this column; repeat it to group by combinations.",
            also=("inspect", "explain", "init", "compare"),
            complete="column",
        ),
    ] = ()
    unit: Annotated[
        str | None,
        _column(
            "--unit COL|none",
            "Take the rows of each value of this column as one observation in confidence intervals, such as the boxes of an image; "
            "none if every row is one.",
            also=("inspect", "explain", "compare"),
            complete="column",
        ),
    ] = None
    filter: Annotated[
        tuple[str, ...],
        _column(
            "--filter EXPR",
            "Evaluate only the pairs for which this is true, e.g. 'label=cat' or 'area >= 1024'; = != > >= < <=, joined by `and`; "
            "repeatable.",
        ),
    ] = ()
    bins: Annotated[
        tuple[str, ...],
        _column(
            "--bins COL:EDGES",
            "Group by ranges of this column as --by does: between edges (area:1024,9216), by quantiles (score:q4), or ready for "
            "boxes: area, aspect, score; repeatable.",
            also=("inspect", "explain", "init", "compare"),
        ),
    ] = ()
    strict: Annotated[
        bool,
        _column(
            "--strict",
            "Refuse what is implied (pairs by position, columns that are the only ones left, box formats) and likely mistakes.",
        ),
    ] = False
    allow: Annotated[
        tuple[str, ...],
        _column("--allow CODE", "Leave out the warning of a likely mistake, given by its code; repeatable.", choices=tuple(GUARDS)),
    ] = ()
    from_logits: Annotated[bool, _value("--from-logits", "Read scores as logits, not probabilities.", families=SCORED)] = False
    multilabel: Annotated[
        bool, _value("--multilabel", "Read every score as a separate probability; rows need not sum to one.", families=SCORED)
    ] = False
    renormalize: Annotated[
        bool, _value("--renormalize", "Divide the probabilities of each row or pixel by their sum.", families=SCORED)
    ] = False
    classes: Annotated[
        Any,
        _value(
            "--classes A,B,C",
            "Name the classes in their order, that of the scores or class weights: @FILE for a list of names or a config.json.",
            families=(*SCORED, *EMBED),
        ),
    ] = None
    num_classes: Annotated[
        int | None,
        _value("--num-classes N", "The number of classes, where class labels in PRED have no names.", low=2, families=SEGMENT),
    ] = None
    ignore_index: Annotated[
        tuple[int, ...], _value("--ignore-index N", "Leave out the pixels with this label; repeatable.", families=SEGMENT)
    ] = ()
    ignore_mask: Annotated[
        Any,
        _value(
            "--ignore-mask FILE|DIR",
            "Leave out the pixels where this array, of the shape of the masks, is not zero, or the image of a folder that has the "
            "name of the mask.",
            families=SEGMENT,
        ),
    ] = None
    mask_values: Annotated[
        Any, _value("--mask-values A,B,…", "Read these values of the masks as classes 0, 1 and so on.", families=SEGMENT)
    ] = None
    channels: Annotated[
        str,
        _value(
            "--channels",
            "Whether the channels are the first or the last axis of an image.",
            choices=("first", "last"),
            families=SEGMENT,
        ),
    ] = "first"
    rows_are_images: Annotated[
        bool,
        _value(
            "--rows-are-images",
            "Read each row of a bare array (n,P) as an image of P pixels, not the array as one image.",
            families=SEGMENT,
        ),
    ] = False
    box_format: Annotated[
        str | None,
        _value(
            "--box-format FORMAT",
            f"Format of the boxes: {', '.join(BOX_FORMATS)} (default: by names and values, else xyxy).",
            choices=BOX_FORMATS,
            families=DETECT,
        ),
    ] = None
    pred_box_format: Annotated[
        str | None, _value("--pred-box-format FORMAT", "Format of PRED's boxes.", choices=BOX_FORMATS, families=DETECT)
    ] = None
    target_box_format: Annotated[
        str | None, _value("--target-box-format FORMAT", "Format of TARGET's boxes.", choices=BOX_FORMATS, families=DETECT)
    ] = None
    degenerate: Annotated[
        str, _value("--degenerate", "What to do with boxes without width or height.", choices=ERROR_OR_KEEP, families=DETECT)
    ] = "error"
    mixed_scale: Annotated[
        str,
        _value(
            "--mixed-scale",
            "What to do when one side's boxes are in pixels and the other's in 0…1.",
            choices=ERROR_OR_KEEP,
            families=DETECT,
        ),
    ] = "error"
    nonfinite: Annotated[
        str,
        _value(
            "--nonfinite",
            "What to do with rows that contain missing values, NaN or infinity.",
            choices=("error", "drop", "keep"),
            also=TABLES,
        ),
    ] = "error"
    class_weights: Annotated[
        Any,
        _value(
            "--class-weights FILE",
            "Read (C,d) class weights or proxies, the classifier over the embeddings, from .npy or .csv.",
            families=EMBED,
        ),
    ] = None
    centers: Annotated[Any, _value("--centers FILE", "Read class centres (C,d) from .npy or .csv.", families=EMBED)] = None
    shared: frozenset[str] = frozenset()
    """The options, of every record, that settings of several commands give: they need not apply to this one."""

    @property
    def given(self) -> list[Slot]:
        """The options that are not at their defaults, those of shared settings aside."""
        return [x for x in slots(ReadOptions) if x.name not in self.shared and not unset(getattr(self, x.name), x.default)]
