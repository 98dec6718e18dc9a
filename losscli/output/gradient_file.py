"""Gradients as a file: NPY for one role of PRED, NPZ for several."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from losscli.core.errors import UsageError, visible
from losscli.engine.evaluate import Evaluation
from losscli.engine.gradients import Piece, put_all
from losscli.numerics.stable import Floats
from losscli.output.files import Output, writing
from losscli.output.npy_ranges import RangesFile
from losscli.reading.aligned import Inputs
from losscli.spec.recipe import Recipe

OWN = "pred"
"""The choice of the type that the prediction itself has."""
TYPES = (OWN, "float16", "float32", "float64")


def write(
    outcome: Evaluation, inputs: Inputs, recipe: Recipe, file: Output, dtype: str = OWN, *, jobs: int = 1, forks: bool = False
) -> None:
    """Write the gradients of one recipe: NPY for one PRED role, NPZ for several. dtype: one of `TYPES`."""
    if any(f.varies for f in inputs.filled):
        what = f"--gradients {visible(file.path)}: the images differ in size, so their gradients are not one array"
        raise UsageError(what, fix="losscli.gradient in Python returns the gradient of each image; or omit --gradients")
    single = file.path.lower().endswith(".npy")
    parts: dict[str, Path] = {}
    shapes = {
        inputs.family.role(f.role).key: f.field.shape for f in inputs.filled if f.side == "pred" and f.part is None and not f.shared
    }
    with ExitStack() as stack, writing(file.path):
        arrays: dict[str, RangesFile] = {}

        def put(piece: Piece) -> None:
            samples, found = piece
            if single and len(found) > 1:
                what = f"the gradient has several roles ({', '.join(found)})"
                raise UsageError(f"--gradients {visible(file.path)}: {what}", fix="give it a name that ends in .npz")
            for key, g in found.items():
                if key not in arrays:
                    parts[key] = file.part if single else file.part.with_name(f"{file.part.name}.{key}")
                    if not single:
                        stack.callback(parts[key].unlink, missing_ok=True)
                    parts[key].touch()
                    stored = _own_type(inputs, key) if dtype == OWN else np.dtype(dtype)
                    arrays[key] = RangesFile(parts[key], inputs.rows, _row_shape(shapes.get(key), g), stored)
                    stack.callback(arrays[key].close)
                arrays[key].put(samples, g)

        put_all(outcome, inputs, recipe, put, jobs=jobs, forks=forks)
        for array in arrays.values():
            array.close()
        if not single:
            with zipfile.ZipFile(file.part, "w") as archive:
                for key, part in parts.items():
                    entry = zipfile.ZipInfo(f"{key}.npy")  # no clock: equal runs give equal bytes
                    with part.open("rb") as source, archive.open(entry, "w", force_zip64=True) as out:
                        shutil.copyfileobj(source, out)


def _row_shape(source: tuple[int, ...] | None, g: Floats) -> tuple[int, ...]:
    """The shape of one row: as in the file if it has as many numbers."""
    own = g.shape[1:]
    return source if source is not None and int(np.prod(source)) == int(np.prod(own)) else own


def _own_type(inputs: Inputs, key: str) -> np.dtype[Any]:
    """The type of a prediction's numbers; float64 if they are whole numbers, or text."""
    read = [f for f in inputs.filled if f.side == "pred" and not f.shared]
    fields = [f.field for f in read if inputs.family.role(f.role).key == key] or [f.field for f in read]
    found = np.result_type(*(field.read(0, 1).dtype for field in fields))
    return found if found.kind == "f" and found.itemsize <= 8 else np.dtype(np.float64)
