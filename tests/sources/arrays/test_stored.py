"""Rows of arrays in files, read as they are needed: any shape, type, order and steps, as NumPy slices them."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources.arrays.array import Header, Stored
from losscli.sources.files.byte_file import ByteFile


def test_rows_are_those_of_the_array(tmp_path):
    rng = np.random.default_rng(1)
    for case in range(120):
        axes = int(rng.integers(1, 5))
        shape = rng.integers(1, (0, 4000, 60, 12, 12)[axes], axes)
        order = rng.choice(["C", "F"])
        dtype = np.dtype(rng.choice(["<f8", "<f4", "u1", ">i4", "<U3"]))
        raw = bytes(case % 9) + rng.integers(0, 1000, shape).astype(dtype).tobytes(order)
        path = tmp_path / f"{case}.bin"
        path.write_bytes(raw)
        view = np.frombuffer(raw, dtype, offset=case % 9).reshape(shape, order=order)
        if steps := case % 2:
            view = view.transpose(rng.permutation(axes))[:: 1 + case % 3]
        header = Header(view.shape, bool(order == "F") and not steps, dtype, 0)
        values = Stored(ByteFile(str(path)), case % 9, header, "x", view.strides if steps else None)
        first, last = sorted(rng.integers(0, len(view) + 1, 2).tolist())
        read = values.read(first, last)
        assert np.array_equal(read, view[first:last])
        assert read.flags.aligned
        rows = rng.integers(0, len(view), case % 50)
        assert np.array_equal(values.take(rows), view[rows])


def test_few_rows_of_many_are_read_alone(tmp_path, monkeypatch):
    x = np.arange(1 << 20, dtype=np.float64)
    path = tmp_path / "x.bin"
    path.write_bytes(x.tobytes())
    values = Stored(ByteFile(str(path)), 0, Header(x.shape, False, x.dtype, 0), "x")
    rows = np.array([1 << 19, 3, (1 << 20) - 1, 5, 3])
    sizes: list[int] = []
    plain = ByteFile.read_into

    def read_into(self, view, offset):
        sizes.append(len(view))
        return plain(self, view, offset)

    monkeypatch.setattr(ByteFile, "read_into", read_into)
    assert values.take(rows).tolist() == rows.tolist()
    assert sizes == [24, 8, 8]


def test_rows_that_are_gone(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(80))
    values = Stored(ByteFile(str(path)), 0, Header((10,), False, np.dtype(float), 0), "x")
    assert values.read(0, 10).tolist() == [0.0] * 10
    path.write_bytes(bytes(40))
    with pytest.raises(DataError, match="x: the file has changed while it was read"):
        values.read(4, 10)
