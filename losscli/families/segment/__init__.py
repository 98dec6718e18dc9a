"""Segmentation losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.segment.boundary_weights import boundary_dou, distance_weighted_ce, nacl
from losscli.families.segment.cldice import cldice, dice_cldice
from losscli.families.segment.compound import combo, dice_topk, exp_log
from losscli.families.segment.confusion_matrix import mcc, sensitivity_specificity, soft_f1
from losscli.families.segment.dice import dice, jaccard
from losscli.families.segment.dice_variants import jml, log_cosh_dice, log_dice, noise_robust_dice
from losscli.families.segment.distance_maps import boundary, hausdorff_dt, log_hausdorff_dt
from losscli.families.segment.family import FAMILY
from losscli.families.segment.focal import focal
from losscli.families.segment.generalized_dice import gdl, penalty_gdl
from losscli.families.segment.hausdorff_erosion import hausdorff_er
from losscli.families.segment.lovasz import lovasz_hinge, lovasz_softmax
from losscli.families.segment.pixel_cross_entropy import bce, ce, weighted_bce, weighted_ce
from losscli.families.segment.topk import topk_ce
from losscli.families.segment.tversky import asymmetric_similarity, focal_tversky, tversky
from losscli.families.segment.unified_focal import unified_focal
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
