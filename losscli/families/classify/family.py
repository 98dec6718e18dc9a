"""The classification family: its roles, and how scores and labels are read and checked. A sample is a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.families.classify._class_rules import RULES
from losscli.families.classify._forecast import forecast
from losscli.families.classify._hard_classes import CLASSES, with_classes
from losscli.families.classify._label_order import look_at_order, order_of_labels
from losscli.families.shared.class_ranges import renumbered
from losscli.families.shared.index_column import index_columns, look_for_index
from losscli.families.shared.label_guards import read_label, refuse_mixed, refuse_swapped
from losscli.families.shared.one_hot_labels import look_for_one_hot, one_hot_labels
from losscli.families.shared.score_guards import look_for_classes, read_scores, refuse_weights, squeezed, suspicious
from losscli.spec import column_names
from losscli.spec.family import Conventions, Family, Role, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block


def labelled(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    """The checked scores and labels in the form the loss reads."""
    if "label" in loss.takes:
        block.once("swapped", lambda: refuse_swapped(block, "label"))
    try:
        return _labelled(block, loss, p, conventions, watch)
    except DataError as e:
        raise with_classes(e, block, conventions, loss.scores in ("raw", "logits", "log")) from None


def _labelled(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    shape = squeezed(block.arrays["scores"]).shape
    one = len(shape) == 1
    classes = 2 if one else shape[1]
    kind = reading(loss.scores, p, 1 if one else classes)
    wanted = reading(loss.label, p, 1 if one else classes)
    if one and (kind in ("log", "logits") or wanted == "multihot" or (kind == "raw" and wanted in ("class", "distribution"))):
        _refuse_one_score(block, loss.name)
    refuse_weights(p, loss.name, classes)
    _refuse_scalar_alpha(p, loss, kind, classes)
    scores = read_scores(block, kind, conventions, watch, bool(p.get("renormalize")))
    if kind in ("softmax", "sigmoid") and not conventions.from_logits and all("pred_label" not in x.takes for x in loss.forms):
        block.once("classes", lambda: look_for_classes(block, watch))
    if "label" not in loss.takes:
        return (scores,)
    if wanted == "scores":
        return scores, _other_scores(block, kind, conventions, watch)
    label = read_label(
        block,
        "label",
        wanted,
        shape,
        classes,
        watch,
        ignore=p.get("ignore_index"),
        ignorable="ignore_index" in p,
        multilabel=conventions.multilabel,
        renormalize=conventions.renormalize,
        name=loss.name,
    )
    if wanted in ("class", "distribution") and not conventions.multilabel:
        look_for_one_hot(block, watch)
    return (scores, label) if loss.takes[0] == "scores" else (label, scores)


def _other_scores(block: Block, kind: str, conventions: Conventions, watch: Watch) -> Any:
    """TARGET's scores, read like PRED's."""
    mine, other = (squeezed(block.arrays[role]).shape for role in ("scores", "label"))
    if mine != other:
        raise DataError(
            f"`label` has shape {other}, the scores have shape {mine}: they must be equal",
            block.place("label", 0, 0),
            "this loss reads another model's scores as `label`; --loss ce reads classes",
        )
    return read_scores(block, kind, conventions, watch, role="label")


def reading(spec: Any, p: Params, classes: int) -> str:
    """The reading, which may depend on the parameters or on the number of scores."""
    return str(spec(p, classes)) if callable(spec) else str(spec)


def _refuse_one_score(block: Block, name: str) -> None:
    raise DataError(
        f"{name} needs one score per class, but PRED has one per row",
        block.place("scores", 0, 0) if block.rows else None,
        fix="choose the columns with --col scores=a,b,c; bce, hinge and perceptron read a single score",
    )


def _refuse_scalar_alpha(p: Params, loss: Loss, kind: str, classes: int) -> None:
    alpha = p.get("alpha")
    if "mode" in p and isinstance(alpha, float) and kind == "softmax" and classes > 2 and _unsaid(p):
        listed = ",".join([f"{alpha:g}"] * classes)
        param = loss.param("alpha")
        listing = (
            f"set one weight per class with alpha=[{listed}], or use " if param is not None and "vector" in param.kinds else ""
        )
        raise UsageError(
            f"{loss.name}: a single alpha is ambiguous for a softmax over {classes} classes",
            fix=f"{listing}mode=ovr (alpha on positives, 1-alpha on negatives)"
            + (", alpha_on=rest or alpha_on=all" if "alpha_on" in p else ""),
        )


def _unsaid(p: Params) -> bool:
    return str(p.get("alpha_on", "positives")) == "positives"


_ONE_HOT = "TARGET rows are one-hot where a class number was expected: each is read as the class of its 1"


def conclude(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """Reject mixed label encodings; warn about probabilities given as logits, one-hot labels, and classes in two numberings."""
    refuse_mixed(watch)
    found = [*suspicious(watch), *renumbered(watch), *order_of_labels(watch, conventions), *index_columns(watch, "scores")]
    return [*found, *one_hot_labels(watch, _ONE_HOT)]


def check(block: Block, conventions: Conventions, watch: Watch) -> None:
    """Look at the first rows of a tile for columns in another order, labels counted from 1 and an index among the scores."""
    look_at_order(block, conventions, watch)
    look_for_index(block, "scores", watch)


FAMILY = Family(
    name="classify",
    summary="class scores against labels",
    sample="a row",
    roles=(
        Role(
            "scores",
            "pred",
            "scores",
            "(n,) or (n,C)",
            "one score for class 1, or one per class",
            (*column_names.SCORES, *column_names.SCORE),
            "scores",
        ),
        Role(
            "pred_label",
            "pred",
            "pred_label",
            "(n,)",
            "predicted classes: numbers or names",
            column_names.PRED_LABEL,
            "pred_label",
            text=True,
            alone=(CLASSES, "--loss zero_one"),
        ),
        Role(
            "label",
            "target",
            "label",
            "(n,) or (n,C)",
            "class numbers or names, or one number per class (0/1 or probabilities)",
            column_names.LABEL,
            "label",
            column_names.LABEL_WEAK,
            text=True,
            meanings={
                "class": "class numbers or names, or one-hot rows",
                "distribution": "class numbers or names, or a probability for every class",
                "binary": "0 or 1 for every score, or class numbers or names",
                "multihot": "0 or 1 for every score, or class numbers or names",
                "unit": "a number from 0 to 1 for every score, or class numbers or names",
                "real": "a number for every score",
                "position": "a position from 0 to C-1 among the bins",
                "log": "log-probabilities of the classes, or class numbers or names",
                "scores": "scores in the shape of PRED",
            },
        ),
    ),
    reads=labelled,
    check=check,
    conclude=conclude,
    classes=RULES,
    forecast=forecast,
)


def per_row(values: np.ndarray[Any, Any], classes: str) -> np.ndarray[Any, Any]:
    """One value per row: the mean or sum of its entries."""
    if values.ndim == 1:
        return values
    return values.mean(1) if classes == "mean" else values.sum(1)


def columns(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One score per row as a single column."""
    return np.expand_dims(values, 1) if values.ndim == 1 else values


def share(slope: np.ndarray[Any, Any], classes: str) -> np.ndarray[Any, Any]:
    """The gradient that goes with `per_row`."""
    return slope / slope.shape[1] if slope.ndim > 1 and classes == "mean" else slope
