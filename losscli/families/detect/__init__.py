"""Detection losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.detect.box_coordinates import fast_rcnn_loc, huber, l1, l2, smooth_l1
from losscli.families.detect.box_distances import bounded_iou, mpdiou, nwd, wiou
from losscli.families.detect.detectors.centernet import centernet
from losscli.families.detect.detectors.detr import detr
from losscli.families.detect.detectors.faster_rcnn import faster_rcnn
from losscli.families.detect.detectors.fcos import fcos, vfnet
from losscli.families.detect.detectors.gfl import gfl, yolo_v8
from losscli.families.detect.detectors.mask_rcnn import mask_rcnn
from losscli.families.detect.detectors.retinanet import retinanet
from losscli.families.detect.detectors.ssd import ssd
from losscli.families.detect.detectors.yolo import yolo_v1
from losscli.families.detect.family import FAMILY
from losscli.families.detect.focal import focal
from losscli.families.detect.iou import ciou, diou, giou, iou
from losscli.families.detect.iou_eiou import alpha_iou, eiou, extended_iou, focal_eiou
from losscli.families.detect.iou_shape import inner_iou, shape_iou, siou
from losscli.families.detect.keypoints import centerness, oks
from losscli.families.detect.rotated_boxes import probiou

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
