"""A law of every option: given to a command on which it has nothing to act, it is refused, or is one of a few with a reason."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import UsageError
from losscli.run.declared import Slot, of_command, slots
from losscli.run.file_options import FileOptions
from losscli.run.options import RECORDS
from losscli.run.statistics_options import StatisticsOptions
from losscli.run.unused import TABLES
from losscli.sources.formats import FORMATS
from losscli.spec.names import FAMILIES
from tests.support.command import array, call, cli, mine, refused, table

RNG = np.random.default_rng(0)
CORNERS = RNG.uniform(0, 10, (12, 2))
BOXES = np.hstack([CORNERS, CORNERS + RNG.uniform(5, 9, (12, 2))])
PLAIN = {
    "classify": (RNG.dirichlet([2, 2, 2], 12), np.arange(12) % 3, "ce"),
    "regress": (RNG.normal(size=12), RNG.normal(size=12), "mae"),
    "detect": (BOXES, BOXES + RNG.uniform(0, 1, BOXES.shape), "giou"),
    "segment": (RNG.uniform(size=(4, 1, 6, 6)), RNG.integers(0, 2, (4, 6, 6)), "dice"),
    "embed": (RNG.normal(size=(12, 2, 3)), np.arange(12) % 2, "contrastive"),
}
"""Bare arrays and a loss: nothing to pair by, no names, no gates, nothing to compare with."""

VALUES = {
    "header": "names", "delimiter": ",", "comment": "#", "decimal": ".", "thousands": "_", "encoding": "latin-1",
    "stem": "s/a$//", "image_size": "8x8", "yolo_order": "class,cx,cy,w,h", "yolo_kpt_shape": "17,3", "palette": "grey",
    "rle_order": "rows", "max_pixels": "1000000", "area": "small", "unmatched": "penalize", "pair": "position",
    "mask_values": "0,1", "classes": "a,b,c", "ci": "0.9", "ci_method": "percentile", "resamples": "199", "match": "none",
    "allow": "index-column", "mixed_scale": "keep", "unit": "none", "num_classes": "2", "iou_threshold": "0.6",
    "box_format": "xywh", "pred_box_format": "xywh", "target_box_format": "xywh", "format": "csv",
    "per_sample": "samples.csv", "outputs": "report.md", "gradients": "gradients.npy", "loss_map": "maps", "plots": "hist=plot.svg",
}  # fmt: skip
"""Values with which an option says nothing that is not so. Of the others: another choice, a small number, or a name of nothing."""

ACCEPTED = {
    "the same with any value": ("jobs", "progress", "debug", "seed"),
    "layout of what is not shown here": ("digits", "color", "quiet", "verbose", "github"),
    "says what is so anyway": ("pair", "match", "unit", "num_classes", "rows_are_images", "mixed_scale"),
    "says what would be done, had the data cause": ("missing", "extra", "allow"),
    "names of what the report does not show": ("classes",),
    "the library has the same defaults for this loss": ("convention",),
}
SEEN = {name for names in ACCEPTED.values() for name in names}


def words(slot: Slot) -> list[str]:
    flag, declared = slot.declared.flags[-1], slot.declared
    if slot.switch:
        return [flag]
    other = next((x for x in declared.choices if x != slot.default), "nothing")
    return [flag, VALUES.get(slot.name, "2" if slot.number else other)]


@pytest.fixture(params=FAMILIES)
def plain(request, folder):
    """The family, and a command line of it on bare arrays."""
    pred, target, loss = PLAIN[request.param]
    return request.param, [request.param, array("p.npy", pred), array("t.npy", target), "-l", loss, "-f", "json"]


def said(out: str) -> str:
    """The report without the options that it repeats."""
    return json.dumps({**json.loads(out), "options": None}) if out.startswith("{") else out


def test_what_acts_on_nothing_is_refused(plain):
    family, argv = plain
    base, before = call(*argv), mine()
    assert base.code == 0, base.err
    silent = []
    for slot in (s for record in RECORDS for s in of_command(record, family)):
        found = call(*argv, *words(slot))
        assert found.code in (0, 2, 3), found.err
        if found.code == 0 and (said(found.out), found.err, mine()) == (said(base.out), base.err, before):
            silent.append(slot.name)
    assert set(silent) <= SEEN
    assert "seed" in silent


def test_every_option_of_a_file_has_a_format_that_reads_it():
    """A field that no format names and no table has would be refused everywhere."""
    known = {slot.name for slot in slots(FileOptions)} - {"no_header"}
    of_formats = {name for x in FORMATS for name in x.reads}
    assert of_formats <= known
    assert of_formats | {name for names in TABLES.values() for name in names} == known


@pytest.fixture
def files(folder):
    array("p.npy", PLAIN["regress"][0])
    array("t.npy", PLAIN["regress"][1])
    table("p.csv", "pred", *PLAIN["regress"][0])
    table("t.csv", "target", *PLAIN["regress"][1])


RUN = ("regress", "p.npy", "t.npy", "-l", "mae")
CASES = {
    "a folder's own": ("segment", "p.npy", "t.npy", "-l", "dice", "--palette", "nothing.txt"),
    "of one side": ("regress", "p.npy", "t.csv", "-l", "mae", "--header", "pred.none"),
    "of gates": (*RUN, "--inconclusive", "fail"),
    "of intervals": (*RUN, "--ci", "none", "--ci-method", "percentile"),
    "of units": (*RUN, "--ci", "none", "--unit", "id"),
    "of resamples": ("regress", "p.npy", "t.npy", "-l", "mae", "--baseline", "p.npy", "--test", "t", "--resamples", "99"),
    "inspect": ("inspect", "p.npy", "t.npy", "--delimiter", ";"),
    "transform": ("transform", "sigmoid", "p.npy", "--decimal", ","),
    "transform's columns": ("transform", "sigmoid", "p.npy", "--col", "scores=a"),
    "reconcile": ("reconcile", "regress", "p.npy", "t.npy", "-l", "mae", "-H"),
    "compare": ("compare", "regress", "p.npy", "p.npy", "t.npy", "-l", "mae", "-H"),
    "init": ("init", "p.npy", "t.npy", "--family", "regress", "-o", "-", "--encoding", "cp1252"),
    "explain": ("explain", "mse", "--nonfinite", "drop"),
    "inspect's family": ("inspect", "p.npy", "t.npy", "--family", "regress", "--names", "a,b"),
    "explain's convention": ("explain", "mse", "--convention", "torch"),
    "explain's format": ("explain", "mse", "-f", "json"),
    "a row": ("explain", "mse", "p.npy", "t.npy", "--row", "1", "--comment", "#"),
    "curve": ("curve", "mse", "--key", "id"),
    "the gallery's curves": ("curve", "--gallery", "g", "--range", "0:1"),
    "losses": ("losses", "--test", "own.py:own", "-f", "json"),
    "merge": ("merge", "a.json", "b.json", "--gate-on", "ci"),
}


@pytest.mark.parametrize("argv", CASES.values(), ids=CASES)
def test_commands_refuse_what_they_do_not_read(files, argv):
    refused(2, *argv, says=("applies only", "omit it"))


def test_an_option_of_another_family_is_named_by_its_families(files):
    for argv in (("explain", "mse", "p.npy", "t.npy", "--row", "1"), ("reconcile", *RUN)):
        refused(2, *argv, "--palette", "grey", says=("--palette is read by segment, not by regress",))


def test_transform_fills_roles_of_predictions(files):
    assert call("transform", "sigmoid", "p.csv", "--col", "scores=pred").code == 0
    for role in ("target.scores", "label", "nothing"):
        refused(2, "transform", "sigmoid", "p.csv", "--col", f"{role}=pred", says=(f"transform has no role '{role}'",))


def test_a_loss_of_one_family_is_not_of_another(files):
    for argv in (("explain", "regress/mse"), ("curve", "regress/mse"), ("explain", "regress/mse", "p.npy", "t.npy", "--row", "1")):
        refused(2, *argv, "--family", "detect", says=("regress/mse is not a loss of detect",))


def test_processes_refuse_them(files):
    for argv in (CASES["a folder's own"], CASES["of gates"], CASES["explain"]):
        done = cli(*argv)
        assert (done.code, done.out) == (2, "")
        assert "applies only" in done.err


TEXT = ("--delimiter", ",")


def test_an_option_that_any_input_reads_is_used(files):
    raw = Path("p.csv").read_bytes()
    Path("p.csv.gz").write_bytes(gzip.compress(raw))
    Path("list.txt").write_text("p.csv\n", encoding="utf-8")
    for pred, target in (
        ("p.npy", "t.csv"),
        ("p.csv", "t.npy"),
        ("p.csv.gz", "t.npy"),
        ("p.cs[v]", "t.npy"),
        ("@list.txt", "t.npy"),
    ):
        assert call("regress", pred, target, "-l", "mae", *TEXT).code == 0, pred
    assert call("regress", "-", "t.npy", "-l", "mae", *TEXT, stdin=raw).code == 0
    assert call(*RUN, "--baseline", "p.csv", *TEXT).code == 0
    assert call("compare", "regress", "p.npy", "p.csv", "t.npy", "-l", "mae", *TEXT).code == 0


CONFIG = """
[defaults]
delimiter = ","
gate-on = "ci"
test = "t"

