"""Arrays that options name: vectors and matrices from NPY and CSV."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources.parameter_files import read_array


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1\n2\n3\n", [1, 2, 3]),
        ("weight\n1\n2\n", [1, 2]),
        ("0.25,0.75\n", [0.25, 0.75]),
        ("cat,dog\n0.25,0.75\n", [0.25, 0.75]),
        ("0,1\n1,0\n", [[0, 1], [1, 0]]),
        ("a,b\n0,1\n1,0\n", [[0, 1], [1, 0]]),
        ("0;1\n1;0\n", [[0, 1], [1, 0]]),
    ],
)
def test_csv(tmp_path, content, expected):
    (tmp_path / "w.csv").write_text(content)
    array = read_array(str(tmp_path / "w.csv"))
    assert array.dtype == np.float64
    assert array.tolist() == expected


@pytest.mark.parametrize("array", [np.array([1, 2]), np.ones((2, 3), np.float32), np.ones((1, 4))])
def test_npy(tmp_path, array):
    np.save(tmp_path / "w.npy", array)
    read = read_array(str(tmp_path / "w.npy"))
    assert read.dtype == np.float64
    assert read.shape == array.shape
    assert (read == array).all()


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        ("name,w\ncat,1\n", "row 1, line 2, column name: 'cat' is not a number"),
        ("w\n1\nnan\n", "row 2, line 3, column w: nan is not a finite number"),
        ("1,2\n3\n", "row 2, line 2: found 1 field, expected 2"),
    ],
)
def test_refused(tmp_path, content, fact):
    (tmp_path / "w.csv").write_text(content)
    with pytest.raises(DataError) as e:
        read_array(str(tmp_path / "w.csv"))
    assert fact in str(e.value)


def test_refused_arrays(tmp_path):
    np.save(tmp_path / "w.npy", np.ones((2, 2, 2)))
    with pytest.raises(DataError, match="not a vector or matrix"):
        read_array(str(tmp_path / "w.npy"))
    np.savez(tmp_path / "w.npz", a=np.ones(2))
    with pytest.raises(DataError, match="is npz, which is not read here"):
        read_array(str(tmp_path / "w.npz"))


@pytest.mark.parametrize("content", ["w\n1,5\n2,5\n", 'w,v\n1,"1,234.5"\n', "w\n1\nabc\n", "w\n1\n# end\n3,4\n"])
def test_no_option_is_named_that_does_not_apply(tmp_path, content):
    (tmp_path / "w.csv").write_text(content)
    with pytest.raises(DataError) as e:
        read_array(str(tmp_path / "w.csv"))
    assert e.value.fix is not None
    assert "--" not in e.value.fix


def test_comments_are_not_rows(tmp_path):
    np.savetxt(tmp_path / "w.csv", [[1.0, 2.0], [3.0, 4.0]], delimiter=",", header="made today")
    assert read_array(str(tmp_path / "w.csv")).tolist() == [[1, 2], [3, 4]]
