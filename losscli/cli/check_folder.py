"""The folder of a configuration file, to which every path in it is relative."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from losscli.core.errors import Where
from losscli.core.records import replace


def here(where: Where) -> Where:
    """A place in the configuration file, by the path that it has in its own folder."""
    return replace(where, path=os.path.basename(where.path))


@contextmanager
def inside(folder: str) -> Iterator[None]:
    """Work in another folder."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
