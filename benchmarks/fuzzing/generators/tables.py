"""Tables of every format whose cells, columns or rows are not what a loss can read."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.kinds import kind
from benchmarks.fuzzing.generators.valid import ALL, CELLS, TYPED, Data, binary, boxes, drawn, put, regress, several, vectors

FORMATS = (*CELLS, *TYPED)
NOT_NUMBERS = (
    *(
        "x",
        "1..2",
        "--1",
        "+-1",
        "1e",
        "e5",
        "1e5.5",
        "0x1F",
        "0b1",
        "1_000",
        "٣",
        "½",
        "∞",
        "$5",
        "5%",
        "5 %",
        "1/2",
        "=1+1",
        "=A1",
    ),
    *(
        "#DIV/0!",
        "#REF!",
        "TRUE",
        "yes",
        "1 2",
        "1\u00a0000",
        "−1",
        "1\u200b",
        "１",
        "1f",
        "1d5",
        "(1)",
        "[1]",
        "{1}",
        "1;2",
        "<b>1</b>",
    ),
    *(
        "&amp;",
        "[red]1[/red]",
        "'1",
        "1'000",
        "1,5,6",
        "1.000.000",
        "12:30",
        "2024-05-01",
        "10 kg",
        "nan(1)",
        "infinite",
        "0x",
        ".",
    ),
    *(
        "e",
        "+",
        "1e+",
        "1e-",
        "..",
        "1.e.1",
        "9" * 30 + "x",
        "x" * 5000,
        "\u202e1",
        "Ω",
        "日本",
        "1\u0301",
        "NULL1",
        "N/A!",
        "pred",
    ),
    *("1e5e5", "i", "1j", "1+2j", "0o7", "true1", "False", "one", "~1", "^", "*", "@1", "1@", "\\1", "1\\n", "1\t2", "🙂", "1🙂"),
)
MISSING = ("", "NA", "N/A", "null", "NULL", "NaN", "nan", "None", "#N/A")
NOT_FINITE = ("inf", "-inf", "Infinity", "-Infinity", "1e999", "-1e400")


def _cell(rng: random.Random, data: Data, names: list[str], value: Any) -> tuple[str, int]:
    """Put a value into a cell of one of these columns; the column and the row, counted from 1."""
    name, row = rng.choice(names), rng.randrange(data.rows)
    data.side(name)[name][row] = value
    return name, row + 1


def _numeric(data: Data) -> list[str]:
    return [*data.pred, *(name for name in data.target if name != "label")]


@kind
def text_in_a_column_of_numbers(rng: random.Random) -> Case:
    data, suffix = drawn(rng), rng.choice(FORMATS)
    name, row = _cell(rng, data, _numeric(data), rng.choice(NOT_NUMBERS))
    if suffix in TYPED:
        column = data.side(name)[name]
        column[:] = [str(x) for x in column]
    made = put(rng, data, suffix)
    if suffix in TYPED:  # the column is one of words
        return made.case(rng, made.of(name))
    return made.case(rng, made.of(name), name, f"row {row}")


@kind
def a_missing_cell(rng: random.Random) -> Case:
    data, suffix = drawn(rng), rng.choice([*FORMATS])
    value = None if suffix in TYPED or rng.random() < 0.4 else rng.choice(MISSING)
    name, row = _cell(rng, data, _numeric(data), value)
    made = put(rng, data, suffix)
    return made.case(rng, made.of(name), name, f"row {row}")


@kind
def a_number_that_is_not_finite(rng: random.Random) -> Case:
    data, suffix = drawn(rng), rng.choice(("csv", "tsv", "parquet", "feather", "arrow", "orc", "jsonl"))
    text = rng.choice(NOT_FINITE)
    name, row = _cell(rng, data, _numeric(data), text if suffix in ("csv", "tsv") else float(text))
    made = put(rng, data, suffix)
    return made.case(rng, made.of(name), name, f"row {row}")


@kind
def a_column_taken_away(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (regress, binary, boxes, vectors)), rng.choice(FORMATS)
    name = rng.choice([x for x in (*data.pred, *data.target) if data.family != "embed" or x == "label"])
    side = data.side(name)
    del side[name]
    made = put(rng, data, suffix)
    return made.case(rng, made.inputs[-1 if made.two and side is data.target else 0], codes=(2, 3))


@kind
def no_rows(rng: random.Random) -> Case:
    data = rng.choice(ALL)(rng, 0)
    made = put(rng, data, rng.choice([x for x in FORMATS if x not in ("xpt", "sav", "dta")]))
    return made.case(rng, made.inputs)


@kind
def a_number_outside_of_its_domain(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (binary, several, boxes, vectors)), rng.choice(FORMATS)
    row = rng.randrange(data.rows)
    if data.family == "detect":
        name = rng.choice(("x", "y"))
        side = data.target if rng.random() < 0.5 else data.pred
        side[f"{name}2"][row] = side[f"{name}1"][row] - rng.choice((0.5, 3, 100))
        made = put(rng, data, suffix)
        return made.case(rng, made.inputs[int(side is data.target)], f"row {row + 1}", ("inverted", "x2", "y2"))
    if data.family == "embed" or rng.random() < 0.4:
        wrong = rng.choice((-1.5, 0.5, 1.25) if data.family == "embed" else (-3, 7, 2.25, 10**6))
        data.target["label"][row] = wrong
        made = put(rng, data, suffix)
        return made.case(rng, made.of("label"), "label", f"row {row + 1}")
    name = rng.choice(list(data.pred))
    data.pred[name][row] = rng.choice((-0.25, 1.5, 7.0, -1e-3, 1e9, 1.01))
    made = put(rng, data, suffix)
    return made.case(rng, made.of(name), ("p0" if data.family == "several" else name, "p0", "sum"), f"row {row + 1}")


@kind
def scores_that_do_not_sum_to_one(rng: random.Random) -> Case:
    data, suffix = several(rng, rng.randrange(6, 40)), rng.choice(FORMATS)
    row = rng.randrange(data.rows)
    factor = rng.choice((0.0, 0.5, 0.9, 0.99))
    for column in data.pred.values():
        column[row] *= factor
    made = put(rng, data, suffix)
    return made.case(rng, made.of("p0"), f"row {row + 1}", "sum to")


@kind
def text_for_every_number(rng: random.Random) -> Case:
    data, suffix = drawn(rng), rng.choice(FORMATS)
    name = rng.choice(_numeric(data))
    word = rng.choice(("x", "cat", "1.5m", "=2", "12-1", "n/k"))
    data.side(name)[name][:] = [f"{word}{i % 7}" for i in range(data.rows)]
    made = put(rng, data, suffix)
    return made.case(rng, made.inputs)


@kind
def lists_of_unequal_lengths(rng: random.Random) -> Case:
    n, d, suffix = (
        rng.randrange(5, 3000 if rng.random() < 0.3 else 40),
        rng.randrange(2, 6),
        rng.choice(("jsonl", "parquet", "feather")),
    )
    rows = [[round(rng.uniform(0, 9), 2) for _ in range(d)] for _ in range(n)]
    row = rng.randrange(1, n)
    rows[row] = rows[row][:-1] if rng.random() < 0.5 else [*rows[row], 1.5]
    data = Data("regress", ("mae", "mse"), [f"k{i}" for i in range(n)], {"pred": rows}, {"target": [[1.0] * d for _ in range(n)]})
    made = put(rng, data, suffix)
    return made.case(rng, made.of("pred"), "pred", f"row {row + 1}")
