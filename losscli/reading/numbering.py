"""One numbering for the classes of both sides."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from losscli.core.records import replace
from losscli.reading.aligned import Filled
from losscli.reading.class_spelling import CODE, refuse_other_spellings
from losscli.reading.labels import Coded, refuse_two_numberings, shared_codes
from losscli.sources.base import Field


def one_numbering(filled: Sequence[Filled], allowed: Collection[str] = ()) -> list[Filled]:
    """The inputs, with one numbering for labels of text on both sides. allowed: codes of guards."""
    both = [f.field for f in sorted(filled, key=lambda f: f.role != "pred_label") if f.role in ("pred_label", "label")]
    refuse_two_numberings(both)
    names = [f for f in both if isinstance(f, Coded) and f.loose]
    if len(names) == 2 and CODE not in allowed:
        refuse_other_spellings(names)
    fields = shared_codes([f.field for f in filled if f.role != "in_batch"])
    own = iter(fields)
    return [f if f.role == "in_batch" else _numbered(f, next(own)) for f in filled]


def _numbered(filled: Filled, field: Field) -> Filled:
    return replace(filled, field=field, unordered=isinstance(field, Coded) and field.loose)
