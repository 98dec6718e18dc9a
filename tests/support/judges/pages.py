"""A page of HTML as html5lib parses it by the algorithm of the standard: known elements alone, tables and texts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import html5lib

DRAWN = {"svg", "path", "line", "rect", "polyline", "circle", "text", "g", "title", "desc", "tspan"}
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "script", "body", "header", "main", "footer", "nav", "section", "h1", "h2"),
    *("h3", "p", "ul", "li", "a", "strong", "span", "code", "pre", "wbr", "div", "table", "caption", "thead", "tbody", "tr", "th"),
    *("td", "figure", "figcaption", "img", *DRAWN),
}
SCRIPTS = {None, "application/json", "application/gzip;base64"}


def document(page: str) -> ET.Element:
    """The page. Raises html5lib.html5parser.ParseError for whatever a browser would have to guess."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    found: ET.Element = parser.parse(page)
    for x in found.iter():
        assert name(x) in ELEMENTS, x.tag
        handlers = [key for key in x.attrib if str(key).lower().startswith(("on", "style"))]
        assert not handlers, handlers
        assert name(x) != "script" or x.get("type") in SCRIPTS
        assert not x.get("href", "#").startswith("//")
        assert re.match(r"#|style\.css$|images/[\w-]+\.\w+$|data:image/jpeg;base64,", x.get("href", x.get("src", "#")) or "#") or (
            x.get("src") == "script.js"
        ), x.attrib
    ids = [x.get("id") for x in found.iter() if x.get("id")]
    assert len(ids) == len(set(ids))
    assert all(x.get("href")[1:] in ids for x in found.iter("a"))
    return found


def name(x: ET.Element) -> str:
    return str(x.tag).rpartition("}")[2]


def words(x: ET.Element) -> str:
    return "".join(x.itertext()).strip()


def texts(page: str) -> list[str]:
    """Every text and attribute of the page, script and style aside."""
    found = document(page)
    shown = ["".join(x.itertext()) for x in found.iter() if name(x) in ("h1", "h2", "h3", "p", "li", "th", "td", "caption", "code")]
    return [*shown, *(str(value) for x in found.iter() for value in x.attrib.values()), *(words(x) for x in found.iter("title"))]


def tables(page: str) -> dict[str, list[list[str]]]:
    """The cells of each table by its caption."""
    return {
        words(table.find("caption")): [[words(cell) for cell in row] for row in table.iter("tr")]
        for table in document(page).iter("table")
    }


def scripts(page: str) -> list[tuple[str | None, str]]:
    """The type and the content of each script."""
    return [(x.get("type"), "".join(x.itertext())) for x in document(page).iter("script")]
