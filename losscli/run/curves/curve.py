"""Losses over a natural axis that all of them have: which axis, in which range, and the curves of every recipe and case."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.records import dataclass, replace
from losscli.core.values import read_number, write_number
from losscli.numerics.stable import Floats
from losscli.run.curves import places
from losscli.run.curves.points import Points, Termed, at_places
from losscli.spec import registry
from losscli.spec.axes import Axis, axes_of
from losscli.spec.braces import expand
from losscli.spec.names import FAMILIES
from losscli.spec.other_names import other_meaning
from losscli.spec.pages import family_in
from losscli.spec.recipe import Recipe, Term, parse_all

WIDE, NARROW = 1e100, 1e-6
"""The largest end of a range, and its least width as a share of its larger end."""


@dataclass(frozen=True)
class Asked:
    """What is to be drawn: recipes, each possibly as FAMILY/RECIPE; the range and the name of the axis, if given."""

    losses: tuple[str, ...]
    family: str | None = None
    convention: str | None = None
    range: str | None = None
    against: str | None = None
    gradient: bool = False
    measured: bool = False
    """Whether the axis must be one on which the user's samples have a place."""


@dataclass(frozen=True)
class Curve:
    """One recipe in one case: its values and derivatives on the grid, and the lines that are drawn."""

    label: str
    case: str
    values: Floats
    slopes: Floats
    line: places.Drawn
    slope_line: places.Drawn
    frozen: bool = False
    """Whether its gradient takes a factor as constant, and so is not the derivative of the curve."""


@dataclass(frozen=True)
class Curves:
    """Every curve over one axis."""

    family: str
    axis: Axis
    termed: tuple[tuple[Recipe, Termed], ...]
    x: Floats
    curves: tuple[Curve, ...]
    gradient: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the curves must know."""
        if not self.gradient:
            return ()
        constant = ", ".join(c.label for c in self.curves if c.frozen)
        without = ", ".join(
            r.label for r, terms in self.termed if not all(any(f.differentiable for f in t.loss.forms) for _, t, _ in terms)
        )
        text = "takes a factor as constant, as in training, and so is not the slope of the curve"
        return (
            *([f"the gradient of {visible(constant)} {text}"] if constant else []),
            *([f"{visible(without)}: no gradient is declared, as none is useful"] if without else []),
        )


def understood(asked: Asked) -> tuple[str, list[Recipe]]:
    """The family and the recipes. Raises UsageError."""
    texts = [one for text in asked.losses for one in expand(text)]
    split = [family_in(text, asked.family) for text in texts]
    heads, plain = {head for head, _ in split if head is not None}, [text for _, text in split]
    if len(heads) > 1:
        raise UsageError(f"losses of {' and '.join(sorted(heads))} cannot share a picture", fix="draw one family at a time")
    family = next(iter(heads), "") or _family_of(plain)
    return family, parse_all(plain, registry.load(family), asked.convention)


def _family_of(texts: Sequence[str]) -> str:
    """The only family that has every loss, by name before alias."""
    names = [word for text in texts for word in _names(text)]
    able = [name for name in FAMILIES if all(registry.load(name).find(word) for word in names)]
    own = [name for name in able if all(word.replace("-", "_") in registry.load(name).losses for word in names)]
    found = own if len(own) == 1 else able
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"several families have {visible(', '.join(dict.fromkeys(names)))}", fix=f"add --family {' or '.join(found)}"
        )
    for word in names:
        if not any(registry.load(name).find(word) for name in FAMILIES):
            if (other := other_meaning(word)) is not None:
                raise other
            known = [w for name in FAMILIES for w in registry.load(name).words]
            raise UsageError(f"unknown loss {visible(word)!r}{nearest(word, known)}", fix="`losscli losses` lists them")
    raise UsageError(
        f"no family has all of {visible(', '.join(dict.fromkeys(names)))}", fix="draw the losses of one family at a time"
    )


def _names(text: str) -> list[str]:
    """The names of the losses of a recipe."""
    return [part.partition(":")[0].rpartition("=")[2].rpartition("*")[2].strip() for part in text.split("+")]


def drawn(asked: Asked, family: str, recipes: Sequence[Recipe], reach: tuple[float, float] | None = None) -> Curves:
    """The curves of recipes. reach: the range of the user's samples, which replaces the usual one. Raises UsageError."""
    termed = _on_one_axis(asked, recipes)
    axis = _shared([a for _, terms in termed for _, _, a in terms])
    x = places.grid(*_range(asked.range, axis, reach), axis.log)
    return Curves(family, axis, tuple(termed), x, _curves(termed, axis, x, asked.gradient), asked.gradient)


