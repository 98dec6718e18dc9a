"""A table of malformed and ambiguous inputs, of every format and family: each is refused in few lines that say what is wrong,
where, and what to do; what they propose is accepted and does not lead to the same error; and nothing is written."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from losscli.sources.formats import FORMATS
from losscli.spec.names import FAMILIES
from tests.hostile.inputs.arrays import ARRAYS
from tests.hostile.inputs.boxes import BOXES
from tests.hostile.inputs.csv_files import TEXT
from tests.hostile.inputs.json_files import JSON
from tests.hostile.inputs.masks import MASKS
from tests.hostile.inputs.row import Row
from tests.hostile.inputs.spreadsheets import TABLES
from tests.hostile.inputs.tensors import TENSORS
from tests.reading.laws.remedies import remedies
from tests.support.command import Done, call, cli
from tests.support.judged import everything, judged

ROWS: dict[str, Row] = {**TEXT, **JSON, **ARRAYS, **TENSORS, **TABLES, **BOXES, **MASKS}
WRITING = ("-o", "report.json", "--per-sample", "samples.csv")
REAL = [name for i, name in enumerate(ROWS) if i % 40 == 0]
"""Those that also run as a process."""


def test_the_table_covers_every_format_and_family():
    assert len(ROWS) >= 150
    by_format = Counter(row.format for row in ROWS.values())
    assert [known.name for known in FORMATS if by_format[known.name] < 3] == []
    assert {row.family for row in ROWS.values()} == set(FAMILIES)


def first(done: Done) -> str:
    return done.err.splitlines()[0]


def names_a_file(row: Row, done: Done) -> bool:
    """Whether the message names a file, or a folder, of the command, or both sides; or an option, where that is at fault."""
    words = [word.lstrip("@").partition("::")[0].partition("*")[0] for word in row.command[1:]]
    if "PRED" in done.err and "TARGET" in done.err:
        return True
    return any(word in done.err for word in words if word and (word[0] != "-" or row.code == 2))


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_input_is_refused(name):
    row = ROWS[name]
    row.write()
    done, wrong = judged(row.command)
    assert (done.code, wrong) == (row.code, []), (done, wrong)
    assert row.says, first(done)
    for words in row.says:
        assert words in done.err, done.err
    assert names_a_file(row, done), done.err
    before = everything(".")
    again = call(*row.command, *(WRITING[:2] if row.family == "embed" else WRITING))  # pairs and triplets are no samples of a file
    assert (again.code, again.out, again.err) == (done.code, "", done.err)
    assert everything(".") == before
    followed(row, done)


def followed(row: Row, done: Done) -> None:
    """Give the command again with each remedy that it proposes. A choice is right in one of its ways at least."""
    ways = [way for way in remedies(done.err) if not way.template]
    ends = []
    for way in ways:
        row.write()
        after = call(*way.applied(row.command), "-f", "json")
        told = f"{way}\n{done.err}{after.err}"
        assert after.code in (0, 1, 3), told
        assert not after.err or first(after) != first(done), f"the same error again: {told}"
        ends.append(after.code)


@pytest.mark.parametrize("name", REAL)
def test_a_process_refuses_it_alike(name):
    row = ROWS[name]
    row.write()
    done = cli(*row.command)
    assert (done.code, done.out, done.err) == (row.code, "", call(*row.command).err)
    assert sorted(os.listdir()) == sorted({Path(file).parts[0] for file in row.files})
