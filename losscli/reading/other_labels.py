"""Boxes that overlap true boxes of another label: what is said where classes seem to be numbered otherwise. Pairs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.errors import visible
from losscli.core.records import replace
from losscli.numerics.stable import Ints
from losscli.reading.image_sets import Axis, sets_of
from losscli.spec.family import Conventions, Family
from losscli.spec.matching import Matching, Sets
from losscli.spec.tile import Block

_FEWEST, _SHARE = 10, 0.8
CODE = "class-numbers-shifted"

Labels = tuple[str, str]
"""The label of a box of PRED and that of the true box it overlaps."""


def overlapping(
    family: Family,
    blocks: Mapping[str, Block],
    sets: Sets,
    found: Sequence[Axis],
    conventions: Conventions,
    matching: Matching,
) -> Counter[Labels]:
    """How often boxes pair with which labels if labels do not count; empty where boxes have none."""
    label = next((axis for axis in found if axis.key == "label"), None)
    if label is None or family.match is None:
        return Counter()
    rows = {"pred": len(sets.pred), "target": len(sets.target)}
    images = sets_of([axis for axis in found if axis is not label], rows)
    free = replace(sets, pred=_within(images["pred"], sets.pred), target=_within(images["target"], sets.target))
    outcome = family.match(blocks, free, conventions, replace(matching, class_agnostic=True))
    sides = (label.codes["pred"][outcome.pred], label.codes["target"][outcome.target])
    return Counter((label.words[p], label.words[t]) for p, t in zip(*(x.tolist() for x in sides), strict=True))


def _within(images: Ints, codes: Ints) -> Ints:
    return np.where(codes < 0, -1, images)


def shifted(labels: Counter[Labels], pairs: int) -> list[tuple[str, str]]:
    """The warning of numbers of classes that differ by one constant. pairs: of one label, of which there are fewer."""
    apart: Counter[int] = Counter()
    for (ours, theirs), n in labels.items():
        if not (_is_number(ours) and _is_number(theirs)):
            return []
        apart[int(ours) - int(theirs)] += n
    by, n = apart.most_common(1)[0] if apart else (0, 0)
    if not by or n < max(_FEWEST, pairs) or n < _SHARE * labels.total():
        return []
    what = f"{n} of {labels.total()} boxes overlap a true box whose class number is {abs(by)} {'less' if by > 0 else 'more'}"
    return [(CODE, f"{what}, {pairs} one of their class: one side may count its classes from {abs(by)}")]


def others(labels: Counter[Labels]) -> str:
    """What overlaps where no box overlaps one of its label."""
    (ours, theirs), _ = labels.most_common(1)[0]
    return f"{labels.total()} overlap one of another label, such as {visible(ours, 40)} on {visible(theirs, 40)}"


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()
