"""The `Gradient:` of a loss's page is the gradient that it computes: the text is read as a formula and evaluated.

Texts in words, or through quantities that only the words define, are listed: their gradients are held to differences of values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from losscli.spec import registry
from losscli.spec.recipe import parse
from tests.support.evaluate import run
from tests.support.examples import Example, examples, reading, recipes
from tests.support.page_formulas import Unreadable, clauses, definitions, evaluated

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "tau": "τ", "mu": "μ", "lambda": "λ", "omega": "ω"}
GREEK |= {"theta": "θ"}
SYMBOLS = {"w": "width", "ε": "curvature", "p": "power"}
"""Symbols of parameters with another name."""


def names_of(example: Example, value: float) -> dict[str, Any]:
    params = parse(example.recipe, registry.load(example.family)).terms[0][1].params
    names: dict[str, Any] = {"e": np.e}
    for key, x in params.items():
        if isinstance(x, int | float) and not isinstance(x, bool):
            names[key] = names[GREEK.get(key.rstrip("_"), key)] = float(x)
    names |= {s: names[key] for s, key in SYMBOLS.items() if key in names}
    return {**names, **FAMILIES[example.family](example, names, value)}


def regression(example: Example, names: dict[str, Any], value: float) -> dict[str, Any]:
    roles = {"pred": "f", "target": "y", "lower": "l", "upper": "u", "var": "v", "scale": "b"}
    found: dict[str, Any] = {roles[role]: np.asarray(x, float) for role, x in example.arrays.items()}
    y = found["y"]
    found |= {"d": float(y[0].size), "N": float(len(y)), "n": float(y.size), "L": value, "ȳ": y.mean(0)}
    over_all = "over all rows and outputs" in example.form.page["Formula"]
    found["Σ"] = np.sum if over_all else lambda x: x.sum(0)
    return found | ({"u": found["f"] - y} if "f" in found else {})


def classification(example: Example, names: dict[str, Any], value: float) -> dict[str, Any]:
    z, label = np.asarray(example.arrays["scores"], float), np.asarray(example.arrays["label"], float)
    many, kind = z.ndim > 1, scores_of(example)
    if many and label.ndim == 1:
        label = (label[:, None] == np.arange(z.shape[1])).astype(float)
    p = z
    if example.conventions.get("from_logits"):
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True) if kind == "softmax" else np.exp(z) / (1.0 + np.exp(z))
    page = example.form.page
    found = {"z": z, "f": z, "p": p, "t": label, "δ": label, "w": 1.0, "w_y": 1.0, "α_t": 1.0, "α_y": 1.0}
    found["y"] = 2.0 * label - 1.0 if "y = -1 or +1" in page["Formula"] else label
    found["s"] = 2.0 * label - 1.0 if "s = +1" in page["Formula"] + page["Gradient"] else z
    found["C"], found["p_t"] = float(z.shape[1]) if many else 1.0, label * p + (1.0 - label) * (1.0 - p)
    with np.errstate(all="ignore"):
        found["bce"] = -(label * np.log(p) + (1.0 - label) * np.log(1.0 - p))
    if "auto" in example.form.defaults().values():
        found["α"] = (1.0 - label).sum() / label.sum()
    if many:
        found |= {"p_y": (p * label).sum(1, keepdims=True), "Σ": lambda x: x.sum(1, keepdims=True)}
    return found


def scores_of(example: Example) -> str:
    params = parse(example.recipe, registry.load(example.family)).terms[0][1].params
    scores = example.arrays["scores"]
    return reading(example.form.scores, params, scores.shape[1] if scores.ndim > 1 else 1)


def detection(example: Example, names: dict[str, Any], value: float) -> dict[str, Any]:
    if set(example.arrays) != {"pred", "target"}:
        return {}
    pred, target = example.arrays["pred"], example.arrays["target"]
    return {"p": pred, "g": target, "u": pred - target}


def segmentation(example: Example, names: dict[str, Any], value: float) -> dict[str, Any]:
    """Names of one score per pixel, or of a softmax over classes."""
    z, mask = np.asarray(example.arrays["scores"], float), np.asarray(example.arrays["mask"], float)
    kind, pixels = scores_of(example), float(mask[0].size)
    if mask.ndim < z.ndim:
        mask = np.stack([mask == k for k in range(z.shape[1])], 1).astype(float)
    p = z
    if example.conventions.get("from_logits"):
        p = np.exp(z) / (np.exp(z).sum(1, keepdims=True) if kind == "softmax" else 1.0 + np.exp(z))
    found = {"p": p, "t": mask, "y": mask, "w": 1.0, "pixels": pixels}
    if kind != "softmax":
        return found
    weights = parse(example.recipe, registry.load("segment")).terms[0][1].params.get("weights")
    own = np.ones(z.shape[1]) if weights is None else np.asarray(weights)
    w = np.tensordot(mask, own, (1, 0))[:, None]  # the weight of each pixel's class
    total = {"w": w, "w_y": w, "Σ": lambda x: x.sum((1, 2, 3), keepdims=True)}
    return {**found, **total, "p_y": (p * mask).sum(1, keepdims=True)}


FAMILIES = {"regress": regression, "classify": classification, "detect": detection, "segment": segmentation}


IN_WORDS = {
    "regress": {"cosine", "crps", "d2", "ghm_r", "silog"},
    "classify": {
        *("apl", "asl", "asl_single", "balanced_softmax", "bi_tempered", "bpr", "class_balanced", "crammer_singer", "d2_brier"),
        *("d2_log_loss", "dfl", "distillation", "gaussian_focal", "ghm_c", "ldam", "listnet", "logit_adjusted", "multi_margin"),
        *("multilabel_margin", "poly1", "reduced_focal", "seesaw", "sparsemax", "svm", "weighted_kappa", "zlpr"),
    },
}
"""Losses whose gradient the text gives in words, or through quantities that are not written as formulas."""

ROLES = {"mean": "pred", "variance": "var", "median": "pred", "scale": "scale", "l": "lower", "u": "upper"}


def wanted(example: Example, label: str, labels: set[str]) -> bool:
    """Whether a clause with this heading, among these, is of an example; those without one are of the defaults."""
    if "=" in label:
        return label in example.recipe
    if example.recipe != next(recipes(example.form)):
        return False
    kind = scores_of(example) if "scores" in example.arrays else ""
    softmax, logits = kind == "softmax", bool(example.conventions.get("from_logits"))
    known = {"": True, "probabilities": not logits, "softmax": logits and softmax, "log-probabilities": kind == "log"}
    known |= dict.fromkeys(ROLES, True) | dict.fromkeys(("logit", "logits"), logits and not (softmax and "softmax" in labels))
    return known.get(label, False)


def usable(example: Example) -> bool:
    """Formulas are of one column per class, or of one binary problem, with hard labels where they speak of a true class."""
    if example.family == "regress":
        return len({x.shape for x in example.arrays.values()}) == 1
    if "scores" not in example.arrays:
        return True
    one, softmax = example.arrays["scores"].ndim in (1, 3), scores_of(example) == "softmax"
    several = "with several classes" in example.form.page["Gradient"] or (example.family == "segment" and not softmax)
    return "pred_label" not in example.arrays and not (one and softmax) and (one or not several)


def hard(example: Example) -> Example:
    page = example.form.page
    if example.family == "classify" and "p_t" in page["Gradient"] and example.arrays["label"].ndim == 1:
        return replace(example, arrays={**example.arrays, "label": np.rint(example.arrays["label"]).astype(int)})
    return example


def readable(example: Example, value: float) -> Iterator[tuple[str, str, Any]]:
    """The clauses that are of the example: heading, text and value; `value` is that of the loss, which a text may name."""
    page = example.form.page
    names = definitions(page["Formula"], names_of(example, value))
    texts = list(clauses(page["Gradient"]))
    for heading, text in texts:
        label, _, more = heading.partition(", with ")
        if wanted(example, label, {x for x, _ in texts}):
            with suppress(Unreadable):
                found = evaluated(text, definitions(more.replace(" and ", ", "), names))
                shared = "averaged over the columns" in page["Formula"] or any(x.startswith("/ d") for _, x in texts)
                yield label, text, found / (names.get("d", names.get("C", 1.0)) if shared else 1.0)


def read(example: Example) -> Iterator[tuple[str, Any, Any]]:
    """The clauses of a loss's text that are of the example: the text, its value, and the gradient that the loss computes."""
    if not list(readable(example, np.nan)):
        return
    found = run(example.family, example.recipe, example.arrays, form=example.form, **example.conventions)
    assert found.gradient
    for label, text, value in readable(example, found.value):
        role = ROLES.get(label, next(iter(found.gradient)))
        shape = np.shape(example.arrays[role])
        yield text, np.broadcast_to(value, shape), found.gradient[role].reshape(shape)


