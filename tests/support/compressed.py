"""Compressed bytes, by the libraries' own writers."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def zipped(**members: bytes) -> bytes:
    """A zip of these members; `__` in a name is a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name.replace("__", "."), raw)
    return out.getvalue()


COMPRESS = {
    ".gz": lambda raw, name: gzip.compress(raw, mtime=0),
    ".bz2": lambda raw, name: bz2.compress(raw),
    ".xz": lambda raw, name: lzma.compress(raw),
    ".zst": lambda raw, name: zstd.compress(raw),
    ".zip": lambda raw, name: zipped(**{name.replace(".", "__"): raw}),
}
"""By suffix: what compresses bytes; the second argument is the name that a zip gives them."""
