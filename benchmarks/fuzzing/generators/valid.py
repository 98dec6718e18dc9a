"""Valid data of each family as tables, which the generators spoil: columns of Python values, and their files in any format."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from benchmarks.fuzzing.case import Case, Words
from tests.support.compressed import COMPRESS
from tests.support.samples import TABLES

Column = list[Any]
TYPED = ("parquet", "feather", "arrow", "orc", "dta", "sav", "xpt")
"""Formats whose columns have a type, so that text in one cell makes all of it text."""
CELLS = ("csv", "tsv", "jsonl", "json", "xlsx", "ods", "html", "xml")
TEXTS = ("csv", "tsv")


@dataclass
class Data:
    """One family's columns: `id`, then those of the predictions and of the targets."""

    family: str
    losses: tuple[str, ...]
    ids: Column
    pred: dict[str, Column]
    target: dict[str, Column]
    options: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.ids)

    def side(self, name: str) -> dict[str, Column]:
        return self.pred if name in self.pred else self.target


def _ids(n: int) -> Column:
    return [f"k{i:04d}" for i in range(n)]


def _numbers(rng: random.Random, n: int, low: float = 0.0, high: float = 9.0) -> Column:
    return [round(rng.uniform(low, high), 3) for _ in range(n)]


def _labels(rng: random.Random, n: int, classes: int) -> Column:
    return [i % classes if i < 2 * classes else rng.randrange(classes) for i in range(n)]


def regress(rng: random.Random, n: int) -> Data:
    losses = ("mae", "mse", "huber:delta=2", "rmse", "log_cosh", "r2", "mse+mae")
    return Data("regress", losses, _ids(n), {"pred": _numbers(rng, n)}, {"target": _numbers(rng, n)})


def binary(rng: random.Random, n: int) -> Data:
    losses = ("bce", "brier", "ce", "focal:gamma=2", "zero_one")
    return Data("classify", losses, _ids(n), {"prob": _numbers(rng, n, 0.02, 0.98)}, {"label": _labels(rng, n, 2)})


def several(rng: random.Random, n: int) -> Data:
    rows = [[rng.randrange(1, 9) for _ in range(3)] for _ in range(n)]
    pred = {f"p{i}": [row[i] / sum(row) for row in rows] for i in range(3)}
    return Data("classify", ("ce", "brier", "focal:gamma=2", "zero_one"), _ids(n), pred, {"label": _labels(rng, n, 3)})


def boxes(rng: random.Random, n: int) -> Data:
    def made() -> dict[str, Column]:
        x, y, w, h = (_numbers(rng, n, 10, 90) for _ in range(4))
        far = [[a + b for a, b in zip(*pair, strict=True)] for pair in ((x, w), (y, h))]
        return {"x1": x, "y1": y, "x2": far[0], "y2": far[1]}

    return Data("detect", ("iou", "giou", "diou", "ciou"), _ids(n), made(), made())


def vectors(rng: random.Random, n: int) -> Data:
    pred = {f"e{i}": _numbers(rng, n, -2, 2) for i in range(4)}
    return Data("embed", ("contrastive", "triplet:margin=0.5", "center"), _ids(n), pred, {"label": _labels(rng, n, 3)})


ALL: tuple[Callable[[random.Random, int], Data], ...] = (regress, binary, several, boxes, vectors)
LABELLED = (binary, several, vectors)


def drawn(rng: random.Random, makers: Sequence[Callable[[random.Random, int], Data]] = ALL, *, most: int = 40) -> Data:
    """Valid data of some family, of a few rows, or now and then of some thousand."""
    n = rng.randrange(6, most) if rng.random() < 0.95 else rng.randrange(500, 3000)
    return rng.choice(makers)(rng, n)


def written(columns: Mapping[str, Column], suffix: str) -> bytes:
    """A file of the columns, in a format of `tests.support.samples.TABLES`."""
    return TABLES[suffix](pd.DataFrame({name: pd.Series(values, dtype=_type(values)) for name, values in columns.items()}))


def _type(values: Column) -> Any:
    kinds = {type(x) for x in values}
    return None if kinds in ({float}, {int}, {str}) else float if kinds <= {float, int, type(None)} else object


@dataclass(frozen=True)
class Written:
    """Data in files. A side is in the file `of(side)`."""

    data: Data
    suffix: str
    two: bool
    files: Mapping[str, bytes]
    inputs: tuple[str, ...]

    def of(self, column: str) -> str:
        """The file of a column."""
        return self.inputs[0 if not self.two or column in self.data.pred else 1]

    def case(self, rng: random.Random, *says: Words, more: Sequence[str] = (), codes: tuple[int, ...] = (3,)) -> Case:
        """The command on these files, with words that the message must have."""
        jobs = ("--jobs", str(rng.randrange(1, 4))) if rng.random() < 0.2 else ()
        out = rng.choice(((), (), ("-f", "json"), ("-b",), ("-o", "report.json"), ("-q",)))
        command = (self.data.family, *self.inputs, "-l", rng.choice(self.data.losses), *more, *jobs, *out)
        return Case(command, self.files, says, codes)


def put(rng: random.Random, data: Data, suffix: str, *, two: bool | None = None, packed: bool = True) -> Written:
    """The data as one file, or as one for each side; text is compressed now and then."""
    apart = data.family == "detect" or (rng.random() < 0.5 if two is None else two)
    pack = rng.choice(list(COMPRESS)) if packed and suffix in TEXTS and rng.random() < 0.15 else ""
    sides = {"p": {"id": data.ids, **data.pred}, "t": {"id": data.ids, **data.target}}
    tables = sides if apart else {"a": {"id": data.ids, **data.pred, **data.target}}
    files: dict[str, bytes] = {}
    for name, columns in tables.items():
        raw = written(columns, suffix)
        files[f"{name}.{suffix}{pack}"] = COMPRESS[pack](raw, f"{name}.{suffix}") if pack else raw
    return Written(data, suffix, apart, files, tuple(files))
