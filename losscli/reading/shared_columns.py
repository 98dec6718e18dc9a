"""The columns by which the rows of two files may be paired: of one name on both sides, or known to mean the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import product

from losscli.core.errors import DataError
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.key_words import plain
from losscli.reading.pairing import by_key
from losscli.spec.column_names import fold, is_id, is_index, is_time

Pairs = list[tuple[str, str]]


def shared(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]], *, named: bool = False) -> Pairs:
    """Columns of one name on both sides that fill no role; also the only index, id or time of each, whatever it is named.

    Unless `named`, also text that is different in every row and has values in common, as file names do that are called otherwise.
    """
    theirs = {same(n): n for n in facts["target"].names if n not in used["target"]}
    found = [(n, theirs[same(n)]) for n in facts["pred"].names if n not in used["pred"] and same(n) in theirs]
    for known in (is_index, lambda name: is_index(name) or is_id(name), is_time):
        alone = [[n for n in facts[side].names if known(n) and n not in used[side]] for side in ("pred", "target")]
        if all(len(names) == 1 for names in alone) and (pair := (alone[0][0], alone[1][0])) not in found:
            found.append(pair)
    return found if named else [*found, *(pair for pair in _of_other_names(facts, used) if pair not in found)]


def _of_other_names(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]]) -> Pairs:
    """Columns of text that is different in every row, of different names, with values in common in the first rows."""
    words: list[dict[str, set[str]]] = []
    for side in ("pred", "target"):
        own = [n for n in facts[side].names if n not in used[side] and not facts[side].numeric(n) and facts[side].unique(n)]
        words.append({n: {plain(x) for x in facts[side].texts(n, FIRST)} for n in own})
    return [(a, b) for a, b in product(*words) if same(a) != same(b) and not words[0][a].isdisjoint(words[1][b])]


def jointly(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]]) -> Pairs:
    """The columns of both sides that may name rows together: shared ones, and text that has the same values under two names."""
    found = [p for p in shared(facts, used, named=True) if tells(facts["pred"], p[0]) and tells(facts["target"], p[1])]
    words: list[dict[str, frozenset[str]]] = []
    for i, side in enumerate(("pred", "target")):
        apart = used[side] | {pair[i] for pair in found}
        own = [n for n in facts[side].names if n not in apart and not facts[side].numeric(n)] if facts[side].source.is_table else []
        words.append({n: frozenset(facts[side].words(n)) for n in own})
    alike = [(a, b) for a, b in product(*words) if words[0][a] == words[1][b] and len(words[0][a]) > 1]
    certain = all(len({pair[i] for pair in alike}) == len(alike) for i in (0, 1))
    return [*alike, *found] if certain else found


def same(name: str) -> str:
    """A name as names are compared, `ids` as `id`."""
    return fold(name).removesuffix("s") if is_id(name) else fold(name)


def tells(facts: ColumnFacts, name: str) -> bool:
    """Whether a column is text or whole numbers of a table."""
    return facts.source.is_table and (not facts.numeric(name) or facts.whole(name))


def rank(facts: ColumnFacts, names: tuple[str, str]) -> int:
    """Ids before text before whole numbers before an index, and last what the two sides name differently."""
    name = names[0]
    if (is_index(name) and not is_id(name)) or (facts.numeric(name) and facts.counts(name)):
        return 3
    if same(name) != same(names[1]) and not is_id(name):
        return 4
    return 0 if is_id(name) else 2 if facts.numeric(name) else 1


def shared_key(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]]) -> str | None:
    """The --key by which two sides of different lengths can be paired: an id in both, unique in the first rows."""
    for ours, theirs in sorted(shared(facts, used), key=lambda pair: rank(facts["pred"], pair)):
        if is_index(ours) and not is_id(ours):
            continue
        pair = ((facts["pred"], ours), (facts["target"], theirs))
        if all(h.unique(n) and (not h.numeric(n) or h.whole(n)) for h, n in pair):
            return _spelled((ours, theirs))
    return None


def way_to_pair(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]]) -> str:
    """The options that pair two sides of different lengths, tried out; empty where no columns of both do."""
    key = shared_key(facts, used)
    ours, theirs = facts["pred"].source, facts["target"].source
    if key is not None:
        return f"--key {shlex.quote(key)} {'--missing drop' if theirs.rows > ours.rows else '--extra drop'}"
    pairs = [p for p in jointly(facts, used) if not is_index(p[0]) or is_id(p[0])]
    for many in (False, True):
        try:
            found = by_key(ours, theirs, pairs, missing="drop", extra="drop", many=many) if pairs else None
        except DataError:
            continue
        if found is None or not found.matched:
            continue
        keys = [f"--key {shlex.quote(_spelled(pair))}" for pair in pairs]
        drops = ["--missing drop"] * bool(found.target_only) + ["--extra drop"] * bool(found.pred_only)
        return " ".join([*keys, *["--many"] * many, *drops])
    return ""


def _spelled(pair: tuple[str, str]) -> str:
    return pair[0] if pair[0] == pair[1] else "=".join(pair)
