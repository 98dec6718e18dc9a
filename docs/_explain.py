"""A hook of mkdocs: below each family's table, the `explain` page of each of its losses."""

from __future__ import annotations

import re
from typing import Any

from losscli.spec import pages, registry

FAMILY = re.compile(r"<!-- catalogue (\w+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    found = FAMILY.search(markdown)
    if found is None:
        return markdown
    family = registry.load(found[1])
    written = (f"## {loss.name}\n\n```text\n{pages.explain(family, loss)}\n```\n" for loss in family.losses.values())
    return f"{markdown}\n{''.join(written)}"
