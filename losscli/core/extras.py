"""The extras, by the modules that they install, and whether those are here. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "arrow": ("pyarrow",),
    "coco": ("pycocotools",),
    "dask": ("distributed",),
    "distance": ("scipy",),
    "excel": ("python_calamine",),
    "hdf5": ("h5py",),
    "html": ("lxml",),
    "images": ("PIL",),
    "match": ("scipy",),
    "medical": ("nibabel",),
    "plot": ("matplotlib",),
    "remote": ("fsspec",),
    "s3": ("s3fs",),
    "stats": ("pyreadstat",),
    "yaml": ("yaml",),
    "zstd": ("compression.zstd", "backports.zstd"),
}
"""By extra the modules any one of which is enough."""


def installed(extra: str) -> bool:
    """Whether one of the modules of an extra can be imported."""
    return any(_found(name) for name in EXTRAS[extra])


def _found(name: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # its package is missing, or its import is blocked
        return False
