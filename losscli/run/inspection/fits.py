"""Which family the files fit: the loss that is proposed for each, the others that fit, or the error of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from losscli.core.errors import LosscliError, UsageError
from losscli.core.records import dataclass, replace
from losscli.reading.chosen import Chosen
from losscli.reading.column_facts import ColumnFacts, facts_of
from losscli.reading.roles import RoleColumns
from losscli.run.declared import slots
from losscli.run.inspection.trial import Bench, Trial, misses_role, tried
from losscli.run.inspection.wanted import COMMON, FAMILIES, Candidate, candidates, claim, doubts, named, spelling, unused
from losscli.run.options import commands_with
from losscli.run.prepare import Files, seen_by_family
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.sources.base import declared_of
from losscli.spec import registry
from losscli.spec.family import Family
from losscli.spec.loss import Loss
from losscli.spec.recipe import Recipe, parse

_LIKELY = 2.0
"""The claim from which on one file is taken to contain both sides."""
_MARGIN = 0.25
"""How much likelier a family must be for its error to come before another family that fits; more where it is undecided."""


@dataclass(frozen=True)
class Attempt:
    """One family on the files.

    candidate: the recipe that is proposed, or whose error this is. trial: what its checks found; None where they fail.
    losses: the names of those that fit, the most common first.
    """

    family: Family
    candidate: Candidate
    claim: float
    columns: RoleColumns | None
    trial: Trial | None = None
    error: LosscliError | None = None
    losses: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether names or values speak for every column that the loss reads."""
        recipe = parse(self.recipe, self.family)
        return self.columns is not None and claim(self.columns, _read(self.columns.chosen, recipe)) >= _LIKELY

    @property
    def recipe(self) -> str:
        return self.candidate.recipe


def attempted(request: Request, files: Files, facts: Mapping[str, ColumnFacts]) -> Attempt:
    """The family of the request on the files: the first candidate that passes all checks, else the most telling error."""
    try:
        seen = seen_by_family(request, files)
    except LosscliError as e:
        return Attempt(registry.load(request.family), candidates(request.family)[0], _LIKELY, None, error=e)
    if seen is not files:
        files, facts = seen, facts_of(seen.pred, seen.target)
    bench = Bench(request, files, registry.load(request.family), facts)
    failures: list[tuple[int, Candidate, LosscliError]] = []
    for candidate in _candidates(bench):
        own = _with(bench, candidate)
        try:
            recipe = own.recipe(candidate.recipe)
            trial = tried(own, recipe)
        except LosscliError as e:
            failures.append((_rank(own, candidate, e), candidate, e))
            continue
        own.settle(trial.ready.inputs)
        columns = _columns(own, recipe)
        claimed = _claim(own, columns, recipe, passed=True)
        return Attempt(own.family, candidate, claimed, columns, trial, losses=_fitting(own, candidate))
    _, candidate, error = min(failures, key=lambda failure: failure[0])
    recipe = bench.recipe(candidate.recipe)
    columns = _columns(bench, recipe)
    claimed = 0.0 if misses_role(bench, recipe) else _claim(bench, columns, recipe, passed=False)
    return Attempt(bench.family, candidate, claimed, columns, error=error)


def _candidates(bench: Bench) -> Iterator[Candidate]:
    """The common losses; if those lack a role, the others of the family, those that read most first."""
    name = bench.family.name
    first = bench.recipe("zero_one" if name == "classify" else candidates(name)[0].recipe)
    try:
        inputs = bench.bind(first).inputs
    except LosscliError:
        inputs = None
    found = candidates(name, inputs, switches=not bench.request.conventions.renormalize)
    own = getattr(bench.files.pred, "quantiles", None)
    if own is not None and not bench.files.pred.points:  # type: ignore[attr-defined]
        yield Candidate("pinball" if own else "crps")
    yield from found
    if all(misses_role(bench, bench.recipe(c.recipe)) for c in found):
        common = {c.recipe for c in found}
        others = sorted(bench.family.losses.values(), key=lambda loss: (-max(len(form.takes) for form in loss.forms), loss.name))
        yield from (Candidate(text) for loss in others if (text := _spelled(loss)) not in common and _readable(bench, text))


def _readable(bench: Bench, text: str) -> bool:
    return not misses_role(bench, bench.recipe(text))


def _spelled(loss: Loss) -> str:
    """The recipe of a loss, with an example of every parameter that it requires."""
    needed = [f"{p.name}={p.example}" for p in loss.params if p.required and p.example is not None]
    return f"{loss.name}:{','.join(needed)}" if needed else loss.name


