"""One loss on the same data under every library's convention, and the search for the settings behind a reported number. Reads and
evaluates as a run does; writes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from losscli.core.errors import UsageError, visible
from losscli.core.json_numbers import number
from losscli.core.records import dataclass, replace
from losscli.core.values import Value, read_number, write_value
from losscli.run.prepare import adopted
from losscli.run.request import Request
from losscli.run.variants import Bench, Changes, Row
from losscli.sources.base import VARIES
from losscli.spec.loss import Loss, Param
from losscli.spec.recipe import Term, parse

USUAL: Mapping[str, tuple[float, ...]] = {
    "eps": (1e-5, 1e-6, 1e-7, 1e-8),
    "smooth": (1.0, 1e-5, 1e-6),
    "clip": (1e-6, 1e-7),
    "floor": (-100.0,),
    "label_smoothing": (0.1,),
    "ignore_index": (255, -100, -1, 0),
    "gamma": (0.0, 1.0, 1.5, 2.0, 3.0, 4.0),
    "alpha": (0.25, 0.5, 0.75, 1.0, 2.0),
    "beta": (1 / 9, 0.5, 1.0, 0.0),
    "delta": (0.5, 1.0, 1.35, 2.0),
    "margin": (0.0, 0.1, 0.2, 0.3, 0.5, 1.0),
    "temperature": (0.05, 0.07, 0.1, 0.2, 0.5, 1.0),
    "s": (1.0, 16.0, 30.0, 64.0),
    "p": (1, 2),
    "offset": (1,),
}
"""Common values by parameter, tried beside those of the libraries' conventions."""

MOST_TOGETHER = 400
"""Sets of changes that are tried in one step of the search."""
SINGLE = 1e-6
"""The relative error of a number computed in single precision, which may be printed with more digits."""


@dataclass(frozen=True)
class Scale:
    """A transformation that may have been applied to the value: its name, and a·value + b."""

    name: str
    factor: float = 1.0
    plus: float = 0.0


@dataclass(frozen=True)
class Reconciled:
    """The loss as asked for, its variants, and how many were tried. With a reported number, rows are the variants that match it."""

    family: str
    recipe: str
    value: float
    rows: tuple[Row, ...]
    tried: int
    reported: str | None = None
    nearest: Row | None = None
    single: bool = False
    """Whether the rows match the number only as far as single precision goes."""
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Strict JSON, in a fixed order."""
        return {
            "schema": "losscli.reconcile/1",
            "family": self.family,
            "recipe": self.recipe,
            **number("value", self.value),
            "reported": None if self.reported is None else float(self.reported),
            "tried": self.tried,
            "single_precision": self.single,
            "rows": [_as_dict(r) for r in self.rows],
            "nearest": None if self.nearest is None else _as_dict(self.nearest),
        }


def _as_dict(r: Row) -> dict[str, Any]:
    numbers = {**number("value", r.value), **number("difference", r.difference)}
    return {"recipe": r.recipe, **numbers, "cause": list(r.cause), "libraries": list(r.libraries)}


def reconcile(request: Request, reported: str | None = None) -> Reconciled:
    """The request's one loss under every convention, or the plausible variants that give `reported` to its last digit.

    Raises UsageError for a recipe of several terms and for a reported value that is not a number.
    """
    family = adopted(request)
    if len(request.losses) != 1:
        raise UsageError("reconcile takes one loss", fix="give --loss once")
    ours = parse(request.losses[0], family)
    if not ours.plain:
        raise UsageError("reconcile takes one loss, not a sum", fix="reconcile each term separately")
    if reported is not None and read_number(reported) is None:
        raise UsageError(f"--value {visible(reported)!r} is not a number", fix="give it as it was reported: --value 0.4312")
    (_, term), *_ = ours.terms
    with np.errstate(all="ignore"):
        bench = Bench.of(request, ours)
        found = _conventions(bench, term)
        if reported is None:
            return Reconciled(family.name, str(term), bench.value(()), tuple(found), len(found), notes=bench.notes)
        return replace(_search(bench, found, reported), notes=bench.notes)


def _conventions(bench: Bench, term: Term) -> list[Row]:
    """A row per distinct recipe among ours and the libraries' conventions."""
    libraries = _libraries(bench.loss, term)
    bench.measure([*libraries, *(rest for c in libraries for rest in _less(c))])
    effective = {c: _effective(bench, c) for c in libraries if bench.known[c] is not None}
    bench.measure([part for c in effective.values() for part in (c, *_less(c))])
    return [bench.row(c, _causes(bench, c, effective[c]), bench.value(c), libraries[c]) for c in effective]


