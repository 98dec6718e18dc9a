"""The types of `losscli.losses`: what stands on disk is what the declarations say, and a type checker believes it."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

import losscli
from losscli.spec import registry
from tests.support import loss_stubs

PROGRAM = """\
import numpy as np
from losscli import losses
from losscli.losses import dice, giou, regress

boxes = np.zeros((2, 4))
values: np.ndarray = giou(boxes, boxes, eps=1e-7, box_format="xywh")
values = losses.classify.focal([[0.7, 0.3]], [0], gamma=2.0, alpha=None, from_logits=True)
values = losses.embed.triplet(boxes, boxes, boxes, margin=0.2)
dice(np.zeros((2, 8, 8)), np.zeros((2, 8, 8)), smooth=1.0)
number: float = regress.huber(2.5, 0.0, delta=1.0)
losses.ce([[0.7, 0.3]], [0])
losses.cross_entropy([[0.7, 0.3]], [0])
"""
WRONG = {
    "giou(boxes, boxes, esp=1e-7)": 'Unexpected keyword argument "esp"',
    'giou(boxes, boxes, eps="small")': 'Argument "eps"',
    'giou(boxes, boxes, box_format="yxyx")': 'Argument "box_format"',
    "giou(boxes)": "Too few arguments",
    "giou(boxes, boxes, from_logits=True)": 'Unexpected keyword argument "from_logits"',
    "losses.classify.focal([[0.7, 0.3]], [0], gama=2.0)": 'did you mean "gamma"',
    "losses.giuo(boxes, boxes)": 'has no attribute "giuo"',
    "losses.detect.dice(boxes, boxes)": 'has no attribute "dice"',
}


def test_the_stub_on_disk_is_what_the_generator_writes():
    assert loss_stubs.PATH.read_text(encoding="utf-8") == loss_stubs.stub(), "run: python -m tests.support.readme"


@pytest.mark.slow
def test_a_type_checker_accepts_the_right_and_names_the_wrong(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM + "".join(f"{line}\n" for line in WRONG))
    argv = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", ".mypy", "program.py"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path)
    lines = [x for x in done.stdout.splitlines() if ": error: " in x]
    found = [(int(x.split(":")[1]), x) for x in lines]
    first = len(PROGRAM.splitlines()) + 1
    assert [n for n, _ in found if n < first] == [], done.stdout
    for i, words in enumerate(WRONG.values()):
        assert any(n == first + i and words in x for n, x in found), (words, done.stdout)


@pytest.mark.parametrize("family", registry.NAMES)
def test_the_stub_has_the_parameters_of_every_function(family):
    tree = ast.parse(loss_stubs.stub())
    (space,) = [x for x in tree.body if isinstance(x, ast.ClassDef) and x.name == f"_{family.capitalize()}"]
    methods = {x.name: x.args for x in space.body if isinstance(x, ast.FunctionDef)}
    for loss in registry.load(family).losses.values():
        known = inspect.signature(getattr(getattr(losscli.losses, family), loss.name)).parameters
        keywords = [a.arg for a in methods[loss.name].kwonlyargs]
        assert set(keywords) <= set(known)
        assert {p.name.replace("lambda", "lambda_", 1) if p.name == "lambda" else p.name for p in loss.params} == set(keywords)
