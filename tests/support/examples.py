"""Data that any loss of the catalogue can read, made from what its declaration says: its roles, readings and domains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from losscli.core.errors import UsageError
from losscli.core.values import write_value
from losscli.spec import registry
from losscli.spec.loss import Loss, Params
from losscli.spec.recipe import parse
from tests.support.evaluate import run

ROWS, CLASSES, DIMS, ANCHORS, GRID = 12, 4, 5, 8, 3


@dataclass(frozen=True)
class Example:
    """One recipe with arrays by role and the conventions that they need."""

    family: str
    recipe: str
    form: Loss
    arrays: dict[str, np.ndarray]
    conventions: dict[str, Any]
    label: str

    def __str__(self) -> str:
        return f"{self.family}-{self.recipe}-{self.label}"


def recipes(loss: Loss) -> Iterator[str]:
    """The loss at its defaults, then with one parameter at a time at each of its other words, booleans and examples."""
    required = {p.name: p.example for p in loss.params if p.required}
    assert all(required.values()), f"{loss.name}: a required parameter needs an example"

    def spell(**given: str) -> str:
        inside = ",".join(f"{k}={v}" for k, v in {**required, **given}.items())
        return f"{loss.name}:{inside}" if inside else loss.name

    yield spell()
    for p in loss.params:
        words = [c for c in p.choices if c != p.default]
        words += ["false" if p.default else "true"] if "bool" in p.kinds else []
        words += [p.example] if p.example and not p.required else []
        for word in words:
            if not (p.name == "empty" or word == write_value(p.default)):
                yield spell(**{p.name: word})


def catalogue() -> list[tuple[str, Loss]]:
    return [(name, loss) for name in registry.NAMES for loss in registry.load(name).losses.values()]


@cache
def examples(family: str, loss: Loss, seed: int = 0) -> tuple[Example, ...]:
    """Every recipe of a loss on every shape and reading that it takes. Several laws share the arrays, which are read-only."""
    made = tuple(_made(family, loss, seed))
    for example in made:
        for array in example.arrays.values():
            array.setflags(write=False)
    return made


def _made(family: str, loss: Loss, seed: int) -> Iterator[Example]:
    found = registry.load(family)
    plain = next(recipes(loss))
    for text in recipes(loss):
        (_, term) = parse(text, found).terms[0]
        for form in (f for f in loss.forms if f.applies(term.params)):
            for label, arrays, conventions in MAKERS[family](form, term.params, np.random.default_rng(seed)):
                example = Example(family, text, form, arrays, conventions, label)
                if text == plain or not refused(example):
                    yield example


def refused(example: Example) -> bool:
    """Whether the loss declines this parameter for this form: a usage error, never the defaults."""
    try:
        run(example.family, example.recipe, example.arrays, gradient=False, form=example.form, **example.conventions)
    except UsageError:
        return True
    return False


def reading(spec: Any, params: Params, classes: int) -> str:
    return spec(params, classes) if callable(spec) else spec


Made = Iterator[tuple[str, dict[str, np.ndarray], dict[str, Any]]]


def _number(rng: np.random.Generator, domain: str, shape: tuple[int, ...]) -> np.ndarray:
    if domain in ("positive", "nonnegative", "above_minus_one"):
        return rng.uniform(0.3, 3.0, shape)
    if domain == "unit":
        return rng.uniform(0.05, 0.95, shape)
    return rng.normal(0.0, 2.0, shape)


def regress(form: Loss, params: Params, rng: np.random.Generator) -> Made:
    width = form.width_for(params)
    if width is not None:
        m = width or 3
        yield f"{m} for one", {r: rng.normal(0.0, 2.0, (ROWS, m) if r == "pred" else (ROWS,)) for r in form.takes}, {}
        return
    for shape in ((ROWS,), (ROWS, 3)):
        yield str(shape), {r: _number(rng, form.domain_for(params).get(r, ""), shape) for r in form.takes}, {}


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return p / p.sum(1, keepdims=True)


def given(kind: str, z: np.ndarray) -> np.ndarray:
    """Scores of a reading, from logits."""
    if kind in ("raw", "logits"):
        return z
    if kind == "sigmoid" or z.ndim in (1, 3):
        return 1 / (1 + np.exp(-z))
    return np.log(softmax(z)) if kind == "log" else softmax(z)


def needs_columns(kind: str, wants: str) -> bool:
    """Whether one score per row is too few."""
    return kind in ("log", "logits") or wants == "multihot" or (kind, wants) == ("raw", "class")


def labelled(kind: str, wants: str, whole: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Targets of a reading for scores of a shape; `whole` are class numbers."""
    wide = whole.shape != shape
    if wants == "unit" and not wide:
        return rng.uniform(0.05, 0.95, shape)
    if wants == "real":
        return rng.uniform(0.05, 0.95, shape)
    if wants == "multihot" or (wants == "binary" and wide):
        return rng.integers(0, 2, shape)
    if wants == "position":
        return rng.uniform(0.0, shape[1] - 1.0, whole.shape)
    if wants == "log":
        return np.log(softmax(rng.normal(size=shape if wide else (len(whole), 2))))
    if wants == "scores":
        return given(kind, rng.normal(0.0, 1.5, shape))
    return whole