[[check]]
name = "arrays"
family = "regress"
pred = "p.npy"
target = "t.npy"
loss = "mae"
"""


def test_settings_of_several_commands_need_not_apply_to_each(files, monkeypatch):
    Path("losscli.toml").write_text(CONFIG, encoding="utf-8")
    for argv in (("check",), RUN, ("explain", "mse")):
        done = call(*argv)
        assert done.code == 0, done
    refused(2, *RUN, "--delimiter", ",", says=("--delimiter applies only to the format csv",))
    monkeypatch.setenv("LOSSCLI_ADJUST", "bh")
    assert call(*RUN).code == 0


@pytest.mark.parametrize("options", [{"delimiter": ";"}, {"test": "t"}, {"gate_on": "ci"}, {"stem": "s/a//"}, {"names": "a,b"}])
def test_python_refuses_them(options):
    pred, target, loss = PLAIN["detect"]
    with pytest.raises(UsageError, match="applies only"):
        losscli.evaluate(pred, target, family="detect", losses=loss, **options)


def test_a_gradient_has_no_gates():
    gate: Any = {"fail_if": "mse > 0"}
    with pytest.raises(UsageError, match="unknown argument 'fail_if'"):
        losscli.gradient("mse", [1.0], [2.0], family="regress", **gate)


@pytest.mark.parametrize("slot", slots(StatisticsOptions), ids=lambda s: s.name)
def test_an_option_at_its_default_is_no_question(files, slot):
    if isinstance(slot.default, str):
        assert call(*RUN, slot.spelled, slot.default).code == 0
