"""The embedding family: its roles, and the checks of vectors, labels and class weights before the kernels read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where
from losscli.families.embed._vectors import length
from losscli.families.shared.index_column import index_columns, look_for_index
from losscli.families.shared.label_guards import from_one
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec import column_names
from losscli.spec.family import Conventions, Family, Gradients, Held, Role, Watch
from losscli.spec.guards import SAMPLE
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block, as_doubles

PAIR, TRIPLE = ("a", "b"), ("anchor", "positive", "negative")
QUADRUPLE = (*TRIPLE, "other")
STACKS = {"quadruplets": QUADRUPLE, "triplets": TRIPLE, "pairs": PAIR}
"""The roles stacked along axis 1 of an unnamed array, by the name of their joined gradient."""
TABLES = ("class_weights", "centers")

_UNIT = 1e-3
"""How far from 1 the length of a vector on the unit sphere may be."""
BOTH = {"embedding": "direction", "class_weights": "direction"}
"""The domain of losses over angles between embeddings and class weights."""


def vectors(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    """The kernel's arguments: (n,d) doubles of one width, 0/1 or whole labels, (C,d) class weights or centres."""
    _refuse_split_means(loss, p)
    _note_idle(loss, p, watch)
    found: dict[str, Any] = {}
    domain = loss.domain_for(p)
    for name in loss.takes:
        if name == "in_batch":
            found[name] = _batch(block) if name in block.arrays else None
        elif name == "same":
            found[name] = same_of(block, watch)
        elif name == "label":
            found[name] = labels_of(block)
        elif name in TABLES:
            found[name] = _table(loss, name, conventions)
        else:
            found[name] = _vectors(block, name, domain.get(name) == "score")
    _one_width(block, loss, found)
    _note_lengths(block, loss, p, found, watch)
    if loss.placed is not None and loss.placed(p) and not _in_runs(found["label"]):
        watch.flags.add(f"placed {loss.name}")
    for option in found.keys() & set(TABLES):
        _known(block, found["label"], option, _classes(option, len(found[option]), p))
    for name in _directions(loss, p) & found.keys():
        _directed(block, loss, p, name, found[name])
    return tuple(found[name] for name in loss.takes)


def _note_lengths(block: Block, loss: Loss, p: Params, found: Mapping[str, Any], watch: Watch) -> None:
    """Flag vectors of other lengths than 1 where a loss on the unit sphere is told not to divide them by their lengths."""
    param = loss.param("normalize")
    if param is None or param.default is not True or p.get("normalize") is not False or p.get("distance") == "cosine":
        return
    for name in found.keys() & {*QUADRUPLE, *PAIR, "embedding"}:
        if found[name].ndim == 2 and (other := np.abs(length(found[name][:SAMPLE]) - 1.0) > _UNIT).any():
            watch.flags.add(f"lengths {loss.name}")
            watch.see(f"lengths {loss.name}", block, other, name)


def _in_runs(label: Ints) -> bool:
    """Whether the rows of every class are contiguous."""
    return int(np.count_nonzero(label[1:] != label[:-1])) < len(np.unique(label))


def _note_idle(loss: Loss, p: Params, watch: Watch) -> None:
    """Flag parameters that have no effect because pairs or triplets are given, not formed from labels."""
    if "embedding" in loss.takes or "label" in loss.takes:
        return
    if p.get("mining", "given") != "given":
        watch.flags.add(f"mining={p.mining}")
    if loss.other is not None and p.get("batch") is not None:
        watch.flags.add(f"batch={p.batch}")


def _batch(block: Block) -> Ints:
    """(n,): the batch of each row as an integer; text is numbered already. Raises DataError at other numbers."""
    named = block.arrays["in_batch"]
    if named.size != len(named):
        raise DataError(f"`batch` has the shape {named.shape}, it needs one entry per row", block.place("in_batch", 0, 0))
    flat = named.reshape(len(named))
    block.reject(
        "in_batch", flat != np.floor(flat), lambda x: f"{x} is not a batch", "give whole numbers or names, or batch=N rows"
    )
    return np.ascontiguousarray(flat, dtype=np.int64)


def _classes(option: str, rows: int, p: Params) -> int:
    """The number of classes in a table of `k` rows per class. Raises DataError if the rows are not a multiple of k."""
    k = p.get("k", 1)
    if rows % k:
        flag = "--" + option.replace("_", "-")
        raise DataError(
            f"{rows} rows are not a multiple of k={k}", Where(flag), "give k rows per class, those of class 0 first, or set k=…"
        )
    return rows // k


def _refuse_split_means(loss: Loss, p: Params) -> None:
    if "same" in loss.takes and p.get("reduce") == "nonzero_split":
        raise UsageError(
            f"{loss.name}: reduce=nonzero_split needs (n,d) embeddings with labels, not given pairs",
            fix="use reduce=nonzero, or give embeddings in PRED and labels in TARGET",
        )


