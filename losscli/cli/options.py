"""The options that commands share, each written once."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.cli.declarations import Argument, Option

Pred = Annotated[
    str, Argument(metavar="PRED", help="Predictions: .csv .tsv (.gz) .npy .npz, a quoted pattern or a URL; - for stdin.")
]
Target = Annotated[str | None, Argument(metavar="TARGET", help="Targets; left out when PRED holds both sides.")]
Losses = Annotated[
    list[str] | None,
    Option(
        "-l", "--loss", metavar="RECIPE", help="[id=][weight*]name[:key=value,…][+…]; repeatable. `losscli losses` lists the names."
    ),
]
LossFile = Annotated[
    list[str] | None,
    Option("--loss-file", metavar="FILE.py:NAME", help="A loss of your own: a function of arrays, one value per row."),
]
Library = Literal[
    "torch", "torchvision", "keras", "sklearn", "monai", "smp", "mmdet", "optax", "pml", "kornia", "timm", "ultralytics"
]
Convention = Annotated[
    Library | None,
    Option(
        "--convention",
        metavar="LIBRARY",
        help="Parameters that recipes leave open are this library's: torch, torchvision, keras, sklearn, monai, smp, mmdet, optax, "
        "pml, kornia, timm, ultralytics. `losscli explain LOSS` lists them.",
    ),
]
Key = Annotated[list[str] | None, Option("--key", metavar="COL|LEFT=RIGHT", help="Pair rows by this column; repeatable.")]
Missing = Annotated[Literal["error", "drop"], Option("--missing", help="A target without prediction.")]
Extra = Annotated[Literal["error", "drop"], Option("--extra", help="A prediction without target.")]
Match = Annotated[
    Literal["none", "key", "greedy", "hungarian"],
    Option(
        "--match", help="Pair the boxes within an image_id (and label): greedy by score, hungarian for most overlap; key: by --key."
    ),
]
IouThreshold = Annotated[
    float | None,
    Option("--iou-threshold", metavar="T", min=0.0, max=1.0, help="The least overlap of a pair under --match (default: 0.5)."),
]
Nonfinite = Annotated[Literal["error", "drop", "keep"], Option("--nonfinite", help="NaN or infinity in the inputs.")]
Cols = Annotated[
    list[str] | None,
    Option("--col", metavar="ROLE=NAME[,NAME…]", help="Columns or keys that fill a role; [pred.|target.]ROLE for one side."),
]
Weights = Annotated[str | None, Option("--weights", metavar="COL|FILE", help="Per-sample weights: value = Σ w·l / Σ w.")]
FromLogits = Annotated[bool, Option("--from-logits", help="Scores are logits, not probabilities.")]
Multilabel = Annotated[bool, Option("--multilabel", help="Every score is a probability of its own; rows need not sum to one.")]
Classes = Annotated[str | None, Option("--classes", metavar="A,B,C", help="Class names in the order of the scores.")]
BoxFormat = Literal["xyxy", "xywh", "cxcywh"]
Boxes = Annotated[
    BoxFormat | None, Option("--box-format", help="Format of the boxes of both sides (default: by column names, else xyxy).")
]
PredBoxes = Annotated[BoxFormat | None, Option("--pred-box-format", help="Format of PRED's boxes.")]
TargetBoxes = Annotated[BoxFormat | None, Option("--target-box-format", help="Format of TARGET's boxes.")]
Degenerate = Annotated[Literal["error", "keep"], Option("--degenerate", help="Boxes without width or height.")]
MixedScale = Annotated[Literal["error", "keep"], Option("--mixed-scale", help="Pixel boxes against boxes in 0…1.")]
ClassWeights = Annotated[
    str | None,
    Option("--class-weights", metavar="FILE", help="(C,d) weights or proxies of a classifier over embeddings, .npy or .csv."),
]
Centers = Annotated[str | None, Option("--centers", metavar="FILE", help="(C,d) class centres, .npy or .csv.")]
Delimiter = Annotated[
    str | None, Option("--delimiter", metavar="CHAR", help="Of tables; `tab` for a tabulator. Default: by suffix and header.")
]
NoHeader = Annotated[bool, Option("--no-header", help="Tables have no line of names; columns are c0, c1, …")]
Strict = Annotated[bool, Option("--strict", help="Refuse every guess: positional pairing, implied columns or box formats.")]
Reduction = Annotated[Literal["mean", "sum"], Option("--reduction", help="The headline value.")]
By = Annotated[
    list[str] | None,
    Option(
        "--by", metavar="COL", help="The same statistics per group: rows equal in this column, or in all of several; repeatable."
    ),
]
WorstK = Annotated[int, Option("--worst", metavar="K", min=0, help="Show the K samples with the highest loss.")]
PerSample = Annotated[
    str | None, Option("--per-sample", metavar="FILE", help="One row per sample: .csv .tsv .jsonl .npy, - for CSV on stdout.")
]
Gradients = Annotated[
    str | None,
    Option("--gradients", metavar="FILE", help="d(loss)/d(prediction) as .npy (.npz for several roles); one loss."),
]
GradStats = Annotated[
    bool, Option("--grad-stats", help="The gradients' health: samples with a zero or no finite gradient, quantiles of its norm.")
]
FailIf = Annotated[
    list[str] | None, Option("--fail-if", metavar="EXPR", help="Exit 1 if it holds, e.g. 'giou.p95 > 0.8'; repeatable.")
]
WarnIf = Annotated[list[str] | None, Option("--warn-if", metavar="EXPR", help="Warn if it holds; repeatable.")]
Format = Annotated[
    Literal["auto", "table", "plain", "json", "csv", "md"],
    Option("-f", "--format", help="What goes to stdout; auto: table on a terminal, plain elsewhere."),
]
Outputs = Annotated[
    list[str] | None, Option("-o", "--output", metavar="FORMAT=FILE", help="Also write a report to a file; repeatable.")
]
ScoreOnly = Annotated[bool, Option("-b", "--score-only", help="Bare numbers, one line per loss.")]
Digits = Annotated[
    int | None,
    Option("--digits", metavar="N", min=1, max=17, help="Significant digits for people (default: 6); JSON and CSV keep all."),
]
Jobs = Annotated[int | None, Option("--jobs", metavar="N", min=1, help="Workers; never changes a result. Default: the cores.")]
Cluster = Annotated[
    str | None,
    Option("--cluster", metavar="ADDRESS|local[:N]", help="Evaluate on a Dask scheduler's workers, or on N processes here."),
]
Quiet = Annotated[bool, Option("-q", "--quiet", help="No notes and warnings on stderr.")]
Verbose = Annotated[int, Option("-v", "--verbose", count=True, help="More notes on stderr.")]
NoProgress = Annotated[bool, Option("--no-progress", help="No progress line on a terminal.")]
Debug = Annotated[bool, Option("--debug", help="Show the traceback of a bug.")]
Color = Annotated[Literal["auto", "always", "never"], Option("--color", help="Colour on stdout.")]
FamilyName = Annotated[
    Literal["classify", "regress", "detect", "segment", "embed"] | None,
    Option("--family", metavar="FAMILY", help="One of classify regress detect segment embed."),
]