def scored(form: Loss, params: Params, rng: np.random.Generator, tail: tuple[int, ...], target: str) -> Made:
    """Scores and labels of a classifier; `tail` are the pixels."""
    for classes in (None, CLASSES):
        kind = reading(form.scores, params, classes or 1)
        wants = reading(form.label, params, classes or 1)
        vectors = [k for k in ("weights", "counts", "distance") if params.get(k) not in (None, "auto")]
        if classes is None and (needs_columns(kind, wants) or vectors):
            continue
        shape = (ROWS, *tail) if classes is None else (ROWS, classes, *tail)
        z = rng.normal(0.0, 1.5, shape)
        c = classes or 2
        whole = rng.integers(0, c, (ROWS, *tail))
        whole.reshape(ROWS, -1)[:c, 0] = np.arange(c)
        if tail:  # every image holds every class: to some losses one that is absent is infinite
            whole.reshape(ROWS, -1)[:, :c] = np.arange(c)
        label = labelled(kind, wants, whole, shape, rng)
        scores = given(kind, z)
        name = "binary" if classes is None else "classes"
        yield f"{name}-given", {"scores": scores, target: label}, {}
        if kind in ("softmax", "sigmoid"):
            other = rng.normal(0.0, 1.5, shape) if wants == "scores" else label
            yield f"{name}-logits", {"scores": z, target: other}, {"from_logits": True}
        if wants == "distribution" and classes is not None:
            soft = softmax(rng.normal(size=shape))
            yield f"{name}-soft", {"scores": scores, target: soft}, {}


def classify(form: Loss, params: Params, rng: np.random.Generator) -> Made:
    if "pred_label" in form.takes:
        yield "decided", {role: rng.permutation(np.arange(ROWS) % CLASSES) for role in form.takes}, {}
        return
    yield from scored(form, params, rng, (), "label")


def segment(form: Loss, params: Params, rng: np.random.Generator) -> Made:
    yield from scored(form, params, rng, (4, 5), "mask")


