"""Arrays that are malformed, or that can be read in more than one way: NPY, NPZ, safetensors, torch files and HDF5."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tests.hostile.inputs.row import Table, locked, main, npy, raw, replaced
from tests.support.compressed import zipped
from tests.support.samples import _stream

ARRAYS = Table()
TWO = "regress p.npy t.npy -l mae"
THREE = np.array([1.0, 2.0, 3.0])


def sides(name: str, pred: Any, target: Any, *says: str, command: str = TWO) -> None:
    ARRAYS.add(name, command, {"p.npy": pred, "t.npy": target}, *says)


ARRAYS.of("npy")
sides("empty", b"", THREE, "p.npy: the file is empty")
sides("of no rows", np.zeros(0), np.zeros(0), "p.npy: contains no values (shape (0,))")
sides(
    "cut in the header",
    raw(THREE, "")[:40],
    THREE,
    "p.npy: broken NPY header",
)
sides("cut in the data", raw(THREE, "")[:-5], THREE, "p.npy: truncated: the header announces 24 bytes of values, the file has 19")
sides("more data than the header says", raw(THREE, "") + bytes(8), THREE, "p.npy: 8 bytes follow its values")
sides(
    "an unclosed bracket",
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,", bytes(24)),
    THREE,
    "p.npy: broken NPY header",
)
sides(
    "a negative axis",
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }", bytes(24)),
    THREE,
    "p.npy: broken header: shape (-3,)",
)
sides(
    "a truth value for an axis",
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }", bytes(24)),
    THREE,
    "p.npy: broken header: shape (True,)",
)
sides(
    "an axis of 10^30",
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1" + "0" * 30 + ",), }", bytes(24)),
    THREE,
    "p.npy: truncated: the header announces 8000000000000000000000000000000 bytes of values, the file",
)
sides(
    "a hundred axes",
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + repr((1,) * 100) + ", }", bytes(8)),
    THREE,
    "p.npy: broken header: shape (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,",
)
sides(
    "a call in the header",
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os').getpid(),), }", bytes(24)),
    THREE,
    "p.npy: broken NPY header",
)
sides("version 9", b"\x93NUMPY\x09\x00" + raw(THREE, "")[8:], THREE, "p.npy: broken NPY header")
sides(
    "pickled objects",
    _stream(lambda out: np.save(out, np.array([1, "a", None], object), allow_pickle=True)),
    THREE,
    "p.npy: contains pickled Python objects, which are never loaded",
)
sides("text", np.array(["1", "2", "x"]), THREE, "p.npy: contains text where numbers are needed")
sides("complex numbers", np.array([1j, 2, 3]), THREE, "p.npy: contains complex numbers, not numbers")
sides("dates", np.array(["2024-01-01"] * 3, "M8[D]"), THREE, "p.npy: contains values of type datetime64[D], not numbers")
sides("records", np.array([(1.0, 2)] * 3, [("pred", "f8"), ("n", "i4")]), THREE, "p.npy: contains a structured array, not numbers")
sides("a number alone", np.array(3.0), np.array(3.0), "p.npy: contains a single number, not rows")
sides("NaN", np.array([1, np.nan, 3]), THREE, "p.npy, row 2: nan is not a finite number")
sides(
    "integers beyond doubles",
    np.array([2**62 + 1, 2, 3]),
    np.array([1.5, 2, 3]),
    "p.npy, row 1: 4611686018427387905 has no exact double",
)
sides(
    "rows of other lengths",
    np.ones((3, 2)),
    np.ones((3, 3)),
    "t.npy, row 1, column [0]: target has 3 numbers per row, pred has 2 numbers: arrays are not broadcast",
)
sides("another number of rows", THREE, np.ones(4), "3 predictions in p.npy, but 4 targets in t.npy")
sides("a column beside a row", np.ones((1, 3)), np.ones((3, 1)), "1 prediction in p.npy, but 3 targets in t.npy")
sides(
    "labels that are fractions",
    np.full((3, 2), 0.5),
    THREE / 2,
    "t.npy, row 1: 0.5 is not a class number",
    command="classify p.npy t.npy -l ce",
)
sides(
    "probabilities above one",
    np.full((3, 2), 1.5),
    np.zeros(3, int),
    "p.npy, row 1, column [0]: 1.5 is not a probability",
    command="classify p.npy t.npy -l ce",
)
sides(
    "boxes of three numbers",
    np.ones((2, 3)),
    np.ones((2, 4)),
    "p.npy, row 1, column [0]: box needs four numbers per row, found rows of shape (3,)",
    command="detect p.npy t.npy -l giou",
)
sides(
    "boxes that are infinite",
    np.array([[0, 0, 1, np.inf]]),
    np.array([[0.0, 0, 1, 1]]),
    "p.npy, row 1, column [3]: inf is not a finite number",
    command="detect p.npy t.npy -l giou",
)
sides(
    "a mask saved as an image",
    np.full((2, 3, 3), 0.5),
    np.full((2, 3, 3), 255),
    "t.npy, row 1, column [0, 0]: label 255 is outside 0…1 (values 0 and 255: a mask saved as an image)",
    command="segment p.npy t.npy -l bce",
)
sides(
    "channels last",
    np.full((2, 4, 4, 3), 1 / 3),
    np.zeros((2, 4, 4), int),
    "t.npy, row 1, column [0, 0]: shapes differ: PRED (2, 4, 4, 3), TARGET (2, 4, 4); arrays are not",
    command="segment p.npy t.npy -l ce",
)
sides(
    "masks of another size",
    np.full((2, 4, 4), 0.5),
    np.zeros((2, 4, 5), int),
    "t.npy, row 1, column [0, 0]: shapes differ: PRED (2, 4, 4), TARGET (2, 4, 5); arrays are not",
    command="segment p.npy t.npy -l dice",
)
sides(
    "embeddings and too few labels",
    np.ones((3, 2)),
    np.zeros(2, int),
    "3 predictions in p.npy, but 2 targets in t.npy",
    command="embed p.npy t.npy -l triplet",
)
sides(
    "embeddings of no dimension",
    np.ones((3, 0)),
    np.zeros(3, int),
    "p.npy: contains no values (shape (3, 0))",
    command="embed p.npy t.npy -l contrastive",
)

ARRAYS.of("npz")
NPZ = "regress a.npz -l mae"


def archive(name: str, content: Any, *says: str, command: str = NPZ) -> None:
    ARRAYS.add(name, command, {"a.npz": content}, *says)


def bomb(claimed: int) -> bytes:
    """Deflated members that announce so many bytes, and have a hundred."""
    array = npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({claimed // 8 - 10},), }}").ljust(100)
    made = zipped(pred__npy=array, target__npy=array)
    return made.replace(struct.pack("<I", 100), struct.pack("<I", claimed))


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


BOTH = {"pred": THREE, "target": THREE + 1}
archive("empty", b"", "a.npz: the file is empty")
archive("of no arrays", zipped(), "a.npz: contains no arrays")
archive("unequal lengths", {"pred": np.ones(3), "target": np.ones(2)}, "a.npz: `pred` has 3 rows, `target` has 2")
archive("cut", raw(BOTH, "")[:-30], "a.npz: not a readable NPZ file")
archive("a damaged byte", flipped(raw(BOTH, ""), 180), "a.npz, column pred: not a readable NPZ file")
archive(
    "a damaged directory",
    replaced("npz", b"PK\x01\x02", b"PK\x01\x03"),
    "a.npz: not a readable NPZ file",
)
archive("a bomb", bomb(1 << 31), "a.npz, column pred: expands from 76 bytes to 2147483648, and is not decompressed")
archive(
    "arrays of numbers alone",
    {"arr_0": THREE, "arr_1": THREE},
    "mae reads `pred` (PRED) and `target` (TARGET), which the inputs do not contain; a.npz has arr_0,",
)
archive(
    "no role by name",
    {"u": THREE, "v": THREE, "w": THREE},
    "mae reads `pred` (PRED) and `target` (TARGET), which the inputs do not contain; a.npz has u, v, w",
)
archive(
    "two members of one name",
    zipped(pred__npy=raw(THREE, ""), target__npy=raw(THREE, ""), pred=raw(THREE, "")),
    "a.npz: contains two arrays with the same name",
)
archive("a role twice", {"pred": THREE, "y_pred": THREE, "target": THREE}, "a.npz: which column is `pred`? pred, y_pred")
archive(
    "pickled objects",
    _stream(lambda out: np.savez(out, allow_pickle=True, pred=np.array([1, None], object), target=np.ones(2))),
    "a.npz, column pred: contains pickled Python objects, which are never loaded",
)
archive("text among arrays", zipped(pred__npy=raw(THREE, ""), target__npy=b"hello"), "a.npz, column target: not an NPY array")
archive(
    "a member with a password",
    locked(main("npz")),
    "a.npz, column pred: not a readable NPZ file",
)
archive("a member that is not there", BOTH, "a.npz::nope: no key 'nope'", command="regress a.npz::nope -l mae")
