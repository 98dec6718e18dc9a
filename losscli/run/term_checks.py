"""What a loss cannot be evaluated on, found before anything is evaluated: rows of different shapes, weights, and scores that are
not the probabilities as which it would read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.engine.term import BoundTerm
from losscli.numerics.stable import Array
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.chosen import col
from losscli.reading.column_facts import FIRST
from losscli.sources.base import Compares, Field, at_once
from losscli.spec.loss import Loss

_LOGITS = re.compile(r"(?<![^\W\d_])logits?(?![^\W\d_])", re.IGNORECASE)
"""The word in the name of a column: `logit`, `logit_cat`, `cat_logit`, `logits[0]`."""


def refuse_terms(terms: Iterable[BoundTerm], inputs: Inputs, cols: Sequence[str]) -> None:
    """Raise DataError or UsageError for a loss that these inputs do not fit. cols: what --col states."""
    terms = tuple(terms)
    _refuse_weights(terms, inputs)
    _refuse_sizes(terms, inputs)
    scores = next((f for f in inputs.filled if f.role == "scores"), None)
    if scores is None or not any(_as_probabilities(bound, scores) for bound in terms):
        return
    stated = any(text.partition("=")[0].removeprefix("pred.") == inputs.family.role("scores").key for text in cols)
    _refuse_logits(scores, stated)
    if inputs.family.name == "classify" and any(_as_probabilities(b, scores) and not _reads_classes(b) for b in terms):
        _refuse_classes(scores, inputs)


def _refuse_sizes(terms: Iterable[BoundTerm], inputs: Inputs) -> None:
    """Raise DataError where a loss needs every row in one array, and rows differ in shape."""
    whole = next((b for b in terms if b.form.unit == "whole"), None)
    varying = next((f for f in inputs.filled if f.varies), None)
    if whole is not None and varying is not None:
        what = f"{whole.form.name} compares rows with each other in one array, but the images differ in size"
        raise DataError(what, Where(varying.where(0, 0).path), "give images of one size, or use a loss of single images")


def _refuse_weights(terms: Iterable[BoundTerm], inputs: Inputs) -> None:
    whole = next((b for b in terms if b.form.unit == "whole"), None)
    if whole is not None and inputs.weight is not None:
        raise UsageError(
            f"{whole.form.name} compares rows with each other, so --weights does not apply", fix="omit --weights for this loss"
        )


def _as_probabilities(bound: BoundTerm, scores: Filled) -> bool:
    """Whether a loss reads the scores as probabilities."""
    spec = bound.form.scores
    classes = scores.field.shape[0] if scores.field.shape else 1
    kind = spec(bound.params, classes) if callable(spec) else spec
    return "scores" in bound.form.takes and kind in ("softmax", "sigmoid") and not bound.conventions.from_logits


def _reads_classes(bound: BoundTerm) -> bool:
    """Whether a loss has the same value for predicted classes as for scores of 0 and 1."""
    return any("pred_label" in form.takes for form in bound.term.loss.forms)


def _refuse_logits(scores: Filled, stated: bool) -> None:
    """Raise DataError where scores are named logits, and nothing but --from-logits could say that they are."""
    names = scores.field.names
    if stated or not any(map(_LOGITS.search, names)) or not _within(_first(scores)):
        return
    what = f"the scores are named {visible(names[0], 40)!r}, but would be read as probabilities: all of them lie in 0…1"
    fix = f"use --from-logits if they are logits, or {col('scores', names)} if they are probabilities"
    raise DataError(what, Where(scores.where(0, 0).path), fix)


def _refuse_classes(scores: Filled, inputs: Inputs) -> None:
    """Raise DataError where scores are stored as whole numbers or booleans, and are all 0 or 1."""
    label = next((f.field for f in inputs.filled if f.role == "label"), None)
    if label is not None and label.kind == "f" and len(label.shape) > len(scores.field.shape):  # the sides may be swapped
        return
    field, first, alone = scores.field, _first(scores), inputs.family.role("pred_label").alone
    if not _stored_whole(field, inputs) or not first.size or not bool(np.isin(first, (0, 1)).all()):
        return
    if field.shape in ((), (1,)):
        named = f" --col pred_label={visible(field.names[0])}" if field.names else ""
        raise DataError(alone[0], Where(scores.where(0, 0).path), alone[1] + named)
    what = f"PRED contains only 0 and 1, stored as {'booleans' if first.dtype.kind == 'b' else 'whole numbers'}, not probabilities"
    fix = "--loss zero_one reads one-hot rows, --loss hamming a decision for every class"
    raise DataError(what, Where(scores.where(0, 0).path), fix)


def _stored_whole(field: Field, inputs: Inputs) -> bool:
    """Whether scores are stored as whole numbers or booleans; text, as CSV, stores neither."""
    if inputs.pred.format == "dataframe" and isinstance(field, Compares):
        return bool(field.compared(0, 1).dtype.kind in "iub")
    whole: frozenset[str] = getattr(inputs.pred, "whole", frozenset())
    return field.kind == "i" or (bool(field.names) and set(field.names) <= whole)


def _first(scores: Filled) -> Array:
    return scores.read(0, at_once(scores.field, min(FIRST, scores.field.rows)), None)


def _within(values: Array) -> bool:
    """Whether all known numbers are in 0…1."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    return bool(known.size) and bool((known >= 0).all() and (known <= 1).all())


def refuse_unordered(form: Loss, filled: Sequence[Filled]) -> None:
    """Raise DataError for names of classes where their order matters and nothing says it."""
    names = next((f for f in filled if f.unordered and f.role in form.takes), None) if form.ordered else None
    if names is not None:
        raise DataError(
            f"{form.name} depends on the order of the classes, which their names do not say",
            names.where(0, 0),
            "name the classes in their order with --classes a,b,c",
        )