def boxes(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Boxes of which any two overlap: a logarithm of their IoU is finite."""
    corner, side = rng.uniform(0, 4, (*shape, 2)), rng.uniform(5, 9, (*shape, 2))
    return np.concatenate([corner, corner + side], -1)


def sides(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Distances of a location from the sides of a box around it."""
    return rng.uniform(0.3, 5.5, (rows, 4))


def rotated(rng: np.random.Generator, rows: int) -> np.ndarray:
    return np.concatenate([rng.normal(size=(rows, 2)), rng.uniform(1, 4, (rows, 2)), rng.uniform(-1.5, 1.5, (rows, 1))], 1)


def located(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Keypoints of a person, all but the last few labelled."""
    true = np.concatenate([rng.normal(size=(rows, 17, 2)), rng.integers(0, 3, (rows, 17, 1))], -1)
    return {"keypoints": true[..., :2] + rng.normal(0, 0.3, (rows, 17, 2)), "target_keypoints": true}


def heatmaps(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Maps with a centre in every image."""
    shape, wide = (4, 2, 4, 5), (4, 2, 4, 5)
    heat = rng.uniform(0, 0.9, shape)
    heat[:, 1, 2, 3] = heat[1, 0, 0, 0] = 1.0
    return {
        "heat": rng.normal(size=shape),
        "target_heat": heat,
        **{role: rng.uniform(1, 5, wide) for role in ("size", "offset", "target_size", "target_offset")},
    }


def by_image(form: Loss, rng: np.random.Generator) -> dict[str, Any]:
    """Makers of what composites read image by image."""
    rows = 4
    return {
        "anchors": lambda: boxes(rng, (ANCHORS,)),
        "deltas": lambda: rng.normal(size=(rows, ANCHORS, 4)),
        "scores": lambda: rng.normal(size=(rows, ANCHORS, CLASSES)),
        "label": lambda: rng.integers(1, CLASSES - 1, (rows, 3)),
        "match": lambda: (
            np.stack([rng.permutation([0, 1, 2, *[-1] * (ANCHORS - 3)]) for _ in range(rows)])
            if "pred_boxes" in form.takes
            else np.where(rng.random((rows, ANCHORS)) < 0.3, rng.integers(0, 3, (rows, ANCHORS)), -1)
        ),
        "pred_boxes": lambda: boxes(rng, (rows, ANCHORS)),
        "target_box": lambda: boxes(rng, (rows, 3)) if "grid" not in form.takes else rng.uniform(0.2, 0.8, (rows, GRID, GRID, 4)),
        "grid": lambda: rng.uniform(0.1, 0.9, (rows, GRID, GRID, 5 * 2 + CLASSES)),
        "obj": lambda: rng.integers(0, 2, (rows, GRID, GRID)),
        "target_class": lambda: np.eye(CLASSES)[rng.integers(0, CLASSES, (rows, GRID, GRID))],
    }


def by_row(form: Loss, params: Params, rng: np.random.Generator) -> dict[str, Any]:
    """Makers of what is read region by region or location by location."""
    takes, rpn = set(form.takes), params.get("stage") == "rpn"
    located_by = form.name in ("fcos", "gfl", "vfnet")
    keys = located(rng, ROWS) if "keypoints" in takes else {}
    return {
        "pred": lambda: boxes(rng, (ROWS,)),
        "target": lambda: boxes(rng, (ROWS,)),
        "anchor": lambda: boxes(rng, (ROWS,)),
        "deltas": lambda: (
            sides(rng, ROWS) if located_by else rng.normal(size=(ROWS, 4) if "scores" not in takes or rpn else (ROWS, 4 * CLASSES))
        ),
        "initial": lambda: sides(rng, ROWS),
        "target_deltas": lambda: (
            sides(rng, ROWS) if located_by or form.name in ("centerness", "yolo_v8") else rng.normal(size=(ROWS, 4))
        ),
        "scores": lambda: rng.normal(size=(ROWS,) if rpn or form.name == "centerness" else (ROWS, CLASSES)),
        "label": lambda: rng.integers(-1, 2, ROWS) if rpn else rng.integers(-1 if located_by else 0, CLASSES, ROWS),
        "central": lambda: rng.normal(size=ROWS),
        "dist": lambda: rng.normal(size=(ROWS, 4, 7)),
        "quality": lambda: rng.uniform(0, 1, (ROWS, CLASSES)) * (np.arange(ROWS) % 3 > 0)[:, None],
        "mask": lambda: rng.normal(size=(ROWS, CLASSES, 3, 3)),
        "target_mask": lambda: rng.integers(0, 2, (ROWS, 3, 3)),
        "pred_obb": lambda: rotated(rng, ROWS),
        "target_obb": lambda: rotated(rng, ROWS),
        "keypoints": lambda: keys["keypoints"],
        "target_keypoints": lambda: keys["target_keypoints"],
        "area": lambda: rng.uniform(1, 9, ROWS),
    }


def detect(form: Loss, params: Params, rng: np.random.Generator) -> Made:
    takes = set(form.takes)
    if takes == {"scores", "label"}:
        yield from scored(form, params, rng, (), "label")
        return
    if "heat" in takes:
        arrays = heatmaps(rng)
    else:
        makers = by_image(form, rng) if takes & {"grid", "match", "pred_boxes"} else by_row(form, params, rng)
        arrays = {r: makers[r]() for r in form.takes}
    yield "rows", arrays, {"from_logits": bool(takes & {"scores", "heat"})}


def embed(form: Loss, params: Params, rng: np.random.Generator) -> Made:
    label = np.arange(ROWS) % CLASSES
    single = {r for r, kind in form.domain_for(params).items() if kind == "score"}
    makers = {
        "same": lambda: rng.integers(0, 2, ROWS),
        "label": lambda: label,
        "class_weights": lambda: rng.normal(size=(CLASSES * int(params.get("k", 1)), DIMS)),
        "centers": lambda: rng.normal(size=(CLASSES, DIMS)),
        "distance": lambda: rng.uniform(0.1, 3.0, ROWS),
        "in_batch": lambda: np.arange(ROWS) // (ROWS // 2),
    }

    def make(role: str) -> np.ndarray:
        return makers[role]() if role in makers else rng.normal(size=ROWS if role in single else (ROWS, DIMS))

    arrays = {r: make(r) for r in form.takes}
    yield "rows", {k: v for k, v in arrays.items() if k not in form.optional}, {}
    if form.optional:
        yield "batches", arrays, {}


MAKERS = {"classify": classify, "regress": regress, "detect": detect, "segment": segment, "embed": embed}