def _vectors(block: Block, name: str, single: bool) -> Floats:
    x = block.doubles(name)
    if single:
        if x.size != len(x):
            raise DataError(f"`{name}` has the shape {x.shape}, but needs one number per row: (n,)", block.place(name, 0, 0))
        return x.reshape(-1)
    if x.ndim == 1:
        return x.reshape(-1, 1)
    if x.ndim != 2:
        raise DataError(
            f"`{name}` has the shape {x.shape}, but needs (n,d)",
            block.place(name, 0, 0),
            "give an array of (n,d) embeddings, (n,2,d) pairs or (n,3,d) triplets",
        )
    return x


def same_of(block: Block, watch: Watch) -> Floats:
    """(n,): 1 for a pair of the same class, 0 for a pair of different classes; -1 is read as 0."""
    y = block.doubles("same")
    y = y.reshape(len(y), -1)[:, 0] if y.size == len(y) else y
    bad = ~np.isin(y, (-1.0, 0.0, 1.0))
    block.reject("same", bad, lambda x: f"{x} is neither 1 (same) nor 0 (different)", "use class labels with (n,d) embeddings")
    negative = int(np.count_nonzero(y == -1.0))
    watch.count("same=-1", negative)
    watch.count("same=0", int(np.count_nonzero(y == 0.0)))
    return np.maximum(y, 0.0) if negative else y


def labels_of(block: Block) -> Ints:
    def whole() -> Ints:
        y = block.arrays["label"]
        y = y.reshape(len(y), -1)[:, 0] if y.size == len(y) else y
        if y.ndim != 1:
            raise DataError(f"`label` has the shape {y.shape}, but needs one class per row", block.place("label", 0, 0))
        if y.dtype.kind == "f":
            bad = y != np.floor(y)
            block.reject(
                "label", bad, lambda x: f"{x} is not a class number", "name the column of the classes with --col label=NAME"
            )
        return np.ascontiguousarray(y, dtype=np.int64)

    return block.once("embed label", whole)


def _table(loss: Loss, name: str, conventions: Conventions) -> Floats:
    flag = "--" + name.replace("_", "-")
    given = conventions.class_weights if name == "class_weights" else conventions.centers
    if given is None:
        raise UsageError(f"{loss.name} needs a (C,d) array in {flag}", fix=f"add {flag} FILE: .npy or .csv with one row per class")
    table = as_doubles(given)
    if table.ndim != 2:
        raise DataError(f"the shape is {table.shape}, but must be (C,d): one row per class", Where(flag))
    return table


def _one_width(block: Block, loss: Loss, found: Mapping[str, Any]) -> None:
    first, *others = [n for n in loss.takes if n not in ("same", "label", "in_batch")]
    if found[first].ndim == 1:
        return
    d = found[first].shape[1]
    for name in others:
        if found[name].shape[1] != d:
            flag = "--" + name.replace("_", "-")
            option = name in TABLES
            raise DataError(
                f"{flag if option else f'`{name}`'} has {found[name].shape[1]} dimensions, `{first}` has {d}",
                Where(flag) if option else block.place(name, 0, 0),
                "give one row per class and one column per dimension; transpose a (d,C) matrix" if option else None,
            )


def _known(block: Block, label: Ints, option: str, classes: int) -> None:
    flag = "--" + option.replace("_", "-")
    named = from_one(label, classes)
    block.reject(
        "label",
        (label < 0) | (label >= classes),
        lambda x: f"label {x} is outside 0…{classes - 1}, the classes of {flag}{': labels count from 1' if named else ''}",
        named or f"give {flag} one row per class, in the order of the class numbers",
    )


def _directions(loss: Loss, p: Params) -> set[str]:
    """The arguments of which only the direction matters, so that zero vectors are refused."""
    declared = {name for name, kind in loss.domain_for(p).items() if kind == "direction"}
    if p.get("normalize") or p.get("distance") == "cosine":
        return {*QUADRUPLE, *PAIR, "embedding", *declared}
    return set() if "normalize" in p or p.get("eps") else declared


def _directed(block: Block, loss: Loss, p: Params, name: str, x: Floats) -> None:
    zero = length(x) == 0
    if name == "class_weights":
        if zero.any():
            raise DataError("a zero vector has no direction", Where("--class-weights", int(np.argmax(zero)) + 1))
        return
    mend = (
        "use normalize=false for plain distances"
        if p.get("normalize")
        else f"leave the row out: {loss.name} compares directions only"
    )
    block.reject(name, zero, lambda x: "a zero vector has no direction", mend)


_GIVEN = "PRED has pairs or triplets already; give (n,d) embeddings with labels to form them"


