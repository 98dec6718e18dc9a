"""Whatever format: what a small file announces or expands to is refused in seconds, with little memory.

Every format of the table of formats has a bomb here, or a reason to have none.
"""

from __future__ import annotations

import os
from pathlib import Path

from losscli.sources.files.compression import COMPRESSIONS
from losscli.sources.formats import FORMATS
from tests.hostile.bombs import bombs
from tests.support.bounded import bounded
from tests.support.command import Done
from tests.support.judged import faults

NONE = {
    "orc": "its library, which also reads Parquet, holds the counts of stripes to the bytes of these",
    "spss": "the number of rows in its header is not read",
    "sas": "no library writes it; its reader allocates by the pages that the file has",
    "mot": "nothing in it announces a size, and its lines are numbers alone",
    "pt": "storages are stored in the zip, and mapped",
}
"""Formats without a bomb, and why."""
ROOM = 2048
MOST_MEBIBYTES = 400
"""The largest is a polygon of YOLO, whose text is parsed whole."""
MOST_SECONDS = 30
"""A bound on what would not end, not a measure of speed."""


def test_a_bomb_of_every_format_and_compression_is_refused_with_bounded_memory_in_seconds():
    known = {known.name for known in FORMATS} | {known.name for known in COMPRESSIONS}
    assert known == {bomb.format for bomb in bombs().values()} | NONE.keys()
    commands = {}
    for i, (name, bomb) in enumerate(bombs().items()):
        for path, raw in bomb.files.items():
            Path(f"b{i}", path).parent.mkdir(parents=True, exist_ok=True)
            Path(f"b{i}", path).write_bytes(raw)
        commands[name] = (f"b{i}", *bomb.command)
    for name, spent in bounded(commands, ROOM).items():
        bomb = bombs()[name]
        assert (spent.code, faults(Done(spent.code, "", spent.err), bomb.command)) == (3, []), (name, spent)
        assert bomb.says in spent.err, (name, spent)
        assert spent.mebibytes < MOST_MEBIBYTES, (name, spent)
        assert spent.seconds < MOST_SECONDS, (name, spent)
    assert not any(os.scandir(os.environ["TMPDIR"]))
