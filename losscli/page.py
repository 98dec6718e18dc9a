"""A docstring as the sections of an `explain` page. Never looks inside them."""

from __future__ import annotations

HEADINGS = ("Formula", "Gradient", "Range", "Edges", "Right", "Wrong", "Kin", "Equivalents", "Reads", "Notes")
"""What may stand before a colon at the start of a section."""


def sections(doc: str) -> dict[str, str]:
    """Split a docstring into its first line and its `Heading:` paragraphs."""
    head, _, rest = doc.partition("\n")
    found: dict[str, list[str]] = {"Summary": [head.strip()]}
    key = "Notes"
    for line in rest.splitlines():
        word, colon, tail = line.partition(":")
        if colon and line[:1].isupper() and word.isalpha() and word in HEADINGS:
            key, line = word, tail.strip()
        found.setdefault(key, []).append(line)
    return {k: "\n".join(v).strip() for k, v in found.items() if "\n".join(v).strip()}
