"""Elements of HTML as text. Whatever is not an element is escaped, so that no text becomes markup."""

from __future__ import annotations

import re

from losscli.report.render.words import shortened, text

MOST_LETTERS = 600
"""The most letters of one text on a page."""

VOID = ("meta", "link", "img", "br", "wbr")
"""The elements without content and end tag."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "#": "&#35;"}
_MARKUP = re.compile(r'[&<>"]|(?<=#)#(?=\[)')


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(words: str) -> Markup:
    """Words as content or an attribute; the second sign of `##[`, which the runner of GitHub Actions acts on, is an entity too."""
    return Markup(_MARKUP.sub(lambda found: _ENTITIES[found[0]], words))


def said(words: object) -> Markup:
    """Words from anywhere on one line, those of great length shortened."""
    return escape(shortened(text(words), MOST_LETTERS))


def element(name: str, /, *content: str, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` is the attribute class, `aria_label` is aria-label, and True is an attribute without a value."""
    known = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    inner = "".join(part if isinstance(part, Markup) else said(part) for part in content)
    return Markup(f"<{name}{known}>" if name in VOID else f"<{name}{known}>{inner}</{name}>")


def lines(*parts: str) -> Markup:
    """Elements below each other."""
    return Markup("\n".join(part if isinstance(part, Markup) else said(part) for part in parts if part))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{value if isinstance(value, Markup) else said(value)}"'
