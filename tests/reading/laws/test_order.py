"""A side whose rows stand in another order never changes a number in silence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading.laws.cases import BY_POSITION, Case, cases, taken
from tests.reading.laws.files import folder, is_right, run
from tests.reading.laws.remedies import remedies

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
@settings(max_examples=60, derandomize=True)
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
