"""GitHub's Markdown as cmark-gfm renders it: which elements there are, and the cells of tables."""

from __future__ import annotations

import cmarkgfm
from cmarkgfm.cmark import Options
from lxml import html

PLAIN = {"div", "h3", "h4", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "em"}
"""The elements of reports: text, lists and tables."""


def document(text: str) -> html.HtmlElement:
    """The page; markup in it would be markup."""
    made = cmarkgfm.markdown_to_html_with_extensions(
        text, options=Options.CMARK_OPT_UNSAFE, extensions=["table", "autolink", "strikethrough", "tasklist"]
    )
    return html.fromstring(f"<div>{made}</div>")


def tables(text: str) -> list[list[list[str]]]:
    """Each table as rows of cells."""
    return [[[cell.text_content() for cell in row] for row in table.iter("tr")] for table in document(text).iter("table")]


def texts(text: str) -> list[str]:
    """Every text of a page that has nothing but text, lists and tables."""
    found = document(text)
    assert {x.tag for x in found.iter()} <= PLAIN
    assert all(not set(x.attrib) - {"align"} for x in found.iter())
    return [x.text_content() for x in found.iter() if x.tag in ("h3", "h4", "p", "li", "th", "td")]
