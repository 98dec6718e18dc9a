"""Losses of pixels as images: 16-bit grey levels from which the numbers can be recovered, and colour over the true mask."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

import numpy as np

from losscli.core.file_names import FILE_STEM
from losscli.engine.loss_maps import LossMap
from losscli.numerics.stable import Array, Floats
from losscli.output.folder import OutputFolder
from losscli.output.spreadsheet import safe
from losscli.reading.aligned import Inputs

TOP = 65534
"""The grey level of the largest loss of an image, as 0 is that of the least; the level after it marks a pixel without a loss."""
_COLOR = np.array([213.0, 94.0, 0.0])
_DARK, _LIGHT = 40.0, 200.0
_HEADER = ("image", "pred_row", "target_row", "loss", "low", "high", "mean", "pixels", "without")


def write(found: Iterable[LossMap], inputs: Inputs, loss: str, folder: OutputFolder) -> None:
    """Two images per map, `NAME.png` and `NAME.overlay.png`, and `index.csv` with their scales."""
    index = io.StringIO()
    rows = csv.writer(index, lineterminator="\n")
    rows.writerow(_HEADER)
    used: set[str] = set()
    for each in found:
        origins = [int(inputs.origin(side, each.sample, each.sample + 1)[0]) + 1 for side in ("pred", "target")]
        name = _name(inputs, each.sample, origins[0], used)
        low, high = ends(each.losses)
        known = each.losses[np.isfinite(each.losses)]
        mean = float(known.mean()) if known.size else float("nan")
        numbers = (*map(repr, (low, high, mean)), each.losses.size, each.losses.size - known.size)
        rows.writerow((safe(name), *origins, safe(loss), *numbers))
        folder.add(f"{name}.png", _png(levels(each.losses), {"loss": loss, "low": repr(low), "high": repr(high), "top": str(TOP)}))
        folder.add(f"{name}.overlay.png", _png(overlay(each), {}))
    folder.add("index.csv", index.getvalue().encode())


def ends(losses: Floats) -> tuple[float, float]:
    """The least and the largest finite loss of an image; 0 and 0 without one."""
    known = losses[np.isfinite(losses)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def levels(losses: Floats) -> Array:
    """Grey levels: a loss is low + (high - low) · level / TOP, to half a level. An infinite loss has the level of the largest."""
    shares = _shares(losses)
    return np.where(np.isnan(losses), TOP + 1, np.rint(TOP * np.nan_to_num(shares))).astype(np.uint16)


def _shares(losses: Floats) -> Floats:
    low, high = ends(losses)
    span = high - low
    return np.clip((losses - low) / span if span > 0 else np.where(losses > high, 1.0, 0.0), 0.0, 1.0)


def overlay(found: LossMap) -> Array:
    """The true classes as grey levels, under the loss in orange: the more, the more opaque."""
    top = max(int(found.classes.max(initial=0)), 1)
    base = (_DARK + (_LIGHT - _DARK) * np.clip(found.classes, 0, top) / top)[..., None]
    opacity = np.nan_to_num(_shares(found.losses))[..., None]
    return np.rint(base * (1 - opacity) + _COLOR * opacity).astype(np.uint8)


def _png(pixels: Array, facts: dict[str, str]) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, text in facts.items():
        info.add_itxt(f"losscli {key}", text)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png", pnginfo=info)
    return out.getvalue()


def _name(inputs: Inputs, sample: int, row: int, used: set[str]) -> str:
    """The name of an image's file, where images pair by these, or else its row of PRED."""
    name = f"{row:06d}"
    if inputs.keys == (FILE_STEM,):
        place = int(inputs.origin(inputs.key_side, sample, sample + 1)[0])
        name = re.sub(r"[^\w.\-]|^\.", "_", str(inputs.key_fields[FILE_STEM].read(place, place + 1)[0]))
    name = name if name not in used else f"{name}-{row}"
    used.add(name)
    return name
