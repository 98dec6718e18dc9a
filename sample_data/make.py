"""Regenerate every data file of this folder: `python sample_data/make.py`, with scikit-learn and scikit-image installed.

Everything is seeded, so that two runs give the same bytes; README.md describes each file and its origin.
"""

from __future__ import annotations

from making import coins, detector, embeddings, forecasts, layouts, tables
from threadpoolctl import threadpool_limits

SEED = 20


def main() -> None:
    """Boxes first, then the other families, then what is made from their files. One thread: a parallel sum may round differently
    from run to run."""
    with threadpool_limits(1):
        found = coins.find_coins()
        coins.boxes(found)
        coins.masks(found)
        detector.composites(found, SEED)
        for table in (tables.diabetes, tables.cancer, tables.digits, tables.iris, embeddings.embeddings):
            table(SEED)
        forecasts.forecasts()
        layouts.layouts()


if __name__ == "__main__":
    main()
