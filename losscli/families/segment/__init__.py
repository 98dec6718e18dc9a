"""Segmentation losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.segment._family import FAMILY
from losscli.families.segment.border import boundary_dou, distance_weighted_ce, nacl
from losscli.families.segment.cldice import cldice, dice_cldice
from losscli.families.segment.compound import combo, dice_topk, exp_log
from losscli.families.segment.confusion import mcc, sensitivity_specificity, soft_f1
from losscli.families.segment.dice_forms import jml, log_cosh_dice, log_dice, noise_robust_dice
from losscli.families.segment.distance import boundary, hausdorff_dt, log_hausdorff_dt
from losscli.families.segment.erosion import hausdorff_er
from losscli.families.segment.focal import focal
from losscli.families.segment.gdl import gdl, penalty_gdl
from losscli.families.segment.lovasz import lovasz_hinge, lovasz_softmax
from losscli.families.segment.overlap import dice, jaccard
from losscli.families.segment.pixels import bce, ce, weighted_bce, weighted_ce
from losscli.families.segment.topk import topk_ce
from losscli.families.segment.tversky import asymmetric_similarity, focal_tversky, tversky
from losscli.families.segment.unified import unified_focal
from losscli.families.segment.wasserstein import wasserstein_dice

__all__ = [
    "FAMILY",
    "asymmetric_similarity",
    "bce",
    "boundary",
    "boundary_dou",
    "ce",
    "cldice",
    "combo",
    "dice",
    "dice_cldice",
    "dice_topk",
    "distance_weighted_ce",
    "exp_log",
    "focal",
    "focal_tversky",
    "gdl",
    "hausdorff_dt",
    "hausdorff_er",
    "jaccard",
    "jml",
    "log_cosh_dice",
    "log_dice",
    "log_hausdorff_dt",
    "lovasz_hinge",
    "lovasz_softmax",
    "mcc",
    "nacl",
    "noise_robust_dice",
    "penalty_gdl",
    "sensitivity_specificity",
    "soft_f1",
    "topk_ce",
    "tversky",
    "unified_focal",
    "wasserstein_dice",
    "weighted_bce",
    "weighted_ce",
]
