"""Vectors, rotated boxes and the inputs of detectors at the edges of the doubles: from 1e-300 to 1e300, all roles or one."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.spec.registry import load
from tests.support.evaluate import run
from tests.support.every import every
from tests.support.examples import examples

SCALES = ((1e-300, True), (1e200, True), (1e200, False))
KEPT = {"detect": {"mixed_scale": "keep", "degenerate": "keep"}, "embed": {}}
UNITLESS = ("scores", "same", "quality", "heat", "target_heat", "central", "mask", "target_mask")
OF_ROWS = (
    *("contrastive", "triplet", "margin", "margin_ranking", "hinge_embedding", "cosine_embedding", "quadruplet", "snr_contrastive"),
    *("norm_softmax", "cosface", "arcface", "combined_margin", "sphereface", "l_softmax", "subcenter_arcface", "curricularface"),
    *("adaface", "magface", "proxy_nca", "proxy_anchor", "soft_triple", "center"),
)
LOSSES = [
    *(("embed", load("embed").losses[name]) for name in OF_ROWS),
    *(("detect", loss) for loss in load("detect").sorted_losses if loss.takes != ("pred", "target")),
]


@every((f"{family}/{example.recipe}", (family, example)) for family, loss in LOSSES for example in examples(family, loss))
def test_no_finite_numbers_give_nan(family, example):
    lengths = [role for role, array in example.arrays.items() if array.dtype.kind == "f" and role not in UNITLESS]
    for scale, every_role in SCALES:
        for scaled in [lengths] if every_role else [[role] for role in lengths]:
            arrays = {role: array * scale if role in scaled else array for role, array in example.arrays.items()}
            try:
                with np.errstate(all="ignore"):  # as the engine calls kernels
                    found = run(family, example.recipe, arrays, form=example.form, **{**example.conventions, **KEPT[family]})
            except (DataError, UsageError):
                continue
            values = found.value if found.values is None else found.values[slice(None) if found.kept is None else found.kept]
            assert not np.isnan(values).any(), (scale, scaled)
            for role, slope in (found.gradient or {}).items():
                assert not np.isnan(slope).any(), (scale, scaled, role)
