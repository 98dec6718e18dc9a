"""The options in Python, with their types. Written by `python -m tests.support.readme`; not to be edited."""

from collections.abc import Sequence
from typing import Any, Literal, TypedDict

class Reading(TypedDict, total=False):
    header: str | Sequence[str]
    no_header: bool
    delimiter: str | Sequence[str]
    comment: str | Sequence[str]
    decimal: str | Sequence[str]
    thousands: str | Sequence[str]
    encoding: str | Sequence[str]
    stem: str | Sequence[str]
    names: str | Sequence[str]
    images: str | Sequence[str]
    image_size: str | Sequence[str]
    yolo_order: str | Sequence[str]
    yolo_obb: bool
    yolo_kpt_shape: str | Sequence[str]
    keep_difficult: bool
    palette: str | Sequence[str]
    max_pixels: str | Sequence[str]
    rle_order: str | Sequence[str]
    key: str | Sequence[str]
    key_stem: bool
    many: bool
    missing: Literal["error", "drop"]
    extra: Literal["error", "drop"]
    pair: Literal["position"] | None
    pairs: Any
    gallery: Any
    match: Literal["none", "key", "greedy", "hungarian", "coco"] | None
    iou_threshold: float | None
    score_threshold: float | None
    max_dets: int | None
    area: str | None
    unmatched: str | None
    class_agnostic: bool
    one_image: bool
    col: str | Sequence[str]
    models: str | Sequence[str]
    weights: Any
    by: str | Sequence[str]
    unit: str | None
    filter: str | Sequence[str]
    bins: str | Sequence[str]
    strict: bool
    allow: Literal["pair-order", "index-column", "total-row", "class-names", "box-convention", "mixed-scale", "label-order", "one-based", "one-hot", "class-numbers-shifted", "probabilities-as-logits", "classes-as-probabilities", "unit-norm", "rows-by-place"] | Sequence[Literal["pair-order", "index-column", "total-row", "class-names", "box-convention", "mixed-scale", "label-order", "one-based", "one-hot", "class-numbers-shifted", "probabilities-as-logits", "classes-as-probabilities", "unit-norm", "rows-by-place"]]
    from_logits: bool
    multilabel: bool
    renormalize: bool
    classes: Any
    num_classes: int | None
    ignore_index: int | Sequence[int]
    ignore_mask: Any
    mask_values: Any
    channels: Literal["first", "last"]
    rows_are_images: bool
    box_format: Literal["xyxy", "xywh", "cxcywh"] | None
    pred_box_format: Literal["xyxy", "xywh", "cxcywh"] | None
    target_box_format: Literal["xyxy", "xywh", "cxcywh"] | None
    degenerate: Literal["error", "keep"]
    mixed_scale: Literal["error", "keep"]
    nonfinite: Literal["error", "drop", "keep"]
    class_weights: Any
    centers: Any

class Options(Reading, total=False):
    loss_file: str | Sequence[str]
    convention: str | None
    reduction: Literal["mean", "sum"]
    per_class: bool
    calibration: int | None
    budget: bool
    worst: int
    best: int
    terms: bool
    grad_stats: bool
    state: bool
    fail_if: str | Sequence[str]
    warn_if: str | Sequence[str]
    ci: Any
    ci_method: Literal["skew-t", "bootstrap-t", "percentile"]
    baseline: Any
    unpaired: bool
    test: Literal["signflip", "t", "none"]
    adjust: Literal["holm", "bh", "none"]
    resamples: int | None
    seed: int
    max_regression: str | None
    max_change: str | None
    gate_on: Literal["value", "ci"]
    inconclusive: Literal["fail", "warn", "pass"] | None
    plots: str | Sequence[str]
    loss_map: str | None
