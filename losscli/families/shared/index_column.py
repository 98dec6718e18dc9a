"""A column of scores or vectors that counts or identifies the rows: whole and different in every row, unlike the others."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import some
from losscli.numerics.stable import Array, Bools
from losscli.spec.family import Watch
from losscli.spec.guards import SAMPLE
from losscli.spec.tile import Block

_WIDEST = 1024
_FEWEST = 16


def look_for_index(block: Block, role: str, watch: Watch) -> None:
    """Count the columns of a role that look like an index in the first rows of a tile."""
    array = block.arrays.get(role)
    if array is None or array.ndim != 2 or not 2 <= array.shape[1] <= _WIDEST or len(array) < _FEWEST:
        return
    rows = np.asarray(array[:SAMPLE])
    whole = _whole(rows[:_FEWEST])
    if whole.any():  # few scores are, so most tiles end here
        whole &= _whole(rows)
    watch.count(f"looked at {role}", 1)
    if not whole.any() or whole.all():
        return
    for i in np.flatnonzero(whole).tolist():
        if len(np.unique(rows[:, i])) == len(rows):
            watch.count(f"index in {role}|{block.place(role, 0, i).column or f'column {i}'}", 1)
            watch.see(f"index in {role}", block, np.ones(len(rows), bool), role)


def _whole(rows: Array) -> Bools:
    """The columns of whole numbers alone."""
    with np.errstate(invalid="ignore"):
        return np.asarray((rows == np.rint(rows)).all(0))


def index_columns(watch: Watch, *roles: str) -> list[tuple[str, str]]:
    """The warning of columns that look like an index in every tile."""
    found = []
    for role in roles:
        tiles, mark = watch.counts.get(f"looked at {role}", 0), f"index in {role}|"
        names = sorted(k.removeprefix(mark) for k, n in watch.counts.items() if k.startswith(mark) and n == tiles)
        if names:
            place = watch.place(f"index in {role}")
            what = f"{place}: {some(names)} among the {role}: whole numbers, different in every row, as of an index"
            bare = any("[" in name for name in names)
            mend = "save the array without it" if bare else f"name the {role} without it: --col {role}=NAME,…"
            found.append(("index-column", f"{what}; {mend}"))
    return found