def _with(bench: Bench, candidate: Candidate) -> Bench:
    """The same files, read with the switches of a candidate."""
    if not candidate.switches:
        return bench
    on: dict[str, Any] = dict.fromkeys(candidate.switches, True)
    conventions = replace(bench.request.conventions, **on)
    files = replace(bench.files, conventions=replace(bench.files.conventions, **on))
    return Bench(replace(bench.request, conventions=conventions), files, bench.family, bench.facts)


def _rank(bench: Bench, candidate: Candidate, error: LosscliError) -> int:
    """The most telling error is the least: of one value, of the files, of a role that is missing."""
    if candidate.switches:
        return 3
    if misses_role(bench, bench.recipe(candidate.recipe)):
        return 2
    return 0 if error.where is not None and error.where.row is not None else 1


def _fitting(bench: Bench, candidate: Candidate) -> tuple[str, ...]:
    """The losses whose checks the first rows pass, the proposed one first, then the common ones."""
    readable = (loss for loss in bench.family.losses.values() if _reads_files(bench, loss))
    fits = [loss.name for loss in readable if bench.fits_first(bench.recipe(_spelled(loss)))]
    joint = [text for text in COMMON[bench.family.name] if "+" in text and set(text.split("+")) <= {*fits}]
    first = candidate.recipe.partition(":")[0]
    order = [first, *(x for x in COMMON[bench.family.name] if x in fits), *sorted(fits)]
    return tuple(dict.fromkeys(x for x in order if x in fits or x in joint or x == first))


def _reads_files(bench: Bench, loss: Loss) -> bool:
    """Whether a form reads nothing but the files and options that were given."""
    family, given = bench.family, bench.files.conventions
    return any(
        all(family.role(r).side != "option" or getattr(given, r, None) is not None for r in set(form.takes) - form.optional)
        for form in loss.forms
    )


def _columns(bench: Bench, recipe: Recipe) -> RoleColumns | None:
    """What each column is for a recipe, else without what --col and --key state; None where that is undecided."""
    return bench.columns(recipe) or bench.columns(recipe, stated=False)


def _claim(bench: Bench, columns: RoleColumns | None, recipe: Recipe, passed: bool) -> float:
    """How likely the files are of this family."""
    if any(declared_of(f.source).get("family", bench.family.name) != bench.family.name for f in bench.facts.values()):
        return -1.0
    if columns is None:
        return named(bench.family, _read({}, recipe), bench.facts)
    found = claim(columns, _read(columns.chosen, recipe)) + spelling(columns) - 2 * unused(columns)
    try:
        return found + doubts(bench.family.name, bench.bind(recipe).inputs, passed)
    except LosscliError:
        return found


def _read(chosen: dict[str, dict[str, Chosen]], recipe: Recipe) -> frozenset[str]:
    """The roles that the first form which the columns fill reads, else all that the loss may read."""
    there = {role for side in chosen.values() for role in side}
    forms = [f for _, t in recipe.terms for f in t.loss.forms]
    found = next((f for f in forms if set(f.takes) - f.optional <= there), None)
    form = forms[0] if found is None else found
    return frozenset(form.takes) - (form.optional - there)


def _unable(family: str, options: ReadOptions) -> Attempt | None:
    """The refusal of a family whose command does not have one of the options that were given."""
    given = (slot for slot in slots(ReadOptions) if getattr(options, slot.name) != slot.default)
    flag = next((slot.spelled for slot in given if family not in slot.declared.commands), None)
    if flag is None:
        return None
    what = f"unknown option {flag}: it is an option of {', '.join(commands_with(flag))}"
    error = UsageError(what, fix=f"`losscli {family} --help` shows the usage")
    return Attempt(registry.load(family), candidates(family)[0], -1.0, None, error=error)


def ranked(request: Request, files: Files, options: ReadOptions) -> list[Attempt]:
    """Every family, or the one of the request, the likeliest first. An error comes first only where it is clearly likelier."""
    names = (request.family,) if request.family else FAMILIES
    facts = facts_of(files.pred, files.target)
    found = [_unable(name, options) or attempted(replace(request, family=name), files, facts) for name in names]
    found.sort(key=lambda a: -a.claim)
    fits = [a for a in found if a.trial is not None]
    margin = _MARGIN if found[0].columns is not None else 4 * _MARGIN
    if fits and found[0].trial is None and found[0].claim < fits[0].claim + margin:
        found.remove(fits[0])
        found.insert(0, fits[0])
    return found
