"""One loss on the same data under every library's convention, and the search for the settings behind a reported number. Reads and
evaluates as a run does; writes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from losscli.core.errors import LosscliError, UsageError, visible
from losscli.core.json_numbers import number
from losscli.core.records import dataclass, field, replace
from losscli.core.values import Value, read_number, write_value
from losscli.engine.evaluate import Evaluation, evaluate
from losscli.reading.aligned import Inputs
from losscli.report.summarise import term_value
from losscli.run.prepare import adopted, bound_term, planned, prepare
from losscli.run.request import Request, worker_options
from losscli.sources.base import VARIES
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param
from losscli.spec.recipe import Recipe, Term, parse

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

MOST_PAIRS = 400
TOGETHER = 48
"""Terms evaluated in one pass over the data."""
SINGLE = 1e-6
"""The relative error of a number computed in single precision, however many digits were printed."""

Changes = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Scale:
    """A transformation that may have been applied to the value: its name, and a·value + b."""

    name: str
    factor: float = 1.0
    plus: float = 0.0


@dataclass(frozen=True)
class Row:
    """A variant of the loss: the recipe, its value, the cause of the difference, and the libraries that compute it so."""

    recipe: str
    value: float
    difference: float
    cause: tuple[str, ...]
    libraries: tuple[str, ...] = ()


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


@dataclass
class Bench:
    """The data, opened once, and the values of the loss under each set of changes measured so far."""

    request: Request
    term: Term
    inputs: Inputs
    conventions: Conventions
    notes: tuple[str, ...] = ()
    known: dict[Changes, tuple[float, float] | None] = field(default_factory=dict)
    """By changes: mean and sum of the samples; None where the loss has no value on these data."""

    @classmethod
    def of(cls, request: Request, ours: Recipe) -> Bench:
        ready = prepare(request, [ours])
        bench = cls(request, ours.terms[0][1], ready.inputs, ready.conventions, ready.notes)
        outcome = evaluate(replace(ready.plan, full=False), ready.inputs, **worker_options(request, [ours]))
        if ready.inputs.family.conclude:
            ready.inputs.family.conclude(outcome.tally.watch, ready.conventions)
        bench.known[()] = _values(outcome, ours)
        return bench

    @property
    def loss(self) -> Loss:
        return self.term.loss

    def changed(self, changes: Changes) -> Term:
        """The term with these parameters instead of its own."""
        return Term(self.loss, tuple(sorted({**dict(self.term.values), **dict(changes)}.items())))

    def measure(self, wanted: Sequence[Changes]) -> None:
        """Evaluate all that is not known yet, many in one pass over the data."""
        new = [c for c in dict.fromkeys(wanted) if c not in self.known]
        for start in range(0, len(new), TOGETHER):
            self._measure(new[start : start + TOGETHER])

    def _measure(self, wanted: Sequence[Changes]) -> None:
        fine = [c for c in wanted if self._admitted(self.changed(c))]
        self.known.update(dict.fromkeys(wanted))
        try:
            self.known.update(self._evaluated(fine))
        except LosscliError:
            for changes in fine:
                try:
                    self.known.update(self._evaluated([changes]))
                except LosscliError:
                    continue  # these parameters have no value on these data

    def _evaluated(self, wanted: Sequence[Changes]) -> dict[Changes, tuple[float, float]]:
        if not wanted:
            return {}
        recipes = {c: Recipe(((1.0, self.changed(c)),), f"r{i}") for i, c in enumerate(wanted)}
        plan = planned(self.request, list(recipes.values()), self.inputs, self.conventions)
        outcome = evaluate(replace(plan, full=False), self.inputs, **worker_options(self.request, plan.recipes))
        return {c: _values(outcome, r) for c, r in recipes.items()}

    def _admitted(self, term: Term) -> bool:
        """Whether the first rows have a value under these parameters."""
        try:
            bound = bound_term(term, self.inputs, self.conventions, self.request.reading.cols)
            if bound.form.unit == "whole" or bound.fits:
                return True
            block, _ = self.inputs.block(0, min(2, self.inputs.rows))
            bound.sums(block, Watch()) if bound.pooled else bound.rows(block, Watch())
        except LosscliError:
            return False
        return True

    def value(self, changes: Changes) -> float:
        found = self.known.get(changes)
        return math.nan if found is None else found[0 if self.request.reduction == "mean" else 1]

    def other(self, changes: Changes) -> float:
        """The value under the reduction that was not asked for."""
        found = self.known.get(changes)
        return math.nan if found is None else found[1 if self.request.reduction == "mean" else 0]

    def row(self, changes: Changes, cause: Sequence[str], value: float, libraries: Sequence[str] = ()) -> Row:
        return Row(str(self.changed(changes)), value, value - self.value(()), tuple(cause), tuple(libraries))


def _values(outcome: Evaluation, recipe: Recipe) -> tuple[float, float]:
    (_, term), *_ = recipe.terms
    spread = outcome.tally.distributions.get(recipe.id)
    return term_value(outcome, term)[0], math.nan if spread is None else float(spread.total)


def _conventions(bench: Bench, term: Term) -> list[Row]:
    """A row per distinct recipe among ours and the libraries' conventions."""
    libraries: dict[Changes, list[str]] = {(): []}
    for library in bench.loss.conventions:
        theirs = {k: v for k, v in bench.loss.convention(library).items() if bench.loss.param(k) and v != dict(term.values)[k]}
        libraries.setdefault(tuple(sorted(theirs.items())), []).append(library)
    bench.measure([*libraries, *(rest for c in libraries for rest in _less(c))])
    effective = {c: _effective(bench, c) for c in libraries if bench.known[c] is not None}
    bench.measure([part for c in effective.values() for part in (c, *_less(c))])
    return [bench.row(c, _causes(bench, c, effective[c]), bench.value(c), libraries[c]) for c in effective]


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
    """The variants that give the number: conventions and single changes; pairs of changes only if none of these do."""
    scales = list(_scales(bench))
    singles = list(_singles(bench.loss, bench.term))
    bench.measure(singles)
    live = [c for c in singles if bench.known[c] is not None and not _same(bench.value(c), bench.value(()))]
    rows = [*conventions]
    rows += [bench.row(c, _spelled(c), bench.value(c)) for c in live]
    rows += _scaled(bench, (), scales)
    hits = _hits(rows, reported)
    if not hits:
        pairs = [a + b for a, b in combinations(live, 2) if a[0][0] != b[0][0]][:MOST_PAIRS]
        pairs = [tuple(sorted(p)) for p in pairs]
        bench.measure(pairs)
        more = [bench.row(p, _spelled(p), bench.value(p)) for p in pairs if bench.known[p] is not None]
        libraries = {r.recipe: r.libraries for r in conventions if r.libraries}
        for changes in [*live, *(c for c in bench.known if len(c) > 1 and str(bench.changed(c)) in libraries)]:
            more += _scaled(bench, changes, scales, libraries.get(str(bench.changed(changes)), ()))
        rows += more
        hits = _hits(more, reported)
    finite = [r for r in rows if math.isfinite(r.value)]
    nearest = min(finite, key=lambda r: abs(r.value - float(reported)), default=None)
    family = bench.inputs.family.name
    return Reconciled(family, str(bench.term), bench.value(()), hits, len(rows), reported, None if hits else nearest)


def _spelled(changes: Changes) -> list[str]:
    return [f"{k}={write_value(v)}" for k, v in changes]


def _hits(rows: Sequence[Row], reported: str) -> tuple[Row, ...]:
    """The rows within half a unit of the last digit that was given, the simplest first; one per recipe and cause."""
    aim, reach = float(reported), tolerance(reported)
    found = [r for r in rows if abs(r.value - aim) <= reach]
    kept: dict[tuple[str, tuple[str, ...]], Row] = {}
    for r in sorted(found, key=lambda r: (not r.libraries, len(r.cause), abs(r.value - aim))):
        afterwards = tuple(word for word in r.cause if "=" not in word)
        kept.setdefault((r.recipe, afterwards), r)
    return tuple(kept.values())


def tolerance(reported: str) -> float:
    """Half a unit of the last digit given, and never less than single precision."""
    mantissa, _, exponent = reported.strip().lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return max(0.5 * 10.0**-decimals * (1 + 1e-9), SINGLE * abs(float(reported)))


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
