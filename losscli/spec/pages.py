"""The catalogue of losses, derived from the declarations. Nothing about a loss is written here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.values import write_value
from losscli.spec import registry
from losscli.spec.family import Family
from losscli.spec.loss import Loss, Param
from losscli.spec.names import squeezed
from losscli.spec.other_names import other_meaning
from losscli.spec.user_losses import from_packages


def with_offered(name: str) -> Family:
    """A family with the losses that installed packages offer."""
    found = registry.load(name)
    from_packages(found)
    return found


def matches(loss: Loss, query: str | None) -> bool:
    """Whether every word of a query is in a loss's name, aliases or summary."""
    held = " ".join((loss.name, *loss.aliases, loss.summary)).lower()
    return all(word in held or squeezed(word) in squeezed(held) for word in (query or "").lower().split())


def all_losses(family: str | None = None, query: str | None = None) -> Iterable[tuple[Family, Loss]]:
    """Every loss of one family or of all, or of them those that match a query; a family's sorted by name."""
    return ((found, loss) for found, losses in by_family(family, query) for loss in losses)


def by_family(family: str | None, query: str | None) -> Iterator[tuple[Family, list[Loss]]]:
    """The same, family by family."""
    for name in (family,) if family else registry.NAMES:
        found = with_offered(name)
        yield found, [loss for loss in found.sorted_losses if matches(loss, query)]


def entry(family: Family, loss: Loss) -> dict[str, Any]:
    """A loss as plain data, for programs."""
    return {
        "name": loss.name,
        "family": family.name,
        "aliases": list(loss.aliases),
        "summary": loss.summary,
        "inputs": [[_role(family, r) for r in takes if r not in optional_roles(loss)] for takes in readings(loss)],
        "optional": sorted(_role(family, r) for r in optional_roles(loss)),
        "parameters": [_param(p) for p in loss.params],
        "direction": loss.direction,
        "range": interval(loss),
        "per_sample": per_sample(loss),
        "sample": family.sample_of(loss),
        "gradient": any(form.differentiable for form in loss.forms),
        "conventions": {library: spelled(loss, library) for library in loss.conventions},
        "citation": loss.cite,
    }


def readings(loss: Loss) -> list[tuple[str, ...]]:
    """The roles of each form, without repetition."""
    return list(dict.fromkeys(form.takes for form in loss.forms))


def optional_roles(loss: Loss) -> frozenset[str]:
    return frozenset().union(*(form.optional for form in loss.forms))


def per_sample(loss: Loss) -> bool:
    return (
        loss.unit == "row"
        or loss.rowed_for(loss.with_defaults())
        or (loss.unit == "pool" and not loss.pools(loss.with_defaults(pool="image")))
    )


def _role(family: Family, name: str) -> str:
    role = family.role(name)
    return f"{role.side}.{role.key}"


def _param(p: Param) -> dict[str, Any]:
    return {
        "name": p.name,
        "default": None if p.required else write_value(p.default),
        "required": p.required,
        "accepts": p.accepts,
        "help": p.help,
    }


def interval(loss: Loss) -> str:
    """The range of the value, as far as it is declared."""
    low = "(-inf" if loss.lowest is None else f"[{loss.lowest:g}"
    high = "inf)" if loss.highest is None else f"{loss.highest:g}]"
    return f"{low}, {high}"


def usage(loss: Loss) -> str:
    """`focal:gamma=2,alpha=none`: the name with every parameter at its default."""
    inside = ",".join(f"{p.name}={'…' if p.required else write_value(p.default)}" for p in loss.params)
    return f"{loss.name}:{inside}" if inside else loss.name


def spelled(loss: Loss, library: str) -> str:
    """The recipe that gives a library's number."""
    inside = ",".join(f"{k}={write_value(v)}" for k, v in sorted(loss.convention(library).items()))
    return f"{loss.name}:{inside}" if inside else loss.name


