"""Finds the loss that a gate names: by id, as it was typed, by another spelling, or by a short name that only one loss has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losscli.core.errors import UsageError, visible
from losscli.core.records import dataclass
from losscli.spec.family import Family
from losscli.spec.recipe import Recipe, parse


@dataclass(frozen=True)
class GateNames:
    """The losses of a run as gates may name them. `spellings` maps every id and every label to the ids that it may mean."""

    spellings: Mapping[str, tuple[str, ...]]
    shares: frozenset[str] = frozenset()
    """The ids whose values are shares between 0 and 1."""
    recipes: tuple[Recipe, ...] = ()
    family: Family | None = None
    convention: str | None = None
    matched: bool = False
    """Whether sets of boxes are matched, so that unmatched ones are counted."""
    calibrated: bool = False
    """Whether the scores are compared with what occurred."""

    @classmethod
    def of(
        cls,
        recipes: Sequence[Recipe],
        family: Family,
        convention: str | None,
        reduction: str,
        matched: bool = False,
        calibrated: bool = False,
    ) -> GateNames:
        """The names of these recipes; under a sum no value is a share."""
        spellings: dict[str, tuple[str, ...]] = {}
        for r in recipes:
            for name in dict.fromkeys((r.id, r.label)):
                spellings[name] = (*spellings.get(name, ()), r.id)
        shares = frozenset(r.id for r in recipes if reduction == "mean" and _is_share(r))
        return cls(spellings, shares, tuple(recipes), family, convention, matched, calibrated)

    def known(self) -> list[str]:
        """Every spelling, the longest first: ids may contain any character of the grammar, and one another."""
        return sorted(self.spellings, key=len, reverse=True)

    def find(self, text: str) -> str | None:
        """The id that `text` means; None where it means none. Raises UsageError where it could mean several."""
        found = self.spellings.get(text) or self._parsed(text)
        if len(found) > 1:
            raise UsageError(
                f"{visible(text)!r} could be {' or '.join(visible(x) for x in found)}",
                fix="write one of them in full, or give it an id: --loss id=…",
            )
        return found[0] if found else None

    def _parsed(self, text: str) -> tuple[str, ...]:
        """The losses behind another spelling: aliases, defaults, the order of parameters, or no parameter at all."""
        if self.family is None:
            return ()
        try:
            asked = parse(text, self.family, self.convention)
        except UsageError:
            return self._by_short(text, self.family)
        exact = tuple(r.id for r in self.recipes if r.id == asked.id)
        same = tuple(r.id for r in self.recipes if r.terms == asked.terms and not asked.given_id)
        return exact or same or self._by_short(text, self.family)

    def _by_short(self, text: str, family: Family) -> tuple[str, ...]:
        short = _short(text, family)
        return () if ":" in text else tuple(r.id for r in self.recipes if r.short == short)


def _short(text: str, family: Family) -> str:
    """A recipe without parameters, its aliases resolved; as it is where a name is unknown."""
    terms = []
    for term in text.split("+"):
        weight, star, name = term.rpartition("*")
        loss = family.find(name.strip())
        terms.append(f"{weight.strip()}{star}{loss.name if loss else name.strip()}")
    return "+".join(terms)


def _is_share(recipe: Recipe) -> bool:
    loss = recipe.terms[0][1].loss
    return recipe.plain and loss.lowest == 0 and loss.highest == 1
