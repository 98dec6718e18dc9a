"""The losses of classification; importing this package declares them all."""

from losscli.families.classify._family import FAMILY
from losscli.families.classify.binary import balanced_bce, bce, weighted_bce
from losscli.families.classify.entropy import ce, nll
from losscli.families.classify.focal import focal
from losscli.families.classify.margins import crammer_singer, hinge, perceptron, squared_hinge, svm
from losscli.families.classify.zero_one import zero_one

__all__ = [
    "FAMILY",
    "balanced_bce",
    "bce",
    "ce",
    "crammer_singer",
    "focal",
    "hinge",
    "nll",
    "perceptron",
    "squared_hinge",
    "svm",
    "weighted_bce",
    "zero_one",
]
