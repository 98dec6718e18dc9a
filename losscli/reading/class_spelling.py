"""Names of classes that the two sides spell differently: an error, as rows that agree would count as wrong."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, some, visible
from losscli.reading.labels import Coded
from losscli.spec.column_names import fold
from losscli.spec.guards import silenced

CODE = "class-names"


def refuse_other_spellings(fields: Sequence[Coded]) -> None:
    """Raise DataError where a class of one side is one of the other but for case, blanks, hyphens or underscores, or where
    the two sides have several classes each and none in common. fields: the predicted and the true classes."""
    ours, theirs = fields
    known = {fold(name): name for name in theirs.codes}
    where = ours.field.where(0)
    its = visible(theirs.field.where(0).path)
    one = where.path == theirs.field.where(0).path
    about = visible(str(theirs.field.where(0).column)) if one else its
    pairs = ((name, known[fold(name)]) for name in ours.codes if name not in theirs.codes and fold(name) in known)
    if (found := next(pairs, None)) is not None:
        what = f"the class {visible(found[0])!r} is spelled {visible(found[1])!r} in {about}: two different classes"
        raise DataError(what, ours.first(found[0]), f"spell it the same on both sides; {silenced(CODE)}")
    if min(len(ours.codes), len(theirs.codes)) > 1 and ours.codes.keys().isdisjoint(theirs.codes):
        what = f"no predicted class is a class of {about}: {some(list(ours.codes))} here, {some(list(theirs.codes))} there"
        raise DataError(what, where, f"use the same names on both sides; {silenced(CODE)}")
