"""Segmentation losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.segment._family import FAMILY
from losscli.families.segment.compound import combo, dice_topk, exp_log
from losscli.families.segment.confusion import mcc, sensitivity_specificity, soft_f1
from losscli.families.segment.dice_forms import jml, log_cosh_dice, log_dice, noise_robust_dice
from losscli.families.segment.focal import focal
from losscli.families.segment.gdl import gdl
from losscli.families.segment.lovasz import lovasz_hinge, lovasz_softmax
from losscli.families.segment.overlap import dice, jaccard
from losscli.families.segment.pixels import bce, ce, weighted_bce, weighted_ce
from losscli.families.segment.topk import topk_ce
from losscli.families.segment.tversky import asymmetric_similarity, focal_tversky, tversky
from losscli.families.segment.unified import unified_focal

__all__ = [
    "FAMILY",
    "asymmetric_similarity",
    "bce",
    "ce",
    "combo",
    "dice",
    "dice_topk",
    "exp_log",
    "focal",
    "focal_tversky",
    "gdl",
    "jaccard",
    "jml",
    "log_cosh_dice",
    "log_dice",
    "lovasz_hinge",
    "lovasz_softmax",
    "mcc",
    "noise_robust_dice",
    "sensitivity_specificity",
    "soft_f1",
    "topk_ce",
    "tversky",
    "unified_focal",
    "weighted_bce",
    "weighted_ce",
]
