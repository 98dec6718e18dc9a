"""The quality of predicted boxes, and where it stands among the scores of the classes."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._iou_terms import share
from losscli.families.detect._ltrb import around
from losscli.numerics.stable import Floats, Ints


def quality(pred: Floats, target: Floats) -> Floats:
    """IoU of boxes given by the distances of their sides."""
    return share(Overlap(around(pred), around(target)))


def at_class(values: Floats, label: Ints, where: Ints, classes: int) -> Floats:
    """(n,C) zeros with each located row's value at its class."""
    out = np.zeros((len(label), classes))
    out[where, label[where]] = values
    return out
