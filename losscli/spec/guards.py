"""The guards: a likely mistake is a warning with a code, an error with --strict, and silent with --allow CODE; so is one that is
certain but may be meant, which is an error in any case."""

from __future__ import annotations

GUARDS = {
    "pair-order": "parts of both sides have different numbers of rows per file, and pair by position",
    "index-column": "a column among the scores counts or identifies the rows",
    "total-row": "a first or last row has the sums or means of the others",
    "class-names": "a class is spelled otherwise on the other side, or no predicted class is a true one",
    "box-convention": "boxes of a pair are apart as they are read, but not in another format",
    "mixed-scale": "boxes of a pair are apart as they are read, but not if one side is scaled",
    "label-order": "the labels agree with the scores if the columns of scores are put into another order",
    "one-based": "the labels agree with the scores if they are counted from 1",
    "one-hot": "the labels are one-hot rows or masks where class numbers were expected",
    "class-numbers-shifted": "predicted and true classes differ by one number throughout",
    "probabilities-as-logits": "scores given as logits look like probabilities",
    "classes-as-probabilities": "scores read as probabilities are all 0 or 1",
    "unit-norm": "a loss on the unit sphere reads vectors of other lengths",
    "rows-by-place": "a loss takes runs of rows as classes, but the labels are not in runs",
}
"""What each code says, in one line."""


def silenced(code: str) -> str:
    """How to leave the warning of a guard out; nothing of another."""
    return f"--allow {code} if this is meant" if code in GUARDS else ""


SAMPLE = 1024
"""Rows of each tile that guards look at."""
