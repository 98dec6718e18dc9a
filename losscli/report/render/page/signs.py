"""A verdict as a word with a sign, which differ in shape as well as in colour."""

from __future__ import annotations

from losscli.report.render.page.markup import Markup, element

_CIRCLE, _TRIANGLE = "M8 1a7 7 0 1 0 .01 0z", "M8 1 15.5 15H.5z"
_SIGNS = {
    "pass": ("#007a5a", _CIRCLE, "M4.5 8.5 7 11l4.5-5.5"),
    "fail": ("#b34700", _CIRCLE, "M5 5l6 6m0-6-6 6"),
    "error": ("#b34700", "M1.5 1.5h13v13h-13z", "M5 5l6 6m0-6-6 6"),
    "warn": ("#8a6100", _TRIANGLE, "M8 6v4.5m0 1.5v1.5"),
    "inconclusive": ("#0072b2", _CIRCLE, "M5 8h6"),
    "none": ("#5c5f6b", _CIRCLE, "M5 8h6"),
}
"""By verdict: the colour, the shape, and what is drawn on it."""

WORDS = {"none": "no gates"}
"""The verdicts that have other words."""


def sign(verdict: str) -> Markup:
    """The sign of a verdict, without words."""
    color, shape, mark = _SIGNS[verdict]
    return element(
        "svg",
        element("path", d=shape, fill=color),
        element("path", d=mark, fill="none", stroke="#ffffff", stroke_width="1.8"),
        viewBox="0 0 16 16",
        width=16,
        height=16,
        aria_hidden="true",
    )


def badge(verdict: str) -> Markup:
    """The sign and the word."""
    return element("strong", sign(verdict), Markup(" "), WORDS.get(verdict, verdict).upper(), class_=f"verdict {verdict}")
