"""Loss recipes, parsed from what the user typed: `parse(str(r)) == r`. Reads no data: `@file` remains a path until it is bound."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.errors import UsageError, nearest, raise_all, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass, field
from losscli.core.values import NUMBER, File, Value, read_number, write_number, write_value
from losscli.spec import registry
from losscli.spec.braces import expand
from losscli.spec.family import Family
from losscli.spec.loss import Loss, Params
from losscli.spec.other_names import other_meaning

GRAMMAR = "a recipe is [id=][weight*]name[:key=value,…][+…], for example 0.5*dice+0.5*ce or f3=focal:gamma=3"
_ID = r"(?s)([A-Za-z_][A-Za-z0-9_.-]*)=(.*)"


@dataclass(frozen=True)
class Term:
    """One loss with every parameter set: `focal:gamma=3`."""

    loss: Loss
    values: tuple[tuple[str, Value], ...]
    stated: frozenset[str] = field(default=frozenset(), compare=False)
    """The parameters that are not the defaults of the loss, but were given."""

    def __str__(self) -> str:
        defaults = self.loss.defaults()
        return self._spell(
            [(k, v) for k, v in self.values if self._required(k) or v != defaults[k] or type(v) is not type(defaults[k])]
        )

    def _required(self, name: str) -> bool:
        param = self.loss.param(name)
        return param is not None and param.required

    def full(self) -> str:
        """Every parameter, defaults included."""
        return self._full

    @lazy
    def _full(self) -> str:
        return self._spell(list(self.values))

    def _spell(self, values: list[tuple[str, Value]]) -> str:
        inside = ",".join(f"{k}={write_value(v)}" for k, v in sorted(values))
        return f"{self.loss.name}:{inside}" if inside else self.loss.name

    @property
    def params(self) -> Params:
        return Params(dict(self.values))


@dataclass(frozen=True)
class Recipe:
    """A weighted sum of terms, with its id in JSON, columns and gates and its label in tables for people."""

    terms: tuple[tuple[float, Term], ...]
    given_id: str | None = None
    typed: str = field(default="", compare=False)
    """The recipe as the user typed it, without an id; empty where a program made it."""

    def __str__(self) -> str:
        return f"{self.given_id}={self.canonical}" if self.given_id else self.canonical

    @property
    def canonical(self) -> str:
        return "+".join(_weighted(w, str(t)) for w, t in self.terms)

    def full(self) -> str:
        return "+".join(_weighted(w, t.full()) for w, t in self.terms)

    @lazy
    def id(self) -> str:
        return self.given_id or self.canonical

    @property
    def label(self) -> str:
        """What tables for people call it: the given id, else what was typed."""
        return self.given_id or self.typed or self.canonical

    @property
    def short(self) -> str:
        """The canonical spelling without any parameter: `dice` for `dice:smooth=1`."""
        return "+".join(_weighted(w, t.loss.name) for w, t in self.terms)

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of the files that parameters are read from."""
        return tuple(value.path for _, term in self.terms for _, value in term.values if isinstance(value, File))

    @property
    def plain(self) -> bool:
        """Whether it is one term at weight 1."""
        return len(self.terms) == 1 and self.terms[0][0] == 1.0


def _weighted(weight: float, text: str) -> str:
    return text if weight == 1.0 else f"{write_number(weight)}*{text}"


