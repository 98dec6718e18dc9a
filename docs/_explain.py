"""A hook of mkdocs: below each family's table, the `explain` page of each of its losses, and links to them in the table."""

from __future__ import annotations

import re
from typing import Any

from losscli.spec import registry
from losscli.spec.explain import explain

FAMILY = re.compile(r"<!-- catalogue (\w+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    found = FAMILY.search(markdown)
    if found is None:
        return markdown
    family = registry.load(found[1])
    losses = sorted(family.losses.values(), key=lambda loss: loss.name)
    for loss in losses:
        markdown = markdown.replace(f"| `{loss.name}` |", f"| [`{loss.name}`](#{loss.name}) |", 1)
    written = (f"## {loss.name}\n\n```text\n{explain(family, loss)}\n```\n" for loss in losses)
    return f"{markdown}\n{''.join(written)}"
