"""Where libraries disagree: one input and what each of them gives for it. Rows V1 to V52, a cell per value.

A cell with a convention is asked with `--convention`; one without is the recipe for a form that no option names (a paper's,
a smaller library's, another reading of the same words). Values were printed by the libraries at the versions of `LIBRARIES`,
or follow by hand where the origin says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np

LIBRARIES = (
    "torch 2.15, torchvision 0.29, Keras 3.15, scikit-learn 1.9, MONAI 1.6, segmentation-models-pytorch 0.6, mmdetection 3.3, "
    "optax 0.2.8, pytorch-metric-learning 2.9, kornia 0.9, timm 1.0.31, ultralytics 8.4"
)

ROWS = tuple(f"V{i}" for i in range(1, 53))


@dataclass(frozen=True)
class Cell:
    """printed: as the library printed it; its last digit is the tolerance. of: the value, or the mean of Σ w·l over the rows."""

    row: str
    family: str
    recipe: str
    data: tuple[Any, Any]
    printed: str
    convention: str | None = None
    how: Mapping[str, Any] = field(default_factory=dict)
    of: str = "value"
    origin: str = LIBRARIES

    def __str__(self) -> str:
        return f"{self.row}-{self.convention or 'recipe'}-{self.recipe}-{self.printed}"


LOGITS: dict[str, Any] = {"from_logits": True}
KEEP = {"degenerate": "keep"}

SHORT, LONG, EQUAL = ([2.0], [0.0]), ([3.0], [0.0]), ([0.0], [0.0])
NEAR = ([0.05], [0.0])
TWO_ROWS = ([[1.0, 0.0], [2.0, 1.0]], [0, 1])
HALVES = ([[0.5, 0.5], [0.5, 0.5]], [0, 1])
COIN = ([0.5, 0.5], [0, 1])
WEIGHED = {"weights": [1.0, 3.0]}
IGNORED = ([[1.0, 0.0], [0.0, 1.0]], [0, 255])
FOUR = ([2.0, -1.0, 0.5, -3.0], [1, 0, 0, 1])
ONE_OF_THREE = ([[0.2, 1.1, -0.5]], [1])
SMOOTHED = ([[2.0, 0.5, -1.0]], [0])
LIKELY = ([0.7], [1])
NEVER = ([0.0], [1])
THIRDS = ([[0.5, 0.5, 0.5]], [0])
DISTRIBUTIONS = ([[0.5, 0.5], [0.2, 0.8]], [[0.1, 0.9], [0.3, 0.7]])
RATE = ([2.0], [3.0])
NORMAL = ({"pred": [1.0], "var": [0.5]}, [2.0])
SCORES, BELOW = ([[0.2, 0.9, 0.4]], [0]), ([[-3.0, -1.0, -2.0]], [0])
FORECAST = [0.1, 0.9, 0.8, 0.3]
OUTCOME = [0, 1, 1, 0]
OF_TWO = ([[1 - p, p] for p in FORECAST], OUTCOME)
OF_THREE = ([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.2, 0.2, 0.6]], [0, 1, 2])

BOXES = ([[0.0, 0, 2, 3]], [[0.0, 0, 3, 3]])
DISJOINT = ([[0.0, 0, 1, 1]], [[2.0, 2, 3, 3]])
APART = ([[0.0, 0, 4, 2]], [[3.0, 0, 4, 6]])
CLOSE = ([[0.0, 0, 4, 2]], [[0.0, 0, 4, 3]])
TINY = ([[0.0, 0, 1e-4, 1e-4]], [[0.0, 0, 1e-4, 1e-4]])

MASKS = ([[[0.9, 0.2], [0.4, 0.7]]], [[[1, 0], [1, 1]]])
LACKING = (
    [[[[1.2, 0.3], [-0.5, 0.1]], [[-0.3, 0.8], [0.9, 0.2]], [[0.1, -0.4], [0.2, -1.0]]]],
    [[[0, 1], [1, 0]]],
)
"""Logits of three classes; the third has no pixel."""
SECOND = ([[[0.4, 0.0, 0.0, 0.9]]], [[[1, 1, 0, 0]]])
BOTH = ([[[0.0, 1.0, 0.0, 1.0]], [[0.4, 0.0, 0.0, 0.9]]], [[[1, 1, 0, 0]], [[1, 1, 0, 0]]])
HALF = ([[[1.0, 0.0, 1.0]]], [[[1, 1, 0]]])
"""One pixel each of agreement, miss and false alarm: a Tversky index of one half."""

PAIRS = ({"a": np.zeros((4, 1)), "b": np.array([[0.5], [1.2], [0.3], [1.5]])}, {"same": [1, 1, 0, 0]})
TURNED = (PAIRS[0], {"same": [0, 0, 1, 1]})
TRIPLET = ([[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]], None)
CIRCLE = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-0.8, 0.6]]
BATCH, THREE_ALIKE = (CIRCLE, [0, 0, 1, 1]), (CIRCLE, [0, 0, 0, 1])
TURNED_AXES = {"class_weights": [[0.8, 0.6], [-0.6, 0.8]]}
RADIAN = ([[np.cos(1.0), np.sin(1.0), 0.0]], [0])
ACROSS = {"class_weights": [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]}
VIEW = np.random.default_rng(3).normal(size=(5, 2))

REGIONS = (
    {"scores": [[2.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.5, 0.0, 1.0]], "deltas": np.zeros((3, 12))},
    {"label": [0, 1, 2], "deltas": [[0.0, 0, 0, 0], [0.05, -0.1, 0.2, 0.0], [1.0, 0.0, 0.0, -0.5]]},
)
PROPOSALS = (
    {"scores": [2.0, -1.0, 0.5, -2.0], "deltas": np.zeros((4, 4))},
    {"label": [1, 0, 1, 0], "deltas": [[0.05, 0, 0, 0.2], [0.0, 0, 0, 0], [0.0, 0.3, -0.1, 0.0], [0.0, 0, 0, 0]]},
)
BACKGROUND = [0.0, 0.0, 3.0, 2.0, 1.0, 0.0, -1.0, 2.5, 0.5, 4.0]
ANCHORS = np.array([[20.0 * i, 0.0, 20.0 * i + 10.0, 10.0] for i in range(10)])
OFF = np.zeros((10, 4))
OFF[0], OFF[1] = (0.1, 0.2, 0.0, -0.3), (1.5, 0.0, 0.0, 0.0)
PRIORS = (
    {"scores": [[[b, 0.0, 0.0] for b in BACKGROUND]], "deltas": OFF[None], "anchor": ANCHORS},
    {"box": ANCHORS[None, :2], "label": [[1, 2]], "match": [[0, 1, *[-1] * 8]]},
)
UNMATCHED = (PRIORS[0], {**PRIORS[1], "match": [[-1] * 10]})
GRID = (
    {"grid": [[[[0.5, 0.5, 0.25, 0.25, 0.8, 0.4, 0.6, 0.36, 0.16, 0.3, 0.7, 0.3]]]]},
    {"obj": [[[1]]], "box": [[[[0.5, 0.5, 0.25, 0.36]]]], "class": [[[[1.0, 0.0]]]]},
)


def filled(p: float) -> tuple[Any, Any]:
    """A prediction of p everywhere where nothing is."""
    return [[[p, p], [p, p]]], [[[0, 0], [0, 0]]]


def cells(row: str, family: str, data: Any, printed: str, *asked: str | tuple[str, str], **more: Any) -> list[Cell]:
    """One value that several recipes give: a recipe alone, or (library, recipe)."""
    said = [(None, a) if isinstance(a, str) else a for a in asked]
    return [Cell(row, family, recipe, data, printed, convention, **more) for convention, recipe in said]


def each(libraries: str, recipe: str) -> list[tuple[str, str]]:
    """The recipe under each library's convention."""
    return [(library, recipe) for library in libraries.split()]


