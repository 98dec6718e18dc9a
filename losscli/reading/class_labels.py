"""Which column of the truth holds the classes, each choice by a reason (see `Chosen`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, some, visible
from losscli.core.records import dataclass
from losscli.reading.chosen import Chosen, col, undecided
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.series import named_after, numbered
from losscli.reading.wide_columns import predicted_ones, refuse_noted
from losscli.spec.column_names import ABOUT, LABEL, LABEL_WEAK, PRED_LABEL, SCORE, fold, is_id, is_index

_EITHER = "a true or a predicted class"


@dataclass(frozen=True)
class ClassTables:
    """The two sides of a classification, the columns of each that may be chosen, and the classes that the user named.

    pred, target: names that are not keys, weights, groups or given by --col. one: whether both sides are one table.
    """

    pred: ColumnFacts
    target: ColumnFacts
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    one: bool
    classes: tuple[str, ...] = ()
    exclusive: bool = True
    """Whether the scores of a row are probabilities that add up to one."""
    stated: tuple[str, ...] = ()
    """The columns of the scores, where --col names them."""
    multilabel: bool = False

    @property
    def numeric(self) -> list[str]:
        """The columns of numbers in PRED that --col does not name."""
        return [n for n in self.ours if self.pred.numeric(n)]

    @property
    def scored(self) -> list[str]:
        """The columns of PRED that may be named after classes."""
        return list(self.stated) or self.numeric

    def class_names(self, name: str) -> bool:
        """Whether a column of text in TARGET names classes: those of --classes, or of PRED's columns."""
        if self.target.numeric(name):
            return False
        words = self.target.words(name)
        if self.classes:
            return bool(words) and set(words) <= set(self.classes)
        return named_after([n for n in self.scored if n != name], words, every=True) is not None


def label(tables: ClassTables) -> Chosen | None:
    """The label by name or by its values; None where neither says which column it is. Raises DataError between several."""
    facts, free = tables.target, tables.theirs
    named = [n for n in facts.named(LABEL) if n in free]
    if not named and not tables.one:
        named = [n for n in facts.named(LABEL_WEAK) if n in free]
    doubtful = _predicted(tables)
    spelled = [n for n in free if tables.class_names(n) and n not in doubtful and facts.identifies(n) != "an index"]
    _refuse_tags(tables, named)
    if len(named) == 1 and not (facts.numeric(named[0]) and spelled):
        return Chosen((named[0],), "its name")
    either = [n for n in facts.named(LABEL_WEAK) if n in doubtful and n in free and tables.class_names(n)]
    if spelled and either:
        raise undecided(facts.source, "label", [*either, *spelled], f"{some(either)}: {_EITHER}")
    if len(spelled) == 1:
        return Chosen((spelled[0],), "its values are the class names")
    if len(named) > 1 or len(spelled) > 1:
        raise undecided(facts.source, "label", spelled if len(spelled) > 1 else named)
    return Chosen((named[0],), "its name") if named else _several(tables)


def _predicted(tables: ClassTables) -> list[str]:
    """The columns of one table that hold predicted classes, by their names."""
    facts = tables.target
    return [*facts.named(PRED_LABEL), *predicted_ones(facts.names, facts.names)] if tables.one else []


def _refuse_tags(tables: ClassTables, named: Sequence[str]) -> None:
    """Raise DataError if one column has the name of the label and several have those of the scores."""
    facts = tables.target
    tags = [n for n in tables.scored if n in tables.theirs and facts.numeric(n) and _of_one_class(facts, n)]
    if tables.multilabel and not tables.one and len(named) == 1 and len(tags) > 1:
        what = f"{visible(facts.source.path)}: `label` may be {visible(named[0], 40)}, or the columns named as the scores"
        raise DataError(what, fix=f"choose with {col('label', tags, named)}")


