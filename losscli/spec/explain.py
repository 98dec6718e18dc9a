"""The page of one loss, derived from its declaration and its docstring."""

from __future__ import annotations

import re
from collections.abc import Callable

from losscli.core.values import write_value
from losscli.spec.family import Family, Role
from losscli.spec.loss import Loss, Param, Params
from losscli.spec.pages import interval, optional_roles, per_sample, readings, spelled, usage, wrapped

Heading = Callable[[str], str]
"""How headings look: as they are, or bold on a terminal."""

SECTIONS = ("Range", "Edge cases", "Gradient", "Use when", "Avoid when", "Related", "Equivalents", "Notes")
"""The docstring's sections that follow what the declaration says, in order."""

NARROW = 72
"""Below this width, the parameters are a list instead of a table."""


def explain(family: Family, loss: Loss, width: int = 100, heading: Heading = str) -> str:
    """The page of one loss."""
    parts = [
        [heading(f"{loss.name} ({family.name})"), *wrapped(loss.summary, width)],
        _section("Formula", loss, width, heading),
        _facts(family, loss, width),
        _parameters(loss.params, width, heading),
        _reads(family, loss, width, heading),
        _conventions(family, loss, width, heading) if loss.conventions else [],
        *(_section(title, loss, width, heading) for title in SECTIONS),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _section(title: str, loss: Loss, width: int, heading: Heading) -> list[str]:
    return [heading(title), *_paragraphs(loss.page[title], width)] if title in loss.page else []


def _paragraphs(text: str, width: int) -> list[str]:
    return [line for part in re.split(r"\n\s*\n", text) for line in wrapped(" ".join(part.split()), width, "  ", "  ")]


def _facts(family: Family, loss: Loss, width: int) -> list[str]:
    better = "higher is better" if loss.direction == "higher" else "lower is better"
    facts = {
        "Aliases": ", ".join(loss.aliases),
        "Value": f"{interval(loss)}, {better}; one per {_sample(family, loss)}",
        "Source": loss.cite,
    }
    out = _broken(f"Recipe      {usage(loss)}", width, 12)
    for word, told in facts.items():
        out += wrapped(told, width, f"{word:<12}", " " * 12) if told else []
    return out


def _sample(family: Family, loss: Loss) -> str:
    return family.sample_of(loss).partition(" ")[2] if per_sample(loss) else "file"


def _parameters(params: tuple[Param, ...], width: int, heading: Heading) -> list[str]:
    """A row per parameter: name, default, and what it accepts and does."""
    rows = [(p.name, "required" if p.required else write_value(p.default), f"{p.accepts}: {p.help}") for p in params]
    if not rows:
        return []
    if width < NARROW:
        listed = [line for n, d, told in rows for line in wrapped(f"{n} = {d}   {told}", width, "  ", "      ")]
        return [heading("Parameters"), *listed]
    names, defaults = (max(len(title), *(len(row[i]) for row in rows)) for i, title in ((0, "Parameters"), (1, "default")))
    inset = " " * (names + defaults + 6)
    table = [line for n, d, told in rows for line in wrapped(told, width, f"  {n:<{names}}  {d:<{defaults}}  ", inset)]
    return [heading(f"{'Parameters':<{names + 2}}  default"), *table]


def _reads(family: Family, loss: Loss, width: int, heading: Heading) -> list[str]:
    """The roles of each form, with what they are for this loss."""
    out = [heading("Reads")]
    for i, takes in enumerate(readings(loss)):
        form = next(form for form in loss.forms if form.takes == takes)
        if i:
            out.append("  or")
        for name in takes:
            role = family.role(name)
            side = role.flag or {"pred": "PRED", "target": "TARGET", "any": "either file"}.get(role.side, role.side)
            free = ", optional" if name in optional_roles(loss) else ""
            out += wrapped(f"{side} `{role.key}` {role.shape}{free}: {_meaning(role, form)}", width, "  ", "      ")
    return [*out, *(_paragraphs(loss.page["Reads"], width) if "Reads" in loss.page else [])]


def _meaning(role: Role, loss: Loss) -> str:
    """What a role is for this loss, by the way in which it reads labels; which may depend on the number of scores."""
    spec = loss.label
    kinds = dict.fromkeys(spec(Params(loss.defaults()), classes) for classes in (1, 3)) if callable(spec) else [spec]
    told = list(dict.fromkeys(role.meanings.get(kind, role.meaning) for kind in kinds))
    return told[0] if len(told) == 1 else f"with one score per row, {told[0]}; with one per class, {told[1]}"


def _conventions(family: Family, loss: Loss, width: int, heading: Heading) -> list[str]:
    """A line per recipe with the libraries that it reproduces, and what no recipe can say."""
    libraries: dict[str, list[str]] = {}
    for library in loss.conventions:
        libraries.setdefault(spelled(loss, library), []).append(library)
    wide = max(len(", ".join(x)) for x in libraries.values())
    out = [heading("Conventions")]
    for recipe, names in libraries.items():
        line = f"  {', '.join(names):<{wide}}  {recipe}"
        broken = [*wrapped(", ".join(names), width, "  ", "  "), *_broken(f"    {recipe}", width, 6)]
        out += [line] if len(line) <= width else broken
    keys = {family.role(r).key for form in loss.forms for r in form.takes}
    flags = []
    if "scores" in keys and loss.scores not in ("raw", "log"):
        flags.append("--from-logits where the library's form takes logits")
    if "box" in keys:
        flags.append("--box-format where the boxes are not x1,y1,x2,y2")
    told = f"--convention LIBRARY sets these parameters and nothing else{'; add ' + ' and '.join(flags) if flags else ''}."
    return [*out, *wrapped(told, width, "  ", "  ")]


def _broken(text: str, width: int, indent: int) -> list[str]:
    """A recipe over several lines, broken after commas."""
    lines = [""]
    for piece in re.findall(r"[^,]*,?", text):
        if len(lines[-1]) + len(piece) > width and lines[-1].strip():
            lines.append(" " * indent)
        lines[-1] += piece
    return lines
