"""The index of a pandas frame that a file of Arrow columns has as a range in its metadata, and not as a column."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

NAMELESS = "__index_level_0__"
"""The name that pandas gives an index without one."""


def range_index(schema: Any, rows: int) -> tuple[str, range]:
    """The name and the labels of such an index. The name is empty if there is none, or if it only counts the rows from 0."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        for index in json.loads(schema.metadata[b"pandas"])["index_columns"]:
            if isinstance(index, dict) and index["kind"] == "range":
                labels = range(index["start"], index["stop"], index["step"])
                name = NAMELESS if index["name"] is None else str(index["name"])
                told = index["name"] is not None or labels != range(rows)
                if told and len(labels) == rows and name not in schema.names:
                    return name, labels
    return "", range(rows)


def numbered(labels: range) -> Any:
    """Labels as a column."""
    from pyarrow import array, chunked_array

    return chunked_array([array(labels)])