@cache
def texts_read(family: str) -> dict[str, int]:
    """By loss, how many clauses of its text were read; all of them agree with the gradient."""
    count: dict[str, int] = {}
    for loss in registry.load(family).sorted_losses:
        if loss.slope is None or loss.name in IN_WORDS.get(family, ()):
            continue
        seen = set()
        for example in (hard(x) for x in examples(family, loss) if x.form is loss and usable(x)):
            for text, value, slope in read(example):
                known = ~np.isnan(value)
                np.testing.assert_allclose(slope[known], value[known], rtol=1e-9, atol=1e-12, err_msg=f"{example}: {text}")
                seen |= {text} if known.any() else set()
        count[loss.name] = len(seen)
    return count


CLAUSES = {"regress": 36, "classify": 31, "detect": 4, "segment": 4}
"""How many clauses are read: a text that cannot be read any more is missed here."""


@pytest.mark.parametrize("family", CLAUSES)
def test_texts_are_the_gradients(family: str) -> None:
    count = texts_read(family)
    assert sum(count.values()) == CLAUSES[family], count


def test_a_text_is_read_or_known_to_be_in_words() -> None:
    for family in IN_WORDS:
        assert not [name for name, n in texts_read(family).items() if not n]


TEXTS = {"2x y/(x + y)²": 12 / 25, "|x - y|^x": 1.0, "x where x > y, else -√(y + 1)": -2.0, "[x < y] times 3": 3.0}


@pytest.mark.parametrize(("text", "value"), TEXTS.items())
def test_formulas_are_read_as_people_read_them(text: str, value: float) -> None:
    assert evaluated(text, {"x": 2.0, "y": 3.0}) == pytest.approx(value)


@pytest.mark.parametrize("text", ["the same divided by p", "x +", "z x"])
def test_words_are_not_formulas(text: str) -> None:
    with pytest.raises(Unreadable):
        evaluated(text, {"x": 2.0, "p": 3.0})