def _libraries(loss: Loss, term: Term) -> dict[Changes, list[str]]:
    """The libraries by what their conventions change of the term; none by no change."""
    found: dict[Changes, list[str]] = {(): []}
    for library in loss.conventions:
        theirs = {k: v for k, v in loss.convention(library).items() if loss.param(k) and v != dict(term.values)[k]}
        found.setdefault(tuple(sorted(theirs.items())), []).append(library)
    return found


def _less(changes: Changes) -> list[Changes]:
    """The changes without each one of them."""
    return [tuple(x for x in changes if x != gone) for gone in changes]


def _effective(bench: Bench, changes: Changes) -> Changes:
    """The changes whose removal changes the value."""
    value = bench.value(changes)
    return tuple(x for x, rest in zip(changes, _less(changes), strict=True) if not _same(bench.value(rest), value))


def _causes(bench: Bench, changes: Changes, effective: Changes) -> list[str]:
    """The changes behind a difference: those whose removal changes the value, or all if no single one does.

    If these alone give the same value, only those of them whose removal changes it."""
    value = bench.value(changes)
    if _same(value, bench.value(())):
        return []
    if effective and _same(bench.value(effective), value):
        effective = _effective(bench, effective)
    return _spelled(effective or changes)


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _search(bench: Bench, conventions: Sequence[Row], reported: str) -> Reconciled:
    """The variants that give the number: conventions and single changes; only if none of these do, pairs of changes and conventions
    with one; at last conventions with two or three switches."""
    scales = list(_scales(bench))
    bases = _libraries(bench.loss, bench.term)
    singles = list(_singles(bench.loss, bench.term))
    bench.measure(singles)
    live = [c for c in singles if bench.known[c] is not None and not _same(bench.value(c), bench.value(()))]
    rows = [*conventions]
    rows += [bench.row(c, _spelled(c), bench.value(c)) for c in live]
    rows += _scaled(bench, (), scales)
    hits, single = _hits(rows, reported)
    if not hits:
        libraries = {r.recipe: r.libraries for r in conventions if r.libraries}
        more = _tried(bench, [a + b for a, b in combinations(live, 2)], {(): []})
        more += _tried(bench, singles, {base: named for base, named in bases.items() if base})
        for changes in [*live, *(c for c in bases if str(bench.changed(c)) in libraries)]:
            more += _scaled(bench, changes, scales, libraries.get(str(bench.changed(changes)), ()))
        rows += more
        hits, single = _hits(more, reported)
    if not hits:
        switches = [c for c in singles if _is_switch(bench.loss, c)]
        more = _tried(bench, [sum(found, ()) for n in (2, 3) for found in combinations(switches, n)], bases)
        rows += more
        hits, single = _hits(more, reported)
    finite = [r for r in rows if math.isfinite(r.value)]
    nearest = min(finite, key=lambda r: abs(r.value - float(reported)), default=None)
    family = bench.inputs.family.name
    return Reconciled(family, str(bench.term), bench.value(()), hits, len(rows), reported, None if hits else nearest, single)


def _tried(bench: Bench, several: Sequence[Changes], bases: Mapping[Changes, Sequence[str]]) -> list[Row]:
    """A row for each of several changes of each base, at most so many, where it has a value and its parameters differ."""
    fine = [c for c in several if len(dict(c)) == len(c)]
    wanted = [(tuple(sorted({**dict(base), **dict(c)}.items())), named) for c in fine for base, named in bases.items()]
    libraries = {c: named for c, named in wanted if c not in bench.known}
    chosen = list(libraries)[:MOST_TOGETHER]
    bench.measure(chosen)
    return [bench.row(c, _spelled(c), bench.value(c), libraries[c]) for c in chosen if bench.known[c] is not None]


