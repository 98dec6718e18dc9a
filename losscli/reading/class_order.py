"""The classes that scores stand for where --col names their columns, or where these stand for 0, 1, … by their order alone."""

from __future__ import annotations

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import replace
from losscli.reading import reversed_scores
from losscli.reading.chosen import Chosen
from losscli.reading.class_labels import ClassTables
from losscli.reading.class_scores import label_words, words_of
from losscli.reading.series import named_after, numbered, numbered_inside

_MOST = 4


def stated(tables: ClassTables, scores: Chosen, label: Chosen | None) -> Chosen:
    """The scores that --col names, with the classes that their names stand for."""
    if tables.classes and len(tables.classes) == len(scores.columns):
        found = named_after(scores.columns, tables.classes, every=True)
        return Chosen(found.columns if found else scores.columns, scores.why, tables.classes)
    if tables.pred.placed:
        return scores
    _refuse_other_numbers(tables, scores, label)
    return Chosen(scores.columns, scores.why, words_of(scores.columns, tables.classes, label_words(tables, label)))


def _refuse_other_numbers(tables: ClassTables, scores: Chosen, label: Chosen | None) -> None:
    """Raise DataError where the columns are numbered 1, 2, … and the labels are other numbers, 0 among them."""
    labels = label_words(tables, label) if label is not None and len(label.columns) < 2 else ()
    found = [s for s in (*numbered(scores.columns), *numbered_inside(scores.columns)) if s.start == 1]
    series = next((s for s in found if set(s.columns) == set(scores.columns)), None)
    if series is None or tables.classes or "0" not in labels or not all(word.isdigit() for word in labels):
        return
    numbers = ",".join(str(int(word) - 1) for column in scores.columns for word in [series.words[series.columns.index(column)]])
    what = f"the columns {some(scores.columns)} are numbered from 1, but {visible(tables.target.source.path)} has the label 0"
    raise DataError(what, Where(tables.pred.source.path), f"name the classes in the order of the columns: --classes {numbers}")


def checked(tables: ClassTables, scores: Chosen | None, label: Chosen | None, notes: list[str]) -> Chosen | None:
    """The scores, a guess with a note where their columns have names and the labels are numbers.

    Raises DataError where two scores are in the reverse order.
    """
    reversed_scores.refuse(tables, scores, label)
    if scores is None or not _by_place(tables, scores, label):
        return scores
    shown = ", ".join(f"{visible(name, 40)} ({i})" for i, name in enumerate(scores.columns[:_MOST]))
    more = ", …" if len(scores.columns) > _MOST else ""
    notes.append(
        f"{visible(tables.pred.source.path)}: the classes are numbered in the order of the columns: scores = {shown}{more}"
    )
    return replace(scores, guess=True)


def _by_place(tables: ClassTables, scores: Chosen, label: Chosen | None) -> bool:
    columns = scores.columns
    if len(columns) < 2 or scores.why == "--col" or tables.classes or tables.pred.placed or tables.multilabel:
        return False
    if label is None or len(label.columns) > 1 or any(name[-1:].isdigit() or name[:1].isdigit() for name in columns):
        return False
    words = label_words(tables, label)
    return bool(words) and all(word.isdigit() for word in words)
