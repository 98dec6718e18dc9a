"""Pairs of boxes on which a careless formula loses its digits: nearly equal, far apart, nested, of extreme shape."""

from __future__ import annotations

import numpy as np


def hard_boxes():
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 500, (60, 2))
    a = np.hstack([low, low + rng.uniform(1, 100, (60, 2))])
    yield "random", a, a[::-1]
    for spread in (1e-3, 1e-7, 1e-11, 1e-14):
        yield f"alike to {spread}", a, a * (1 + spread * rng.normal(size=a.shape))
    yield "1e9 apart", a, a + 1e9
    yield "tiny and 1e9 apart", 1e-6 * a, 1e-6 * a[::-1] + rng.choice([0, 1e9], (60, 1))
    quarter = 0.25 * (a[:, 2:] - a[:, :2])
    yield "concentric", a, np.hstack([a[:, :2] + quarter, a[:, 2:] - quarter])
    side = 10.0 ** rng.uniform(-8, 8, (60, 2))
    yield "of extreme aspect", np.hstack([low, low + side]), np.hstack([low[::-1], low[::-1] + side[::-1]])