def _several(tables: ClassTables) -> Chosen | None:
    """One column per class."""
    facts = tables.target
    numeric = [n for n in tables.theirs if facts.numeric(n) and not is_index(n)]
    free = [n for n in numeric if _of_one_class(facts, n)] or numeric
    own = [s for s in numbered(free) if fold(s.affix[0]) in map(fold, LABEL)]
    if len(own) == 1:
        return Chosen(own[0].columns, "numbered")
    if tables.one:
        return _bare_ones(tables, free)
    same = tuple(n for n in tables.scored if n in free and not is_id(n) and n not in tables.pred.named(PRED_LABEL))
    if len(same) > 1 and not all(facts.counts(n) for n in same):
        _refuse_strangers(tables, same, free)
        return Chosen(same, "named as the scores")
    series = numbered(free)
    if len(series) == 1:
        return Chosen(series[0].columns, "numbered")
    bare = [n for n in free if not is_id(n) and not facts.counts(n)]
    if len(bare) > 1 and named_after(tables.scored, bare, every=True) is not None:
        return Chosen(tuple(bare), "named as the scores")
    return None


def _bare_ones(tables: ClassTables, free: Sequence[str]) -> Chosen | None:
    """The columns of 0 and 1 in one table after each of which another is named: `toxic` beside `prob_toxic`."""
    own = [n for n in free if tables.target.whole(n) and not is_id(n) and not tables.target.counts(n)]
    found = named_after([n for n in tables.scored if n not in own], own, every=True)
    return Chosen(tuple(own), "named as the scores", guess=True) if found is not None and len(own) > 1 else None


def _of_one_class(facts: ColumnFacts, name: str) -> bool:
    """Whether numbers may tell how much a row belongs to a class: none beyond -1…1."""
    values = facts.first(name)
    return values is None or not bool((np.abs(values) > 1).any())


def _refuse_strangers(tables: ClassTables, same: Sequence[str], free: Sequence[str]) -> None:
    """Raise DataError if each side has a column of numbers of its own beside those that both have."""
    about = {*tables.target.named(ABOUT), *tables.pred.named(ABOUT)}
    theirs = [n for n in free if n not in same and n not in about and not tables.target.identifies(n)]
    ours = [n for n in tables.scored if n not in same and n not in about and not tables.pred.identifies(n)]
    if theirs and ours:
        what = f"{visible(tables.target.source.path)}: column {visible(theirs[0])!r} is not a class of PRED"
        raise DataError(what, fix=f"PRED has {some([*same, *ours])}; if those are not classes: {col('label', same)}")


def label_left(tables: ClassTables, used: Sequence[str]) -> Chosen | None:
    """The label as the one column that is neither index nor id, or that PRED's column is named after."""
    facts = tables.target
    left = [n for n in tables.theirs if n not in used and not is_index(n) and not is_id(n)]
    left = [n for n in left if not tables.one or n not in (*_predicted(tables), *facts.named(LABEL_WEAK))]
    data = [n for n in left if not facts.identifies(n)] if len(left) > 1 or tables.one else left
    doubtful = [n for n in facts.named((*PRED_LABEL, *LABEL_WEAK)) if tables.one and n in tables.theirs and n not in used]
    if doubtful and all(facts.identifies(n) or (not facts.numeric(n) and facts.unique(n)) for n in data):
        raise undecided(facts.source, "label", doubtful, _EITHER)
    either = [n for n in doubtful if n in facts.named(LABEL_WEAK)]
    if either and data:
        raise undecided(facts.source, "label", [*either, *data], f"{some(either)}: {_EITHER}")
    if tables.one:
        refuse_noted(facts, "label", data)
    if len(data) == 1:
        return Chosen((data[0],), "the only column left", guess=True)
    if not data:
        return None
    facing = [n for n in tables.ours if not tables.pred.identifies(n)]
    common = [n for n in data if facing == [n] and not tables.one]
    if common:
        return Chosen((common[0],), "named as PRED's column")
    if tables.one and all(facts.numeric(n) for n in data):
        return None
    if len(data) > 1 and all(facts.numeric(n) and _of_one_class(facts, n) for n in data):
        what = f"{visible(facts.source.path)}: which columns are `label`? {some(data)}"
        raise DataError(what, fix=f"choose with {col('label', data, *([n] for n in data[:3]))}")
    raise undecided(facts.source, "label", data)


def beside_score(tables: ClassTables, free: Sequence[str]) -> list[str]:
    """The label beside a score in PRED, as pipelines write the class that they predict and their confidence in it."""
    facts, scores = tables.pred, tables.pred.named(SCORE)
    if tables.one or not any(map(facts.numeric, scores)):
        return []
    return [n for n in facts.named((*LABEL, *LABEL_WEAK)) if n in free and n not in scores and facts.classes(n)]
