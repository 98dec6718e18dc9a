"""Words compared by value: whole numbers, blanks, folders and suffixes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.reading.key_words import plain, plain_words, respelled, stem, stems, stems_meet


@pytest.mark.parametrize(
    ("word", "same"),
    [("1.0", "1"), (" cat ", "cat"), ("-3.00", "-3"), ("007", "007"), ("1.5", "1.5"), ("1e3", "1e3"), ("v1.0", "v1.0"), ("", "")],
)
def test_whole_numbers_and_blanks_have_one_spelling(word, same):
    assert plain(word) == same


@pytest.mark.parametrize(
    ("word", "same"),
    [
        ("2007_000027.jpg", "2007_000027"),
        ("val/images/a.b.PNG", "a.b"),
        ("c:\\data\\a.tif", "a"),
        ("scan.nii.gz", "scan"),
        ("img.0001", "img.0001"),
        ("12.0", "12"),
        (".png", ".png"),
        ("a", "a"),
    ],
)
def test_a_stem_has_neither_folder_nor_suffix(word, same):
    assert stem(word) == same


@given(st.text())
def test_spelling_twice_changes_nothing(word):
    assert plain(plain(word)) == plain(word)


def test_arrays_of_words():
    words = np.array(["1.0", "a.png"], dtype=object)
    assert plain_words(words).tolist() == ["1", "a.png"]
    assert stems(words).tolist() == ["1", "a"]


def test_what_makes_a_difference_is_found():
    assert respelled(["1", "2"], ["2.0", "3"]) == ("2", "2.0")
    assert respelled(["1.0"], ["1.0"]) is None
    assert stems_meet(["a"], ["b.png", "a.png"])
    assert not stems_meet(["a"], ["b"])


@pytest.mark.parametrize(
    ("word", "same"),
    [
        ("2024-01-01 00:00:00", "2024-01-01"),
        ("2024-01-01T00:00", "2024-01-01"),
        ("2024-01-01T00:00:00.000000000", "2024-01-01"),
        ("2024-01-01T12:30", "2024-01-01 12:30:00"),
        ("2024-01-01 12:30:00.250", "2024-01-01 12:30:00.25"),
        ("2024-01-01T00:00:00Z", "2024-01-01Z"),
        ("2024-01-01 00:00:00+00:00", "2024-01-01Z"),
        ("2024-01-01 01:00+01:00", "2024-01-01Z"),
        ("2023-12-31T23:30:00-0030", "2024-01-01Z"),
        ("0001-01-01T00:00+01:00", "0001-01-01T00:00+01:00"),
        ("2024-13-01 00:00:00", "2024-13-01 00:00:00"),
        ("01-02-2024", "01-02-2024"),
        ("2024-1-1", "2024-1-1"),
        ("2024-01-01_a", "2024-01-01_a"),
    ],
)
def test_a_time_has_one_spelling(word, same):
    assert plain(word) == same
    assert plain(same) == same


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.integers(-23, 23))
def test_equal_instants_have_one_spelling(time, hours):
    there = time.replace(tzinfo=timezone.utc).astimezone(timezone(timedelta(hours=hours)))
    assert plain(there.isoformat()) == plain(f"{time.isoformat(' ')}Z") != plain(time.isoformat())