def plain(
    family: str | None = None, width: int | None = None, query: str | None = None, heading: Callable[[str], str] = str
) -> str:
    """The catalogue, or the losses that match a query: a line per loss, or, within a width, a paragraph."""
    blocks = []
    for found, losses in by_family(family, query):
        rows = [(x.name, ", ".join(x.aliases), x.summary) for x in losses]
        if query and not rows:
            continue
        wide = [max((len(r[i]) for r in rows), default=0) for i in (0, 1)]
        if width is None:
            lines = [f"  {a:<{wide[0]}}  {b:<{wide[1]}}  {c}".rstrip() for a, b, c in rows]
        else:
            lines = [line for row in rows for line in _paragraph(*row, wide[0], width)]
        title = wrapped(f"{found.name}: {found.summary} ({len(rows)})", width or 1000)
        blocks.append("\n".join([*map(heading, title), *lines]))
    return "\n\n".join(blocks) + "\n"


def _paragraph(name: str, aliases: str, summary: str, wide: int, width: int) -> list[str]:
    """A loss and what it measures beside its name, or below it where the terminal is narrow."""
    told = summary + (f" Also {aliases}." if aliases else "")
    if width - wide < 40:
        return [f"  {name}", *wrapped(told, width, "      ", "      ")]
    return wrapped(told, width, f"  {name:<{wide}}  ", " " * (wide + 4))


def markdown(family: str | None = None, query: str | None = None) -> str:
    """The catalogue as Markdown, for the README."""
    blocks = []
    for found, losses in by_family(family, query):
        lines = [
            f"**{found.name}** ({found.summary}; a sample is {found.samples})",
            "",
            "| loss | aliases | parameters = default | measures |",
            "|---|---|---|---|",
        ]
        for x in losses:
            params = ", ".join(f"{p.name}{'' if p.required else '=' + write_value(p.default)}" for p in x.params)
            lines.append(f"| `{x.name}` | {_codes(x.aliases)} | {_codes([params] if params else [])} | {_cell(x.summary)} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _codes(words: Sequence[str]) -> str:
    return ", ".join(f"`{w}`" for w in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def find(word: str, family: str | None = None) -> list[tuple[Family, Loss]]:
    """The losses of that name or alias; `detect/focal` names the family. Raises UsageError with the nearest known one."""
    family, word = family_in(word, family)
    names = registry.NAMES if family is None else (family,)
    searched = [with_offered(n) for n in names]
    found = [(f, loss) for f in searched if (loss := f.find(word)) is not None]
    if not found:
        opposite = next((x for f in searched if (x := f.complement(word)) is not None), None)
        if opposite is not None:
            raise UsageError(
                f"unknown loss {visible(word)!r}; {opposite.name} is 1 - {opposite.complements[0]}",
                fix=f"losscli explain {opposite.family}/{opposite.name}",
            )
        if (other := other_meaning(word)) is not None:
            raise other
        known = [w for f in searched for w in f.words]
        raise UsageError(
            f"unknown loss {visible(word)!r}{nearest(word.replace('-', '_'), known)}", fix="`losscli losses` lists them"
        )
    return found


def family_in(recipe: str, family: str | None = None) -> tuple[str | None, str]:
    """The family and the recipe of `detect/focal:gamma=1`, or of `family` and a recipe. Raises UsageError where they contradict."""
    head, slash, tail = recipe.partition("/")
    if not slash or head not in registry.NAMES:
        return family, recipe
    if family is not None and registry.load(family).name != head:
        raise UsageError(
            f"{visible(recipe)} is not a loss of {visible(family)}", fix=f"name one family: {head} or {visible(family)}"
        )
    return head, tail


def family_and_recipe(text: str, family: str | None = None) -> tuple[str, str]:
    """The same, or the only family that has the loss where none is named."""
    own, recipe = family_in(text, family)
    return family_of(recipe) if own is None else own, recipe


def family_of(recipe: str) -> str:
    """The only family that has the first loss of a recipe, by name before alias. Raises UsageError where several have it."""
    first = recipe.split("+")[0].split(":")[0].rpartition("=")[2].rpartition("*")[2].strip()
    hits = find(first)
    named = [family.name for family, loss in hits if loss.name == first.replace("-", "_")]
    found = named if len(named) == 1 else [family.name for family, _ in hits]
    if len(found) > 1:
        raise UsageError(f"several families have {visible(first)}", fix=f"name the family: {' or '.join(found)}")
    return found[0]


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Text in lines of at most `width`, words whole, the first and the rest with these indents."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [""]
