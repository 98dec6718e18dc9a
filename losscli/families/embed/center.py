"""The center loss, with given centres or the class means."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Floats, Ints, dot
from losscli.spec.loss import Param, Params, Whole

Half = Annotated[bool, Param("multiply by ½, as in the paper")]


@FAMILY.loss("center", aliases=("center_loss",), cite="Wen 2016")
def center(embedding: Floats, label: Ints, centers: Floats, *, half: Half = True) -> Floats:
    """Half the squared distance of an embedding from the centre of its class.

    Formula: L = ½·‖x - c_y‖²; half=false leaves out the ½. c from --centers, else the mean of the class's embeddings.
    Gradient: x - c_y, centres held constant; twice that with half=false. With class means as centres this is also the full
    gradient, because a mean minimises the sum over its class.
    Edge cases: without --centers a class of one embedding has a loss of 0. The paper sums over the batch: use --reduction sum.
    Use when: added to a softmax loss, to make each class compact.
    Avoid when: used alone: the loss is 0 if all embeddings coincide, and nothing separates classes.
    Related: contrastive's half squared distances of all pairs within a class add up to n_y times its sum of this; `mse` of regress
    to the centres is 2/d times this.
    Equivalents: KaiyangZhou/pytorch-center-loss, except for its clamp at 1e-12: `center:half=false`.
    """
    return _costs(embedding - centers[label], half)


@center.gradient
def _center_slope(embedding: Floats, label: Ints, centers: Floats, p: Params) -> Floats:
    return (1.0 if p.half else 2.0) * (embedding - centers[label])


@center.mined(rowed=True)
def center_of_means(embedding: Floats, label: Ints, *, half: Half = True) -> Whole:
    """The center loss with the class means as centres."""
    found, place = np.unique(label, return_inverse=True)
    means = np.stack([embedding[place == k].mean(0) for k in range(len(found))])
    gap = embedding - means[place]
    costs = _costs(gap, half)
    return Whole(float(costs.mean()), costs, lambda: {"embedding": (1.0 if half else 2.0) / len(gap) * gap}, rows=costs)


def _costs(gap: Floats, half: bool) -> Floats:
    squared = dot(gap, gap)
    return 0.5 * squared if half else squared
