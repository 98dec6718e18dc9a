"""Which losses `merge` joins, and why it refuses the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import DataError
from losscli.spec import registry
from losscli.spec.names import FAMILIES
from tests.support.merged import merge

ROWS, PARAMETERS = "compares rows with each other", "has parameters that depend on all rows"
REFUSED = {
    ROWS: {
        "classify": {"topk_ce", "two_way"},
        "regress": {"d2_pinball", "median_ae"},
        "detect": set(),
        "segment": {"lovasz_hinge", "lovasz_softmax", "topk_ce"},
        "embed": {
            "adaface", "angular", "barlow_twins", "center", "circle", "clip", "contrastive", "fastap", "generalized_lifted",
            "histogram", "intra_pair_variance", "lifted", "margin", "multi_similarity", "nca", "npairs", "nt_xent", "proxy_anchor",
            "ranked_list", "siglip", "smooth_ap", "snr_contrastive", "supcon", "triplet", "tuplet_margin", "vicreg",
        },
    },
    PARAMETERS: {
        "classify": {
            "balanced_softmax", "class_balanced", "ghm_c", "hamming", "ldam", "logit_adjusted", "seesaw", "weighted_bce",
            "weighted_kappa",
        },
        "regress": {"ghm_r"},
        "detect": {"faster_rcnn", "fcos", "gfl", "vfnet", "wiou"},
        "segment": {"gdl", "weighted_bce"},
        "embed": set(),
    },
}  # fmt: skip
"""By reason, the losses that are refused with some parameters or inputs."""


@pytest.mark.parametrize("family", FAMILIES)
def test_the_losses_that_are_refused(family):
    forms = [(loss.name, form) for loss in registry.load(family).losses.values() if not loss.origin for form in loss.forms]
    assert {name for name, form in forms if form.unit == "whole"} == REFUSED[ROWS][family]
    assert {name for name, form in forms if form.fitter is not None and form.exact is None} == REFUSED[PARAMETERS][family]


def parts(family: str, loss: str, pred: Any, target: Any, cut: int, classes: str | None = None) -> list[losscli.Report]:
    def of(rows: slice) -> losscli.Report:
        named: Any = {} if classes is None else {"classes": classes}
        return losscli.evaluate(pred[rows], target[rows], family=family, losses=loss, state=True, ci="none", **named)

    return [of(slice(0, cut)), of(slice(cut, None))]


@pytest.mark.parametrize(
    "loss", ["weighted_bce", "ghm_c:bins=4", "class_balanced", "seesaw:q=0", "balanced_softmax", "wiou:form=v3"]
)
def test_the_parameters_of_all_rows_are_named(loss):
    """With them the parts are joined, and the value is that of all rows."""
    r = np.random.default_rng(3)
    family, pred, target = "classify", r.dirichlet(np.ones(3), 40), r.integers(0, 3, 40)
    if loss.partition(":")[0] in ("weighted_bce", "ghm_c"):
        pred, target = pred[:, 0], r.integers(0, 2, 40)
    if loss.startswith("wiou"):
        corner = r.uniform(0, 9, (40, 2))
        family, target = "detect", np.c_[corner, corner + r.uniform(3, 9, (40, 2))]
        pred = target + r.uniform(0, 1, (40, 4))
    with pytest.raises(DataError, match=PARAMETERS) as refused:
        merge(parts(family, loss, pred, target, 13))
    given = str(refused.value.fix).rpartition("--loss ")[2].strip("'")
    joined = merge(parts(family, given, pred, target, 13))
    assert (
        joined.losses[0].value == losscli.evaluate(pred, target, family=family, losses=loss, state=True, ci="none").losses[0].value
    )


def test_classes_that_are_not_in_every_part():
    pred, target = np.array([0, 1, 2, 0, 3, 1, 2, 0]), np.array([0, 1, 0, 2, 3, 2, 1, 0])
    with pytest.raises(DataError, match=PARAMETERS) as refused:
        merge(parts("classify", "weighted_kappa", pred, target, 4))
    assert "--classes" in str(refused.value.fix)
    whole = losscli.evaluate(pred, target, family="classify", losses="weighted_kappa", state=True, classes="a,b,c,d")
    joined = merge(parts("classify", "weighted_kappa", pred, target, 4, "a,b,c,d"))
    assert joined.losses[0].value == whole.losses[0].value


def test_weights_of_the_classes_of_one_batch():
    r = np.random.default_rng(3)
    pred, target = r.dirichlet(np.ones(3), (6, 4, 4)).transpose(0, 3, 1, 2), r.integers(0, 3, (6, 4, 4))
    for loss in ("gdl:form=mean,pool=batch", "gdl:form=mean,pool=batch,weight=simple"):
        whole = losscli.evaluate(pred, target, family="segment", losses=loss, state=True)
        assert merge(parts("segment", loss, pred, target, 2)).losses[0].value == whole.losses[0].value
