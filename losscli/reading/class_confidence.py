"""A single score beside predicted classes: the score of class 1, or the confidence in whatever class was predicted."""

from __future__ import annotations

from losscli.core.errors import DataError, Where, visible
from losscli.reading.chosen import Chosen
from losscli.reading.class_labels import ClassTables
from losscli.reading.class_scores import pred_label
from losscli.reading.words import truth

_BINARY = ({"0", "1"}, {"-1", "1"})


def score_of_class_one(tables: ClassTables, scores: Chosen, label: Chosen | None, said: Chosen | None) -> Chosen | None:
    """The scores, unless they are one column beside predicted classes, and classes other than 0 and 1 show it to be a confidence.

    said: the predicted classes, where --col names them. Raises DataError where a column may be either.
    """
    hard = (said or pred_label(tables, scores, label)) if len(scores.columns) == 1 else None
    if hard is None or len(hard.columns) != 1:
        return scores
    (score,), (predicted,) = scores.columns, hard.columns
    true = tables.target.words(label.columns[0]) if label is not None and len(label.columns) == 1 else ()
    words = {truth(w) for w in true or tables.pred.words(predicted)}
    if not any(words <= binary for binary in _BINARY):
        return scores if len(tables.classes) == 2 else None
    values, classes = tables.pred.first(score), tables.pred.first(predicted)
    if values is None or not tables.exclusive or said is not None:
        return scores
    other = len(tables.pred.words(predicted)) > 1 if classes is None else bool((classes < 1).any())
    if values.min(initial=1.0) >= 0.5 and values.max(initial=0.0) <= 1.0 and other:
        names = visible(score, 40), visible(predicted, 40)
        raise DataError(
            f"column {names[0]} may be the score of class 1 or the confidence in {names[1]}: it is never below 0.5",
            Where(tables.pred.source.path),
            f"--col scores={names[0]} for the first; --loss zero_one --col pred_label={names[1]} for the second",
        )
    return scores
