"""One more column in either file, whatever it is, never changes a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from losscli.spec.column_names import fold
from tests.reading.laws.cases import MAKERS, Case, Maker, boxes, cases, matched, multilabel, placed
from tests.reading.laws.files import folder, is_right, run, write
from tests.reading.laws.remedies import Remedy, remedies
from tests.support.command import Done, call

Cells = Callable[[np.random.Generator, Case], list]


@dataclass(frozen=True)
class Extra:
    """A column that people have beside the data: its possible names, and cells."""

    names: tuple[str, ...]
    cells: Cells


def counting(first: int) -> Cells:
    return lambda rng, case: list(range(first, case.rows + first))


def whole(low: int, high: int) -> Cells:
    return lambda rng, case: rng.integers(low, high, case.rows).tolist()


def fractions(low: float, high: float) -> Cells:
    return lambda rng, case: rng.uniform(low, high, case.rows).round(3).tolist()


def words(*known: str) -> Cells:
    return lambda rng, case: rng.choice(known, case.rows).tolist()


def unique(rng: np.random.Generator, case: Case) -> list:
    return [f"u{i}" for i in rng.permutation(case.rows * 3)[: case.rows]]


def truth(rng: np.random.Generator, case: Case) -> list:
    """The truth itself, as dumps of predictions have it."""
    return list(case.target[case.answer[1][0]])


def guesses(rng: np.random.Generator, case: Case) -> list:
    """A predicted class."""
    return [truth(rng, case)[i] for i in rng.permutation(case.rows)]


INDEX = ("", "Unnamed: 0", "__index_level_0__", "level_0", "index", "idx", "row", "#")
ANY = ("tenure", "age", "n_rooms", "weird", "price", "temperature", "x", "aux", "f1", "latency ms")
EXTRAS = {
    "index from 0": Extra(INDEX, counting(0)),
    "index from 1": Extra(INDEX, counting(1)),
    "index of a sample": Extra(INDEX, lambda rng, case: (rng.permutation(case.rows * 3)[: case.rows] + 2).tolist()),
    "count from 0": Extra(ANY, counting(0)),
    "count from 1": Extra(ANY, counting(1)),
    "whole id": Extra(("id", "ImageId", "PassengerId", "uid", "customer_id"), whole(100, 10**6)),
    "text id": Extra(("id", "ImageId", "PassengerId", "uuid", "key"), unique),
    "fold": Extra(("fold", "split", "epoch", "step", "seed"), whole(0, 3)),
    "timestamp": Extra(("timestamp", "time"), whole(1_600_000_000, 1_700_000_000)),
    "noted": Extra(("correct", "loss", "error", "weight"), fractions(0, 1)),
    "guess": Extra(("argmax", "y_pred", "pred_label", "predicted_class"), guesses),
    "truth": Extra(("label", "target", "y", "y_true", "truth"), truth),
    "whole": Extra(ANY, whole(1, 72)),
    "zeros and ones": Extra(ANY, whole(0, 2)),
    "fractions": Extra(ANY, fractions(0, 1)),
    "numbers": Extra(ANY, fractions(-50, 400)),
    "notes": Extra(("notes", "comment", "text"), unique),
    "text": Extra(("model", "site", "comment"), words("north", "south")),
    "constant": Extra(("model", "version"), words("v2")),
}


@st.composite
def widened(draw, *makers: Maker, most: int = 1, sides: tuple[str, ...] = ("pred", "target")) -> tuple[Case, str]:
    """A case with more columns in its files, and what they are."""
    case = draw(cases(*makers))
    if draw(st.booleans()) and not case.matched:
        case = case.without_ids()
    said = []
    for _ in range(draw(st.integers(1, most))):
        what, side = draw(st.sampled_from(sorted(EXTRAS))), draw(st.sampled_from(sides))
        extra, rng = EXTRAS[what], np.random.default_rng(draw(st.integers(0, 99)))
        name = draw(st.sampled_from(extra.names))
        table = case.table(side)
        assume(fold(name) not in {fold(n) for t in (case.pred, case.target) for n in t})
        at = draw(st.integers(0, len(table)))
        case = case.having(side, placed(table, name, extra.cells(rng, case), at))
        said.append(f"{what} as {name!r} in {side} at {at}")
    return case, "; ".join(said)


def chosen(case: Case, remedy: Remedy) -> bool:
    """Whether the columns that a --col names are the right ones."""
    role, _, names = remedy.words[1].partition("=")
    return any(role.rpartition(".")[2] == key and set(names.split(",")) == set(own) for key, own in (case.role, case.answer))


def answered(case: Case, what: str, command: Callable[..., Done]) -> None:
    """Run a command; where it asks which columns are meant, give the right ones, as it proposes them if it does."""
    said: dict[str, str] = {}
    done = command()
    for _ in range(3):
        if done.code == 0:
            break
        asked = [r for r in remedies(done.err) if r.words[:1] == ("--col",)]
        assert done.code == 3, (what, done)
        assert 1 <= len(asked) <= 4, (what, done.err)
        right = [r.words[1] for r in asked if not r.template and chosen(case, r)]
        role, _, names = (right[0] if right else asked[0].words[1]).partition("=")
        if not right:
            key = role.rpartition(".")[2]
            own = [columns for known, columns in (case.role, case.answer) if known == key]
            names = ",".join(own[0]) if own else names  # of a role that these losses read in place of others
        assert role not in said, (what, said, done.err)
        said[role] = names
        done = command(*(word for r, n in said.items() for word in ("--col", f"{r}={n}")))
    assert is_right(done, case.right), (what, said, done, case.right)


@st.composite
def shuffled(draw) -> Case:
    """A case without ids, whose one file has the index of all its rows in another order."""
    case = draw(cases(*(m for m in MAKERS if m is not matched))).without_ids()
    side, rng = draw(st.sampled_from(("pred", "target"))), np.random.default_rng(draw(st.integers(0, 99)))
    labels = rng.permutation(case.rows) + draw(st.integers(0, 1))
    assume((np.diff(labels) != 1).any())
    return case.having(side, placed(case.table(side), draw(st.sampled_from(INDEX)), labels.tolist(), 0))


@given(shuffled(), st.sampled_from(("csv", "jsonl", "parquet")))
@settings(max_examples=25, derandomize=True)
def test_an_index_of_one_side_in_another_order_is_refused(case, suffix):
    with folder():
        done = run(case, suffix=suffix)
        assert done.code == 3, done
        assert "another order" in done.err, done.err
        assert is_right(run(case, "--pair", "position", suffix=suffix), case.right)


@given(widened(), st.sampled_from(("csv", "jsonl", "parquet")))
@settings(max_examples=50, derandomize=True)
def test_another_column_changes_nothing_or_is_asked_about(found, suffix):
    case, what = found
    with folder():
        answered(case, what, lambda *more: run(case, *more, suffix=suffix))


@given(widened(most=4))
@settings(max_examples=30, derandomize=True)
def test_several_more_columns_change_nothing_or_are_asked_about(found):
    case, what = found
    with folder():
        answered(case, what, lambda *more: run(case, *more))


TOGETHER = tuple(m for m in MAKERS if m not in (boxes, matched, multilabel))
"""Those whose sides share no name but the id."""


@given(widened(*TOGETHER, most=2, sides=("pred",)))
@settings(max_examples=30, derandomize=True)
def test_more_columns_of_one_file_with_both_sides_change_nothing_or_are_asked_about(found):
    case, what = found
    both = {**case.pred, **case.target}
    with folder():
        path = write("b.csv", both)
        answered(case, what, lambda *more: call(case.family, path, "-l", case.loss, *case.options, *more, "-f", "json"))
