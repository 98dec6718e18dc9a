"""The losses of the rows of one tile, term by term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.engine.term import BoundTerm
from losscli.spec.family import Watch
from losscli.spec.loss import Rows
from losscli.spec.tile import Block


def row_values(terms: Mapping[str, BoundTerm], block: Block, watch: Watch) -> dict[str, Rows]:
    """Every term's rows on one tile; terms that allow it are evaluated in pieces of the tile."""
    rows: dict[str, list[Rows]] = {key: [] for key in terms}
    sizes = {key: bound.piece or block.rows for key, bound in terms.items()}
    for size in dict.fromkeys(sizes.values()):
        for piece in block.pieces(size) if size < block.rows else (block,):
            for key in (k for k, s in sizes.items() if s == size):
                rows[key].append(terms[key].rows(piece, watch))
    return {key: joined_rows(found) for key, found in rows.items()}


def joined_rows(found: Sequence[Rows]) -> Rows:
    """The rows of consecutive pieces of a tile as those of the tile."""
    if len(found) == 1:
        return found[0]
    first = found[0]
    norm = None if first.norm is None else np.concatenate([r.norm for r in found if r.norm is not None])
    kept = None
    if any(r.kept is not None for r in found):
        kept = np.concatenate([np.ones(len(r.values), bool) if r.kept is None else r.kept for r in found])
    parts = {name: (w, np.concatenate([r.parts[name][1] for r in found])) for name, (w, _) in first.parts.items()}
    return Rows(np.concatenate([r.values for r in found]), norm, kept, parts, first.floor)