def conclude(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """Checks over all rows: one spelling of `same`, options without effect, and classes assigned by row position."""
    negative, zero = watch.counts.get("same=-1", 0), watch.counts.get("same=0", 0)
    if negative and zero:
        raise DataError(f"`same` has both 0 ({zero} rows) and -1 ({negative} rows)", fix="use either 1 and 0, or 1 and -1")
    found = []
    if negative:
        found.append(("same-signs", f"`same` has the values 1 and -1: {negative} rows of -1 are read as 0 (different)"))
    found += [
        (f"{flag.partition('=')[0]}-ignored", f"{flag} has no effect: {_GIVEN}")
        for flag in sorted(watch.flags)
        if flag.startswith(("mining=", "batch="))
    ]
    found += [
        ("rows-by-place", f"{name} takes runs of rows as classes, but labels are not contiguous; use runs=none to go by label")
        for name in sorted(flag.partition(" ")[2] for flag in watch.flags if flag.startswith("placed "))
    ]
    found += [
        (
            "unit-norm",
            f"{watch.place(f'lengths {name}')}: {name} compares vectors on the unit sphere, of other lengths here; "
            "omit normalize=false",
        )
        for name in sorted(flag.partition(" ")[2] for flag in watch.flags if flag.startswith("lengths "))
    ]
    return [*found, *index_columns(watch, "embedding")]


def check(block: Block, conventions: Conventions, watch: Watch) -> None:
    """Look at the first rows of a tile for an index among the numbers of the vectors."""
    look_for_index(block, "embedding", watch)


def restore(gradients: Gradients, used: Mapping[str, Array], conventions: Conventions) -> Gradients:
    """Gradients of pairs, triplets and quadruplets stacked as (n,2,d), (n,3,d), (n,4,d); those of embeddings unchanged."""
    for joined, roles in STACKS.items():
        if all(r in gradients and gradients[r].ndim == 2 for r in roles):
            rest = {k: v for k, v in gradients.items() if k not in roles}
            return {joined: np.stack([gradients[r] for r in roles], 1), **rest}
    return gradients


_STACKED = "this loss reads the vectors of a pair or triplet in one row"
_GROUPED = "give pairs of shape (n,2,d) or triplets (n,3,d), or use a loss of embeddings and labels: --loss nt_xent"


def bare(side: str, shape: tuple[int, ...], wanted: frozenset[str]) -> tuple[str, ...]:
    """The roles of an unnamed array: pairs (n,2,d), triplets (n,3,d), quadruplets (n,4,d) or embeddings (n,d).

    Raises DataError for embeddings or labels where only rows of several vectors are read.
    """
    if side == "pred" and len(shape) == 1 and "embedding" not in wanted and wanted & {PAIR[0], TRIPLE[0]}:
        raise DataError(f"PRED has one vector of {shape[0]} numbers per row; {_STACKED}", fix=_GROUPED)
    if side == "target" and not shape and wanted == {"in_batch"}:
        raise DataError(f"TARGET has one number per row; {_STACKED}, without labels", fix="omit TARGET")
    if side != "pred":
        return ()
    roles: tuple[str, ...] = ("embedding",) if len(shape) == 1 else ()
    if len(shape) == 2:
        roles = {2: PAIR, 3: TRIPLE, 4: QUADRUPLE}.get(shape[0], ())
    return roles if set(roles) <= wanted else ()


def choose(side: str, held: Held, wanted: frozenset[str], taken: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The column of `same`: also `target` or `label`, but not one of text other than yes and no."""
    if side != "target" or "same" not in wanted:
        return {}
    names = (n for n in ("same", "target", "label") if n in held.names and n not in taken)
    first = next(names, None)
    return {"same": (first,)} if first is not None and not held.is_text(first) else {}


FAMILY = Family(
    name="embed",
    summary="losses of embedding vectors, by labels, pairs, triplets or class weights",
    sample="a vector",
    roles=(
        Role("a", "pred", "a", "(n,d)", "first of the pairs; an unnamed (n,2,d) array has both"),
        Role("b", "pred", "b", "(n,d)", "second of the pairs"),
        Role("anchor", "pred", "anchor", "(n,d)", "first of the triplets; an unnamed (n,3,d) array has all three"),
        Role("positive", "pred", "positive", "(n,d)", "a row of the anchor's class"),
        Role("negative", "pred", "negative", "(n,d)", "a row of another class"),
        Role("other", "pred", "other", "(n,d)", "a row of a third class; an unnamed (n,4,d) array has all four"),
        Role("distance", "pred", "distance", "(n,)", "precomputed distances of pairs", column_names.DISTANCE, "one"),
        Role("embedding", "pred", "embedding", "(n,d)", "vectors", column_names.EMBEDDING, "vectors"),
        Role(
            "label",
            "target",
            "label",
            "(n,)",
            "classes of the vectors",
            column_names.LABEL,
            "one",
            (*column_names.LABEL_WEAK, *column_names.IDENTITY),
            text=True,
        ),
        Role(
            "same",
            "target",
            "same",
            "(n,)",
            "1 (or same, yes, match) for a pair of the same class, else 0; also read from columns target or label",
            column_names.SAME,
            binary=True,
        ),
        Role("in_batch", "any", "batch", "(n,)", "batch of a row: a name or an integer", column_names.BATCH, text=True),
        Role("class_weights", "option", "class-weights", "(C,d)", "class vectors or proxies", flag="--class-weights"),
        Role("centers", "option", "centers", "(C,d)", "one centre per class; default: the class means", flag="--centers"),
    ),
    reads=vectors,
    of_vectors=True,
    check=check,
    conclude=conclude,
    restore=restore,
    choose=choose,
    bare=bare,
)
