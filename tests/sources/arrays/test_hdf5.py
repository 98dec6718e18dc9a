"""HDF5: the values of h5py, span by span; MATLAB's order of axes; whatever leaves the file or cannot be rows is refused by name."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from tests.support.command import cli, refused

KINDS = st.sampled_from(["<f8", ">f4", "f2", "i8", "i4", "i2", "i1", "u1", "?", "u2", "u4", "u8"])
ARRAYS = KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(max_side=5)))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@settings(max_examples=25, deadline=None)
@given(ARRAYS, st.booleans(), st.integers(0, 5))
def test_equal_to_what_was_written(tmp_path_factory, values, packed, cut):
    path = tmp_path_factory.mktemp("x") / "x.h5"
    with h5py.File(path, "w") as f:
        f.create_dataset("a/x", data=values, chunks=packed or None, compression="gzip" if packed else None)
    for source, names in ((open_source(str(path)), ("x",)), (open_source(f"{path}::/a/x"), ())):
        field = pickle.loads(pickle.dumps(source.numbers(names)))
        for part, want in ((field.read(0, field.rows), values), (field.read(cut, field.rows), values[cut:])):
            assert (part.dtype, part.shape, part.tobytes()) == (want.dtype, want.shape, want.tobytes())


def test_names_text_and_kinds():
    with h5py.File("x.h5", "w") as f:
        f["val/pred"], f["val/label"], f["train/pred"] = np.arange(3.0), ["a", "bé", ""], np.arange(2.0)
        f["fixed"] = np.array([b"ab", b"c"])
        f.create_dataset("kind", data=[0, 1], dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i1"))
        f["table"] = np.array([(1.5, 2), (2.5, 3)], dtype=[("score", "f4"), ("n", "i8")])
        f["soft"] = h5py.SoftLink("/val/pred")
        f["scalar"], f["z"] = 3.0, np.zeros(2, complex)
    source = open_source("x.h5")
    assert set(source.names) == {"fixed", "kind", "scalar", "score", "n", "train/pred", "label", "val/pred", "z"}
    assert source.text("label").read(0, 3).tolist() == ["a", "bé", ""]
    assert source.text("fixed").read(1, 2).tolist() == ["c"]
    assert source.text("kind").read(0, 2).tolist() == ["0", "1"]
    assert source.numbers(("score",)).read(1, 2).tolist() == [2.5]
    assert open_source("x.h5::/val").names == ("label", "pred")
    assert open_source("x.h5::soft").numbers(()).read(0, 3).tolist() == [0, 1, 2]
    assert open_source("x.h5::label").text("").read(0, 1).tolist() == ["a"]
    for name, says in (("scalar", "single number"), ("z", "complex")):
        with pytest.raises(DataError, match=says):
            source.numbers((name,))


def matlab(path, **variables):
    """A file as MATLAB 7.3 writes it: HDF5 after 512 bytes, axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as f:
        for name, values in variables.items():
            f[name] = np.asarray(values).T
            f[name].attrs["MATLAB_class"] = np.bytes_("double")
    with open(path, "r+b") as f:
        f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


def test_matlab_order():
    values = np.arange(24.0).reshape(4, 3, 2)
    matlab("x.mat", a=values, column=np.arange(4.0)[:, None], row=np.arange(4.0)[None])
    source = open_source("x.mat")
    assert source.numbers(("a",)).read(1, 3).tolist() == values[1:3].tolist()
    assert source.numbers(("column",)).read(0, 4).tolist() == [0, 1, 2, 3]
    assert source.numbers(("row",)).shape == (4,)
    assert "rows first" in notes_of(source)[0]


def test_missing_and_packed_values():
    with h5py.File("x.h5", "w") as f:
        f["x"], f["n"], f["p"] = np.array([1.0, -999]), np.array([1, -999]), np.array([1, 2])
        f["x"].attrs["_FillValue"] = f["n"].attrs["_FillValue"] = -999
        f["p"].attrs["scale_factor"] = 0.1
    source = open_source("x.h5")
    assert np.isnan(source.numbers(("x",)).read(0, 2)).tolist() == [False, True]
    with pytest.raises(DataError, match=r"row 2.*_FillValue"):
        source.numbers(("n",)).read(0, 2)
    with pytest.raises(DataError, match="is packed"):
        source.numbers(("p",))


def test_refused_by_name():
    np.save("t.npy", np.zeros(2))
    with h5py.File("other.h5", "w") as f:
        f["x"] = np.zeros(2)
    layout = h5py.VirtualLayout((2,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (2,))
    with h5py.File("x.h5", "w") as f:
        f["pred"] = np.zeros(2)
        f["link"] = h5py.ExternalLink("other.h5", "/x")
        f.create_virtual_dataset("virtual", layout)
        f.create_dataset("outside", (2,), "f8", external=[("/etc/passwd", 0, 16)])
        f.create_dataset("ref", (2,), h5py.ref_dtype)
        f.create_dataset("lists", (2,), h5py.vlen_dtype("i4"))
        f["empty"] = h5py.Empty("f")
        f.create_group("frame").attrs["pandas_type"] = "frame"
    said = {"link": "is not followed", "virtual": "in other files", "outside": "in other files", "ref": "references"}
    said |= {
        "lists": "lists of different lengths",
        "empty": "no values",
        "frame": "pandas.read_hdf('x.h5', 'frame')",
        "no": "no dataset",
    }
    for name, says in said.items():
        refused(3, "regress", f"x.h5::{name}", "t.npy", "-l", "mae", says=(says, "x.h5"))
    raw = Path("x.h5").read_bytes()
    for damaged in (raw[:100], raw[:600], raw[:8] + bytes(200), b"\x89HDF\r\n\x1a\n"):
        Path("y.h5").write_bytes(damaged)
        refused(3, "regress", "y.h5", "t.npy", "-l", "mae", says=("y.h5: not a readable HDF5 file",))


def test_the_command():
    with h5py.File("x.h5", "w") as f:
        f["a/pred"], f["a/target"] = np.array([1.0, 2, 4]), np.array([1.0, 2, 3])
    runs = [cli("regress", "x.h5", "-l", "mse", "-f", "json", "--jobs", jobs) for jobs in ("1", "2", "4")]
    assert {done.loss["value"] for done in runs} == {runs[0].loss["value"]}
    assert runs[0].loss["value"] == pytest.approx(1 / 3, rel=1e-15)
