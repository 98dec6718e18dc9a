"""`losscli formats`, and what derives from the one table of formats: every suffix is read or names the extra that it needs."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from losscli.core.extras import EXTRAS, installed
from losscli.report import formats as reports
from losscli.run import format_list
from losscli.sources.files import compression
from losscli.sources.formats import FORMATS
from tests.support import extras_list
from tests.support.command import call, refused
from tests.support.paths import ROOT

NEEDING = [(known, suffix) for known in FORMATS if known.extra for suffix in known.suffixes]


def test_every_format_and_compression_is_listed_once():
    listed = json.loads(call("formats", "-f", "json").out)
    inputs = [known.name for known in (*FORMATS, *compression.COMPRESSIONS)]
    assert [x["name"] for x in listed] == [*inputs, *reports.FORMATS]
    assert all(x["summary"] and (x["suffixes"] or x["kind"] == "report") for x in listed)
    text, table = call("formats").out, call("formats", "--format", "md").out
    for known in FORMATS:
        assert f"  {known.name} " in text
        assert f"| [{known.name}]({known.page}) |" in table
        assert all(suffix in text and f"`{suffix}`" in table for suffix in known.suffixes)
        assert all(f"extra {extra}" in text for extra, _ in known.partly)


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_format_has_a_page_that_exists_and_a_summary_of_one_style(known):
    for page in (known.page, *(page for _, page in known.also)):
        file, _, anchor = page.partition("#")
        titles = re.findall(r"^#+ (.+)$", (ROOT / "docs" / file).read_text(encoding="utf-8"), re.M)
        assert not anchor or anchor in {title.lower().replace(" ", "-") for title in titles}, page
    assert re.match(r"[a-zA-Z].*[a-zA-Z0-9)]$", known.summary)
    assert not known.summary.startswith(("a ", "an ", "one ", "the "))
    assert {known.extra, *(extra for extra, _ in known.partly)} - {""} <= set(EXTRAS)


@pytest.mark.parametrize("query", ["csv", ".csv", "x.CSV", "table.csv.gz", "Tables of text"])
def test_a_query_is_a_suffix_a_file_or_words(query):
    names = {x["name"] for x in json.loads(call("formats", query, "-f", "json").out)}
    assert "csv" in names
    assert "parquet" not in names


def test_volumes_are_found_by_either_suffix():
    for query in ("nifti", ".nii", ".nii.gz", "scan.nii.gz"):
        assert "nifti" in call("formats", query).out


def test_a_kind_that_is_not_read_says_how_to_convert_it():
    refused(2, "formats", "pkl", says=("pkl is a pickle, which is not read", "numpy.save("))
    refused(2, "formats", "runs.db", says=("SQLite", "sqlite3.connect('runs.db')"))
    refused(2, "formats", "exel", says=("no format matches 'exel', did you mean excel?", "`losscli formats` lists them all"))
    refused(2, "formats", "a.qqq\x1b[31m", says=("no format matches",))


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_list_fits_the_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert all(len(line) <= width for line in call("formats").out.splitlines())


def test_extras_are_declared_once():
    """The modules that say whether an extra is here are those of its requirements, and `all` and `test` are complete."""
    declared = extras_list.declared()
    assert set(declared) == {*EXTRAS, "all"}
    assert all(remark for _, remark in declared.values())
    inside = re.search(r"\[(.*)\]", declared["all"][0])[1]
    assert set(inside.split(",")) == set(EXTRAS)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    tested = re.search(r"^test = \[\n  \"losscli\[(.*)\]\"", text, re.M)[1]
    assert set(EXTRAS) - set(tested.split(",")) == {"s3"}, "S3 needs an account; its reader is tested by another file system"
    for extra in set(EXTRAS) - {"s3"}:
        assert installed(extra), f"pip install '.[{extra}]'"


@pytest.fixture
def without(monkeypatch):
    """A function that blocks the imports of an extra's modules."""

    def block(extra):
        for module in EXTRAS[extra]:
            for name in [name for name in sys.modules if name == module or name.startswith(f"{module}.")]:
                monkeypatch.setitem(sys.modules, name, None)
            monkeypatch.setitem(sys.modules, module, None)

    return block


@pytest.mark.parametrize(("known", "suffix"), NEEDING, ids=lambda x: x if isinstance(x, str) else x.name)
def test_a_missing_extra_is_named_with_its_install_line(known, suffix, without, folder):
    path = Path("made")
    path.mkdir()
    for mark in known.marks[:1]:
        (path / mark).write_text(json.dumps({"_data_files": [{"filename": f"p{suffix}"}]}))
    file = path / f"p{suffix}"
    if known.name == "images":
        Image.new("L", (4, 4)).save(file)
    elif known.name == "nifti":
        nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.uint8), np.eye(4)), file)
    else:
        file.write_bytes(known.first[0] + bytes(600) if known.first else bytes(600))
    without(known.extra)
    assert not installed(known.extra)
    given = str(path if known.folder or known.images else file)
    family = "segment" if known.images else "regress"
    for command in ((family, given, given, "-l", "dice" if known.images else "mae"), ("inspect", given, given)):
        refused(2, *command, says=(f"pip install '.[{known.extra}]'",))
    told = call("formats", known.name)
    assert f"extra {known.extra} (not installed)" in told.out
    assert f"  pip install '.[{known.extra}]'" in told.out


def test_a_missing_extra_of_a_compression(without, folder):
    without("zstd")
    Path("p.csv.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    refused(2, "regress", "p.csv.zst", "-l", "mae", says=("pip install '.[zstd]'",))
    assert "extra zstd (not installed)" in call("formats", "zstd").out


def test_an_unknown_file_leads_to_the_list(folder):
    Path("p.qqq").write_bytes(bytes(range(256)))
    refused(3, "regress", "p.qqq", "-l", "mae", says=("unknown file type", "`losscli formats`"))
    Path("of").mkdir()
    Path("of/p.qqq").write_bytes(bytes(range(256)))
    refused(3, "regress", "of", "-l", "mae", says=("without files of a known format: p.qqq", "`losscli formats`"))


def test_entries_are_of_the_kinds_that_have_a_title():
    assert {entry.kind for entry in format_list.entries()} == set(format_list.KINDS)


def test_modules_of_extras_are_spelled_as_python_finds_them():
    assert all(any(find_spec(name.partition(".")[0]) for name in names) for extra, names in EXTRAS.items() if extra != "s3")
