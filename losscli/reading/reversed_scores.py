"""Scores of two classes whose names contradict the classes 0 and 1 that they would be read as."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.errors import DataError, Where, some
from losscli.reading.chosen import Chosen, col
from losscli.reading.class_labels import ClassTables
from losscli.reading.class_scores import label_words
from losscli.spec.column_names import NO, YES, fold

_OF_ZERO = re.compile(r"[^\W\d_]+[\W_]?0", re.ASCII)
"""The name of a score of class 0: `prob_0`, `p0`; pandas names a column without a name 0."""


_NEGATIVE = ("no", "negative", "neg", "false")


def refuse(tables: ClassTables, scores: Chosen | None, label: Chosen | None) -> None:
    """Raise DataError where labels are 0 and 1, and one score is named after class 0, or two after yes and no in this order."""
    if scores is None or label is None or not tables.pred.source.is_table:
        return
    columns = scores.columns
    if scores.why == "--col" or tables.classes or scores.words or not columns or not set(label_words(tables, label)) <= {"0", "1"}:
        return
    where = Where(tables.pred.source.path)
    of_zero = _OF_ZERO.fullmatch(columns[0]) is not None or _says(columns[0], _NEGATIVE)
    if len(columns) == 1 and of_zero and columns[0] not in _entries(tables):
        what = f"{some(columns)} is the only score, which is read as that of class 1, but named after class 0"
        raise DataError(what, where, f"{col('scores', columns)} if it is the score of class 1")
    if len(columns) == 2 and _says(columns[0], YES) and _says(columns[1], NO):
        what = f"{some(columns)} would be the scores of the classes 0 and 1, in this order"
        raise DataError(what, where, f"choose the order with {col('scores', columns[::-1], columns)}")


def _entries(tables: ClassTables) -> set[str]:
    """The columns that are entries of lists."""
    return {name for names in tables.pred.lists.values() for name in names}


def _says(name: str, words: Sequence[str]) -> bool:
    """Whether a part of a name is one of these words."""
    return any(fold(part) in words for part in re.split(r"[\W_]+", name))
