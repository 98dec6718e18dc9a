"""Columns of a list of pairs or triplets without a usual name: those with ids of PRED, and the one that says which pairs match."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.errors import visible
from losscli.reading.chosen import col
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.key_words import stem
from losscli.spec.column_names import ABOUT, LABEL, NO, PRED_LABEL, SAME, SCORE, YES, fold

_OTHERWISE = re.compile(r"(dis|dif|non|not|un|mis|imp|neg|no)", re.I)
"""How names begin that say the reverse of `same`."""
_NUMBERS = frozenset({"1", "0", "-1"})


def same_column(facts: ColumnFacts, ids: Sequence[str]) -> str:
    """The only other column of words for yes and no, or of 1 and 0 (or -1), where no column has a name of `same`; else empty."""
    if facts.named((*SAME, "target", "label")):
        return ""
    apart = {*ids, *facts.named((*ABOUT, *PRED_LABEL, *SCORE))}
    left = [n for n in facts.names if n not in apart and not _OTHERWISE.match(n) and _says(facts, n)]
    named = [n for n in left if n in facts.named(LABEL)]
    return (named or left)[0] if len(named or left) == 1 else ""


def _says(facts: ColumnFacts, name: str) -> bool:
    words = facts.words(name)
    return bool(words) and all(w in _NUMBERS or fold(w) in YES or fold(w) in NO for w in words)


def ways_to_name(pred: ColumnFacts, target: ColumnFacts) -> str:
    """How to name the columns of a list, by the ids of PRED that they have."""
    known = {stem(w) for n in pred.names if not pred.numeric(n) or pred.whole(n) for w in pred.texts(n, FIRST)}
    if not known.isdisjoint(map(stem, target.names)):
        return f"if the first line of {visible(target.source.path)} is data, use --header target.none"
    hits = [n for n in target.names if not known.isdisjoint(map(stem, target.texts(n, FIRST)))]
    roles = {2: ("a", "b"), 3: ("anchor", "positive", "negative")}.get(len(hits))
    if roles is not None:
        return f"these have ids of PRED: {' '.join(col(role, [n]) for role, n in zip(roles, hits, strict=True))}"
    return "name the columns with --col a=NAME --col b=NAME, or --col anchor=NAME --col positive=NAME --col negative=NAME"
