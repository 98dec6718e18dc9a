"""What a run is to compute. Reads nothing and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.bound import Bound
from losscli.family import Conventions
from losscli.recipe import Recipe
from losscli.records import dataclass, field, replace
from losscli.tally import Key, Tally


@dataclass(frozen=True)
class Plan:
    """What is to be computed: recipes over terms, each different term once."""

    recipes: tuple[Recipe, ...]
    terms: Mapping[str, Bound]
    how: Conventions
    worst: int = 0
    full: bool = True
    """Whether the spread of the samples is wanted, or their value alone."""
    slopes: bool = False
    """Whether the health of the gradients is wanted."""
    own: Mapping[Key, Mapping[str, Bound]] = field(default_factory=dict)
    """By group, the terms whose parameters its own rows tell."""

    @property
    def waiting(self) -> dict[str, Bound]:
        """The terms whose parameters only the data tell."""
        return {k: b for k, b in self.terms.items() if b.fits}

    def resolved(self, tally: Tally) -> Plan:
        """With the parameters that the sums of `fitting` tell."""
        from losscli.fitting import resolved

        found, own = resolved(self.waiting, tally)
        return replace(self, terms={**self.terms, **found}, own=own)

    def of(self, key: Key) -> Plan:
        """The plan of a group."""
        return replace(self, terms={**self.terms, **self.own[key]}, own={}) if key in self.own else self

    @property
    def rowwise(self) -> bool:
        """Whether any term is evaluated row by row."""
        return any(b.form.unit != "whole" for b in self.terms.values())

    def per_row(self, recipe: Recipe) -> bool:
        """Whether every sample has a value of its own."""
        return all(self.terms[t.full()].per_row for _, t in recipe.terms)

    def sloped(self, recipe: Recipe) -> bool:
        """Whether every term has a gradient."""
        return all(self.terms[t.full()].form.differentiable for _, t in recipe.terms)

    def row_slopes(self, recipe: Recipe) -> bool:
        """Whether a sample's gradient is that of its own loss; else it is that of the value."""
        return self.per_row(recipe) and not any(t.loss.of_value for _, t in recipe.terms)

    def sign(self, recipe: Recipe) -> int:
        """-1 where a higher value is better."""
        return -1 if all(t.loss.direction_for(dict(t.values)) == "higher" for _, t in recipe.terms) else 1
