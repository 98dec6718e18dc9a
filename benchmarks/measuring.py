"""Errors of values and gradients: the cases, our results, those of the reference, and their difference."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import mpmath
import numpy as np

from benchmarks import inputs
from benchmarks.reference import classify, detect, embed, regress, segment
from benchmarks.reference.jets import Jet, Long, Mp, variables
from losscli.core.errors import Where
from losscli.engine.term import BoundTerm
from losscli.spec import registry
from losscli.spec.family import Conventions, Watch
from losscli.spec.recipe import parse
from losscli.spec.tile import Block

DIGITS = 80
MOVE, SLOPE = 1e-13, 1e-12
"""The relative change that rounding may make: of inputs and value, and of the largest slope."""
LEAST = 2.0**-1022
"""The smallest double with all its digits."""
UNDERFLOW = 1e-300
"""Below this, products underflow and lose digits."""
FORMULAS = {"regress": regress, "classify": classify, "detect": detect, "embed": embed, "segment": segment}
WIDE = np.finfo(np.longdouble).nmant > 60
PRED_SIDE = ("pred", "var", "scale", "lower", "upper", "scores", "keypoints", "deltas", "pred_obb")
EMBEDDED = ("a", "b", "anchor", "positive", "negative", "other", "distance", "embedding")
"""The roles that gradients are taken by; of embed, which has no others, and of all other families."""


@dataclass
class Case:
    """One recipe in one reading, with the function that makes its inputs."""

    family: str
    recipe: str
    reading: str
    formula: Callable
    make: Callable[[np.random.Generator, int], dict[str, np.ndarray]]
    conventions: dict = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By role, the shape of a sample whose numbers are not one row."""

    @property
    def name(self) -> str:
        return f"{self.family}/{self.recipe}" + (f" {self.reading}" if self.reading else "")


@dataclass
class Found:
    """Relative errors of values and gradients, the worst with its input; as multiples of what is allowed; and of values as
    multiples of 1e-13 of themselves (`digits`)."""

    case: Case
    rows: int
    value: float
    value_mostly: float
    slope: float
    slope_mostly: float
    part: float
    worst_value: dict
    worst_slope: dict
    value_share: float
    slope_share: float
    digits: float
    unstable_value: dict
    unstable_slope: dict
    peers: dict[str, tuple[float, ...]]


# --- the cases


def recipes_of(family: str, name: str) -> tuple[str, ...]:
    return FORMULAS[family].RECIPES.get(name, (name,))


def cases(family: str, name: str) -> Iterator[Case]:
    """Every recipe and reading of a loss that has a formula."""
    formula = getattr(FORMULAS[family], name, None)
    if formula is None:
        return
    for recipe in recipes_of(family, name):
        if family == "regress":
            yield _regress(name, recipe, formula)
        elif family == "detect":
            yield from _detect(name, recipe, formula)
        elif family == "embed":
            takes = registry.load("embed").losses[name].takes
            conventions = {table: embed.CLASSES for table in ("class_weights", "centers") if table in takes}
            yield Case(family, recipe, "", formula, embed.make(name, takes), conventions)
        elif family == "segment":
            yield from _segment(name, recipe, formula)
        else:
            yield from _classify(name, recipe, formula)


