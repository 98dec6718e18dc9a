"""The catalogue and the `explain` pages, derived from the declarations. Nothing about a loss is written here."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from losscli.core.errors import UsageError, nearest, visible
from losscli.core.values import write_value
from losscli.spec import registry
from losscli.spec.family import Family
from losscli.spec.loss import Loss, Param
from losscli.spec.names import squeezed
from losscli.spec.user_losses import from_packages

PAGE = ("Formula", "Reads", "Range", "Edge cases", "Gradient", "Use when", "Avoid when", "Related", "Equivalents", "Notes")
"""The sections of an explain page, in order."""


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
    for name in (family,) if family else registry.NAMES:
        found = with_offered(name)
        for loss in found.sorted_losses:
            if matches(loss, query):
                yield found, loss


def entry(family: Family, loss: Loss) -> dict[str, Any]:
    """What a program may want to know of a loss."""
    return {
        "name": loss.name,
        "family": family.name,
        "aliases": list(loss.aliases),
        "summary": loss.summary,
        "inputs": [[_role(family, r) for r in takes if r not in _optional(loss)] for takes in _readings(loss)],
        "optional": sorted(_role(family, r) for r in _optional(loss)),
        "parameters": [_param(p) for p in loss.params],
        "direction": loss.direction,
        "range": interval(loss),
        "per_sample": _per_sample(loss),
        "sample": family.sample_of(loss),
        "gradient": any(form.differentiable for form in loss.forms),
        "conventions": {library: spelled(loss, library) for library in loss.conventions},
        "citation": loss.cite,
    }


def _readings(loss: Loss) -> list[tuple[str, ...]]:
    """The roles of each form; forms that read the same are one reading."""
    return list(dict.fromkeys(form.takes for form in loss.forms))


def _optional(loss: Loss) -> frozenset[str]:
    return frozenset().union(*(form.optional for form in loss.forms))


def _per_sample(loss: Loss) -> bool:
    return loss.unit == "row" or loss.rowed or (loss.unit == "pool" and not loss.pools(loss.with_defaults(pool="image")))


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
    """Where the value lies, as far as the declaration says."""
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


def _conventions(family: Family, loss: Loss, width: int) -> list[str]:
    """A line per recipe with the libraries that it reproduces, and what no recipe can say."""
    libraries: dict[str, list[str]] = {}
    for library in loss.conventions:
        libraries.setdefault(spelled(loss, library), []).append(library)
    wide = max(len(", ".join(x)) for x in libraries.values())
    out = ["Conventions"]
    for recipe, names in libraries.items():
        line = f"  {', '.join(names):<{wide}}  {recipe}"
        out += (
            [line] if len(line) <= width else [*_wrapped(", ".join(names), width, "  ", "  "), *_broken(f"    {recipe}", width, 6)]
        )
    keys = {family.role(r).key for form in loss.forms for r in form.takes}
    flags = []
    if "scores" in keys and loss.scores not in ("raw", "log"):
        flags.append("--from-logits where the library's form takes logits")
    if "box" in keys:
        flags.append("--box-format where the boxes are not x1,y1,x2,y2")
    told = f"--convention LIBRARY sets these parameters and nothing else{'; add ' + ' and '.join(flags) if flags else ''}."
    return [*out, *_wrapped(told, width, "  ", "  "), ""]


def plain(family: str | None = None, width: int | None = None, query: str | None = None) -> str:
    """The catalogue, or the losses that match a query, as aligned text: a line per loss, or, in so many columns, a paragraph."""
    blocks = []
    for name in (family,) if family else registry.NAMES:
        found = with_offered(name)
        rows = [(x.name, ", ".join(x.aliases), x.summary) for x in found.sorted_losses if matches(x, query)]
        if query and not rows:
            continue
        wide = [max((len(r[i]) for r in rows), default=0) for i in (0, 1)]
        if width is None:
            lines = [f"  {a:<{wide[0]}}  {b:<{wide[1]}}  {c}".rstrip() for a, b, c in rows]
        else:
            lines = [line for row in rows for line in _paragraph(*row, wide[0], width)]
        blocks.append("\n".join([*_wrapped(f"{found.name}: {found.summary} ({len(rows)})", width or 1000), *lines]))
    return "\n\n".join(blocks) + "\n"


def _paragraph(name: str, aliases: str, summary: str, wide: int, width: int) -> list[str]:
    """A loss and what it measures beside its name, or below it where the terminal is narrow."""
    told = summary + (f" Also {aliases}." if aliases else "")
    if width - wide < 40:
        return [f"  {name}", *_wrapped(told, width, "      ", "      ")]
    return _wrapped(told, width, f"  {name:<{wide}}  ", " " * (wide + 4))


def markdown(family: str | None = None, query: str | None = None) -> str:
    """The catalogue as Markdown, for the README."""
    blocks = []
    for name in (family,) if family else registry.NAMES:
        found = with_offered(name)
        lines = [
            f"**{found.name}** ({found.summary}; a sample is {found.samples})",
            "",
            "| loss | aliases | parameters = default | measures |",
            "|---|---|---|---|",
        ]
        for x in found.sorted_losses:
            if not matches(x, query):
                continue
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
    head, slash, tail = word.partition("/")
    if slash and head in registry.NAMES:
        family, word = head, tail
    names = (family,) if family else registry.NAMES
    searched = [with_offered(n) for n in names]
    found = [(f, loss) for f in searched if (loss := f.find(word)) is not None]
    if not found:
        known = [w for f in searched for w in f.words]
        raise UsageError(
            f"unknown loss {visible(word)!r}{nearest(word.replace('-', '_'), known)}", fix="`losscli losses` lists them"
        )
    return found


def family_of(recipe: str) -> str:
    """The only family that has the first loss of a recipe, by name before alias. Raises UsageError where several have it."""
    first = recipe.split("+")[0].split(":")[0].rpartition("=")[2].rpartition("*")[2].strip()
    hits = find(first)
    named = [family.name for family, loss in hits if loss.name == first.replace("-", "_")]
    found = named if len(named) == 1 else [family.name for family, _ in hits]
    if len(found) > 1:
        raise UsageError(f"several families have {visible(first)}", fix=f"name the family: {' or '.join(found)}")
    return found[0]


def explain(family: Family, loss: Loss, width: int = 100) -> str:
    """The page of one loss."""
    out = [f"{loss.name} ({family.name})", *_wrapped(loss.summary, width), ""]
    out += _broken(f"Recipe      {usage(loss)}", width, 12)
    better = "higher is better" if loss.direction == "higher" else "lower is better"
    facts = {
        "Aliases": ", ".join(loss.aliases),
        "Value": f"{interval(loss)}, {better}; one per {_sample(family, loss)}",
        "Source": loss.cite,
    }
    for word, told in facts.items():
        out += _wrapped(told, width, f"{word:<12}", " " * 12) if told else []
    out.append("")
    if loss.params:
        out.append("Parameters")
        for p in loss.params:
            default = "required" if p.required else write_value(p.default)
            out += _wrapped(f"{p.name} = {default}   {p.accepts}: {p.help}", width, "  ", "      ")
        out.append("")
    out.append("Reads")
    for i, takes in enumerate(_readings(loss)):
        if i:
            out.append("  or")
        for name in takes:
            role = family.role(name)
            side = role.flag or {"pred": "PRED", "target": "TARGET", "any": "either file"}.get(role.side, role.side)
            free = ", optional" if name in _optional(loss) else ""
            out += _wrapped(f"{side} `{role.key}` {role.shape}{free}: {role.meaning}", width, "  ", "      ")
    out.append("")
    if loss.conventions:
        out += _conventions(family, loss, width)
    for heading in PAGE:
        if heading == "Reads" or heading not in loss.page:
            continue
        out.append(heading)
        for paragraph in re.split(r"\n\s*\n", loss.page[heading]):
            out += _wrapped(" ".join(paragraph.split()), width, "  ", "  ")
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def _sample(family: Family, loss: Loss) -> str:
    if not _per_sample(loss):
        return "file"
    return family.sample_of(loss).partition(" ")[2]


def _broken(text: str, width: int, indent: int) -> list[str]:
    """A recipe over several lines, broken after commas."""
    lines = [""]
    for piece in re.findall(r"[^,]*,?", text):
        if len(lines[-1]) + len(piece) > width and lines[-1].strip():
            lines.append(" " * indent)
        lines[-1] += piece
    return lines


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [""]
