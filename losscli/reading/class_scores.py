"""Which columns are the scores of the classes, and which holds predicted classes, each choice by a reason (see `Chosen`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, some, visible
from losscli.core.values import is_whole
from losscli.reading.chosen import Chosen, col, undecided
from losscli.reading.class_labels import ClassTables, beside_score
from losscli.reading.series import Series, by_number, named_after, numbered, numbered_inside, shared_prefix
from losscli.reading.wide_columns import predicted_ones
from losscli.sources.missing import is_missing
from losscli.spec.column_names import ABOUT, LABEL, LABEL_WEAK, PRED, PRED_LABEL, SCORE, SCORES, fold, is_id, is_index

_PREFIXES = frozenset(map(fold, (*SCORE, *SCORES, "class", "c", "s", "z", "prob_class", "score_class", "")))
"""What the names of numbered scores begin with, where several series could be the scores."""


def scores(tables: ClassTables, label: Chosen | None) -> Chosen | None:
    """The scores by name, by the classes' names, by number or by their values. Raises DataError where several columns could be."""
    used = label.columns if label is not None and tables.one else ()
    numeric = [n for n in tables.numeric if n not in used]
    found = _listed(tables) or _named(tables, numeric, label) or _numbered(tables, numeric, label)
    pool = _pool(tables, numeric, label)
    return found or _single(tables, numeric, pool, label) or _left(tables, pool, label)


