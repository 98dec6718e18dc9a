"""The frame of a page: its head with the policy, and style and script within it or beside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files as resources

from losscli.core.records import dataclass
from losscli.core.reports import GENERATOR
from losscli.core.version import __version__
from losscli.report.render.page.markup import Markup, element, lines

STYLE, SCRIPT, INDEX = "style.css", "script.js", "index.html"


@dataclass(frozen=True)
class Layout:
    """Whether style, script and images are files beside the page."""

    apart: bool


ONE_FILE, FOLDER = Layout(False), Layout(True)


@cache
def asset(name: str) -> str:
    """The text of a file of this package."""
    return (resources("losscli.report.render.page") / name).read_text(encoding="utf-8")


def files() -> Mapping[str, bytes]:
    """The files beside a page of a folder."""
    return {name: asset(name).encode() for name in (STYLE, SCRIPT)}


def page(title: str, body: Sequence[str], layout: Layout) -> str:
    """The whole page."""
    head = lines(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy(layout)),
        element("meta", name="generator", content=f"{GENERATOR} {__version__}"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        *_extras(layout),
    )
    whole = element("html", Markup("\n"), element("head", head), Markup("\n"), element("body", lines("", *body)), lang="en")
    return f"<!DOCTYPE html>\n{whole}\n"


def policy(layout: Layout) -> str:
    """What the page lets run and load: its own style, script and images."""
    if layout.apart:
        allowed = "style-src 'self'; script-src 'self'; img-src 'self'"
    else:
        digest = base64.b64encode(hashlib.sha256(asset(SCRIPT).encode()).digest()).decode()
        allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _extras(layout: Layout) -> list[Markup]:
    """Style and script; the script of one file stands at the end of the head and waits for the page by itself."""
    if layout.apart:
        return [element("link", rel="stylesheet", href=STYLE), element("script", src=SCRIPT, defer=True)]
    return [element("style", Markup(asset(STYLE))), element("script", Markup(asset(SCRIPT)))]