def split(text: str, separator: str) -> list[str]:
    """Split outside brackets; a plus after e/E inside a number belongs to the number, one in a file's name to the name."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "[") - (c == "]")
        if c != separator or depth:
            continue
        if c == "+" and _inside_number(text, i):
            continue
        parts.append(text[start:i])
        start = i + 1
    return [*parts, text[start:]]


_LONGEST = 1000
"""The characters of a number before its exponent that are looked at."""


def _inside_number(text: str, i: int) -> bool:
    """Whether the plus at `i` is the sign of an exponent, as in 1e+16."""
    head = re.search(r"(?:^|[=*,\[+])([+-]?(?:\d+\.?\d*|\.\d+)[eE])$", text[max(0, i - _LONGEST) : i])
    return bool(head and re.match(r"\d", text[i + 1 :]))


def parse(text: str, family: Family, convention: str | None = None) -> Recipe:
    """Read one recipe; `convention` names the library whose defaults fill the parameters that it does not set.

    Raises UsageError naming the nearest known loss or parameter.
    """
    body, given = text.strip(), None
    head = re.fullmatch(_ID, body) if "=" in body else None
    if head and ":" not in head[1]:
        given, body = head[1], head[2]
    if not body:
        raise UsageError(f"--loss {visible(text)!r} is empty", fix=GRAMMAR)
    errors: list[UsageError] = []
    parts = [part.strip() for part in split(body, "+")]
    terms = {}
    for part in dict.fromkeys(parts):
        try:
            terms[part] = _weighted_term(part, family, convention)
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    return Recipe(tuple(terms[part] for part in parts), given, body.strip())


def _weighted_term(text: str, family: Family, convention: str | None) -> tuple[float, Term]:
    left, star, right = text.partition("*")
    if not star:
        return 1.0, _term(text, family, convention)
    weight = read_number(left.strip())
    if weight is None:
        what = "is too large a number" if NUMBER.match(left.strip()) else "is not a number"
        raise UsageError(f"weight {visible(left)!r} in {visible(text)!r} {what}", fix=GRAMMAR)
    return weight, _term(right.strip(), family, convention)


def _term(text: str, family: Family, convention: str | None) -> Term:
    name, colon, inside = text.partition(":")
    loss = family.find(name.strip())
    if loss is None:
        from losscli.spec.user_losses import (
            from_packages,  # late: only a name that losscli does not know asks the installed packages
        )

        loss = family.find(name.strip()) if from_packages(family) else None
    if loss is None:
        raise _unknown(name, family)
    given: dict[str, Value] = {}
    errors: list[UsageError] = []
    for pair in split(inside, ",") if colon else []:
        key, equals, value = pair.partition("=")
        key = key.strip().replace("-", "_")
        param = loss.param(key)
        if param is None or not equals:
            known = [p.name for p in loss.params]
            what = (
                f"{loss.name} has no parameter {visible(key)!r}"
                if equals
                else f"{visible(pair)!r} in {visible(text)!r} is not key=value"
            )
            errors.append(UsageError(what + nearest(key, known), fix=f"its parameters: {', '.join(known) or 'none'}"))
        elif key in given:
            errors.append(UsageError(f"{loss.name}: {key} is given twice"))
        else:
            try:
                given[key] = param.read(value.strip())
            except UsageError as e:
                errors.append(UsageError(f"{loss.name}: {e.what}"))
    theirs: dict[str, Value] = {}
    if convention is not None:
        try:
            theirs = loss.convention(convention)
        except UsageError as e:
            errors.append(e)
    given = {**theirs, **given}
    errors += [UsageError(f"{loss.name} needs {p.name}=… ({p.help})") for p in loss.params if p.required and p.name not in given]
    raise_all(errors)
    return Term(loss, tuple(sorted({**loss.defaults(), **given}.items())), frozenset(given))


def _unknown(name: str, family: Family) -> UsageError:
    """The error for a name that the family does not have, with what was probably meant."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and all(family.find(part) for part in parts):
        return UsageError(
            f"{visible(name)!r} names {len(parts)} losses",
            fix=f"give each its own option: {' '.join(f'-l {part}' for part in parts)}",
        )
    opposite = family.complement(name.strip())
    if opposite is not None:
        return UsageError(
            f"unknown loss {visible(name)!r} in {family.name}; {opposite.name} is 1 - {opposite.complements[0]}",
            fix=f"--loss {opposite.name}",
        )
    if (meant := other_meaning(name)) is not None:
        return meant
    others = [other for other in registry.NAMES if other != family.name and registry.load(other).find(name) is not None]
    what = f"unknown loss {visible(name)!r} in {family.name}" if name else f"unknown loss '' in {family.name} (an empty term)"
    if others:
        fix = " or ".join(f"losscli {other} … --loss {visible(name)}" for other in others)
        return UsageError(f"{what}; it is a loss of {' and '.join(others)}", fix=fix)
    return UsageError(
        f"{what}{nearest(name.replace('-', '_'), family.words)}", fix=f"`losscli losses --family {family.name}` lists them"
    )


def parse_all(texts: Sequence[str], family: Family, convention: str | None = None) -> list[Recipe]:
    """Every recipe, lists in braces expanded, or every mistake at once; two recipes with one id are a mistake."""
    errors: list[UsageError] = []
    recipes: list[Recipe] = []
    for text in texts:
        try:
            recipes += _listed(expand(text), family, convention)
        except UsageError as e:
            errors.append(e)
    seen: set[str] = set()
    for r in recipes:
        if r.id in seen:
            errors.append(
                UsageError(
                    f"two losses have the id {visible(r.id)!r}", fix=f"give one of them a name: other={visible(r.canonical)}"
                )
            )
        seen.add(r.id)
    raise_all(errors)
    return recipes


def _listed(texts: Sequence[str], family: Family, convention: str | None) -> list[Recipe]:
    """The recipes of one text with lists in braces, which an id of its own cannot name."""
    found = [parse(text, family, convention) for text in texts]
    if len(found) > 1 and found[0].given_id:
        what = f"the id {visible(found[0].given_id)!r} cannot name {len(found)} losses"
        raise UsageError(what, fix="omit the id before a list in braces")
    return found


def own_defaults(recipes: Sequence[Recipe], library: str | None) -> list[str]:
    """A note for every loss that has no convention of the library, and so keeps its own defaults."""
    if library is None:
        return []
    names = dict.fromkeys(t.loss.name for r in recipes for _, t in r.terms if library not in t.loss.conventions)
    return [f"{name} has no {library} convention: it keeps its own defaults" for name in names]
