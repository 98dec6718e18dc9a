"""The columns by which boxes are matched where a format has several that would do: ids or names of classes, ids or file names of
images. Those whose values meet are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from losscli.core.errors import DataError, some, visible
from losscli.reading.described import respelled
from losscli.reading.key_words import plain, stem
from losscli.reading.roles import RoleColumns
from losscli.reading.words import word
from losscli.sources.base import Source, declared_of
from losscli.sources.missing import is_missing
from losscli.spec.column_names import BOX_CLASS, fold

Pair = tuple[str, str]
_SPELL = {"image_id": plain, "label": word}


def columns_of(columns: RoleColumns, key: str) -> tuple[str | None, str | None]:
    """The columns of a key in PRED and TARGET, None where a file has none."""
    theirs, ours = (_candidates(columns, side, key) for side in ("target", "pred"))
    if len(ours) + len(theirs) < 3 or not ours or not theirs:
        return (ours or (None,))[0], (theirs or (None,))[0]
    pairs = list(product(theirs, ours))
    if key == "label":  # names before numbers, which may be each file's own
        text = [{n for n in names if _is_text(columns.source(s), n)} for s, names in (("target", theirs), ("pred", ours))]
        pairs = [p for p in pairs if p[0] in text[0] and p[1] in text[1]] or pairs
    met = {(b, a): _shared(columns, key, b, a) for a, b in pairs}
    return max(met, key=lambda pair: met[pair])


def as_described(columns: RoleColumns, side: str, key: str, words: Iterable[str]) -> list[str]:
    """Words of a column as options name them."""
    return respelled(columns.source(side), side, columns.described.get(side), key, words)


def _candidates(columns: RoleColumns, side: str, key: str) -> tuple[str, ...]:
    """The columns of a side that may be meant: by --col, else those that its format declares, else the one known by its name."""
    source = columns.source(side)
    if not columns.stated(key, side):
        declared = tuple(name for name in declared_of(source).get(key, ()) if name in source.names)
        if declared:
            return declared
    name = columns.extra(side, key)
    if name is None or key != "label" or columns.stated(key, side) or not source.is_table:
        return () if name is None else (name,)
    return (name, *_other_spellings(columns, side, name))


def _other_spellings(columns: RoleColumns, side: str, name: str) -> list[str]:
    """Other columns of classes that say the same as one, such as names beside numbers: each value of one is one of the other."""
    source = columns.source(side)
    known = {fold(n) for n in BOX_CLASS}
    others = [n for n in source.names if n != name and fold(n) in known]
    if not others:
        return []
    own = _cells(source, name)
    return [n for n in others if len(set(zip(own, found := _cells(source, n), strict=True))) == len(set(own)) == len(set(found))]


def _cells(source: Source, name: str) -> list[str]:
    field = source.text(name)
    return list(map(str, field.read(0, field.rows).tolist()))


def _is_text(source: Source, name: str) -> bool:
    return any(not word(x).lstrip("-").isdigit() for x in words_of(source, name))


def _shared(columns: RoleColumns, key: str, ours: str, theirs: str) -> int:
    """How many values of PRED's column occur in TARGET's."""
    pairs = (("pred", ours), ("target", theirs))
    here, there = (as_described(columns, side, key, words_of(columns.source(side), name)) for side, name in pairs)
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
    words = list(dict.fromkeys(cells))
    named = zip(words, as_described(columns, "pred", key, words), strict=True)
    lost = [x for x, name in named if not is_missing(x) and spell(name) not in known]
    if lost:
        what = {"image_id": "images", "label": "categories"}[key]
        path = visible(columns.source("target").path)
        side = columns.source("pred"), columns.source("target")
        if key == "label" and "category" in side[1].names and not _is_text(side[0], pair[0]):
            kept = "name the classes of PRED with --names pred.a,b,c (from 0), "
            fix = f"{kept}name another column with --col pred.label=NAME, or remove such boxes"
            raise DataError(f"{some(lost)} not among the {what} of {path}", field.where(cells.index(lost[0])), fix)
        kept = f"name another column with --col {'' if pair[0] == pair[1] else 'pred.'}{key}=NAME"
        fix = f"give both the same {'names' if pair[1] == 'category' else 'ids'}, {kept}, or remove such boxes"
        raise DataError(f"{some(lost)} not among the {what} of {path}", field.where(cells.index(lost[0])), fix)