def _regress(name: str, recipe: str, formula: Callable) -> Case:
    loss = registry.load("regress").losses[name]
    params = parse(recipe, registry.load("regress")).terms[0][1].params
    if name in ("cosine", "crps"):
        return Case("regress", recipe, "", formula, lambda rng, n: _vectors(rng, n, name))
    domains = loss.domain_for(params)
    seams = [float(x) for x in params.values() if isinstance(x, float) and x > 0]

    def make(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        found = inputs.numbers(rng, n, loss.takes, domains, seams)
        # mpmath's log Γ takes seconds for numbers of 200 decades
        return {k: _moderate(v) for k, v in found.items()} if "full=exact" in recipe else found

    return Case("regress", recipe, "", formula, make)


def _pairs(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    return dict(zip(("pred", "target"), inputs.boxes(rng, n), strict=True))


def _detect(name: str, recipe: str, formula: Callable) -> Iterator[Case]:
    if name in detect.SCORED:
        yield from (replace(case, family="detect") for case in _classify(name, recipe, formula))
    elif name == "centerness":
        for reading in ("logits", "given"):
            given = reading == "given"

            def make(rng: np.random.Generator, n: int, given: bool = given) -> dict[str, np.ndarray]:
                scores = inputs.probabilities(rng, n, 1) if given else inputs.logits(rng, n, 1)
                return {"scores": scores, "target_deltas": inputs.sides(rng, n)}

            def formula_of(p: object, scores: object, target_deltas: object, given: bool = given) -> Jet:
                return formula(p, scores, target_deltas, not given)

            yield Case("detect", recipe, reading, formula_of, make, {} if given else {"from_logits": True})
    else:
        makers = {"oks": lambda rng, n: inputs.keypoints(rng, n, 3), "fast_rcnn_loc": inputs.deltas, "probiou": inputs.rotated}
        yield Case("detect", recipe, "", formula, makers.get(name, _pairs))


def _moderate(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.where(x == 0, 0.0, np.clip(np.abs(x), 1e-8, 1e8))


def _vectors(rng: np.random.Generator, n: int, name: str) -> dict[str, np.ndarray]:
    if name == "cosine":
        return dict(zip(("pred", "target"), inputs.vectors(rng, n, 3), strict=True))
    pred = rng.normal(size=(n, 4)) * 10.0 ** rng.uniform(-3, 3, (n, 1))
    return {"pred": pred, "target": pred[:, 0] + rng.normal(size=n) * 10.0 ** rng.uniform(-8, 3, n)}


def _classify(name: str, recipe: str, formula: Callable) -> Iterator[Case]:
    for width in ((1,) if name in classify.ONE else ()) + ((3,) if name in classify.MANY else ()):
        if width > 1 and "alpha" in recipe:
            continue
        kind = (classify.ONE if width == 1 else classify.MANY)[name]
        readings = ("raw",) if name in classify.RAW else ("given",) if name in classify.GIVEN else ("logits", "given")
        for reading in readings:
            given = reading == "given"

            def make(
                rng: np.random.Generator, n: int, width: int = width, given: bool = given, kind: str = kind
            ) -> dict[str, np.ndarray]:
                scores = inputs.probabilities(rng, n, width) if given else inputs.logits(rng, n, width)
                label = inputs.labels(rng, n, width, kind, scores, given)
                return {"scores": np.log(scores) if name == "nll" else scores, "label": label}

            def formula_of(p: object, scores: object, label: object, given: bool = given) -> Jet:
                return formula(p, scores, label, not given)

            named_reading = reading if width == 1 or name not in classify.ONE else f"{reading}, {width} classes"
            conventions = {"from_logits": True} if reading == "logits" else {}
            if given and width > 1 and (kind == "bits" or name in classify.ONE):
                conventions["multilabel"] = True
            yield Case("classify", recipe, named_reading, formula_of, make, conventions)


def _segment(name: str, recipe: str, formula: Callable) -> Iterator[Case]:
    apart, ovr = name in segment.APART, "mode=ovr" in recipe
    for classes in (1, segment.CLASSES):
        if classes == 1 and (name in segment.SEVERAL or "weights=[" in recipe):
            continue
        for reading in ("raw",) if name in segment.RAW else ("logits", "given", *(("soft",) if name in segment.SOFT else ())):
            logits, soft = reading != "given", reading == "soft"

            def make(rng: np.random.Generator, n: int, classes: int = classes, logits: bool = logits, soft: bool = soft) -> dict:
                return inputs.masks(rng, n, classes, segment.SHAPE, logits, soft)

            def formula_of(p: object, scores: list, mask: list, logits: bool = logits) -> Jet:
                return formula(p, segment.Image(scores, mask, logits, apart or ovr, name in segment.BOTH))

            shape: tuple[int, ...] = (classes, *segment.SHAPE) if classes > 1 else segment.SHAPE
            shapes: dict[str, tuple[int, ...]] = {"scores": shape, "mask": shape if soft else segment.SHAPE}
            conventions = {"from_logits": True} if reading in ("logits", "soft") else {}
            kind = f"{reading}, {classes} class{'es' if classes > 1 else ''}"
            yield Case("segment", recipe, kind, formula_of, make, conventions, shapes)


# --- ours


def ours(case: Case, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) and gradients (n,k) by everything on the side of PRED."""
    family = registry.load(case.family)
    ((_, term),) = parse(case.recipe, family).terms
    bound = BoundTerm.of(term, family, frozenset(arrays), Conventions(**case.conventions))
    rows = np.arange(len(next(iter(arrays.values()))))
    arrays = {role: x.reshape(len(x), *case.shapes[role]) if role in case.shapes else x for role, x in arrays.items()}
    block = Block(arrays, rows, rows, lambda role, i, item: Where(role, i + 1, str(item)))
    with np.errstate(all="ignore"):
        values = bound.rows(block, Watch()).values
        found = bound.gradient(block, Watch()) if bound.form.differentiable else {}
    slopes = [found[r].reshape(len(rows), -1) for r in bound.form.takes if r in found]
    return values, np.concatenate(slopes, 1) if slopes else np.zeros((len(rows), 0))


# --- the reference


def exact(case: Case, arrays: dict[str, np.ndarray], number: Any) -> tuple[Any, list]:
    """The formula's value and derivatives: of one row for Mp, of all rows at once for Long."""
    family = registry.load(case.family)
    ((_, term),) = parse(case.recipe, family).terms
    constants = {
        k.rstrip("_"): Jet(number, number.num(v)) if isinstance(v, float) and not isinstance(v, bool) else v for k, v in term.values
    }
    moved = EMBEDDED if case.family == "embed" else PRED_SIDE
    flat = [(r, x) for r in term.loss.takes if r in arrays and r in moved for x in np.moveaxis(_tall(arrays[r]), -1, 0)]
    jets = iter(variables(number, [number.num(x) for _, x in flat]))
    held = {}
    for role in (r for r in term.loss.takes if r in arrays):
        array = arrays[role]
        if role in moved:
            found = [next(jets) for _ in range(_tall(array).shape[-1])]
            held[role] = found if _several(case, array) else found[0]
        elif array.dtype.kind in "iu":
            whole = [x if number.lanes else int(x) for x in np.moveaxis(_tall(array), -1, 0)]
            held[role] = whole if _several(case, array) else whole[0]
        else:
            parts = [Jet(number, number.num(x)) for x in np.moveaxis(_tall(array), -1, 0)]
            held[role] = parts if _several(case, array) else parts[0]
    out = case.formula(types.SimpleNamespace(**constants), **held)
    return out.v, list(out.d)


def settled(case: Case, row: dict[str, np.ndarray]) -> tuple[Any, list]:
    """The value and derivatives of a row, with enough digits that fifty are correct."""
    sizes = np.abs(np.concatenate([np.ravel(x) for x in row.values()] + [[1.0]]))
    span = np.log10(sizes.max()) - np.log10(sizes[sizes > 0].min())
    digits, before = DIGITS + int(3 * span + _reach(case, row)), None
    while True:
        with mpmath.workdps(digits):
            value, slopes = exact(case, row, Mp)
        now = [value, *slopes]
        if (before is not None and all(_agree(a, b) for a, b in zip(before, now, strict=True))) or digits > 10000:
            return value, [mpmath.nan] * len(slopes) if mpmath.isnan(value) else slopes
        digits, before = int(1.5 * digits), now


def _reach(case: Case, row: dict[str, np.ndarray]) -> float:
    """Decades between the exponentials of a row's logits: the digits that 1 - p of the likeliest class needs."""
    if case.family != "classify" or case.recipe.partition(":")[0] not in classify.DEEP or case.reading == "given":
        return 0.0
    flat = np.concatenate([np.ravel(row[role]).astype(float) for role in ("scores", "label")])
    return 0.44 * float(max(flat.max(), 0.0) - min(flat.min(), 0.0))


def _agree(a: Any, b: Any) -> bool:
    if a == b or (mpmath.isnan(a) and mpmath.isnan(b)):
        return True
    if abs(b) < mpmath.mpf("1e-340") and abs(a) < mpmath.mpf("1e-340"):
        return True
    return bool(abs(a - b) < abs(b) * mpmath.mpf("1e-50"))


def _several(case: Case, array: np.ndarray) -> bool:
    return array.ndim > 0 and array.shape[-1] > 0 and getattr(array, "several", False)


class _Marked(np.ndarray):
    """An array with the numbers of one row along its last axis."""

    several = True


def _tall(array: np.ndarray) -> np.ndarray:
    return array if getattr(array, "several", False) else np.asarray(array)[..., None]


def marked(array: np.ndarray) -> np.ndarray:
    return array.view(_Marked) if array.ndim == 2 else array


def _row(arrays: dict[str, np.ndarray], i: int) -> dict[str, np.ndarray]:
    return {k: v[i] if v.ndim == 2 else np.asarray(v[i]) for k, v in arrays.items()}


def error(got: float, want: Any, size: Any = 0) -> float:
    """|got - want| / the larger of |want| and `size`."""
    near = float(want)
    if np.isnan(near):
        return 0.0
    if np.isinf(near) or not np.isfinite(got):
        return 0.0 if got == near else np.inf
    return float(abs(mpmath.mpf(got) - want) / max(abs(want), size, LEAST))


def slope_error(got: np.ndarray, want: list) -> float:
    """The error of a row's gradient, relative to its largest component."""
    known = [(float(g), w) for g, w in zip(got, want, strict=True) if not mpmath.isnan(w)]
    top = max((abs(w) for _, w in known if mpmath.isfinite(w)), default=mpmath.mpf(0))
    return max((error(g, w, top) for g, w in known), default=0.0)


# --- backward stability


def _excess(got: float, want: Any, allowed: Any) -> float:
    """|got - want| as a multiple of what is allowed; an infinity must be matched."""
    near = float(want)
    if np.isnan(near):
        return 0.0
    if np.isinf(near) or not np.isfinite(got):
        return 0.0 if got == near else np.inf
    return float(abs(mpmath.mpf(got) - want) / (allowed + UNDERFLOW))


def stability(case: Case, row: dict, got: float, slopes: np.ndarray, want: tuple[Any, list]) -> tuple[float, float]:
    """Errors of a row's value and gradient as multiples of the allowed error.

    Allowed is 1e-13 of the value and 1e-12 of the largest slope, or, where that is not met, so much more as the exact value or
    slope itself changes when each input moves by 1e-13 of its size: no arithmetic on rounded numbers does better (p - t where p
    and t agree is the difference of rounded exponentials).
    """
    value, exact_slopes = want
    top = max((abs(w) for w in exact_slopes if mpmath.isfinite(w)), default=mpmath.mpf(0))
    sizes = [MOVE * abs(value), *[SLOPE * top] * len(exact_slopes)]
    wants, found = [value, *exact_slopes], [got, *map(float, slopes)]
    shares = [_excess(*x) for x in zip(found, wants, sizes, strict=True)]
    if max(shares) > 1:
        changes = _changes(case, row, wants)
        shares = [_excess(g, w, size + more) for g, w, size, more in zip(found, wants, sizes, changes, strict=True)]
    return shares[0], max(shares[1:], default=0.0)


def _changes(case: Case, row: dict, wants: list) -> list:
    """How much the exact value and slopes change as each input moves by 1e-13 of its size."""
    changes = [mpmath.mpf(0)] * len(wants)
    for role, array in row.items():
        for i in np.flatnonzero(array) if array.dtype.kind == "f" else ():
            steps = []
            for sign in (-1.0, 1.0):
                moved = array.copy()
                moved.flat[i] *= 1.0 + sign * MOVE
                value, slopes = settled(case, row | {role: moved})
                steps.append([abs(a - b) for a, b in zip([value, *slopes], wants, strict=False)])
            changes = [c + max(x for x in (0, *both) if mpmath.isfinite(x)) for c, *both in zip(changes, *steps, strict=True)]
    return changes


# --- measuring


def measure(case: Case, samples: int, judged: int, seed: int = 0, table: dict | None = None) -> Found | None:
    """The errors of one case; None where its formula declines."""
    rng = np.random.default_rng([seed, *case.name.encode()])
    arrays = {k: marked(v) for k, v in case.make(rng, samples).items()}
    plain = {k: np.asarray(v) for k, v in arrays.items()}
    values, slopes = ours(case, plain)
    n = len(values)
    sample = rng.choice(n, min(judged, n), replace=False)
    looked_at = np.concatenate(
        [sample, *(_screened(case, arrays, values, slopes, judged // 4) if WIDE and case.family != "segment" else [])]
    )
    chosen = list(dict.fromkeys(int(i) for i in looked_at))
    wants = []
    with mpmath.workdps(2 * DIGITS):
        try:
            wants = [settled(case, _row(arrays, i)) for i in chosen]
        except AttributeError:
            return None  # the formula declines these parameters
        by_value = np.array([error(float(values[i]), w) for i, (w, _) in zip(chosen, wants, strict=True)])
        if not slopes.shape[1]:
            wants = [(value, []) for value, _ in wants]  # a loss without a gradient
        off = [[error(float(g), w) for g, w in zip(slopes[i], d, strict=True)] for i, (_, d) in zip(chosen, wants, strict=True)]
        by_row = np.array([slope_error(slopes[i], d) for i, (_, d) in zip(chosen, wants, strict=True)])
        by_part = np.array([max(x, default=0.0) for x in off])
        shares = np.array(
            [stability(case, _row(arrays, i), float(values[i]), slopes[i], w) for i, w in zip(chosen, wants, strict=True)]
        )
        digits = [_excess(float(values[i]), w, MOVE * abs(w)) for i, (w, _) in zip(chosen, wants, strict=True)]
        beside = _peers(case, plain, chosen, wants, table or {}, len(sample))
    first = slice(0, len(sample))
    return Found(
        case,
        n,
        float(by_value.max()),
        float(np.quantile(by_value[first], 0.999, method="lower")),
        float(by_row.max()),
        float(np.quantile(by_row[first], 0.999, method="lower")),
        float(by_part.max()),
        _row(plain, chosen[int(by_value.argmax())]),
        _row(plain, chosen[int(by_row.argmax())]),
        float(shares[:, 0].max()),
        float(shares[:, 1].max()),
        max(digits),
        _row(plain, chosen[int(shares[:, 0].argmax())]),
        _row(plain, chosen[int(shares[:, 1].argmax())]),
        beside,
    )


def _screened(case: Case, arrays: dict, values: np.ndarray, slopes: np.ndarray, keep: int) -> list[np.ndarray]:
    """The rows that look worst in long doubles, by value and by gradient."""
    by_value, by_slope = [], []
    step = 1 << 16
    with np.errstate(all="ignore"):
        for start in range(0, len(values), step):
            part = {k: v[start : start + step] for k, v in arrays.items()}
            try:
                v, d = exact(case, part, Long)
            except AttributeError:
                return []
            at = slice(start, start + step)
            by_value.append(_off(values[at], v))
            by_slope.append(np.max([_off(slopes[at, j], x) for j, x in enumerate(d[: slopes.shape[1]])] or [by_value[-1]], axis=0))
    return [np.argsort(-np.concatenate(x), kind="stable")[:keep] for x in (by_value, by_slope)]


def _off(got: np.ndarray, want: Any) -> np.ndarray:
    off = np.abs(got - np.broadcast_to(want, got.shape)) / np.spacing(np.abs(got))
    return np.where(np.isnan(off), 0.0, off).astype(float)


def _peers(case: Case, plain: dict, chosen: list, wants: list, table: dict, sample: int) -> dict[str, tuple[float, ...]]:
    found = {}
    rows = {k: np.ascontiguousarray(v[chosen]) for k, v in plain.items()}
    for library, run in table.get(case.name, {}).items():
        with np.errstate(all="ignore"):
            out = run(rows)
        got, slope = out if isinstance(out, tuple) else (out, None)
        off = np.array([error(float(g), w) for g, (w, _) in zip(got, wants, strict=True)])
        errors = [float(off.max()), float(np.quantile(off[:sample], 0.999, method="lower"))]
        if slope is not None:
            flat = slope.reshape(len(got), -1)
            errors.append(
                max(max(error(float(g), w) for g, w in zip(s, d, strict=False)) for s, (_, d) in zip(flat, wants, strict=True))
            )
        found[library] = tuple(errors)
    return found


def pointwise() -> Iterator[tuple[str, str, bool]]:
    """Family and name of every loss with one value per row, and whether it has a reference formula."""
    for family in FORMULAS:
        for name, loss in registry.load(family).losses.items():
            if family == "segment" or (loss.unit == "row" and loss.fitter is None):
                yield family, name, hasattr(FORMULAS[family], name)
