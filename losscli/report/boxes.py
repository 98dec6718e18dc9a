"""What became of the boxes of a run under --match, as part of the report: in total, per label and per image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from losscli.core.records import dataclass
from losscli.reading.key_words import plain, stem
from losscli.reading.words import truth, word
from losscli.spec.matching import Counts, Matching

if TYPE_CHECKING:
    from losscli.reading.bookkeeping import Bookkeeping

SHARES = ("precision", "recall")
"""The statistics that are shares between 0 and 1."""
STATS = ("missed", "spurious", *SHARES)
"""The statistics of the boxes that a gate may limit."""
WAYS = ("one_image", "key_stem", "by_keypoints")
"""The switches of a matching that are only listed where they are on."""
LISTS = {"label": "labels", "image_id": "images"}
"""What boxes are counted by, and the key of each list in JSON."""


@dataclass(frozen=True)
class Boxes:
    """The counts of a matching. by: for `label` and `image_id`, where the files have them, the counts of each value.

    columns: the names of those columns, on either side.
    """

    matching: Matching
    total: Counts
    by: Mapping[str, Mapping[str, Counts]]
    columns: Mapping[str, tuple[str, str]]
    penalized: int = 0
    """How many unmatched boxes are samples."""

    @classmethod
    def of(cls, books: Bookkeeping, penalized: int = 0) -> Boxes:
        """The counts of a finished matching, whatever --filter leaves out."""
        axes = {axis.key: axis for axis in books.axes}
        by = {key: books.by(axes[key]) for key in LISTS if key in axes}
        return cls(books.matching, books.total(), by, {key: axes[key].columns for key in by}, penalized)

    def of_group(self, group: Mapping[str, str]) -> Counts | None:
        """The counts of a group of --by, where it is one label or one image; else None."""
        if len(group) != 1:
            return None
        ((column, value),) = group.items()
        name = column.removeprefix("pred.").removeprefix("target.")
        key = next((key for key, names in self.columns.items() if name in names), None)
        if key is None:
            return None
        spelled = (value, word(value), truth(value)) if key == "label" else (value, plain(value), stem(value))
        return next((self.by[key][w] for w in spelled if w in self.by[key]), None)
