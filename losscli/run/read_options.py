"""The options of reading, each declared once: which columns, which pairs, and what the numbers mean.

Loads nothing heavy. Annotations are evaluated as the module loads, for `slots` to read.
"""

from functools import partial
from typing import Annotated, Any

from losscli.core.records import dataclass
from losscli.run.declared import COLUMNS, FILES, PAIRS, TEXT, VALUES, Argument, Option, slots
from losscli.spec.guards import GUARDS
from losscli.spec.names import BOX_FORMATS

READERS = ("inspect", "explain", "reconcile")
"""The commands, other than the families, that read predictions and targets."""
TABLES = (*READERS, "transform")
SCORED = ("classify", "detect", "segment")
DETECT, EMBED, SEGMENT = ("detect",), ("embed",), ("segment",)
ERROR_OR_DROP, ERROR_OR_KEEP = ("error", "drop"), ("error", "keep")
_column = partial(Option, group=COLUMNS, also=READERS)
_pair = partial(Option, group=PAIRS, also=READERS)
_text = partial(Option, group=TEXT, also=TABLES)
_file = partial(Option, group=FILES, also=READERS)
_value = partial(Option, group=VALUES, also=READERS)

Pred = Annotated[
    str,
    Argument(
        "PRED",
        "Predictions: a table or arrays, compressed or not; a quoted pattern; @FILE, a list of paths; a URL; or - for stdin.",
    ),
]
Target = Annotated[str | None, Argument("TARGET", "Targets. Omit it when PRED contains both sides.")]


@dataclass(frozen=True)
class ReadOptions:
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
        float | None, _pair("--score-threshold T", "Match only predictions with a score of at least T.", families=DETECT)
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
    class_agnostic: Annotated[bool, _pair("--class-agnostic", "Match boxes whatever their label.", families=DETECT)] = False
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
    weights: Annotated[Any, _column("--weights COL|FILE", "Weight each sample: value = Σ w·l / Σ w.", complete="column")] = None
    by: Annotated[
        tuple[str, ...],
        _column(
            "--by COL",
            "Report the same statistics per distinct value of this column; repeat it to group by combinations.",
            also=("inspect", "explain"),
            complete="column",
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
        _column("--allow CODE", "Say nothing of a likely mistake, by the code of its warning; repeatable.", choices=tuple(GUARDS)),
    ] = ()
    header: Annotated[
        tuple[str, ...],
        _text(
            "--header names|none",
            "Whether the first line contains column names (default: by its cells); without names they are c0, c1, …; "
            "pred.none or target.none for one side; repeatable.",
        ),
    ] = ()
    no_header: Annotated[bool, _text("-H, --no-header", "The same as --header none.")] = False
    delimiter: Annotated[
        tuple[str, ...],
        _text(
            "-d, --delimiter CHAR",
            "Delimiter: a character, `tab`, or `blank` for runs of blanks (default: by suffix and first lines); by side "
            "as --header.",
        ),
    ] = ()
    comment: Annotated[tuple[str, ...], _text("--comment MARK", "Skip the lines that begin with this; by side as --header.")] = ()
    decimal: Annotated[
        tuple[str, ...],
        _text(
            "--decimal CHAR",
            "Decimal mark: . or , (default: comma where the delimiter is ; and the first numbers have one); by side as --header.",
        ),
    ] = ()
    thousands: Annotated[
        tuple[str, ...],
        _text("--thousands CHAR", "Separator of thousands: , . ' _ or `blank` (default: none); by side as --header."),
    ] = ()
    encoding: Annotated[
        tuple[str, ...],
        _text(
            "--encoding NAME",
            "Encoding, such as cp1252 (default: UTF-8, or that of the byte order mark); by side as --header.",
        ),
    ] = ()
    stem: Annotated[
        tuple[str, ...],
        _file(
            "--stem s/PATTERN/TEXT/",
            "Change the names of files before they pair, as sed does: 's/_mask$//' removes _mask at the end; by side as --header.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = ()
    names: Annotated[
        tuple[str, ...],
        _file(
            "--names FILE|A,B,C",
            "Names of numbered classes: a list, a text file with one per line, or data.yaml (default: data.yaml or classes.txt "
            "beside or above a folder of labels; none keeps the numbers); by side as --header.",
            families=DETECT,
        ),
    ] = ()
    images: Annotated[
        tuple[str, ...],
        _file(
            "--images DIR",
            "The images that annotations belong to: those without a file of boxes count as images without boxes, and boxes in "
            "0…1 become pixels; by side as --header.",
            families=DETECT,
        ),
    ] = ()
    image_size: Annotated[
        tuple[str, ...],
        _file("--image-size WxH", "Width and height of every image in pixels; by side as --header.", families=DETECT),
    ] = ()
    yolo_order: Annotated[
        tuple[str, ...],
        _file(
            "--yolo-order WORDS",
            "The order of the words in a line of box text, such as class,score,cx,cy,w,h or class,left,top,right,bottom; "
            "by side as --header.",
            families=DETECT,
        ),
    ] = ()
    yolo_obb: Annotated[bool, _file("--yolo-obb", "Read lines of four corners as rotated boxes, for probiou.", families=DETECT)] = (
        False
    )
    keep_difficult: Annotated[
        bool, _file("--keep-difficult", "Count the objects that annotations mark as difficult.", families=DETECT)
    ] = False
    palette: Annotated[
        tuple[str, ...],
        _file(
            "--palette FILE",
            "Read the colours of RGB masks as classes: a FILE of lines `r g b name`; `id` for R + 256·G + 65536·B; `grey` for grey "
            "levels; by side as --header.",
            families=SEGMENT,
        ),
    ] = ()
    max_pixels: Annotated[
        tuple[str, ...],
        _file("--max-pixels N", "Refuse images of more than N pixels (default: 2^28); by side as --header.", families=SEGMENT),
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
            "--classes A,B,C", "Name the classes in their order: that of the scores or class weights.", families=(*SCORED, *EMBED)
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
            "--ignore-mask FILE",
            "Leave out the pixels where this array (.npy or .npz), of the shape of the masks, is not zero.",
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

    @property
    def formats(self) -> dict[str, tuple[str, ...]]:
        """How the files of a side are written, as typed, by option; `yes` for a switch."""
        found = {slot.name: getattr(self, slot.name) for slot in slots(ReadOptions) if slot.declared.group in (TEXT, FILES)}
        header = ("none",) if found.pop("no_header") else ()
        said = {name: value if isinstance(value, tuple) else ("yes",) * value for name, value in found.items()}
        return {**said, "header": (*said["header"], *header)}
