"""The docstring of a loss in sections."""

from __future__ import annotations

HEADINGS = ("Formula", "Gradient", "Range", "Edge cases", "Use when", "Avoid when", "Related", "Equivalents", "Reads", "Notes")
"""The headings of docstring sections, each followed by a colon."""


def sections(doc: str) -> dict[str, str]:
    """Split a docstring into its first line and its `Heading:` paragraphs."""
    head, _, rest = doc.partition("\n")
    found: dict[str, list[str]] = {"Summary": [head.strip()]}
    key = "Notes"
    for line in rest.splitlines():
        word, colon, tail = line.partition(":")
        if colon and word in HEADINGS:
            key, line = word, tail.strip()
        found.setdefault(key, []).append(line)
    return {k: "\n".join(v).strip() for k, v in found.items() if "\n".join(v).strip()}
