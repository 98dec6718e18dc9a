"""Losses of files of one format, read by the library of that format. `by_format.py TASK WAY FILE…`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

import numpy as np
from _columns import giou


def of_safetensors(file):
    from safetensors.numpy import load_file

    return _mse(load_file(file))


def of_parquet(file):
    from pyarrow.parquet import read_table

    return _mse(read_table(file, columns=["pred", "target"]))


def of_feather(file):
    from pyarrow.feather import read_table

    return _mse(read_table(file, columns=["pred", "target"]))


def of_hdf5(file):
    import h5py

    with h5py.File(file) as held:
        return _mse({name: held[name][:] for name in ("pred", "target")})


def of_coco(results, annotations):
    """The mean of the pairs that COCOeval matches at an IoU of 0.5."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
        truth = COCO(annotations)
        found = COCOeval(truth, truth.loadRes(results), "bbox")
        found.params.iouThrs = np.array([0.5])
        found.params.areaRng, found.params.areaRngLbl = [[0, 1e10]], ["all"]
        found.evaluate()
    pairs = []
    for image in filter(None, found.evalImgs):
        pairs += [
            (d, int(t))
            for d, t, out in zip(image["dtIds"], image["dtMatches"][0], image["dtIgnore"][0], strict=True)
            if t and not out
        ]
    sides = ([found.cocoDt.anns[d] for d, _ in pairs], [truth.anns[t] for _, t in pairs])
    boxes = (np.array([entry["bbox"] for entry in side]) for side in sides)
    total, count = giou(*(x for xywh in boxes for x in np.hstack([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]]).T))
    return total / count


def _mse(held):
    pred, target = (np.asarray(held[name]) for name in ("pred", "target"))
    return float(np.mean((pred - target) ** 2, dtype=np.float64))


TASKS: dict[str, Callable[..., float]] = {name.removeprefix("of_"): f for name, f in list(globals().items()) if name[:3] == "of_"}

task, _, *files = sys.argv[1:]
print(repr(float(TASKS[task](*files))))
