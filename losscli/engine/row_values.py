"""The losses of the rows of one tile, term by term."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.engine.term import BoundTerm, joined_rows
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