BY_HAND = "by hand"

CELLS: list[Cell] = [
    *cells("V1", "regress", SHORT, "0.875", *each("torch keras optax", "huber:delta=0.5")),
    *cells("V1", "regress", SHORT, "1.75", *each("torch mmdet", "smooth_l1:beta=0.5")),
    *cells("V1", "regress", SHORT, "1.5", ("torch", "huber"), ("torch", "smooth_l1"), origin=BY_HAND),
    *cells("V2", "regress", NEAR, "0.00125", *each("torch mmdet", "smooth_l1")),
    *cells("V2", "regress", NEAR, "0.01125", ("torchvision", "smooth_l1")),
    *cells("V2", "regress", NEAR, "0.05", "smooth_l1:beta=0"),
    *cells("V3", "regress", LONG, "9", *each("torch keras mmdet", "mse")),
    *cells("V3", "regress", LONG, "4.5", ("optax", "half_mse")),
    *cells("V4", "classify", TWO_ROWS, "1.063262", ("torch", "ce:weights=[1,3]"), how=LOGITS),
    *cells("V4", "classify", TWO_ROWS, "2.126523", ("keras", "ce:weights=[1,3]"), how=LOGITS),
    *cells("V5", "classify", COIN, "1.386294", ("torch", "bce"), how=WEIGHED, of="count"),
    *cells("V5", "classify", HALVES, "0.693147", ("torch", "ce:weights=[1,3]")),
    *cells("V6", "regress", ([1.0, 9.0], [0.0, 0.0]), "14", ("keras", "mae"), how=WEIGHED, of="count"),
    *cells("V6", "regress", ([1.0, 9.0], [0.0, 0.0]), "7", *each("sklearn keras", "mae"), how=WEIGHED),
    *cells("V7", "classify", IGNORED, "0.313262", *each("torch keras", "ce:ignore_index=255"), how=LOGITS),
    *cells("V7", "classify", IGNORED, "0.156631", *each("smp mmdet", "ce:ignore_index=255"), how=LOGITS),
    *cells("V8", "classify", FOUR, "0.248018", *each("torchvision monai smp mmdet kornia", "focal:alpha=0.25"), how=LOGITS),
    *cells("V8", "classify", FOUR, "0.248018", ("ultralytics", "focal:gamma=2"), how=LOGITS),
    *cells("V8", "classify", FOUR, "0.248018", ("keras", "focal:alpha=0.25,alpha_on=positives"), how=LOGITS),
    *cells("V8", "classify", FOUR, "0.792038", "focal", how=LOGITS),
    *cells("V9", "classify", FOUR, "0.248018", *each("torchvision mmdet", "focal"), ("ultralytics", "focal:gamma=2"), how=LOGITS),
    *cells("V9", "classify", FOUR, "0.792038", *each("monai smp optax keras kornia", "focal"), how=LOGITS),
    *cells("V10", "classify", FOUR, "0.248018", "focal:alpha=0.25", how=LOGITS),
    *cells("V10", "classify", FOUR, "0.992073", "focal:alpha=0.25", how={**LOGITS, "reduction": "sum"}),
    *cells("V10", "classify", FOUR, "0.496037", "focal:alpha=0.25,normalizer=positives", how=LOGITS),
    *cells("V11", "classify", ONE_OF_THREE, "0.068014", "focal", ("keras", "focal:alpha=none"), how=LOGITS),
    *cells("V11", "classify", ONE_OF_THREE, "0.022671", ("kornia", "focal"), ("monai", "focal:mode=softmax"), how=LOGITS),
    *cells("V11", "classify", ONE_OF_THREE, "0.017004", ("keras", "focal"), how=LOGITS),
    *cells("V11", "classify", ONE_OF_THREE, "0.017004", ("kornia", "focal:alpha=0.25,classes=sum"), how=LOGITS),
    *cells("V11", "classify", ONE_OF_THREE, "0.108929", *each("smp monai optax", "focal"), how=LOGITS),
    *cells("V12", "classify", SMOOTHED, "0.391311", *each("torch keras optax smp", "ce:label_smoothing=0.1"), how=LOGITS),
    *cells("V12", "classify", SMOOTHED, "0.391311", ("timm", "ce"), how=LOGITS),
    *cells("V12", "classify", SMOOTHED, "0.466311", "ce:label_smoothing=0.15", how=LOGITS),
    *cells("V13", "classify", SMOOTHED, "0.773486", ("torch", "ce:label_smoothing=0.1,weights=[1,2,4]"), how=LOGITS),
    *cells("V13", "classify", SMOOTHED, "0.391311", ("keras", "ce:label_smoothing=0.1,weights=[1,2,4]"), how=LOGITS),
    *cells("V13", "classify", SMOOTHED, "0.391311", "ce:label_smoothing=0.1,weights=[1,2,4],weights_on=label", how=LOGITS),
    *cells("V14", "classify", LIKELY, "0.438186", ("keras", "bce:label_smoothing=0.1"), how=LOGITS),
    *cells("V14", "classify", LIKELY, "0.473186", ("smp", "bce:label_smoothing=0.2"), how=LOGITS),
    *cells("V15", "classify", NEVER, "100", ("torch", "bce")),
    *cells("V15", "classify", NEVER, "16.118", ("keras", "bce")),
    *cells("V15", "classify", NEVER, "36.04", ("sklearn", "bce")),
    *cells("V15", "classify", NEVER, "inf", ("optax", "bce"), origin=BY_HAND),
    *cells("V16", "classify", THIRDS, "1.098612", ("keras", "ce")),
    *cells("V16", "classify", THIRDS, "0.693147", ("sklearn", "ce"), how={"multilabel": True}),
    *cells("V17", "classify", DISTRIBUTIONS, "0.099058", ("torch", "kl")),
    *cells("V17", "classify", DISTRIBUTIONS, "0.198116", *each("keras optax", "kl"), ("torch", "kl:classes=sum")),
    *cells("V18", "regress", RATE, "1.389056", ("torch", "poisson_nll")),
    *cells("V18", "regress", RATE, "-0.079442", ("keras", "poisson_nll"), ("torch", "poisson_nll:log_input=false")),
    *cells("V18", "regress", RATE, "1.684640", ("torch", "poisson_nll:log_input=false,full=stirling")),
    *cells("V18", "regress", RATE, "1.712318", "poisson_nll:full=exact"),
    *cells("V19", "regress", NORMAL, "0.653426", ("torch", "gaussian_nll")),
    *cells("V19", "regress", NORMAL, "1.572365", ("torch", "gaussian_nll:full=true")),
    *cells("V20", "classify", COIN, "1.0", *each("keras sklearn", "hinge")),
    *cells("V21", "classify", SCORES, "0.966667", ("torch", "multi_margin")),
    *cells("V21", "classify", SCORES, "1.443333", ("torch", "multi_margin:p=2")),
    *cells("V21", "classify", SCORES, "1.7", *each("optax sklearn", "crammer_singer")),
    *cells("V21", "classify", BELOW, "3.0", *each("optax sklearn", "crammer_singer")),
    *cells("V21", "classify", BELOW, "4.0", ("keras", "crammer_singer")),
    *cells("V23", "classify", (FORECAST, OUTCOME), "0.0375", ("sklearn", "brier")),
    *cells("V23", "classify", OF_TWO, "0.0375", ("sklearn", "brier")),
    *cells("V23", "classify", OF_THREE, "0.14667", ("sklearn", "brier")),
    *cells("V24", "detect", BOXES, "0.405465", ("mmdet", "iou")),
    *cells("V24", "detect", BOXES, "0.333333", *each("torchvision ultralytics monai", "iou"), ("mmdet", "iou:form=linear")),
    *cells("V24", "detect", BOXES, "0.555556", ("mmdet", "iou:form=square")),
    *cells("V24", "detect", DISJOINT, "13.8155", ("mmdet", "iou")),
    *cells("V24", "detect", DISJOINT, "1", ("torchvision", "iou"), ("mmdet", "iou:form=linear"), ("mmdet", "iou:form=square")),
    *cells("V25", "detect", APART, "1.061942", *each("torchvision ultralytics", "ciou")),
    *cells("V25", "detect", APART, "0.953526", ("mmdet", "ciou"), ("torchvision", "diou")),
    *cells("V25", "detect", CLOSE, "0.343829", *each("torchvision ultralytics mmdet", "ciou")),
    *cells("V26", "detect", TINY, "0.9091", ("torchvision", "giou")),
    *cells("V26", "detect", TINY, "0.9089", ("ultralytics", "giou")),
    *cells("V26", "detect", TINY, "0.922606", ("monai", "giou")),
    *cells("V26", "detect", TINY, "0.9000", ("mmdet", "giou")),
    *cells("V26", "detect", TINY, "0.9900", ("mmdet", "iou:form=linear")),
    *cells("V26", "detect", TINY, "0", "giou", "iou", origin=BY_HAND),
    *cells("V27", "detect", CLOSE, "0.283333", ("mmdet", "extended_iou")),
    *cells("V27", "detect", CLOSE, f"{1 / 3 + 0.25 / 25 + 1 / 9:.12f}", "eiou", origin="by hand: 1 - 2/3 + .5²/5² + 0 + 1²/3²"),
    *cells("V29", "segment", MASKS, "0.23077", ("monai", "dice")),
    *cells("V29", "segment", MASKS, "0.230769", *each("smp keras kornia", "dice"), ("ultralytics", "dice:smooth=0")),
    *cells("V29", "segment", MASKS, "0.111111", "dice:squared=true"),
    *cells("V29", "segment", MASKS, "0.111506", ("mmdet", "dice")),
    *cells("V29", "segment", MASKS, "0.166667", ("optax", "dice")),
    *cells("V29", "segment", MASKS, "0.193548", "dice:smooth=1"),
    *cells("V30", "segment", filled(0.0), "0", *each("monai smp", "dice"), "dice:smooth=0.001"),
    *cells("V30", "segment", filled(0.0), "1", *each("keras mmdet", "dice")),
    *cells("V30", "segment", filled(0.5), "0.999995", ("monai", "dice")),
    *cells("V30", "segment", filled(0.5), "0", ("smp", "dice")),
    *cells("V30", "segment", filled(0.5), "1", ("keras", "dice")),
    *cells("V30", "segment", filled(1e-3), "0.9975", ("monai", "dice")),
    *cells("V30", "segment", filled(1e-3), "0", ("smp", "dice")),
    *cells("V30", "segment", filled(1e-3), "0.8", "dice:smooth=0.001"),
    *cells("V33", "segment", LACKING, "0.462326", ("monai", "gdl"), how=LOGITS),
    *cells("V33", "segment", LACKING, "0.283979", ("optax", "gdl"), how=LOGITS),
    *cells("V33", "segment", LACKING, "1.0", "gdl:size_eps=1e-20", how=LOGITS),
    *cells("V33", "segment", LACKING, "0.585595", "gdl:absent=one", how=LOGITS),
    *cells("V33", "segment", LACKING, "0.403150", "gdl", how=LOGITS),
    *cells("V34", "segment", SECOND, "0.722222", ("keras", "tversky:alpha=0.2,beta=0.8")),
    *cells("V34", "segment", SECOND, "0.7849", ("monai", "tversky:alpha=0.2,beta=0.8")),
    *cells("V34", "segment", SECOND, "0.784946", *each("smp kornia", "tversky:alpha=0.2,beta=0.8")),
    *cells("V34", "segment", BOTH, "0.637305699", "tversky:alpha=0.2,beta=0.8,classes=pooled,pool=batch"),
    *cells("V35", "segment", LACKING, "0.451492", ("kornia", "tversky:alpha=0.1,beta=0.9"), how=LOGITS),
    *cells("V35", "segment", LACKING, "0.344571", ("kornia", "tversky:alpha=0.9,beta=0.1"), how=LOGITS),
    *cells("V35", "segment", LACKING, "0.46233", "tversky:alpha=0.1,beta=0.9,classes=pooled", how=LOGITS),
    *cells("V35", "segment", LACKING, "0.46233", "tversky:alpha=0.9,beta=0.1,classes=pooled", how=LOGITS),
    *cells("V36", "segment", LACKING, "0.464576", ("smp", "lovasz_softmax"), how=LOGITS),
    *cells("V36", "segment", LACKING, "0.404675", ("kornia", "lovasz_softmax"), how=LOGITS),
    *cells("V37", "segment", HALF, "0.594604", "focal_tversky"),
    *cells("V37", "segment", HALF, "0.396850", f"focal_tversky:kappa={4 / 3!r}"),
    *cells("V37", "segment", HALF, "0.5", ("smp", "focal_tversky")),
    *cells("V38", "embed", PAIRS, "0.2725", "contrastive"),
    *cells("V38", "embed", PAIRS, "0.545", "contrastive:half=false"),
    *cells("V38", "embed", PAIRS, "0.325", "contrastive:form=eq3"),
    *cells("V38", "embed", PAIRS, "0.6", "contrastive:form=linear,half=false"),
    *cells("V39", "embed", TURNED, f"{(0.5**2 + 0.3**2 + 1.5**2) / 8:.12f}", "contrastive", origin=BY_HAND),
    *cells("V40", "embed", TRIPLET, "0.480213", ("torch", "triplet")),
    *cells("V40", "embed", TRIPLET, "0.480214", ("optax", "triplet")),
    *cells("V40", "embed", TRIPLET, "0", "triplet:margin=1,distance=squared"),
    *cells("V40", "embed", BATCH, "0.311972", ("pml", "triplet")),
    *cells("V40", "embed", BATCH, "0.077993", ("pml", "triplet:reduce=mean")),
    *cells("V41", "embed", BATCH, "2.957262", ("pml", "arcface"), "arcface:m=28.6deg", how=TURNED_AXES),
    *cells("V41", "embed", BATCH, "2.969430", "arcface:m=0.5", how=TURNED_AXES),
    *cells("V42", "embed", THREE_ALIKE, "0.444402", ("pml", "nt_xent:temperature=0.5")),
    *cells("V42", "embed", THREE_ALIKE, "1.054401", ("pml", "supcon:temperature=0.5")),
    *cells("V43", "embed", BATCH, "0.668040", ("monai", "nt_xent")),
    *cells("V43", "embed", BATCH, "1.456593", *each("pml optax", "nt_xent")),
    *cells(
        "V44", "embed", (np.stack([VIEW, VIEW], 1), None), f"{2 / 25:.6f}", "barlow_twins:ddof=1,lambda=0", origin="(1/n)² twice"
    ),
    *cells(
        "V44",
        "embed",
        (np.stack([VIEW, VIEW], 1), None),
        f"{2 / 25:.5f}",
        ("monai", "barlow_twins:lambda=0"),
        origin="(1/n)² twice",
    ),
    *cells("V44", "embed", (np.stack([VIEW, VIEW], 1), None), "0.000000000000", "barlow_twins:lambda=0", origin=BY_HAND),
    *cells("V45", "regress", ([1.5], [1.0]), "50.000", ("keras", "mape")),
    *cells("V45", "regress", ([1.5], [1.0]), "0.500", ("sklearn", "mape")),
    *cells("V45", "regress", ([1.0], [0.0]), "1000000000.0", ("keras", "mape"), origin="by hand: 100 / 1e-7"),
    *cells("V45", "regress", ([1.0], [0.0]), "4503599627370496.0", ("sklearn", "mape"), origin="by hand: 1 / 2⁻⁵²"),
    *cells("V46", "regress", ([[1.0, 2.0]], [[2.0, 4.0]]), "-1.000000", ("keras", "cosine")),
    *cells("V46", "regress", ([[1.0, 2.0]], [[2.0, 4.0]]), "0.000000", *each("optax torch", "cosine")),
    *cells("V47", "regress", EQUAL, "0", ("kornia", "charbonnier")),
    *cells("V47", "regress", EQUAL, "0.001", "charbonnier:c=0.001,form=root"),
    *cells("V50", "detect", GRID, "0.28614198", "yolo_v1"),
    *cells("V50", "detect", GRID, "0.31500000", "yolo_v1:conf_target=one"),
    *cells("V51", "classify", HALVES, "2.0", "sce:alpha=0"),
    *cells("V51", "classify", HALVES, "4.605170", f"sce:alpha=0,A={log(1e-4)!r}"),
]
"""Every value of the table but those of composites' terms and of angles, which `test_disagreements` asks for by name."""
