"""The confidence of predictions, for plots."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.classify.family import FAMILY
from losscli.families.shared.score_guards import read_scores, squeezed
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.plotted import Plotted, Points, below_one
from losscli.spec.tile import Block


def confidence(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> Points:
    """The probability of the predicted class; of one score per row, the larger of the probabilities of both classes."""
    if conventions.multilabel:
        what = "--plot confidence reads scores of exclusive classes, and --multilabel says that they are independent"
        raise UsageError(what, fix="omit one of them")
    scores = squeezed(block.arrays["scores"])
    if scores.ndim == 1:
        one = read_scores(block, "sigmoid", conventions, watch)
        return {"": (below_one(np.maximum(one.p, one.q)),)}
    if not conventions.from_logits and (scores < 0).any(1).all():  # log-probabilities
        return {"": (below_one(np.exp(block.doubles("scores").reshape(scores.shape).max(1))),)}
    return {"": (below_one(read_scores(block, "softmax", conventions, watch).p.max(1)),)}


FAMILY.plots = {
    "confidence": Plotted(
        (("scores",),),
        confidence,
        "give the scores of the classes, one per class or one per row",
        of_losses=True,
        wants=("scores",),
    )
}
