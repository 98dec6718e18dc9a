"""The columns by which boxes are matched where a format has several that would do: ids or names of classes, ids or file names of
images. Those whose values meet are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from losscli.core.errors import DataError, some, visible
from losscli.reading.key_words import plain, stem
from losscli.reading.roles import RoleColumns
from losscli.reading.words import word
from losscli.sources.base import Source, declared_of
from losscli.sources.missing import is_missing

Pair = tuple[str, str]
_SPELL = {"image_id": plain, "label": word}


def columns_of(columns: RoleColumns, key: str) -> tuple[str | None, str | None]:
    """The columns of a key in PRED and TARGET, None where a file has none."""
    theirs, ours = (_candidates(columns, side, key) for side in ("target", "pred"))
    if len(ours) + len(theirs) < 3 or not ours or not theirs:
        return (ours or (None,))[0], (theirs or (None,))[0]
    if key == "label" and ours[0] == theirs[0]:  # both name their classes, whose numbers may be each file's own
        return ours[0], theirs[0]
    met = {(b, a): _shared(columns, key, b, a) for a, b in product(theirs, ours)}
    return max(met, key=lambda pair: met[pair])


def _candidates(columns: RoleColumns, side: str, key: str) -> tuple[str, ...]:
    """The columns of a side that may be meant: by --col, else those that its format declares, else the one known by its name."""
    source = columns.source(side)
    if not columns.stated(key, side):
        declared = tuple(name for name in declared_of(source).get(key, ()) if name in source.names)
        if declared:
            return declared
    name = columns.extra(side, key)
    return () if name is None else (name,)


def _shared(columns: RoleColumns, key: str, ours: str, theirs: str) -> int:
    """How many values of PRED's column occur in TARGET's."""
    here, there = (words_of(columns.source(side), name) for side, name in (("pred", ours), ("target", theirs)))
    spell = file_stems(columns, key, (ours, theirs)) or _SPELL[key]
    known = set(map(spell, there))
    return sum(spell(x) in known for x in here)


def words_of(source: Source, name: str) -> list[str]:
    """The distinct values of a column that are not missing, with those that its format says it may have."""
    field = source.text(name)
    found = dict.fromkeys(map(str, field.read(0, field.rows).tolist()))
    return [x for x in {**dict.fromkeys(declared_of(source).get("values", {}).get(name, ())), **found} if not is_missing(x)]


def file_stems(columns: RoleColumns, key: str, pair: Pair) -> Callable[[str], str] | None:
    """How image ids compare where one side's are file names: without folder and suffix, if that keeps them apart."""
    sources = columns.source("pred"), columns.source("target")
    files = [name in declared_of(source).get("files", ()) for source, name in zip(sources, pair, strict=True)]
    if key != "image_id" or not any(files):
        return None
    for source, name, is_file in zip(sources, pair, files, strict=True):
        words = words_of(source, name) if is_file else []
        if len(set(map(stem, words))) < len(words):
            return None
    return stem


def refuse_unknown(columns: RoleColumns, key: str, pair: Pair, spell: Callable[[str], str]) -> None:
    """Raise DataError at the first image or class of PRED that TARGET's format does not list."""
    listed: Iterable[str] = declared_of(columns.source("target")).get("values", {}).get(pair[1], ())
    known = set(map(spell, listed))
    if not known:
        return
    field = columns.source("pred").text(pair[0])
    cells = list(map(str, field.read(0, field.rows).tolist()))
    lost = [x for x in dict.fromkeys(cells) if not is_missing(x) and spell(x) not in known]
    if lost:
        what = {"image_id": "images", "label": "categories"}[key]
        path = visible(columns.source("target").path)
        kept = f"name another column with --col {'' if pair[0] == pair[1] else 'pred.'}{key}=NAME"
        fix = f"give both the same {'names' if pair[1] == 'category' else 'ids'}, {kept}, or remove such boxes"
        raise DataError(f"{some(lost)} not among the {what} of {path}", field.where(cells.index(lost[0])), fix)
