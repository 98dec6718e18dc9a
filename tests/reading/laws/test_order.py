"""A side whose rows stand in another order never changes a number in silence."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import losscli
from tests.reading.laws.cases import BY_POSITION, Case, Table, boxes, cases, made, matched, one_pixel, pairs, taken
from tests.reading.laws.files import folder, frame, is_right, run, stacked, write
from tests.reading.laws.remedies import remedies
from tests.support.command import call, cli

FORMATS = ("csv", "tsv", "jsonl", "parquet")
IDS = ("id", "ImageId", "PassengerId", "uuid", "file", "sample name", "key", "customer_id")


def renamed(case: Case, name: str, cells: list) -> tuple[dict, dict]:
    pred, target = ({name if n == "id" else n: cells if n == "id" else c for n, c in t.items()} for t in (case.pred, case.target))
    return pred, target


@st.composite
def orders(draw, case: Case) -> list[int]:
    """An order that is not the file's own."""
    return draw(st.permutations(range(case.rows)).filter(lambda order: order != list(range(case.rows))))


@given(st.data(), cases(*BY_POSITION), st.sampled_from(IDS), st.booleans(), st.sampled_from(FORMATS))
@settings(max_examples=30, derandomize=True)
def test_the_same_ids_in_another_order_are_refused_and_the_printed_key_pairs_them(data, case, name, numbers, suffix):
    order = data.draw(orders(case))
    cells = [int(i) * 3 + 11 for i in range(case.rows)] if numbers else [f"s{i:02d}" for i in range(case.rows)]
    pred, target = renamed(case, name, cells)
    target = taken(target, order)
    with folder():
        done = run(case, suffix=suffix, pred=pred, target=target)
        assert done.code == 3, done
        ways = [r.words for r in remedies(done.err)]
        assert ("--pair", "position") in ways, done.err
        keys = [w for w in ways if w[0] == "--key"]
        assert len(keys) == 1, done.err
        assert is_right(run(case, *keys[0], suffix=suffix, pred=pred, target=target), case.right)
        insisted = run(case, "--pair", "position", suffix=suffix, pred=pred, target=target)
        assert insisted.code == 0, insisted


def reordered(table: Table, order: list[int]) -> Table:
    """The rows of columns, or of arrays, in another order."""
    return {name: cells[order] if isinstance(cells, np.ndarray) else [cells[i] for i in order] for name, cells in table.items()}


@given(st.data(), cases(*(m for m in BY_POSITION if m not in (pairs, one_pixel))), st.sampled_from(("id", "ids")))
@settings(max_examples=25, derandomize=True)
def test_the_ids_of_an_archive_decide_too(data, case, name):
    pred, target = ({name if n == "id" else n: cells for n, cells in table.items()} for table in stacked(case))
    target = reordered(target, data.draw(orders(case)))
    with folder():
        command = case.command(write("p.npz", pred), write("t.npz", target), *case.unnamed, "-f", "json")
        done = call(*command)
        assert done.code == 3, done
        ways = [r.words for r in remedies(done.err)]
        assert ("--pair", "position") in ways, done.err
        assert ("--key", name) in ways, done.err
        assert is_right(call(*command, "--key", name), case.right)


@given(st.data(), cases(matched), st.sampled_from(FORMATS))
@settings(max_examples=20, derandomize=True)
def test_boxes_that_are_matched_may_stand_in_any_order(data, case, suffix):
    pred, target = taken(case.pred, data.draw(orders(case))), taken(case.target, data.draw(orders(case)))
    with folder():
        assert is_right(run(case, suffix=suffix, pred=pred, target=target), case.right)


@given(st.data(), cases(boxes), st.sampled_from(("image_id", "filename", "image")), st.sampled_from(FORMATS))
@settings(max_examples=20, derandomize=True)
def test_boxes_of_one_per_image_in_another_order_are_matched_or_keyed(data, case, name, suffix):
    pred, target = renamed(case, name, [f"im{i}" for i in range(case.rows)])
    target = taken(target, data.draw(orders(case)))
    with folder():
        done = run(case, suffix=suffix, pred=pred, target=target)
        assert done.code == 3, done
        ways = [r.words for r in remedies(done.err)]
        right = [w for w in ways if w != ("--pair", "position")]
        assert right, done.err
        for way in right:
            low = ("--iou-threshold", "0.1") if way[0] == "--match" else ()
            assert is_right(run(case, *way, *low, suffix=suffix, pred=pred, target=target), case.right), way


@given(st.data(), cases(*(m for m in BY_POSITION if m is not one_pixel)), st.booleans())
@settings(max_examples=25, derandomize=True)
def test_data_frames_in_another_order_are_refused_and_paired_by_the_key(data, case, indexed):
    pytest.importorskip("pandas")
    order = data.draw(orders(case))
    pred, target = frame(case.pred), frame(taken(case.target, order))
    if indexed:  # the ids as the index, which needs no name
        pred, target = (f.set_index("id") for f in (pred, target))
    options = {word[2:].replace("-", "_"): True for word in case.options}

    def value(ours: Any, theirs: Any, **more: Any) -> float:
        more |= options
        return losscli.evaluate(ours, theirs, family=case.family, losses=case.loss, **more)[case.loss].value

    with pytest.raises(losscli.DataError) as refused:
        value(pred, target)
    assert "key" in str(refused.value), refused.value
    assert value(pred, target, key="id") == pytest.approx(case.right, rel=1e-9)
    if indexed:
        with pytest.raises(losscli.DataError) as refused:
            value(pred.rename_axis(None), target.rename_axis(None))
        assert "key" in str(refused.value)


@pytest.mark.parametrize("maker", BY_POSITION[::5], ids=lambda m: m.__name__)
def test_a_process_of_its_own_refuses_it_too(maker):
    case = made(maker, 5, 8)
    with folder() as path:
        done = run(case)
        found = cli(*case.command("p.csv", "t.csv", "-f", "json"), cwd=path)
        assert (found.code, json.loads(found.out)) == (0, json.loads(done.out))
        write("t.csv", taken(case.target, [1, 0, *range(2, 8)]))
        refused = cli(*case.command("p.csv", "t.csv"), cwd=path)
        assert (refused.code, refused.out) == (3, "")
        assert "--pair position" in refused.err
