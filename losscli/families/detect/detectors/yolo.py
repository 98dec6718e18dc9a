"""YOLOv1: squared errors of boxes, confidences and classes on a grid of cells."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from losscli.core.errors import DataError
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._detector_scores import whole_numbers
from losscli.families.detect._detector_terms import summed
from losscli.families.detect.family import FAMILY, misshapen
from losscli.numerics.stable import Floats, Ints, divide, row_sum, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    grid, box, kinds = block.doubles("grid"), block.doubles("target_box"), block.doubles("target_class")
    where = block.place("grid", 0, 0) if block.rows else None
    cells, classes = grid.shape[:-1], kinds.shape[-1]
    if grid.ndim != 4 or cells[1] != cells[2] or grid.shape[-1] <= classes or (grid.shape[-1] - classes) % 5:
        raise DataError(
            f"grid has rows of shape {grid.shape[1:]}: it needs S×S cells of five numbers per box and {classes} classes",
            where,
            fix="`losscli explain yolo_v1` lists the inputs it reads",
        )
    for role, found, wanted in (
        ("obj", block.arrays["obj"].shape, cells),
        ("target_box", box.shape, (*cells, 4)),
        ("target_class", kinds.shape, (*cells, classes)),
    ):
        if found != wanted:
            what = f"{FAMILY.role(role).key} has rows of shape {found[1:]}, but the grid needs {wanted[1:]}"
            fix = "`losscli explain yolo_v1` lists the inputs it reads"
            raise misshapen(block, role, what, fix)
    obj = whole_numbers(block, "obj", 0, 2)
    held = _boxes(grid, classes)[..., 2:4]
    block.reject(
        "grid",
        ((held < 0).any((-1, -2)) & (obj == 1)).reshape(block.rows, -1).any(1),
        lambda g: "a box of a cell with an object has a negative width or height, which has no square root",
        "save the widths and heights themselves; if the network predicts their square roots, square them first",
    )
    block.reject(
        "target_box",
        ((box[..., 2:] < 0).any(-1) & (obj == 1)).reshape(block.rows, -1).any(1),
        lambda b: "a true box has a negative width or height",
        "give true boxes as x, y relative to the cell and w, h relative to the image",
    )
    return grid, obj, box, kinds


class _Cells(NamedTuple):
    """The inputs per cell and box, used by the loss and its gradient."""

    boxes: Floats
    """(N,S,S,B,5)"""
    classes: Floats
    """(N,S,S,C)"""
    held: Floats
    """(N,S,S) 1 where a cell contains an object"""
    mine: Floats
    """(N,S,S,B) 1 for the responsible box of such a cell"""
    confidence: Floats
    """(N,S,S,B) target confidence"""


@FAMILY.loss(
    "yolo_v1",
    aliases=("yolo", "yolov1"),
    cite="Redmon 2016",
    of_value=True,
    frozen=lambda p: bool(p.conf_target == "iou"),
    reads=_prepare,
    sample="an image",
)
def yolo_v1(
    grid: Floats,
    obj: Ints,
    target_box: Floats,
    target_class: Floats,
    *,
    coord: Annotated[float, Param("weight of the box term", ge=0)] = 5.0,
    noobj: Annotated[float, Param("weight of confidences without an object", ge=0)] = 0.5,
    conf_target: Annotated[Literal["iou", "one"], Param("target confidence of a responsible box: its IoU, or 1")] = "iou",
) -> Rows:
    """Squared errors of position, square root of size, confidence and class on a grid of cells, summed per image.

    Formula: L = coord·Σ_obj[(x-x̂)² + (y-ŷ)² + (√w-√ŵ)² + (√h-√ĥ)²] + Σ_obj(c-ĉ)² + noobj·Σ_else ĉ² + Σ_obj Σ_classes(p-p̂)².
    Σ_obj runs over the responsible box of each cell with an object: the one of highest IoU, the first of equals; Σ_else over
    all other boxes.
    Gradient: 2·coord·(x̂-x); coord·(√ŵ-√w)/√ŵ; 2·(ĉ-c) or 2·noobj·ĉ; 2·(p̂-p); the target confidence is held constant.
    Edge cases: the gradient at a predicted width of 0 is infinite. Negative widths in cells with an object are refused.
    Reads: PRED grid (N,S,S,5B+C): B times x, y relative to the cell, w, h relative to the image, confidence, then classes; TARGET
    obj (N,S,S) 0/1, box (N,S,S,4) in the same units, class (N,S,S,C). The value is the mean over images.
    Use when: reproducing the loss of the paper, or breaking it down into its terms: class, box, object, noobject.
    Avoid when: classes are many or unbalanced: squared errors of probabilities have small gradients.
    Related: the class term is brier in classify; later YOLO versions use ciou, bce and dfl.
    Equivalents: Darknet's detection layer (coords 5, noobject .5, rescore): `yolo_v1`, except that Darknet chooses the lowest RMSE
    where every IoU is 0; in no released Python library.
    """
    c = _cells(grid, obj, target_box, target_class.shape[-1], conf_target)
    box = _box_off(c, target_box)
    parts = {
        "class": (1.0, row_sum(times(c.held[..., None], (c.classes - target_class) ** 2))),
        "box": (coord, row_sum(box * box)),
        "object": (1.0, row_sum(times(c.mine, (c.boxes[..., 4] - c.confidence) ** 2))),
        "noobject": (noobj, row_sum(times(1.0 - c.mine, c.boxes[..., 4] ** 2))),
    }
    return summed(parts)


@yolo_v1.gradient
def _slope(grid: Floats, obj: Ints, target_box: Floats, target_class: Floats, p: Params) -> dict[str, Floats]:
    c = _cells(grid, obj, target_box, target_class.shape[-1], p.conf_target)
    box = _box_off(c, target_box)
    by_box = np.empty_like(c.boxes)
    by_box[..., :2] = 2.0 * p.coord * box[..., :2]
    by_box[..., 2:4] = p.coord * divide(box[..., 2:], np.sqrt(np.maximum(c.boxes[..., 2:4], 0.0)), 0.0)
    by_box[..., :4] = np.where(c.mine[..., None] > 0, by_box[..., :4], 0.0)
    by_box[..., 4] = np.where(c.mine > 0, 2.0 * (c.boxes[..., 4] - c.confidence), 2.0 * p.noobj * c.boxes[..., 4])
    by_class = 2.0 * c.held[..., None] * (c.classes - target_class)
    return {"grid": np.concatenate([by_box.reshape(*grid.shape[:3], -1), by_class], axis=-1)}


def _boxes(grid: Floats, classes: int) -> Floats:
    return grid[..., : grid.shape[-1] - classes].reshape(*grid.shape[:3], -1, 5)


def _cells(grid: Floats, obj: Ints, target_box: Floats, classes: int, conf_target: str) -> _Cells:
    boxes = _boxes(grid, classes)
    iou = _iou(boxes[..., :4], np.broadcast_to(target_box[..., None, :], (*boxes.shape[:-1], 4)), grid.shape[1])
    held = obj.astype(np.float64)
    best = np.argmax(iou, axis=-1)[..., None]
    mine = held[..., None] * (np.arange(boxes.shape[3]) == best)
    return _Cells(boxes, grid[..., -classes:], held, mine, iou if conf_target == "iou" else np.ones_like(iou))


def _box_off(c: _Cells, target_box: Floats) -> Floats:
    """Differences of positions and of square roots of sizes, the latter as (ŵ - w)/(√ŵ + √w), which does not cancel."""
    u = c.boxes[..., :4] - target_box[..., None, :]
    roots = np.sqrt(np.maximum(c.boxes[..., 2:4], 0.0)) + np.sqrt(np.maximum(target_box[..., None, 2:], 0.0))
    u[..., 2:] = divide(u[..., 2:], roots, 0.0)
    return np.where(c.mine[..., None] > 0, u, 0.0)


def _iou(pred: Floats, target: Floats, cells: int) -> Floats:
    """IoU of boxes of the same cell, with positions in units of the cell and sizes in units of the image."""
    o = Overlap(_corners(pred, cells), _corners(target, cells))
    return divide(o.inter, o.union, 0.0).reshape(pred.shape[:-1])


def _corners(box: Floats, cells: int) -> Floats:
    x, y = box[..., 0] / cells, box[..., 1] / cells
    half_w, half_h = 0.5 * np.maximum(box[..., 2], 0.0), 0.5 * np.maximum(box[..., 3], 0.0)
    return np.stack([x - half_w, y - half_h, x + half_w, y + half_h], axis=-1).reshape(-1, 4)