def words_of(columns: Sequence[str], classes: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """The classes that given columns stand for; empty where they stand for 0, 1, … in order."""
    if classes:
        return tuple(classes)
    whole = bool(labels) and all(w.isdigit() for w in labels)
    if whole:
        series = next((s for s in numbered(columns) if s.columns == tuple(columns)), None)
        return series.words if series is not None and series.start != 0 and set(labels) <= set(series.words) else ()
    found = named_after(columns, labels, every=False)
    if found is None:
        return tuple(columns) if len(columns) > 1 else ()
    by_column = dict(zip(found.columns, found.words, strict=True))
    return tuple(by_column.get(n, n) for n in columns)


def _listed(tables: ClassTables) -> Chosen | None:
    """A list column with a score per class."""
    lists = tables.pred.lists
    named = [n for n in lists if fold(n) in map(fold, SCORES) and set(lists[n]) <= set(tables.ours)]
    if len(named) > 1:
        raise undecided(tables.pred.source, "scores", named)
    if not named:
        return None
    columns = lists[named[0]]
    spelled = all(n.startswith(f"{named[0]}.") for n in columns)  # an object of class: score
    words = tuple(n[len(named[0]) + 1 :] for n in columns) if spelled else ()
    return _in_order(columns, words, tables.classes, f"the list {visible(named[0], 40)}")


def _in_order(columns: tuple[str, ...], words: tuple[str, ...], classes: tuple[str, ...], why: str) -> Chosen:
    """The columns in the order of --classes where these name them."""
    if classes and set(classes) == set(words):
        at = dict(zip(words, columns, strict=True))
        return Chosen(tuple(at[c] for c in classes), why, classes)
    return Chosen(columns, why, classes or words)


def label_words(tables: ClassTables, label: Chosen | None) -> tuple[str, ...]:
    """The classes that the label shows: its names, or the names of its columns."""
    if label is None:
        return ()
    if len(label.columns) > 1:
        return label.columns
    return tables.target.classes(label.columns[0] if label.columns else "")


def _named(tables: ClassTables, numeric: list[str], label: Chosen | None) -> Chosen | None:
    """The columns that bear the names of the classes."""
    words = tables.classes or label_words(tables, label)
    if not words or (not tables.classes and all(w.isdigit() for w in words)):
        return None
    found = named_after(numeric, words, every=bool(tables.classes) or (label is not None and len(label.columns) > 1))
    if found is None:
        _refuse_partly_named(tables, numeric)
        return None
    if tables.classes:
        return Chosen(found.columns[: len(words)], "named as the classes", tables.classes)
    first = {n: i for i, n in enumerate(numeric)}
    own = sorted(found.columns, key=first.__getitem__)
    left = [n for n in _pool(tables, numeric, label) if n not in own] if found.affix == ("", "") else []
    if label is not None and len(label.columns) > 1:
        _refuse_more(tables, list(found.columns), left)
        return Chosen(found.columns, "named as the classes")
    own = sorted(_bare(tables, own, left, label), key=first.__getitem__)
    if len(own) < 2:
        return None
    named = dict(zip(found.columns, found.words, strict=True))
    more = len(own) > len(found.columns)  # classes that no label shows are a guess, which --strict refuses
    return Chosen(tuple(own), "named as the classes", tuple(named.get(n, n) for n in own), guess=more)


def _refuse_partly_named(tables: ClassTables, numeric: list[str]) -> None:
    """Raise DataError if columns are named after some of --classes only, whose order would be lost."""
    partly = named_after(numeric, tables.classes, every=False)
    if partly is None or all(w.isdigit() for w in tables.classes):
        return
    lost = [w for w in tables.classes if w not in partly.words]
    if lost and len(tables.classes) - len(lost) > 1:
        what = f"{visible(tables.pred.source.path)}: no column is named after class {visible(lost[0])!r}"
        raise DataError(what, fix=f"spell the classes as the columns do: {some(numeric)}")


def _refuse_more(tables: ClassTables, own: list[str], left: list[str]) -> None:
    """Raise DataError if columns left look like classes that TARGET has no column for."""
    doubtful = _like(tables, left, own)
    if tables.exclusive:
        doubtful = [] if tables.pred.sums_to_one(own) or not tables.pred.sums_to_one([*own, *doubtful]) else doubtful
    if doubtful:
        what = f"{visible(tables.target.source.path)}: no column for class {visible(doubtful[0])!r} of PRED"
        raise DataError(what, fix=f"add it, or if that is not a class: {col('scores', own)}")


def _bare(tables: ClassTables, own: list[str], left: list[str], label: Chosen | None) -> list[str]:
    """The columns named as labels, with those of the numeric columns left that are classes without a sample."""
    if not left or label is None:
        return own
    if tables.exclusive:
        return [*own, *left] if not tables.pred.sums_to_one(own) and tables.pred.sums_to_one([*own, *left]) else own
    later = set(tables.target.every_word(label.columns[0] if label.columns else ""))
    prefix = shared_prefix(own)
    own = [*own, *(n for n in left if n in later or is_missing(n) or (len(prefix) > 1 and n.startswith(prefix)))]
    doubtful = _like(tables, [n for n in left if n not in own], own)
    if not doubtful or tables.pred.source.rows < len(own) + len(doubtful):  # too few rows for a label of every class
        return [*own, *doubtful]
    what = f"{visible(tables.pred.source.path)}: {some(own)} are named as labels; {some(doubtful)} could be classes too"
    raise DataError(what, fix=f"choose with {col('scores', own, [*own, *doubtful])}")


def _like(tables: ClassTables, names: list[str], own: list[str]) -> list[str]:
    """The columns whose numbers look like those of the scores: of their range, and not whole beside fractions."""
    scores = tables.pred.matrix(own)
    if scores is None or not scores.size:
        return names
    low, high, whole = scores.min(), scores.max(), all(tables.pred.whole(n) for n in own)
    out = []
    for name in names:
        values = tables.pred.first(name)
        near = values is None or bool(((values >= low) & (values <= high)).any())
        if near and (values is None or whole or not tables.pred.whole(name)):
            out.append(name)
    return out


def _pool(tables: ClassTables, numeric: list[str], label: Chosen | None) -> list[str]:
    """The numeric columns that may be scores: no index or id, no label, no predicted class, nothing about the run,
    and no column that is in TARGET beside the label."""
    reserved = {*tables.pred.named((*LABEL, *PRED_LABEL, *LABEL_WEAK, *ABOUT, *SCORE)), *_hard(tables)}
    left = [n for n in numeric if n not in reserved]
    if label is not None and len(label.columns) < 2 and not tables.one:
        left = [n for n in left if n not in tables.theirs] or left
    data = tables.pred.data(left)
    data = [] if len(data) > 1 and all(map(tables.pred.counts, data)) else data
    return data or [n for n in _lone_label(tables) if n in numeric]


def _hard(tables: ClassTables) -> list[str]:
    """The columns of one table that are predicted classes by the name of their truth: `predicted_X` beside `X`."""
    return [n for n in predicted_ones(tables.ours, tables.pred.names) if tables.pred.classes(n)] if tables.one else []


def _lone_label(tables: ClassTables) -> list[str]:
    """The column of PRED that is named as a label, where there is no other and the truth is in TARGET."""
    named = set(tables.pred.named((*LABEL, *LABEL_WEAK))) - set(tables.pred.named(PRED_LABEL))
    return [n for n in tables.ours if n in named] if not tables.one and set(tables.pred.data(list(tables.ours))) == named else []


def _by_place(tables: ClassTables, numeric: list[str], label: Chosen | None) -> Chosen | None:
    """The columns of a table without header that do not count its rows. Raises DataError for whole numbers among fractions."""
    facts = tables.pred
    own = facts.data(numeric)
    if len(own) < 2:
        return None
    count = _count(tables, label, len(own))
    if count != len(own) < facts.source.rows and not facts.sums_to_one(own) and 0 < sum(map(facts.whole, own)) < len(own):
        raise _unclear(tables, own, count)
    return Chosen(tuple(own), "numbered", tables.classes)


def _numbered(tables: ClassTables, numeric: list[str], label: Chosen | None) -> Chosen | None:
    """One series of numbered columns, from 0 or from 1, or with the numbers of the labels."""
    if tables.pred.placed:
        return _by_place(tables, numeric, label)
    words = label_words(tables, label)
    own = [n for n in numeric if not is_index(n) and not is_id(n)]
    found = [s for s in (*numbered(own), *numbered_inside(own)) if not _classes_in(tables, s) and _fits(s, words, tables.classes)]
    if len(found) > 1:
        found = [s for s in found if fold(s.affix[0]) in _PREFIXES] or found
    if len(found) > 1:
        lists = [s.columns for s in found]
        what = f"{visible(tables.pred.source.path)}: {len(lists)} series of columns could be the scores: {_ranges(lists)}"
        raise DataError(what, fix=f"choose with {col('scores', *lists[:3])}")
    if not found:
        return None
    series = found[0]
    return _in_order(series.columns, () if series.start == 0 else series.words, tables.classes, "numbered")


def _classes_in(tables: ClassTables, series: Series) -> bool:
    """Whether numbered columns are classes, not scores: whole and named after the label or predicted classes."""
    return fold(series.affix[0]) in map(fold, (*PRED_LABEL, *LABEL)) and all(map(tables.pred.whole, series.columns))


def _ranges(lists: Sequence[Sequence[str]]) -> str:
    return "; ".join(f"{visible(x[0], 30)} … {visible(x[-1], 30)}" for x in lists)


def _fits(series: Series, labels: tuple[str, ...], classes: tuple[str, ...]) -> bool:
    if classes:
        return len(classes) == len(series.columns)
    return series.start is not None or (bool(labels) and set(labels) <= set(series.words))


def _single(tables: ClassTables, numeric: list[str], pool: list[str], label: Chosen | None) -> Chosen | None:
    """One column with the name of a score, or with that of a prediction where it contains fractions.

    Not where other columns are the scores of several classes, in which case it is the confidence of the predicted class.
    """
    if len(pool) == _count(tables, label, len(pool)) > 2 or (tables.exclusive and tables.pred.sums_to_one(pool)):
        return None
    facts = tables.pred
    named = [n for n in facts.named(SCORE) if n in numeric]
    named += [n for n in facts.named(PRED) if n in numeric and n not in named and facts.first(n) is not None and not facts.whole(n)]
    if len(named) > 1:
        raise undecided(tables.pred.source, "scores", named)
    return Chosen((named[0],), "its name") if named else None


def _left(tables: ClassTables, pool: list[str], label: Chosen | None) -> Chosen | None:
    """All numeric columns left, where something else speaks for exactly these."""
    classes = [n for n in tables.pred.named(PRED_LABEL) if n in tables.ours] or _hard(tables)
    if not pool:
        return None
    _refuse_other_numbers(tables, pool, label)
    if len(pool) == 1:
        return (
            None if classes or _classes_alone(tables, pool[0]) else Chosen((pool[0],), "the only numeric column left", guess=True)
        )
    if tables.exclusive:
        sums = _summing(tables, pool)
        if len(sums) == 1:
            return Chosen(by_number(sums[0]), "their rows add up to 1", tables.classes, guess=True)
    count = _count(tables, label, len(pool))
    if count == len(pool):
        return Chosen(by_number(pool), f"as many as the {len(pool)} classes", tables.classes, guess=True)
    if classes:
        return None
    raise _unclear(tables, pool, count)


def _refuse_other_numbers(tables: ClassTables, pool: list[str], label: Chosen | None) -> None:
    """Raise DataError for columns numbered with gaps (`prob_0`, `prob_2`, `prob_5`) where the labels are other numbers."""
    labels = label_words(tables, label) if label is not None and len(label.columns) < 2 else ()
    series = next((s for s in numbered(pool) if len(s.columns) == len(pool)), None)
    if series is None or series.start is not None or tables.classes or not labels or not all(w.isdigit() for w in labels):
        return
    if strange := next((w for w in labels if w not in series.words), None):
        path, its = visible(tables.pred.source.path), visible(tables.target.source.path)
        what = f"the columns {some(pool)} of {path} are numbered {','.join(series.words)}, but {its} has the label {strange}"
        numbers = ",".join(sorted(labels, key=int)) if len(labels) == len(pool) else "a,b,c"
        raise DataError(what, fix=f"name the classes in the order of the columns with --classes {numbers}")


def _unclear(tables: ClassTables, pool: list[str], count: int) -> DataError:
    known = f", {count} classes in {visible(tables.target.source.path)}" if count else ""
    runs = [pool[i : i + count] for i in range(len(pool) - count + 1)] if 1 < count < len(pool) else []
    fix = col("scores", *runs[:2], pool) if runs else f"{col('scores', pool)}, without those that are not scores"
    what = f"{visible(tables.pred.source.path)}: {len(pool)} numeric columns{known}; which are the scores? {some(pool)}"
    return DataError(what, fix=f"choose with {fix}")


def _summing(tables: ClassTables, pool: list[str]) -> list[list[str]]:
    """The columns whose rows add up to one: all, all but one, or a run of neighbours."""
    if tables.pred.sums_to_one(pool):
        return [pool]
    runs = [pool[i:j] for i in range(len(pool)) for j in range(i + 2, len(pool) + 1) if j - i < len(pool)] if len(pool) < 40 else []
    but_one = [pool[:i] + pool[i + 1 :] for i in range(len(pool))] if len(pool) > 2 else []
    found: list[list[str]] = []
    for names in [*but_one, *runs]:
        if names not in found and tables.pred.sums_to_one(names):
            found.append(names)
    return found


def _count(tables: ClassTables, label: Chosen | None, columns: int) -> int:
    """The number of classes that --classes or the labels show; 0 where unknown."""
    if tables.classes:
        return len(tables.classes)
    if label is None:
        return 0
    if len(label.columns) > 1:
        return len(label.columns)
    facts, name = tables.target, label.columns[0] if label.columns else ""
    words = facts.classes(name)
    shown = _shown(words, columns)
    if shown != columns and words:
        shown = _shown(facts.every_word(name), columns)
    return shown


def _shown(words: tuple[str, ...], columns: int) -> int:
    """The number of classes that labels show: the largest and one more, or the largest where they count from 1 to `columns`."""
    if words and all(map(is_whole, words)):
        numbers = [int(w) for w in words]
        return columns if min(numbers) == 1 and max(numbers) == columns else max(numbers) + 1
    return len(words)


def _classes_alone(tables: ClassTables, name: str) -> bool:
    """Whether a column of whole numbers holds classes."""
    values = tables.pred.first(name)
    return tables.exclusive and values is not None and tables.pred.whole(name) and bool(np.nanmin(values) >= 0)


def pred_label(tables: ClassTables, found: Chosen | None, label: Chosen | None) -> Chosen | None:
    """The predicted classes: by name, or the one column of text or of whole numbers left where there are no scores."""
    used = {*(found.columns if found else ()), *(label.columns if label is not None and tables.one else ())}
    free = [n for n in tables.ours if n not in used]
    named = [n for n in tables.pred.named(PRED_LABEL) if n in free]
    if tables.one and label is None:
        named = [n for n in named if fold(n) != "class"]
    hard = () if named else _hard(tables)
    named = named or [n for n in free if n in hard]
    named = named or beside_score(tables, free)
    if len(named) == 1:
        return Chosen((named[0],), "its name")
    if found is not None:
        return None
    if named:
        raise undecided(tables.pred.source, "pred_label", named)
    truth = {*tables.pred.named(LABEL), *tables.pred.named(LABEL_WEAK)}
    left = [n for n in free if n not in truth and not tables.pred.identifies(n)] or _lone_label(tables)
    texts = [n for n in left if not tables.pred.numeric(n)] or left
    if len(texts) == 1:
        return Chosen((texts[0],), "the only column left", guess=True)
    if len(texts) > 1:
        raise undecided(tables.pred.source, "pred_label", texts)
    return None
