"""The order of columns changes nothing; --col names columns that are there, or says which name is nearest."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading.laws.cases import Case, Table, boxes, cases, embedded, logits, multilabel, named, numbered, pixels, prefixed
from tests.reading.laws.files import folder, is_right, run
from tests.reading.laws.remedies import remedies

SUFFIXES = st.sampled_from(("csv", "tsv", "jsonl", "parquet"))
WIDE = (named, prefixed, numbered, logits, multilabel, boxes, embedded, pixels)
"""Those with several columns of scores, corners, dimensions or pixels, whose names tell their order."""


@st.composite
def permuted(draw, table: Table) -> Table:
    return {name: table[name] for name in draw(st.permutations(list(table)))}


@given(st.data(), cases(), SUFFIXES)
@settings(max_examples=30, derandomize=True)
def test_the_order_of_columns_changes_nothing(data, case, suffix):
    if not case.named:  # nothing but their order tells such scores apart
        case = case.without_ids()
        case = replace(case, target=data.draw(permuted(case.target)))
    else:
        case = replace(case, pred=data.draw(permuted(case.pred)), target=data.draw(permuted(case.target)))
    with folder():
        assert is_right(run(case, suffix=suffix), case.right), case


def respelled(name: str) -> list[str]:
    """Names that are near, and are of nothing."""
    return [f"{name}_", f"x{name}", name[:-1] + "qq", f"{name}9x"]


def every_name(case: Case) -> set[str]:
    return {*case.pred, *case.target}


@given(st.data(), cases(), SUFFIXES)
@settings(max_examples=30, derandomize=True)
def test_a_name_that_no_side_has_is_an_error(data, case, suffix):
    key, names = data.draw(st.sampled_from((case.role, case.answer)))
    at = data.draw(st.integers(0, len(names) - 1))
    wrong = data.draw(st.sampled_from(respelled(names[at])).filter(lambda n: n not in every_name(case)))
    said = ",".join(wrong if i == at else n for i, n in enumerate(names))
    with folder():
        done = run(case, "--col", f"{key}={said}", suffix=suffix)
        assert done.code == 3, (said, done)
        assert repr(wrong) in done.err, done.err
        nearest = [n for n in every_name(case) if n in done.err]
        assert nearest, done.err


@given(cases(*WIDE), SUFFIXES)
@settings(max_examples=30, derandomize=True)
def test_a_glob_and_a_list_of_names_are_the_columns_that_they_match(case, suffix):
    key, names = case.role
    side = "pred." if key == "box" else ""
    with folder():
        assert is_right(run(case, "--col", f"{side}{key}={','.join(names)}", suffix=suffix), case.right)
        common = names[0][:1] if all(n.startswith(names[0][:1]) for n in names) else ""
        glob = "[" + "".join(sorted({n[0] for n in names})) + "]*" if not common else f"{common}*"
        others = [n for n in case.pred if n not in names and n[:1] in {x[0] for x in names}]
        if not others and case.named:
            assert is_right(run(case, "--col", f"{side}{key}={glob}", suffix=suffix), case.right), glob


@given(cases(*WIDE), SUFFIXES)
@settings(max_examples=20, derandomize=True)
def test_two_roles_in_one_col_are_refused(case, suffix):
    (key, names), (other, theirs) = case.role, case.answer
    with folder():
        done = run(case, "--col", f"{key}={names[0]},{other}={theirs[0]}", suffix=suffix)
        assert done.code == 2, done
        assert "own --col" in done.err, done.err


@given(cases(*WIDE), st.sampled_from(("jsonl", "parquet")))
@settings(max_examples=30, derandomize=True)
def test_a_list_column_is_its_entries(case, suffix):
    key, names = case.role
    cells = [list(row) for row in zip(*(case.pred[n] for n in names), strict=True)]
    name = {"scores": "probs", "box": "bbox", "embedding": "features"}.get(key, key)
    case = replace(case, pred={"id": case.pred["id"], name: cells})
    more = ("--box-format", "xyxy") if key == "box" else case.unnamed
    with folder():
        done = run(case, *more, suffix=suffix)
        if case.kind == "multilabel":  # nothing says which columns of TARGET are the entries of the list
            way = remedies(done.err)[0]
            assert way.words == ("--col", "label=cat,dog,emu"), done
            more = way.words
            done = run(case, *more, suffix=suffix)
        assert is_right(done, case.right), case
        side = "pred." if key == "box" else ""
        assert is_right(run(case, *more, "--col", f"{side}{key}={name}", suffix=suffix), case.right), case
