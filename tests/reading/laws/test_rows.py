"""A row that is missing, twice there or blank is refused by name, and left out where the options say so."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading.laws.cases import BY_POSITION, cases, one_pixel, taken
from tests.reading.laws.files import folder, is_right, run
from tests.reading.laws.remedies import remedies

KEYED = tuple(m for m in BY_POSITION if m is not one_pixel)
"""Those with an id per row."""
SUFFIXES = st.sampled_from(("csv", "tsv", "jsonl", "parquet"))
BLANKS = ("", "NA", "N/A", "NaN", "null", "None", "#N/A", "nan", "n/a")
SIDES = st.sampled_from(("pred", "target"))


@given(cases(*KEYED), SIDES, st.integers(0, 8), SUFFIXES)
@settings(max_examples=25, derandomize=True)
def test_a_lost_row_is_refused_and_named(case, side, row, suffix):
    row %= case.rows
    kept = [i for i in range(case.rows) if i != row]
    lost = case.pred["id"][row]
    case = case.having(side, taken(case.table(side), kept))
    with folder():
        plain = run(case, suffix=suffix)
        assert plain.code == 3, plain
        assert "--key id" in plain.err, plain
        done = run(case, "--key", "id", suffix=suffix)
        assert done.code == 3, done
        assert lost in done.err, done
        ways = remedies(done.err)
        assert [w.words for w in ways] == [("--extra" if side == "target" else "--missing", "drop")], done.err
        assert is_right(run(case, "--key", "id", *ways[0].words, suffix=suffix), case.value(kept))
        way = next(w for w in remedies(plain.err) if w.words[0] == "--key")
        assert is_right(run(case, *way.words, suffix=suffix), case.value(kept))


@given(cases(*KEYED), SIDES, st.integers(0, 8), SUFFIXES)
@settings(max_examples=25, derandomize=True)
def test_a_row_that_is_there_twice_is_refused_and_named(case, side, row, suffix):
    row %= case.rows
    twice = case.pred["id"][row]
    case = case.having(side, taken(case.table(side), [*range(case.rows), row]))
    with folder():
        assert run(case, suffix=suffix).code == 3
        done = run(case, "--key", "id", suffix=suffix)
        assert done.code == 3, done
        assert f"duplicate key {twice} (rows {row + 1} and {len(case.table(side)['id'])})" in done.err, done


@given(cases(*KEYED), SIDES, st.integers(0, 8), st.sampled_from(BLANKS), SUFFIXES, st.booleans())
@settings(max_examples=30, derandomize=True)
def test_a_row_without_its_id_is_refused_and_named(case, side, row, blank, suffix, key):
    row %= case.rows
    table = case.table(side)
    null = suffix in ("jsonl", "parquet") and len(blank) < 3
    cells = [(None if null else blank) if i == row else x for i, x in enumerate(table["id"])]
    case = case.having(side, {**table, "id": cells})
    with folder():
        done = run(case, *(("--key", "id") if key else ()), suffix=suffix)
        assert done.code == 3, done
        spelled = f"s{row:02d}" in done.err and (blank or "''") in done.err  # a lone NA may be the name of a row
        assert (f"row {row + 1}" in done.err and " id" in done.err) or spelled, done.err


@given(cases(), SIDES, st.integers(0, 8), st.integers(0, 3), st.sampled_from(BLANKS), SUFFIXES)
@settings(max_examples=30, derandomize=True)
def test_a_blank_cell_of_the_data_is_refused_by_name_and_can_be_dropped(case, side, row, which, blank, suffix):
    row %= case.rows
    table, names = case.table(side), (case.role if side == "pred" else case.answer)[1]
    name = names[which % len(names)]
    numbers = not isinstance(table[name][0], str)
    null = suffix in ("jsonl", "parquet") and (numbers or len(blank) < 3)
    if null or not numbers:
        cells = [(None if null else blank) if i == row else x for i, x in enumerate(table[name])]
    else:
        cells = [blank if i == row else repr(x) for i, x in enumerate(table[name])]
    case = case.having(side, {**table, name: cells})
    with folder():
        done = run(case, suffix=suffix)
        path = "p" if side == "pred" else "t"
        assert done.code == 3, done
        assert f"{path}.{suffix}, row {row + 1}" in done.err, done.err
        assert f"column {name}" in done.err, done.err
        assert any(r.words == ("--nonfinite", "drop") for r in remedies(done.err)), done.err
        dropped = run(case, "--nonfinite", "drop", suffix=suffix)
        rest = case.value([i for i in range(case.rows) if i != row])
        assert is_right(dropped, rest), (dropped, rest)
        counted = dropped.report["matching"][f"{side}_ignored"] if case.matched else dropped.report["alignment"]["dropped"]
        assert counted == 1, dropped
