"""Quality targets: the IoU of predicted boxes, placed at the column of the true class."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._iou_terms import share
from losscli.families.detect._ltrb import around
from losscli.numerics.stable import Floats, Ints


def quality(pred: Floats, target: Floats) -> Floats:
    """IoU of boxes given by the distances l, t, r, b to their sides, (n,4) each."""
    return share(Overlap(around(pred), around(target)))


def at_class(values: Floats, label: Ints, where: Ints, classes: int) -> Floats:
    """(n,C) zeros with the values at the rows `where` and the columns of their labels."""
    out = np.zeros((len(label), classes))
    out[where, label[where]] = values
    return out
