"""What a numeric cell means: `float()` to the bit, by both ways of reading, and nothing that `float()` alone would take."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources.cell_numbers import number, value
from losscli.sources.delimited import fast_columns
from losscli.sources.delimited.cells import RawRows, floats
from losscli.sources.delimited.dialect import Dialect
from losscli.sources.delimited.row_buffer import RowBuffer

FRAME = Dialect("x.csv", ",", ("x", "y"), 4, 2)


def span(cells):
    return RawRows(FRAME, "\n".join(f"{cell},0" for cell in cells).encode(), 0, 2)


def by_cells(cells):
    there = span(cells)
    return floats(there, there.records(), 0)


def by_bulk(cells):
    read = fast_columns.read(RowBuffer.of(span(cells)), len(cells), [(0, "f")], fast_columns.FixedPointHistory())
    return None if read is None else read[0, "f"]


def tie(x: float) -> str:
    """Just above or below the middle of two neighbouring doubles, the hardest digits to round."""
    middle = (Fraction(x) + Fraction(float(np.nextafter(x, 2)))) / 2
    return "0." + str(middle.numerator * 10**18 // middle.denominator).zfill(18)


bits = st.integers(0, 2**64 - 1).map(lambda i: struct.unpack("<d", struct.pack("<Q", i))[0])
doubles = st.one_of(bits, st.floats(), st.floats(0, 1))
spelled = st.one_of(
    doubles.map(repr),
    doubles.map(lambda x: f"{x:.18e}"),
    st.floats(0.001, 1).map(tie),
    st.builds(lambda x, n: f"{x:.{n}f}", st.floats(-1e6, 1e6), st.integers(0, 30)),
    st.integers(-(10**25), 10**25).map(str),
    st.builds(lambda a, b, e: f"{a}.{b}e{e:+03d}", st.integers(0, 999), st.integers(0, 10**18), st.integers(-40, 40)),
    st.sampled_from(
        ["nan", "NaN", "inf", "-inf", "Infinity", " 1.5", "\t-2 ", "+3", ".5", "5.", "1e5", "1E-7", "-0", "1e400", "00001.50"]
    ),
)


def no_double(cell):
    """Whether a cell is a whole number that float64 would change."""
    return cell.strip("+-").isdecimal() and int(cell) != float(cell)


@given(st.lists(spelled, min_size=1, max_size=20))
@example(["0.5000000000000000", "9007199254740992", "18446744073709551616", "-9223372036854775808"])
@example(["0.5", "9007199254740993"])
@example(["18446744073709551615"])
def test_both_ways_are_float_to_the_bit(cells):
    if any(map(no_double, cells)):
        assert by_bulk(cells) is None
        with pytest.raises(DataError, match="has no exact double"):
            by_cells(cells)
        return
    expected = np.array([float(cell) for cell in cells]).tobytes()
    assert by_cells(cells).tobytes() == expected
    assert by_bulk(cells).tobytes() == expected


@given(st.lists(st.text("0123456789.eE+- \t_xna", max_size=9), min_size=1, max_size=6))
@settings(max_examples=120)
def test_both_ways_refuse_alike(cells):
    try:
        expected = np.array([value(cell) for cell in cells]).tobytes()
    except ValueError:
        assert by_bulk(cells) is None
        with pytest.raises(DataError):
            by_cells(cells)
    else:
        assert by_cells(cells).tobytes() == by_bulk(cells).tobytes() == expected


@pytest.mark.parametrize(
    "cell", ["1_0", "١٢", "1\u00a0", "\x0b1", "0x10", "1,5", "True", "", " ", "NA", "null", "1e", "e5", "-", "--1", "1 2"]
)
def test_refused(cell):
    with pytest.raises(ValueError):
        number(cell)


ODD = [
    "nan",
    "",
    "-",
    ".",
    "1.25",
    "12345678",
    "123456789",
    "-1.5e-3",
    "1e5",
    " 2.50",
    "+3.25",
    "1,5",
    "0.5\r",
    "..5",
    "5.",
    "-.50",
    "1-2",
    "12.3.4",
]


@given(
    st.integers(0, 8),
    st.integers(0, 8),
    st.lists(st.tuples(st.floats(-2e4, 2e4), st.floats(-2, 2)), min_size=1, max_size=30),
    st.none() | st.tuples(st.integers(0, 29), st.booleans(), st.sampled_from(ODD)),
)
@example(2, 2, [(0.5, 0.5), (0.5, 0.5)], (1, False, "1234"))
@example(6, 3, [(0.0, 1.0), (0.0, 1.0)], (1, True, "12345"))
def test_fixed_point_columns(first, second, values, odd):
    """Columns of one format, with perhaps one cell that is of none."""
    rows = [[f"{x:.{first}f}", f"{y:.{second}f}"] for x, y in values]
    if odd and odd[0] < len(rows):
        rows[odd[0]][odd[1]] = odd[2]
    there = RawRows(FRAME, "\n".join(map(",".join, rows)).encode(), 0, 2)
    keys = [(0, "f"), (1, "f")]
    found = fast_columns.read(RowBuffer.of(there), len(rows), keys, fast_columns.FixedPointHistory())
    try:
        records = there.records()
        expected = [floats(there, records, column).tobytes() for column, _ in keys]
    except DataError:
        assert found is None
    else:
        assert [found[key].tobytes() for key in keys] == expected


def test_fixed_point_columns_are_read_as_such():
    """The quick way is taken, or its tests test nothing."""
    habit = fast_columns.FixedPointHistory()
    there = RawRows(FRAME, b"".join(b"%d.25,-0.%04d\n" % (i, i) for i in range(999)), 0, 2)
    fast_columns.read(RowBuffer.of(there), 999, [(0, "f"), (1, "f")], habit)
    assert (habit.hits, habit.misses) == (1, 0)
