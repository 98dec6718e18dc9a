"""What the fuzzer found, kept: each was an exit of 70, a crash, or text on stderr that no error of ours had worded."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.support import coco_files, run_lengths, sheets
from tests.support.command import call, refused, table
from tests.support.judged import judged
from tests.support.samples import samples
from tests.support.xlsb import xlsb


def test_tiff_that_libtiff_and_pillow_complain_of():
    sample = samples()["tiff"]
    sample.write()
    raw = sample.files[sample.main]
    for at in range(8, len(raw)):
        with open(sample.main, "wb") as out:
            out.write(raw[:at] + bytes([raw[at] ^ 8]) + raw[at + 1 :])
        done, wrong = judged(sample.command)
        assert not wrong, (at, wrong, done.err)


def test_text_in_orc_that_is_not_utf_8():
    sample = samples()["orc"]
    sample.write()
    import pyarrow as pa
    from pyarrow import orc

    words = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], "<i4")), pa.py_buffer(b"\xc3\x28")])
    orc.write_table(pa.table({"id": words, "pred": [1.0], "target": [2.0]}), "a.orc")
    refused(3, *sample.command, says=("a.orc: not readable as orc", "UTF8"))


@pytest.mark.parametrize("counts", [[0, 10**40, 1], [1 << 63, 1 << 63, 8000]])
def test_runs_longer_than_any_image(counts):
    mask = run_lengths.rle(np.ones((80, 100), bool))
    coco_files.written("t.json", coco_files.truth(coco_files.annotation(0, segmentation=mask)))
    coco_files.written("p.json", [coco_files.result(segmentation={"size": [80, 100], "counts": counts})])
    refused(3, "segment", "p.json", "t.json", "-l", "dice", "--class-agnostic", says=("p.json, [0]", "a run of"))


def test_keypoints_that_are_not_threes():
    sample = samples()["coco keypoints"]
    sample.write()
    truth = json.loads(sample.files["t.json"])
    truth["annotations"][0]["keypoints"] = [12, 13, 22, 13, 2, 20, 21, 1]
    coco_files.written("t.json", truth)
    refused(3, *sample.command)


def test_a_column_name_with_escapes_in_a_remedy():
    sample = samples()["kaggle"]
    sample.write()
    raw = sample.files["p.csv"].replace(b"ImageId", b"Im\x1b[31mageId")
    (name,) = [word for word in sample.command if word == "p.csv"]
    with open(name, "wb") as out:
        out.write(raw)
    done, wrong = judged(sample.command)
    assert not wrong, (wrong, done.err)


def far(suffix: str) -> bytes:
    """Sheets of a few cells, one of which is far from the others."""
    head, numbers = ("pred", "target"), (1, 2)
    if suffix == "xlsb":
        return xlsb([head, (*numbers, *[0] * 9000)], last=900_000)
    blank = '<table:table-cell table:number-columns-repeated="16000"/>'
    many = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>'
    return sheets.document(sheets.row(*map(sheets.cell, head)) + many + sheets.row(blank, sheets.cell(1)))


@pytest.mark.parametrize("suffix", ["ods", "xlsb"])
def test_sheets_whose_blank_cells_would_fill_the_memory(suffix):
    with open(f"a.{suffix}", "wb") as out:
        out.write(far(suffix))
    refused(3, "regress", f"a.{suffix}", "-l", "mae", says=("is too large", "remove cells far from the table"))


def test_a_repeated_cell():
    many = f'<table:table-row table:number-rows-repeated="5000000">{sheets.cell(1)}{sheets.cell(2)}</table:table-row>'
    with open("a.ods", "wb") as out:
        out.write(sheets.document(sheets.row(sheets.cell("pred"), sheets.cell("target")) + many))
    refused(3, "regress", "a.ods", "-l", "mae", says=("is too large",))


def test_an_image_of_too_many_samples():
    out = io.BytesIO()
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(out, "TIFF", tiffinfo={277: 8})
    for side in "pt":
        with open(f"{side}.tif", "wb") as file:
            file.write(out.getvalue())
    done, wrong = judged(("segment", "p.tif", "t.tif", "-l", "dice"))
    assert not wrong, (wrong, done.err)


@pytest.mark.parametrize("loss", ["mse", "rmse", "r2", "max_error"])
def test_weights_that_are_all_0(loss):
    table("a.csv", "pred,target,w", (1, 2, 0), (3, 1, 0))
    refused(3, "regress", "a.csv", "-l", loss, "--weights", "w", says=("leaves out all 2 samples",))


def test_a_group_whose_weights_are_all_0():
    table("a.csv", "g,pred,target,w", ("u", 1, 2, 0), ("u", 3, 1, 0), ("v", 1, 2, 1), ("v", 4, 3, 1))
    done = call("regress", "a.csv", "-l", "r2", "--weights", "w", "--by", "g", "-f", "json", "-q")
    assert [group["losses"][0]["value"] is None for group in done.report["groups"]] == [True, False]


@pytest.mark.parametrize("column", ["e0", "e3"])
def test_a_numbered_series_that_text_goes_on(column):
    cells = {f"e{i}": [1.5, 2.5, 0.5, 1.0] for i in range(4)}
    columns = {**cells, column: ["x", "y", "z", "w"], "label": [0, 1, 0, 1]}
    table("a.csv", ",".join(columns), *zip(*columns.values(), strict=True))
    refused(3, "embed", "a.csv", "-l", "contrastive", says=(f"column {column}", "is text", "--col"))


def test_an_infinite_score_of_a_box():
    table("p.csv", "image_id,x1,y1,x2,y2,score", ("i", 1, 1, 5, 5, "inf"), ("i", 1, 2, 5, 6, 0.5))
    table("t.csv", "image_id,x1,y1,x2,y2", ("i", 1, 1, 5, 5))
    command = ("detect", "p.csv", "t.csv", "-l", "giou", "--match", "greedy")
    refused(3, *command, says=("p.csv, row 1", "column score", "inf is not a finite number"))
    done = call(*command, "--nonfinite", "drop", "-f", "json")
    assert done.code == 0
    assert done.loss["value"] > 0, "the box without a score is not paired"


@pytest.mark.parametrize("option", ["--per-sample", "--unit", "--gradients", "--by", "--baseline"])
def test_an_empty_value_of_an_option(option):
    table("a.csv", "pred,target", (1, 2))
    refused(2, "regress", "a.csv", "-l", "mae", option, "", says=(option, "an empty value"))


def test_a_value_for_a_side_without_a_file():
    table("a.csv", "pred,target", (1, 2))
    refused(2, "regress", "a.csv", "-l", "mae", "--header", "target.none", says=("--header target.none", "no file of TARGET"))


@pytest.mark.parametrize("name", ["mae()", "[mae]", ".mae", "mae."])
def test_signs_that_no_name_has(name):
    table("a.csv", "pred,target", (1, 2))
    refused(2, "regress", "a.csv", "-l", name, says=("unknown loss",))
    refused(2, "regress", "a.csv", "-l", "mae", f"--fail-if={name} > 9", says=("--fail-if",))


def test_bytes_that_are_not_ascii():
    table("a.csv", "pred,target,caf\u00e9", (1, 2, 3))
    refused(3, "regress", "a.csv", "-l", "mae", "--encoding", "ascii", says=("not ascii text",))


def test_texts_that_are_too_long_to_be_read():
    table("a.csv", "pred,target", (1, 2))
    refused(2, "regress", "a.csv", "-l", "mae", f"--fail-if=mae{'.' * 20_000} > 9", says=("10,000 are the most",))
    refused(2, "regress", "a.csv", "-l", f"mae:{'{' * 20_000}1,2}}", says=("opening braces",))
