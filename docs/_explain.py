"""A hook of mkdocs: below each family's table, the `explain` page and curve of each of its losses, with links in the table."""

from __future__ import annotations

import re
from typing import Any

from losscli.core.errors import LosscliError
from losscli.pictures.svg import element
from losscli.run.curves.curve import Asked, drawn
from losscli.run.curves.picture import picture
from losscli.spec import registry
from losscli.spec.explain import explain
from losscli.spec.loss import Loss
from losscli.spec.recipe import parse

FAMILY = re.compile(r"<!-- catalogue (\w+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    found = FAMILY.search(markdown)
    if found is None:
        return markdown
    family = registry.load(found[1])
    losses = sorted(family.losses.values(), key=lambda loss: loss.name)
    for loss in losses:
        markdown = markdown.replace(f"| `{loss.name}` |", f"| [`{loss.name}`](#{loss.name}) |", 1)
    written = (f"## {loss.name}\n\n```text\n{explain(family, loss)}\n```\n{_curve(loss)}" for loss in losses)
    return f"{markdown}\n{''.join(written)}"


def _curve(loss: Loss) -> str:
    """The curve of a loss with its default parameters, and its derivative; empty where it has none."""
    try:
        recipe = parse(loss.name, registry.load(loss.family))
        found = picture(drawn(Asked((loss.name,), gradient=True), loss.family, [recipe]), height=140)
    except LosscliError:  # it has no curve, or needs a parameter
        return ""
    return "\n" + element(found).replace("\n", "") + "\n"
