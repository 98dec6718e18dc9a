"""The center loss, to given centres or to the means of the classes."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Floats, Ints, dot
from losscli.spec.loss import Param, Params, Whole

Half = Annotated[bool, Param("times ½, as in the paper")]


@FAMILY.loss("center", aliases=("center_loss",), cite="Wen 2016")
def center(embedding: Floats, label: Ints, centers: Floats, *, half: Half = True) -> Floats:
    """The squared distance of an embedding from the centre of its class.

    Formula: L = ½·‖x - c_y‖²; half=false leaves out the ½. c from --centers, else the mean of the class's embeddings.
    Gradient: x - c_y, centres held; twice that without the half. Of class means it is also the whole gradient: a mean is where
    its class's sum is least.
    Edge cases: without --centers a class of one embedding costs nothing. The paper sums over the batch: --reduction sum.
    Use when: beside a softmax loss, to draw each class together.
    Avoid when: alone: all embeddings in one point cost nothing, nothing drives classes apart.
    Related: contrastive's half squared distances of all pairs within a class add up to n_y times its sum of this; `mse` of regress
    to the centres is 2/d of it.
    Equivalents: KaiyangZhou/pytorch-center-loss, but for its clamp at 1e-12: `center:half=false`.
    """
    return _costs(embedding - centers[label], half)


@center.gradient
def _center_slope(embedding: Floats, label: Ints, centers: Floats, p: Params) -> Floats:
    return (1.0 if p.half else 2.0) * (embedding - centers[label])


@center.mined()
def center_of_means(embedding: Floats, label: Ints, *, half: Half = True) -> Whole:
    """The center loss to the means of the classes at hand."""
    found, place = np.unique(label, return_inverse=True)
    means = np.stack([embedding[place == k].mean(0) for k in range(len(found))])
    gap = embedding - means[place]
    costs = _costs(gap, half)
    return Whole(float(costs.mean()), costs, lambda: {"embedding": (1.0 if half else 2.0) / len(gap) * gap})


def _costs(gap: Floats, half: bool) -> Floats:
    squared = dot(gap, gap)
    return 0.5 * squared if half else squared
