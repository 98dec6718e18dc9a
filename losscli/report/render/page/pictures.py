"""Histograms and plots of a page: SVG that needs neither style nor script, and signs with words for those who cannot see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from losscli.core.records import replace
from losscli.numerics.histogram import Histogram
from losscli.pictures.model import Picture
from losscli.pictures.svg import element as svg
from losscli.report.drawn import DrawnSamples, has_images
from losscli.report.model import Line, Report
from losscli.report.plots import picture
from losscli.report.plots.histograms import hist_of
from losscli.report.render.cells import Grid
from losscli.report.render.findings import Check
from losscli.report.render.page.markup import Markup, element
from losscli.report.render.page.tables import SAMPLES, Items
from losscli.report.render.words import number

MOST = 12
"""The losses whose histograms are drawn."""


def drawn(report: Report) -> Iterator[Markup]:
    """The plots that were asked for, or the histograms of the losses."""
    plots: list[Picture] = [picture(x, report) for x in report.plots]
    found = [line for line in report.losses if line.histogram is not None]
    for shown in plots or ([hist_of(report, found[:MOST])] if found else []):
        yield element("figure", Markup(svg(shown, paper=False)), tabindex=0)
    if not plots and len(found) > MOST:
        yield element("p", f"The histograms of {len(found) - MOST} more losses are left out.", class_="cut")


def on_images(check: Check, prefix: str) -> Iterator[Markup | Items]:
    """The worst samples on their images, which are files by the names of `image_files`, and why others are not there."""
    found = check.drawn
    if found is None:
        if check.report is not None and has_images(check.report):
            yield element("p", "A saved report has no images: evaluate the files again to draw the worst samples.", class_="cut")
        return
    if found.images:
        yield element("p", found.key)
    for name, image in zip(image_files(found, prefix), found.images, strict=True):
        yield element("figure", element("img", src=name, alt=image.alt), element("figcaption", image.caption))
    if found.notes:
        yield Items(tuple(element("li", note) for note in found.notes), "samples", SAMPLES)


def image_files(found: DrawnSamples | None, prefix: str) -> dict[str, bytes]:
    """The images of a check by their paths beside the page."""
    if found is None:
        return {}
    return {f"images/{prefix}{i}.jpg": image.jpeg for i, image in enumerate(found.images, 1)}


def signed(grid: Grid, lines: Sequence[Line]) -> Grid:
    """A grid whose last column is of histograms in signs, these with what they show in words."""
    if not grid.drawn:
        return grid
    found = zip(grid.rows, (line.histogram for line in lines), strict=True)
    rows = tuple(row if x is None else (*row[:-1], element("span", row[-1], role="img", aria_label=_said(x))) for row, x in found)
    return replace(grid, rows=rows)


def _said(x: Histogram) -> str:
    top = max(range(len(x.counts)), key=x.counts.__getitem__)
    low, high, first, last = (number(edge, 3) for edge in (x.edges[top], x.edges[top + 1], x.edges[0], x.edges[-1]))
    return f"from {first} to {last}, most between {low} and {high} ({x.counts[top]:,} of {sum(x.counts):,})"
