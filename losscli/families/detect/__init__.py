"""Detection losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.detect._family import FAMILY
from losscli.families.detect.boxes import ciou, diou, giou, iou
from losscli.families.detect.coords import fast_rcnn_loc, huber, l1, l2, smooth_l1
from losscli.families.detect.rcnn import faster_rcnn
from losscli.families.detect.scores import focal
from losscli.families.detect.ssd import ssd
from losscli.families.detect.yolo import yolo_v1

__all__ = [
    "FAMILY",
    "ciou",
    "diou",
    "fast_rcnn_loc",
    "faster_rcnn",
    "focal",
    "giou",
    "huber",
    "iou",
    "l1",
    "l2",
    "smooth_l1",
    "ssd",
    "yolo_v1",
]
