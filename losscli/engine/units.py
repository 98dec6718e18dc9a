"""The units of confidence intervals: a number for what the rows of a tile belong to, the same in every process."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from losscli.core.errors import DataError
from losscli.engine.groups import coded_cells
from losscli.numerics.stable import Words
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.lone_boxes import NOWHERE, group_cells
from losscli.sources.missing import is_missing
from losscli.spec.tile import Block, as_index, tiles


def unit_numbers(inputs: Inputs, block: Block) -> Words:
    """The number of each row's unit, 64 bits of a hash of the cell's text. Raises DataError for a row that names none."""
    assert inputs.unit is not None
    samples = as_index(block.samples)
    start, stop = int(samples[0]), int(samples[-1]) + 1
    words, codes = coded_cells(group_cells(inputs, inputs.unit, start, stop)[samples - start])
    for i, word in enumerate(words):
        if is_missing(word) or word == NOWHERE:
            raise _none(inputs, inputs.unit, int(samples[int(np.argmax(codes == i))]), word)
    return np.array([number_of(word) for word in words], np.uint64)[codes]


def pair_numbers(inputs: Inputs, block: Block, units: Words | None) -> Words:
    """What each row is paired by with those of another evaluation: its unit, or the row of its target; a prediction without one
    is paired with none."""
    if units is not None:
        return units
    found = as_index(block.target_rows).astype(np.uint64)
    if inputs.pairing.all_pairs:
        return found
    has = inputs.pairing.has("target", as_index(block.samples))
    return np.where(has, found, _ALONE + as_index(block.pred_rows).astype(np.uint64))


def units_of_targets(inputs: Inputs) -> tuple[Words, Words]:
    """The numbers of the targets in ascending order, as `pair_numbers` has them without units, and the unit of each."""
    rows, units = [], []
    for start, stop in tiles(inputs.rows, inputs.width):
        block, _ = inputs.block(start, stop)
        if block.rows:
            rows.append(pair_numbers(inputs, block, None))
            units.append(unit_numbers(inputs, block))
    names, first = np.unique(np.concatenate(rows), return_index=True)
    return names, np.concatenate(units)[first]


_ALONE = np.uint64(1 << 63)


def number_of(word: str) -> int:
    """64 bits of a hash of a word."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _none(inputs: Inputs, unit: Filled, sample: int, word: str) -> DataError:
    fix = "give every row one, name another column, or use --unit none"
    if word == NOWHERE:
        return DataError(f"--unit: an unmatched box has no {unit.role}", fix=fix)
    rows = inputs.rows_of(unit)
    return DataError("a missing unit", unit.where(sample if rows is None else int(rows[sample]), 0), fix)
