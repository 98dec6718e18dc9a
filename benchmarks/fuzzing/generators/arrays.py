"""Arrays that no loss reads: headers, types, shapes and values of NPY, NPZ, safetensors, torch files and HDF5, in every family."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.fuzzing.case import Case, Words
from benchmarks.fuzzing.generators.kinds import kind
from tests.hostile.inputs.row import npy
from tests.support.samples import TABLES

GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
FIRST: Mapping[str, tuple[str, str]] = {
    "descr": ("'descr': '<f8'", "'descr': {}"),
    "order": ("'fortran_order': False", "'fortran_order': {}"),
    "shape": ("'shape': (3,)", "'shape': {}"),
}
WRONG: Mapping[str, tuple[str, ...]] = {
    "descr": (
        "'<f3'",
        "'x'",
        "''",
        "None",
        "8",
        "'|O'",
        "'<c16'",
        "'<M8[s]'",
        "[]",
        "[('a', '<f8')]",
        "'<U4'",
        "'|S8'",
        "'|V8'",
        "('<f8', (2,))",
        "True",
        "'<f8' * 9",
        "{'a': 1}",
        "'>f2'",
        "'<f16'",
        "'|b1'",
        "'<m8'",
        "b'<f8'",
        "'float64x'",
        "[('a','<f8'),('a','<f8')]",
        "'\\x1b[31m'",
    ),
    "order": ("None", "0", "'no'", "[]", "1.5", "Tru", "not False", "{}"),
    "shape": (
        "(-3,)",
        "3",
        "(3.0,)",
        "('3',)",
        "(None,)",
        "(True,)",
        "(3,-1)",
        "[]",
        "None",
        "(4,)",
        "(10**30,)",
        "(1 << 62, 4)",
        "(9223372036854775807,)",
        "(18446744073709551616,)",
        f"({'1,' * 70})",
        "(3,,)",
        "((3,),)",
        "(3j,)",
        "(0x3, 2)",
        "(1_000,)",
        "(2,3)",
        "'(3,)'",
        "(1000000000000000,)",
        "(3",
        "(3,))",
        f"({'9' * 5000},)",
    ),
}
SPOILT = (np.nan, np.inf, -np.inf)


def _saved(values: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, values, allow_pickle=True)
    return out.getvalue()


def _two(family: str, loss: str, pred: Any, target: Any, *says: Words) -> Case:
    files = {
        "p.npy": pred if isinstance(pred, bytes) else _saved(pred),
        "t.npy": target if isinstance(target, bytes) else _saved(target),
    }
    return Case((family, "p.npy", "t.npy", "-l", loss), files, says)


@kind
def a_header_of_npy_that_is_wrong(rng: random.Random) -> Case:
    name = rng.choice(list(FIRST))
    old, new = FIRST[name]
    header = GOOD.replace(old, new.format(rng.choice(WRONG[name])))
    data = np.arange(3.0).tobytes()[: rng.choice((24, 24, 24, 16, 1))]
    version = rng.choice((1, 1, 1, 2, 3, 0, 255)) if rng.random() < 0.3 else 1
    return _two(
        "regress", rng.choice(("mae", "mse")), npy(header, data, version), np.arange(3.0), "p.npy" if version == 1 else ".npy"
    )


@kind
def a_header_of_npy_in_pieces(rng: random.Random) -> Case:
    raw = _saved(np.arange(3.0))
    at = rng.randrange(10, 127)
    junk = rng.choice(
        (b"", b"'", b"(", b"{", b"\0", b"\n", b"\xff", b"lambda:0", b"__import__('os')", b"9" * 50, b"#", b"\\", b"]")
    )
    made = raw[:at] + junk + raw[at + rng.randrange(1, 6) :] if rng.random() < 0.8 else raw[:at]
    return Case(("regress", "p.npy", "t.npy", "-l", "mae"), {"p.npy": made, "t.npy": raw}, codes=(0, 3))


def _valid(rng: random.Random, n: int) -> tuple[str, str, Any, Any]:
    """A family, a loss, and arrays of both sides."""
    floats = np.random.default_rng(rng.randrange(1 << 30))
    ways = (
        ("regress", "mae", floats.normal(size=n), floats.normal(size=n)),
        ("regress", "mse", floats.normal(size=(n, 3)).astype("f4"), floats.normal(size=(n, 3)).astype("f4")),
        ("classify", "bce", floats.uniform(0.1, 0.9, n), np.arange(n) % 2),
        ("classify", "ce", floats.dirichlet(np.ones(3), n), np.arange(n) % 3),
        (
            "detect",
            "giou",
            np.c_[floats.uniform(0, 9, (n, 2)), floats.uniform(20, 30, (n, 2))],
            np.c_[floats.uniform(0, 9, (n, 2)), floats.uniform(20, 30, (n, 2))],
        ),
        ("segment", "dice", floats.uniform(0.1, 0.9, (n, 4, 5)), floats.integers(0, 2, (n, 4, 5))),
        ("segment", "ce", np.moveaxis(floats.dirichlet(np.ones(3), (n, 4, 5)), 3, 1), floats.integers(0, 3, (n, 4, 5))),
        ("embed", "triplet", floats.normal(size=(n, 4)), np.arange(n) % 3),
    )
    return rng.choice(ways)


@kind
def an_array_with_a_number_that_is_not_finite(rng: random.Random) -> Case:
    n = rng.randrange(7, 40) if rng.random() < 0.9 else 70000
    family, loss, pred, target = _valid(rng, n)
    row = rng.randrange(n)
    pred[(row, *(rng.randrange(k) for k in pred.shape[1:]))] = rng.choice(SPOILT)
    return _two(family, loss, pred, target, "p.npy", f"row {row + 1}")


@kind
def arrays_of_other_shapes(rng: random.Random) -> Case:
    n = rng.randrange(7, 40)
    family, loss, pred, target = _valid(rng, n)
    ways = [
        lambda a: a[:-1],
        lambda a: np.r_[a, a[:1]],
        lambda a: a[:0],
        lambda a: a[None],
        lambda a: a[..., None, None, None],
        lambda a: a.ravel()[:1].reshape(()),
    ]
    if pred.ndim > 1 and family != "embed":
        ways += [lambda a: a[..., :-1] if a.ndim > 1 else a[:-1], lambda a: np.repeat(a, 2, -1)]
    way = rng.choice(ways)
    if rng.random() < 0.5:
        return _two(family, loss, way(pred), target)
    return _two(family, loss, pred, way(target))


@kind
def arrays_of_other_types(rng: random.Random) -> Case:
    family, loss, pred, target = _valid(rng, rng.randrange(7, 40))
    ways = (
        lambda a: a.astype("c16"),
        lambda a: a.astype("U9"),
        lambda a: a.astype(object),
        lambda a: a.astype("M8[s]"),
        lambda a: a.astype("m8[s]"),
        lambda a: a.astype("S9"),
        lambda a: a.astype([("a", "f8")]),
        lambda a: a.astype("V8"),
    )
    way = rng.choice(ways)
    return _two(family, loss, way(pred), target, "p.npy")


@kind
def an_archive_whose_keys_do_not_do(rng: random.Random) -> Case:
    suffix = rng.choice(("npz", "safetensors", "pt", "h5"))
    n = rng.randrange(3, 30)
    columns = {"pred": np.arange(n) * 1.5, "target": np.arange(n) * 1.25}
    way = rng.randrange(6)
    if way == 0:
        del columns[rng.choice(("pred", "target"))]
    elif way == 1:
        columns[rng.choice(("yhat", "y_pred", "prediction"))] = columns["pred"] + 1
        columns["predicted"] = columns.pop("pred")
    elif way == 2:
        columns["target"] = columns["target"][: rng.randrange(n)]
    elif way == 3:
        columns["pred"] = np.ones((n, rng.randrange(2, 5)))
        columns["target"] = np.ones((n, 5))
    elif way == 4:
        columns = {f"{k}x{rng.randrange(9)}": v for k, v in columns.items()}
    else:
        columns["pred"][rng.randrange(n)] = rng.choice(SPOILT)
    return Case(
        ("regress", f"a.{suffix}", "-l", rng.choice(("mae", "mse", "huber:delta=1"))),
        {f"a.{suffix}": _archive(suffix, columns)},
        (f"a.{suffix}",),
        (2, 3),
    )


def _archive(suffix: str, columns: Mapping[str, Any]) -> bytes:
    if suffix == "npz":
        out = io.BytesIO()
        np.savez(out, **columns)
        return out.getvalue()
    if suffix == "safetensors":
        from safetensors.numpy import save

        return save(dict(columns))
    if suffix == "h5":
        import h5py

        out = io.BytesIO()
        with h5py.File(out, "w") as file:
            for name, values in columns.items():
                file.create_dataset(name, data=values)
        return out.getvalue()
    import tempfile
    from pathlib import Path

    from tests.support import torch_files

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "a.pt"))
        torch_files.save(path, dict(columns))
        return Path(path).read_bytes()


@kind
def a_header_of_safetensors_that_is_wrong(rng: random.Random) -> Case:
    tensor = {"dtype": '"F64"', "shape": "[3]", "data_offsets": "[0,24]"}
    name = rng.choice(list(tensor))
    wrong = {
        "dtype": ('"F63"', "null", "8", '"f64"', '""', "[]", '"BOOL"', '"F32"', '"Q4"'),
        "shape": (
            "[4]",
            "[-3]",
            "[3.0]",
            "3",
            "null",
            '["3"]',
            "[true]",
            "[1e15]",
            "[1000000000000000]",
            "[3,3]",
            "[[3]]",
            "{}",
            "[9223372036854775808]",
        ),
        "data_offsets": (
            "[0,25]",
            "[24,0]",
            "[-1,24]",
            "[0,1000000000000000]",
            "[0]",
            "null",
            "[8,32]",
            '["0","24"]',
            "[0.5,24.5]",
            "[0,24,48]",
            "{}",
        ),
    }[name]
    tensor[name] = rng.choice(wrong)
    body = ",".join(f'"{k}":{v}' for k, v in tensor.items())
    other = '"target":{"dtype":"F64","shape":[3],"data_offsets":[24,48]}'
    header = f'{{"pred":{{{body}}},{other}}}'.encode()
    if rng.random() < 0.3:
        at = rng.randrange(len(header))
        header = header[:at] + rng.choice((b"", b"\0", b"\xff", b'"', b"{", b"]")) + header[at + 1 :]
        return Case(
            ("regress", "a.safetensors", "-l", "mae"),
            {"a.safetensors": struct.pack("<Q", len(header)) + header + np.arange(6.0).tobytes()},
            codes=(0, 2, 3),
        )
    size = len(header) if rng.random() < 0.9 else rng.choice((0, 1, 1 << 40, len(header) - 1, (1 << 64) - 1))
    return Case(
        ("regress", "a.safetensors", "-l", "mae"),
        {"a.safetensors": struct.pack("<Q", size) + header + np.arange(6.0).tobytes()},
        ("a.safetensors",),
    )


@kind
def any_format_cut_or_padded(rng: random.Random) -> Case:
    suffix = rng.choice([s for s in TABLES if s not in ("csv", "tsv", "txt", "jsonl", "html", "xml", "json")])
    from tests.support.samples import frame

    raw = TABLES[suffix](frame(rng.randrange(6, 60)))
    at = rng.randrange(1, len(raw) - 1)
    raw = raw[:at] if rng.random() < 0.8 else raw[at:]
    return Case(
        ("regress", f"a.{suffix}", "-l", "mae"),
        {f"a.{suffix}": raw},
        codes=(0, 2, 3) if suffix in ("dta", "sav", "xpt", "xlsb") else (2, 3),
    )
