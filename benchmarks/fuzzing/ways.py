"""The same data by every way in: files of every format, streams, parts, workers, clusters and Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.support.compressed import COMPRESS
from tests.support.samples import TABLES

Columns = Mapping[str, Any]
EXACT = ("csv", "tsv", "txt", "jsonl", "json", "parquet", "feather", "arrow", "orc", "xlsb", "ods", "dta", "sav", "html", "xml")
"""Formats of tables that keep every double: XPORT has other digits, and the writer of XLSX writes 16."""
QUICK = ("csv", "tsv", "jsonl", "parquet", "feather")
"""Those that are written quickly."""
FEW = 1000
"""The rows of data that every format is tried with."""
CLUSTER = ("--cluster", "local:2")
ARCHIVES = ("npz", "safetensors", "pt", "h5")


@dataclass(frozen=True)
class Data:
    """One family's columns of both sides, as arrays; text: columns of words, which archives of numbers lack.

    roles: how archives and bare arrays name what tables have in several columns, by side.
    """

    family: str
    pred: Columns
    target: Columns
    text: Columns
    roles: Mapping[str, Columns]
    weights: Any

    @property
    def rows(self) -> int:
        return len(self.weights)

    def table(self, side: str | None = None) -> pd.DataFrame:
        """One table of both sides, or of one."""
        both = {**self.text, **self.pred, "w": self.weights, **self.target}
        one = {**self.text, **(self.pred if side == "p" else self.target), **({"w": self.weights} if side == "p" else {})}
        return pd.DataFrame(both if side is None else one)


def regress(rng: np.random.Generator, n: int) -> Data:
    pred, target = rng.gamma(2.0, 1.5, n), rng.gamma(2.0, 1.5, n)
    return _of("regress", {"pred": pred}, {"target": target}, {"p": {"pred": pred}, "t": {"target": target}}, rng)


def binary(rng: np.random.Generator, n: int) -> Data:
    prob, label = rng.uniform(0.01, 0.99, n), rng.integers(0, 2, n)
    return _of("classify", {"prob": prob}, {"label": label}, {"p": {"scores": prob}, "t": {"label": label}}, rng)


def several(rng: np.random.Generator, n: int) -> Data:
    scores = rng.dirichlet(np.ones(3), n)
    label = rng.integers(0, 3, n)
    return _of(
        "classify",
        {f"p{i}": scores[:, i] for i in range(3)},
        {"label": label},
        {"p": {"scores": scores}, "t": {"label": label}},
        rng,
    )


def boxes(rng: np.random.Generator, n: int) -> Data:
    def made() -> Any:
        near = rng.uniform(0, 50, (n, 2))
        return np.c_[near, near + rng.uniform(5, 40, (n, 2))]

    sides = made(), made()
    named = [dict(zip(("x1", "y1", "x2", "y2"), b.T, strict=True)) for b in sides]
    return _of("detect", named[0], named[1], {"p": {"box": sides[0]}, "t": {"box": sides[1]}}, rng)


def vectors(rng: np.random.Generator, n: int) -> Data:
    e, label = rng.normal(size=(n, 4)), rng.integers(0, 5, n)
    return _of("embed", {f"e{i}": e[:, i] for i in range(4)}, {"label": label}, {"p": {"embedding": e}, "t": {"label": label}}, rng)


def masks(rng: np.random.Generator, n: int) -> Data:
    scores, mask = rng.uniform(0.01, 0.99, (n, 6, 5)), rng.integers(0, 2, (n, 6, 5))
    return _of("segment", {}, {}, {"p": {"scores": scores}, "t": {"mask": mask}}, rng)


def _of(family: str, pred: Columns, target: Columns, roles: Mapping[str, Columns], rng: np.random.Generator) -> Data:
    n = len(next(iter(roles["p"].values())))
    text = {"id": np.array([f"k{i:06d}" for i in range(n)]), "g": np.array(["u", "v", "w"])[rng.integers(0, 3, n)]}
    return Data(family, pred, target, text, roles, rng.integers(1, 9, n) / 4)


MAKERS = {"regress": regress, "binary": binary, "several": several, "boxes": boxes, "vectors": vectors, "masks": masks}


@dataclass(frozen=True)
class Way:
    """One way in: what it writes, and the words of the command after the family; text: whether it has the columns of words."""

    name: str
    inputs: tuple[str, ...]
    write: Callable[[], object]
    text: bool = True
    more: tuple[str, ...] = ()
    stdin: bytes = b""
    python: Callable[[], tuple[Any, Any]] | None = None
    real: bool = False
    """Whether it takes a process of its own: a cluster starts others."""


def ways(data: Data) -> Iterator[Way]:
    """Every way in that can carry the data. The first is one that the others are compared with."""
    tables = bool(data.pred)
    if tables:
        yield from _tables(data)
    yield from _arrays(data)


def _put(path: str, raw: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(raw)


def _tables(data: Data) -> Iterator[Way]:
    two = data.family == "detect"
    sides = ("p", "t") if two else (None,)

    def files(suffix: str, pack: str = "") -> tuple[tuple[str, ...], Callable[[], None]]:
        names = tuple(f"{side or 'a'}.{suffix}{pack}" for side in sides)

        def write() -> None:
            for side, name in zip(sides, names, strict=True):
                raw = TABLES[suffix](data.table(side))
                _put(name, COMPRESS[pack](raw, name.removesuffix(pack)) if pack else raw)

        return names, write

    for suffix in EXACT if data.rows <= FEW else QUICK:
        yield Way(suffix, *files(suffix))
    for pack in COMPRESS:
        yield Way(f"csv{pack}", *files("csv", pack))
    yield Way("jsonl.gz", *files("jsonl", ".gz"))
    for jobs in range(1, 8):
        for suffix in ("csv", "jsonl", "parquet"):
            yield Way(f"{suffix} by {jobs} jobs", *files(suffix), more=("--jobs", str(jobs)))
    for suffix in ("csv", "parquet"):
        yield Way(f"{suffix} by a cluster", *files(suffix), more=CLUSTER, real=True)
    if not two:
        yield from _one_table(data)

    def both(suffix: str) -> None:
        for side in ("p", "t"):
            _put(f"{side}.{suffix}", TABLES[suffix](data.table(side)))

    if data.family != "embed":
        for suffix in ("csv", "parquet"):
            yield Way(f"two files of {suffix}", (f"p.{suffix}", f"t.{suffix}"), partial(both, suffix))
        yield Way("two files by key", ("p.csv", "t.csv"), partial(both, "csv"), more=("--key", "id"))
    frames = (data.table("p"), data.table("t")) if two else (data.table(), None)
    yield Way("a DataFrame", (), lambda: None, python=lambda: frames)


def _one_table(data: Data) -> Iterator[Way]:
    whole = data.table()
    for suffix in ("csv", "jsonl", "parquet", "json"):
        yield Way(f"stdin of {suffix}", ("-",), lambda: None, stdin=TABLES[suffix](whole))
    at = [0, data.rows // 5, data.rows // 2, data.rows]
    parts = [whole[a:b].reset_index(drop=True) for a, b in pairwise(at)]

    def apart(suffix: str, folder: str) -> None:
        for i, part in enumerate(parts):
            _put(f"{folder}/part-{i}.{suffix}", TABLES[suffix](part))

    for suffix in ("csv", "tsv", "jsonl", "parquet", "feather"):
        yield Way(f"a pattern of {suffix}", (f"d/part-*.{suffix}",), partial(apart, suffix, "d"))
        yield Way(f"a folder of {suffix}", ("d",), partial(apart, suffix, "d"))

    def listed() -> None:
        apart("csv", "d")
        _put("l.txt", "".join(f"d/part-{i}.csv\n" for i in range(len(parts))).encode())

    yield Way("a list of csv", ("@l.txt",), listed)
    yield Way("a pattern by 3 jobs", ("d/part-*.csv",), partial(apart, "csv", "d"), more=("--jobs", "3"))


def _arrays(data: Data) -> Iterator[Way]:
    held = {**data.roles["p"], **data.roles["t"], "w": data.weights}
    twice = len(held) < len(data.roles["p"]) + len(data.roles["t"]) + 1  # boxes have one name on both sides

    def bare(n: int | None = None) -> None:
        for side, columns in data.roles.items():
            (values,) = columns.values()
            if n is None:
                np.save(f"{side}.npy", values)
            else:
                for i, part in enumerate(np.array_split(values, n)):
                    Path(side).mkdir(exist_ok=True)
                    np.save(f"{side}/{i}.npy", part)
        np.save("w.npy", data.weights)

    weighed = ("--weights", "w.npy")
    for jobs in range(1, 8):
        yield Way(f"npy by {jobs} jobs", ("p.npy", "t.npy"), bare, False, (*weighed, "--jobs", str(jobs)))
    yield Way("npy by a cluster", ("p.npy", "t.npy"), bare, False, (*weighed, *CLUSTER), real=True)
    yield Way("a pattern of npy", ("p/*.npy", "t/*.npy"), partial(bare, 4), False, weighed)
    (pred,), (target,) = data.roles["p"].values(), data.roles["t"].values()
    yield Way("arrays", (), lambda: None, False, python=lambda: (pred, target))
    for suffix in ARCHIVES if not twice else ():
        yield Way(suffix, (f"a.{suffix}",), partial(_archive, suffix, held), False)
    if not twice:
        yield Way("a mapping of arrays", (), lambda: None, False, python=lambda: (held, None))


def _archive(suffix: str, held: Columns) -> None:
    path = f"a.{suffix}"
    if suffix == "npz":
        np.savez(path, **held)
    elif suffix == "safetensors":
        from safetensors.numpy import save_file

        save_file(dict(held), path)
    elif suffix == "h5":
        import h5py

        with h5py.File(path, "w") as file:
            for name, values in held.items():
                file.create_dataset(name, data=values)
    else:
        from tests.support import torch_files

        torch_files.save(path, dict(held))