def _on_one_axis(asked: Asked, recipes: Sequence[Recipe]) -> list[tuple[Recipe, Termed]]:
    """The terms of every recipe, each with its axis of the name that all have."""
    found = [(recipe, [(weight, term, _axes(term)) for weight, term in recipe.terms]) for recipe in recipes]
    every = [(term, axes) for _, terms in found for _, term, axes in terms]
    names = [a.name for a in every[0][1] if all(a.name in {b.name for b in axes} for _, axes in every)]
    lists = "; ".join(dict.fromkeys(f"{term.loss.name}: {', '.join(a.name for a in axes)}" for term, axes in every))
    if not names:
        raise UsageError("these losses have no natural axis in common", fix=f"their axes are {lists}")
    if asked.against is not None and asked.against not in names:
        raise UsageError(f"--against {visible(asked.against)}: not an axis of all these losses", fix=f"their axes are {lists}")
    if asked.measured:
        names = [n for n in names if all(a.measure is not None for _, axes in every for a in axes if a.name == n)]
        if not names or (asked.against is not None and asked.against not in names):
            what = (
                "samples have no place on an axis of these losses"
                if not names
                else f"samples have no place on the axis {asked.against}"
            )
            raise UsageError(what, fix=f"--against {' or '.join(names)}" if names else "omit --data")
    name = asked.against or names[0]
    return [(recipe, [(w, term, next(a for a in axes if a.name == name)) for w, term, axes in terms]) for recipe, terms in found]


def _axes(term: Term) -> tuple[Axis, ...]:
    axes = axes_of(term.loss, term.params)
    if isinstance(axes, str):
        raise UsageError(
            f"{term.loss.name} has no curve: {axes}", fix=f"`losscli explain {term.loss.family}/{term.loss.name}` shows its formula"
        )
    return axes


def _shared(axes: Sequence[Axis]) -> Axis:
    """The axis of all: the first, within the bounds and the usual ranges of each."""
    least = max(a.least for a in axes)
    return replace(
        axes[0],
        low=max(a.low for a in axes),
        high=min(a.high for a in axes),
        least=least,
        most=min(a.most for a in axes),
        open=any(a.open and a.least == least for a in axes),
        cases=max((a.cases for a in axes), key=len),
    )


def _range(text: str | None, axis: Axis, reach: tuple[float, float] | None) -> tuple[float, float]:
    """The ends of the axis: those of --range, else those of the samples within the axis, else the usual ones."""
    if text is None:
        if reach is None or math.isfinite(axis.most):
            return axis.low, axis.high
        return max(reach[0], axis.least if math.isfinite(axis.least) else reach[0]), reach[1]
    first, colon, last = text.partition(":")
    low, high = read_number(first.strip()), read_number(last.strip())
    if not colon or low is None or high is None or not low < high:
        raise UsageError(
            f"--range {visible(text)}: not two numbers, the lower one first", fix="write it as A:B, for example --range 0:1"
        )
    if not (high - low >= NARROW * max(abs(low), abs(high)) and high - low >= 1 / WIDE and max(abs(low), abs(high)) <= WIDE):
        raise UsageError(f"--range {visible(text)} is too wide or too narrow to draw", fix=f"its ends may be up to {WIDE:g}")
    outside = low < axis.least or high > axis.most or (axis.open and low == axis.least)
    if outside:
        least = f"{'above' if axis.open else 'from'} {write_number(axis.least)}" if math.isfinite(axis.least) else ""
        most = f"up to {write_number(axis.most)}" if math.isfinite(axis.most) else ""
        raise UsageError(
            f"--range {visible(text)} leaves the axis {axis.name}", fix=f"it has places {' '.join(filter(None, (least, most)))}"
        )
    return low, high


def _curves(termed: Sequence[tuple[Recipe, Termed]], axis: Axis, x: Floats, gradient: bool) -> tuple[Curve, ...]:
    fine = places.with_ends(x, axis)
    found = [(recipe, terms, at_places(terms, x, True), at_places(terms, fine, gradient)) for recipe, terms in termed]
    rooms = [_room([y for _, _, points, _ in found for y in which(points)]) for which in (_values, _slopes)]
    out: list[Curve] = []
    for recipe, terms, coarse, points in found:
        cases = _different(points)
        frozen = any(t.loss.frozen is not None and t.loss.frozen(t.params) for _, t, _ in terms)
        for case in cases:
            label = recipe.label if len(cases) == 1 or not case else f"{recipe.label} ({case})"
            line = places.with_gaps(fine, points.values[case], _function(terms, case, False), rooms[0])
            slope = places.Drawn(fine, points.slopes[case])
            if gradient:
                slope = places.with_gaps(fine, slope.y, _function(terms, case, True), rooms[1])
            out.append(Curve(label, case, coarse.values[case], coarse.slopes[case], line, slope, frozen))
    return tuple(out)


def _function(terms: Termed, case: str, sloped: bool) -> places.Function:
    """The value or the derivative of a recipe in one case, by place."""

    def at(x: Floats) -> Floats:
        points = at_places(terms, x, sloped)
        return points.slopes[case] if sloped else points.values[case]

    return at


def _values(points: Points) -> list[Floats]:
    return list(points.values.values())


def _slopes(points: Points) -> list[Floats]:
    return list(points.slopes.values())


def _room(lines: list[Floats]) -> float:
    low, high = places.limits(lines)
    return high - low


def _different(points: Points) -> list[str]:
    """The cases whose curves are not those of the case before them; a tie at a single place makes no other curve."""
    cases = list(points.values)
    out = cases[:1]
    for case in cases[1:]:
        if any(_apart(of[case], of[out[-1]]) for of in (points.values, points.slopes)):
            out.append(case)
    return out


def _apart(a: Floats, b: Floats) -> bool:
    return bool(np.count_nonzero(~np.isclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)) > 1)