def _is_switch(loss: Loss, changes: Changes) -> bool:
    """Whether a change is of a word or a boolean."""
    (name, _), *_ = changes
    p = loss.param(name)
    return p is not None and ("bool" in p.kinds or bool(p.choices))


def _spelled(changes: Changes) -> list[str]:
    return [f"{k}={write_value(v)}" for k, v in changes]


def _hits(rows: Sequence[Row], reported: str) -> tuple[tuple[Row, ...], bool]:
    """The rows within half a unit of the last digit that was given, or, if there are none, within single precision, and whether
    that is so; the simplest first, one per recipe and cause."""
    aim, reach = float(reported), tolerance(reported)
    found = [r for r in rows if abs(r.value - aim) <= reach]
    single = not found
    if single:
        found = [r for r in rows if abs(r.value - aim) <= SINGLE * abs(aim)]
    kept: dict[tuple[str, tuple[str, ...]], Row] = {}
    for r in sorted(found, key=lambda r: (not r.libraries, len(r.cause), abs(r.value - aim))):
        afterwards = tuple(word for word in r.cause if "=" not in word)
        kept.setdefault((r.recipe, afterwards), r)
    return tuple(kept.values()), single and bool(kept)


def tolerance(reported: str) -> float:
    """Half a unit of the last digit given."""
    mantissa, _, exponent = reported.strip().lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return 0.5 * 10.0**-decimals * (1 + 1e-9)


def _singles(loss: Loss, term: Term) -> Iterator[Changes]:
    """Every plausible change of one parameter."""
    own = dict(term.values)
    for p in loss.params:
        texts = [c for c in p.choices if c != "error"]
        texts += ["true", "false"] if "bool" in p.kinds else []
        texts += ["none"] if "none" in p.kinds else []
        texts += [write_value(x) for x in USUAL.get(p.name, USUAL["eps"] if p.name.endswith("_eps") else ())]
        texts += [write_value(known[p.name]) for known in loss.conventions.values() if p.name in known]
        for text in dict.fromkeys(texts):
            value = _read(p, text)
            if value is not None and value[0] != own[p.name]:
                yield ((p.name, value[0]),)


def _read(p: Param, text: str) -> tuple[Value] | None:
    try:
        return (p.read(text),)
    except UsageError:
        return None


def _scales(bench: Bench) -> Iterator[Scale]:
    """Common transformations: a score instead of a loss, halves, percent, bits, means over classes or outputs."""
    if bench.loss.lowest == 0.0 and 0.0 <= bench.value(()) <= 1.0:
        yield Scale("1 - value", -1.0, 1.0)
    yield Scale("× 2", 2.0)
    yield Scale("× 1/2", 0.5)
    yield Scale("× 100", 100.0)
    yield Scale("× -1", -1.0)
    yield Scale("÷ log 2", 1.0 / math.log(2.0))
    sizes = {f.field.shape[0] for f in bench.inputs.filled if f.side == "pred" and f.field.shape and not f.shared}
    for n in sorted(sizes - {1, 2, VARIES}):
        yield Scale(f"× 1/{n}", 1.0 / n)
        yield Scale(f"× {n}", float(n))


def _scaled(bench: Bench, changes: Changes, scales: Sequence[Scale], libraries: Sequence[str] = ()) -> list[Row]:
    """The value under some changes, scaled or with the other reduction."""
    value, other = bench.value(changes), bench.other(changes)
    rows = [bench.row(changes, [*_spelled(changes), s.name], s.factor * value + s.plus, libraries) for s in scales]
    if math.isfinite(other):
        word = "sum" if bench.request.reduction == "mean" else "mean"
        rows.append(bench.row(changes, [*_spelled(changes), f"reduction {word}"], other, libraries))
    return rows
