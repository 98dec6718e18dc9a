"""Detection losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.detect._family import FAMILY
from losscli.families.detect.boxes import ciou, diou, giou, iou
from losscli.families.detect.coords import fast_rcnn_loc, huber, l1, l2, smooth_l1
from losscli.families.detect.detr import detr
from losscli.families.detect.distances import bounded_iou, mpdiou, nwd, wiou
from losscli.families.detect.distributions import gfl, yolo_v8
from losscli.families.detect.efficient import alpha_iou, eiou, extended_iou, focal_eiou
from losscli.families.detect.heatmaps import centernet
from losscli.families.detect.locations import fcos, vfnet
from losscli.families.detect.masks import mask_rcnn
from losscli.families.detect.oriented import probiou
from losscli.families.detect.points import centerness, oks
from losscli.families.detect.rcnn import faster_rcnn
from losscli.families.detect.retina import retinanet
from losscli.families.detect.scores import focal
from losscli.families.detect.shapes import inner_iou, shape_iou, siou
from losscli.families.detect.ssd import ssd
from losscli.families.detect.yolo import yolo_v1

__all__ = [
    "FAMILY",
    "alpha_iou",
    "bounded_iou",
    "centerness",
    "centernet",
    "ciou",
    "detr",
    "diou",
    "eiou",
    "extended_iou",
    "fast_rcnn_loc",
    "faster_rcnn",
    "fcos",
    "focal",
    "focal_eiou",
    "gfl",
    "giou",
    "huber",
    "inner_iou",
    "iou",
    "l1",
    "l2",
    "mask_rcnn",
    "mpdiou",
    "nwd",
    "oks",
    "probiou",
    "retinanet",
    "shape_iou",
    "siou",
    "smooth_l1",
    "ssd",
    "vfnet",
    "wiou",
    "yolo_v1",
    "yolo_v8",
]
