"""A page of HTML with one or several checks: one file that needs nothing else, or a folder with style, script and images as files.

It reads without style and script, and has a policy that lets nothing else run or load. Its size does not grow with the rows: tables
lose rows and say so.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from losscli.core.records import replace
from losscli.report.drawn import DrawnSamples, within
from losscli.report.render.findings import Check
from losscli.report.render.page import fitted, layout
from losscli.report.render.page.pictures import image_files
from losscli.report.render.style import Style

MOST_BYTES = 150_000
"""The most bytes of a page with one check, images aside."""

MOST_OF_ALL = 5_000_000
"""The most bytes of a page with many checks, or with images."""


def render_checks(checks: Sequence[Check], style: Style) -> str:
    checks = _with_images_that_fit(checks)
    page = _page(checks, style, layout.ONE_FILE)
    for name, image in _images(checks).items():
        page = page.replace(f'<img src="{name}"', f'<img src="data:image/jpeg;base64,{base64.b64encode(image).decode()}"')
    return page


def render_folder(checks: Sequence[Check], style: Style) -> Mapping[str, bytes]:
    """The files of the page by their path in the folder."""
    checks = _with_images_that_fit(checks)
    return {**layout.files(), **_images(checks), layout.INDEX: _page(checks, style, layout.FOLDER).encode()}


def _images(checks: Sequence[Check]) -> dict[str, bytes]:
    """The images of all checks by the names that the page has for them."""
    return {
        name: image
        for prefix, check in zip(fitted.prefixes(checks), checks, strict=True)
        for name, image in image_files(check.drawn, prefix).items()
    }


def _page(checks: Sequence[Check], style: Style, form: layout.Layout) -> str:
    frame = len(layout.page(fitted.title(checks), [], form).encode())
    return layout.page(fitted.title(checks), fitted.body(checks, style, _room(checks) - frame), form)


def _room(checks: Sequence[Check]) -> int:
    """The bytes of each check, images aside, which have at least half of a page."""
    images = any(check.drawn is not None and check.drawn.images for check in checks)
    return min(MOST_BYTES, MOST_OF_ALL // (1 + images) // len(checks))


def _with_images_that_fit(checks: Sequence[Check]) -> Sequence[Check]:
    """The checks with as many images as have room together: the worst of each check first."""
    room = (MOST_OF_ALL - _room(checks) * len(checks)) * 3 // 4  # as text they are a third more
    kept = iter(within([check.drawn or DrawnSamples() for check in checks], room))
    return [replace(check, drawn=found if check.drawn is not None else None) for check, found in zip(checks, kept, strict=True)]
