"""Classification under each library's conventions, against what the libraries themselves print."""

from __future__ import annotations

import numpy as np
import pytest
from kit import run

from losscli.families import load
from losscli.values import write_value

LOGITS = {"from_logits": True}
ROWS = {"scores": [[1.0, 0.0], [2.0, 1.0]], "label": [0, 1]}
SCORES = {"scores": [[0.2, 0.9, 0.4]], "label": [0]}
BELOW = {"scores": [[-3.0, -1.0, -2.0]], "label": [0]}
FOUR = {"scores": [2.0, -1.0, 0.5, -3.0], "label": [1, 0, 0, 1]}
NEVER = {"scores": [0.0], "label": [1]}
THIRDS = {"scores": [[0.5, 0.5, 0.5]], "label": [0]}
BOTH = {"scores": [0.5, 0.5], "label": [0, 1]}
CERTAIN = {"scores": [0.1, 0.9, 0.8, 0.3], "label": [0, 1, 1, 0]}
THREE = {"scores": [[0.2, 1.1, -0.5]], "label": [1]}

PRINTED = [
    ("torch", "ce:weights=[1,3]", ROWS, LOGITS, 1.063262),
    ("keras", "ce:weights=[1,3]", ROWS, LOGITS, 2.126523),
    ("torch", "ce:label_smoothing=0.1", {"scores": [[2.0, 0.5, -1.0]], "label": [0]}, LOGITS, 0.391311),
    ("torch", "ce:label_smoothing=0.1,weights=[1,2,4]", {"scores": [[2.0, 0.5, -1.0]], "label": [0]}, LOGITS, 0.773486),
    ("keras", "ce", THIRDS, {}, 1.098612),
    ("sklearn", "ce", THIRDS, {"multilabel": True}, 0.693147),
    ("torch", "bce", NEVER, {}, 100.0),
    ("keras", "bce", NEVER, {}, 16.118096),
    ("sklearn", "bce", NEVER, {}, 36.043653),
    ("keras", "bce:label_smoothing=0.1", {"scores": [0.7], "label": [1]}, LOGITS, 0.438186),
    ("torchvision", "focal", FOUR, LOGITS, 0.248018),
    ("mmdet", "focal", FOUR, LOGITS, 0.248018),
    ("monai", "focal", FOUR, LOGITS, 0.792038),
    ("optax", "focal", FOUR, LOGITS, 0.792038),
    ("smp", "focal", THREE, LOGITS, 0.108929),
    ("monai", "focal", THREE, LOGITS, 0.108929),
    ("keras", "hinge", BOTH, {}, 1.0),
    ("torch", "multi_margin", SCORES, {}, 0.966667),
    ("torch", "multi_margin:p=2", SCORES, {}, 1.443333),
    ("optax", "crammer_singer", SCORES, {}, 1.7),
    ("sklearn", "crammer_singer", BELOW, {}, 3.0),
    ("keras", "crammer_singer", BELOW, {}, 4.0),
    ("sklearn", "brier", CERTAIN, {}, 0.0375),
]


@pytest.mark.parametrize(
    ("library", "recipe", "arrays", "how", "printed"), PRINTED, ids=[f"{a}-{b}-{e}" for a, b, *_, e in PRINTED]
)
def test_it_prints_what_the_library_prints(library, recipe, arrays, how, printed):
    name, _, given = recipe.partition(":")
    own = ",".join(f"{k}={write_value(v)}" for k, v in load("classify").losses[name].conventions[library].items())
    inside = ",".join(x for x in (own, given) if x)
    held = {k: np.asarray(v) for k, v in arrays.items()}
    found = run("classify", f"{name}:{inside}" if inside else name, held, gradient=False, **how)
    assert found.value == pytest.approx(printed, abs=1e-6)


def test_the_mean_of_torchs_divergence_is_over_all_entries():
    p, t = np.array([[0.4, 0.6]]), np.array([[0.1, 0.9]])
    whole = run("classify", "kl", {"scores": p, "label": t}).value
    torch = load("classify").losses["kl"].conventions["torch"]
    assert torch == {"classes": "mean"}
    assert run("classify", "kl:classes=mean", {"scores": p, "label": t}).value == pytest.approx(whole / 2, rel=1e-15)
