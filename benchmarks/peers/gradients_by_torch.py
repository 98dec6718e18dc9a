"""Gradients by torch, forward and backward, saved with numpy.save: `TASK WAY OUT FILE…` prints the mean of the losses too."""

from __future__ import annotations

import math
import sys

import numpy as np
import torch
from _pieces import pieces
from by_torch import LOSSES


def main() -> None:
    task, way, out, *files = sys.argv[1:]
    sums, found, done = [], None, 0
    for arrays in pieces(way, files):
        pred, *others = map(torch.from_numpy, arrays)
        pred.requires_grad_()
        total = LOSSES[task](pred, *others) * len(pred)  # each row's own gradient is that of the sum
        total.backward()
        sums.append(total.item())
        gradient = pred.grad.numpy()
        if way == "chunked":
            if found is None:
                found = np.empty(np.load(files[0], mmap_mode="r").shape, gradient.dtype)
            found[done : done + len(gradient)] = gradient
            done += len(gradient)
        else:
            found, done = gradient, len(gradient)
    np.save(out, found)
    print(repr(math.fsum(sums) / done))


if __name__ == "__main__":
    main()
