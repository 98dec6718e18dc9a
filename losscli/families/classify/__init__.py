"""The losses of classification; importing this package declares them all."""

from losscli.families.classify.asymmetric import asl, asl_single
from losscli.families.classify.binary_cross_entropy import balanced_bce, bce, weighted_bce
from losscli.families.classify.brier import brier, d2_brier, d2_log_loss
from losscli.families.classify.class_imbalance import balanced_softmax, class_balanced, ldam, logit_adjusted
from losscli.families.classify.cross_entropy import ce, nll
from losscli.families.classify.divergence import distillation, js, kl
from losscli.families.classify.family import FAMILY
from losscli.families.classify.focal import focal
from losscli.families.classify.focal_variants import focal_star, poly1, reduced_focal
from losscli.families.classify.hard_examples import ghm_c, topk_ce
from losscli.families.classify.margins import crammer_singer, hinge, perceptron, squared_hinge, svm
from losscli.families.classify.margins_pairwise import bpr, multi_margin, multilabel_margin
from losscli.families.classify.margins_smooth import exponential, modified_huber, soft_margin
from losscli.families.classify.multilabel import hamming, multilabel_soft_margin, two_way, zlpr
from losscli.families.classify.noise_robust import apl, gce, nce, sce
from losscli.families.classify.quality_focal import dfl, gaussian_focal, qfl, vfl
from losscli.families.classify.ranking import listnet, weighted_kappa
from losscli.families.classify.seesaw import seesaw
from losscli.families.classify.sparsemax import bi_tempered, sparsemax
from losscli.families.classify.zero_one import zero_one

__all__ = [
    "FAMILY",
    "apl",
    "asl",
    "asl_single",
    "balanced_bce",
    "balanced_softmax",
    "bce",
    "bi_tempered",
    "bpr",
    "brier",
    "ce",
    "class_balanced",
    "crammer_singer",
    "d2_brier",
    "d2_log_loss",
    "dfl",
    "distillation",
    "exponential",
    "focal",
    "focal_star",
    "gaussian_focal",
    "gce",
    "ghm_c",
    "hamming",
    "hinge",
    "js",
    "kl",
    "ldam",
    "listnet",
    "logit_adjusted",
    "modified_huber",
    "multi_margin",
    "multilabel_margin",
    "multilabel_soft_margin",
    "nce",
    "nll",
    "perceptron",
    "poly1",
    "qfl",
    "reduced_focal",
    "sce",
    "seesaw",
    "soft_margin",
    "sparsemax",
    "squared_hinge",
    "svm",
    "topk_ce",
    "two_way",
    "vfl",
    "weighted_bce",
    "weighted_kappa",
    "zero_one",
    "zlpr",
]
