"""Regions without a border: those that are empty or fill their image, from which losses of distances measure nothing."""

from __future__ import annotations

from losscli.families.segment._region_sums import Mask
from losscli.spec.family import Watch

_WITHOUT, _REGIONS = "regions without border of ", "regions of "


def count_regions(mask: Mask, first: int, name: str, watch: Watch) -> None:
    """Count the regions of the masks from class `first` on, and those without border, for the loss of that name."""
    size = (mask.whole > 0.5).sum(-1)[:, first:]
    watch.count(f"{_REGIONS}{name}", size.size)
    watch.count(f"{_WITHOUT}{name}", int(((size == 0) | (size == mask.pixels[:, None])).sum()))


def borderless_notes(watch: Watch) -> list[tuple[str, str]]:
    """How many regions have no border, by loss."""
    notes = []
    for key in sorted(watch.counts):
        if key.startswith(_WITHOUT):
            name = key.removeprefix(_WITHOUT)
            found = f"{watch.counts[key]:,} of {watch.counts[f'{_REGIONS}{name}']:,} regions of the masks"
            notes.append(("reading", f"{name}: {found} are empty or fill the image and so have no border; their distances are 0"))
    return notes
