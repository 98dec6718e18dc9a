"""Commands whose input grows: time and memory grow in proportion, or it is refused at a stated limit."""

from __future__ import annotations

import io
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.fuzzing.case import Case, checked
from benchmarks.fuzzing.running import MOST_MEMORY, bench
from tests.support import coco_files
from tests.support.compressed import zipped

MOST_RATIO = 9.0
"""The most that four times the input may take: 4 is proportion, 16 is the square, and machines are shared."""
WORTH = 0.4
"""Seconds below which a ratio is that of noise."""
MOST_SECONDS = 60
MOST_BYTES = 1 << 30
Grown = Callable[[int], Case]


def _csv(names: list[str], rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in [names, *rows]).encode()


TWO = {"p.csv": b"id,pred\na,1\nb,3\n", "t.csv": b"id,target\na,2\nb,3\n"}


def _regress(*more: str, files: Mapping[str, bytes] = TWO, inputs: tuple[str, ...] = ("p.csv", "t.csv")) -> Case:
    return Case(("regress", *inputs, "-l", "mae", *more), files, codes=(0, 1, 2, 3))


def _wide(n: int) -> Case:
    names = ["pred", "target", *(f"m{i}x" for i in range(n))]
    return _regress(files={"a.csv": _csv(names, [["1"] * len(names)] * 3)}, inputs=("a.csv",))


def _classes(n: int) -> Case:
    names = ["label", *(f"p{i}" for i in range(n))]
    rows = [[str(i), *(["0"] * i), "1", *(["0"] * (n - 1 - i))] for i in range(3)]
    return Case(("classify", "a.csv", "-l", "ce"), {"a.csv": _csv(names, rows)}, codes=(0, 2, 3))


def _wide_json(n: int) -> Case:
    row = json.dumps({"pred": 1, "target": 2, **{f"m{i}": 1 for i in range(n)}}).encode() + b"\n"
    return _regress(files={"a.jsonl": row * 3}, inputs=("a.jsonl",))


def _wide_parquet(n: int) -> Case:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({name: [1.0, 2.0] for name in ("pred", "target", *(f"m{i}" for i in range(n)))}), out)
    return _regress(files={"a.parquet": out.getvalue()}, inputs=("a.parquet",))


def _members(n: int) -> Case:
    out = io.BytesIO()
    columns: dict[str, Any] = {name: np.ones(3) for name in ("pred", "target", *(f"m{i}" for i in range(n)))}
    np.savez(out, **columns)
    return _regress(files={"a.npz": out.getvalue()}, inputs=("a.npz",))


def _tiny_files(n: int) -> Case:
    return _regress(files={f"d/{i}.csv": b"pred,target\n1,2\n" for i in range(n)}, inputs=("d",))


def _listed(n: int) -> Case:
    files = {f"d/{i}.csv": b"pred,target\n1,2\n" for i in range(n)}
    return _regress(files={**files, "l.txt": "".join(f"{name}\n" for name in files).encode()}, inputs=("@l.txt",))


def _groups(n: int) -> Case:
    return _regress(
        "--by", "g", files={"a.csv": _csv(["g", "pred", "target"], [[f"g{i}", "1", "2"] for i in range(n)])}, inputs=("a.csv",)
    )


def _keys(n: int) -> Case:
    rows = [[f"k{i}", "1"] for i in range(n)]
    return _regress("--key", "id", files={"p.csv": _csv(["id", "pred"], rows), "t.csv": _csv(["id", "target"], rows[::-1])})


def _coco(n: int) -> Case:
    truth = coco_files.truth(*(coco_files.annotation(i, box=(i % 60, i % 40, 9 + i % 7, 9)) for i in range(n)))
    found = [coco_files.result(box=(i % 60, i % 40, 9, 9 + i % 5)) for i in range(n)]
    files = {"t.json": json.dumps(truth).encode(), "p.json": json.dumps(found).encode()}
    return Case(("detect", "p.json", "t.json", "-l", "giou", "--match", "coco"), files, codes=(0, 2, 3))


def _one(text: Callable[[int], bytes], suffix: str = "csv") -> Grown:
    return lambda n: _regress(files={f"a.{suffix}": text(n)}, inputs=(f"a.{suffix}",))


def _gate(text: Callable[[int], str]) -> Grown:
    return lambda n: _regress(f"--fail-if={text(n)}")


def _recipe(text: Callable[[int], str]) -> Grown:
    return lambda n: Case(("regress", "p.csv", "t.csv", f"--loss={text(n)}", "-b"), TWO, codes=(0, 2, 3))


def _many(word: Callable[[int], str]) -> Grown:
    return lambda n: _regress(*(word(i) for i in range(n)))


ROW = b"pred,target\n"
GROWING: dict[str, tuple[int, Grown]] = {
    "columns of CSV": (25_000, _wide),
    "columns of JSON Lines": (25_000, _wide_json),
    "columns of Parquet": (2_500, _wide_parquet),
    "classes": (2_500, _classes),
    "members of NPZ": (1_000, _members),
    "files of a folder": (4_000, _tiny_files),
    "files of a list": (4_000, _listed),
    "groups": (5_000, _groups),
    "keys": (25_000, _keys),
    "boxes of an image": (500, _coco),
    "blanks of a gate": (20_000, _gate(lambda n: "mae" + " " * n + "> 9")),
    "blanks before nothing": (20_000, _gate(lambda n: "mae >" + " " * n + "x")),
    "dots of a gate": (20_000, _gate(lambda n: "mae" + "." * n + " > 9")),
    "slices of a gate": (20_000, _gate(lambda n: "mae@" + "a=b@" * n + " > 9")),
    "parts of a gate": (2_000, _gate(lambda n: " and ".join(["mae > 9"] * n))),
    "words of a gate": (2_000, _gate(lambda n: " and ".join(["nope > 9"] * n))),
    "operators of a gate": (10_000, _gate(lambda n: "mae " + ">" * n)),
    "terms of a recipe": (2_500, _recipe(lambda n: "+".join(["mae"] * n))),
    "terms with exponents": (2_500, _recipe(lambda n: "+".join(["1e+1*mae"] * n))),
    "unknown terms": (2_500, _recipe(lambda n: "+".join(["nope"] * n))),
    "parameters of a recipe": (2_500, _recipe(lambda n: "huber:" + ",".join(["delta=1"] * n))),
    "braces of a recipe": (1_000, _recipe(lambda n: "huber:delta={" + ",".join(str(i + 1) for i in range(n)) + "}")),
    "open braces": (5_000, _recipe(lambda n: "mae:" + "{" * n)),
    "brackets of a recipe": (20_000, _recipe(lambda n: "huber:delta=" + "[" * n + "]" * n)),
    "digits of a weight": (20_000, _recipe(lambda n: "9" * n + "*mae")),
    "letters of a name": (20_000, _recipe(lambda n: "x" * n)),
    "gates": (1_000, _many(lambda i: f"--fail-if=mae > {i + 9}")),
    "losses": (500, lambda n: _regress(*(f"--loss=x{i}=huber:delta={i + 1}" for i in range(n)))),
    "groupings that are not there": (500, _many(lambda i: f"--by=n{i}")),
    "roles": (1_000, _many(lambda i: f"--col=pred=n{i}")),
    "conditions": (1_000, _many(lambda i: f"--filter=pred>{-i - 1}")),
    "digits of a cell": (250_000, _one(lambda n: ROW + b"0." + b"1" * n + b",1\n")),
    "letters of a cell": (1_000_000, _one(lambda n: ROW + b"x" * n + b",1\n")),
    "quotes": (250_000, _one(lambda n: ROW + b'"' + b'""' * n + b'",1\n')),
    "lines of quotes": (50_000, _one(lambda n: ROW + b'"1\n' * n)),
    "blank lines": (1_000_000, _one(lambda n: ROW + b"\n" * n + b"1,2\n")),
    "delimiters": (500_000, _one(lambda n: ROW + b"," * n + b"\n")),
    "names that are the same": (25_000, _one(lambda n: b",".join([b"a"] * n) + b"\n1\n")),
    "brackets of JSON": (50_000, _one(lambda n: b'[{"pred":' + b"[" * n + b"]" * n + b"}]", "json")),
    "members of a JSON object": (
        50_000,
        _one(lambda n: b'[{"pred":1,"target":2,"x":{' + b",".join(b'"k%d":1' % i for i in range(n)) + b"}}]", "json"),
    ),
    "rows of HTML": (
        2_000,
        _one(
            lambda n: b"<table><tr><th>pred</th><th>target</th></tr>" + b"<tr><td>1</td><td>2</td></tr>" * n + b"</table>", "html"
        ),
    ),
    "rows of XML": (5_000, _one(lambda n: b"<data>" + b"<row><pred>1</pred><target>2</target></row>" * n + b"</data>", "xml")),
    "members of a zip": (
        2_000,
        lambda n: _regress(files={"a.zip": zipped(**{f"m{i}__csv": b"pred,target\n1,2\n" for i in range(n)})}, inputs=("a.zip",)),
    ),
    "lines of a configuration": (
        2_000,
        lambda n: Case(
            ("check",), {"losscli.toml": b"".join(b'[check.c%d]\nfamily = "nope"\n' % i for i in range(n))}, codes=(2, 3)
        ),
    ),
    "values of a configuration": (
        20_000,
        lambda n: Case(("check",), {"losscli.toml": b"[check.a]\nloss = " + b"[" * n + b"]" * n + b"\n"}, codes=(2, 3)),
    ),
}


def _spent(name: str, size: int) -> tuple[float, int, list[str]]:
    """Seconds of the processor and bytes that a size takes, and what is wrong with how it ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    case = GROWING[name][1](size)
    with tempfile.TemporaryDirectory() as folder, bench(folder):
        case.write()
        checked(Case(("regress", "no.csv", "-l", "mae")))  # what the first command loads
        before, began = _held(), time.process_time()
        done, wrong = checked(case)
        seconds = time.process_time() - began
    wrong = [w for w in wrong if "no remedy" not in w or done.code == 3]
    return seconds, max(0, _held() - before), wrong


def _held() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def grows(name: str) -> tuple[bool, str]:
    """Whether a command grows in proportion, and the seconds and MiB at three sizes, each twice the one before."""
    sizes = [GROWING[name][0] << i for i in range(3)]
    found = [_child(name, size) for size in sizes]
    if None in found:
        return False, f"no end within {MOST_SECONDS} seconds and {MOST_MEMORY >> 20} MiB"
    spent = [x for x in found if x is not None]
    seconds = [x[0] for x in spent]
    met = seconds[2] < WORTH or seconds[2] <= MOST_RATIO * seconds[0]
    wrong = [w for x in spent for w in x[2]]
    told = ", ".join(f"{n:,}: {s:.2f} s {b >> 20} MiB" for n, (s, b, _) in zip(sizes, spent, strict=True))
    return met and not wrong and spent[2][1] < MOST_BYTES, "; ".join([told, *wrong])


def _child(name: str, size: int) -> tuple[float, int, list[str]] | None:
    """What a size takes in a process of its own; None where that does not end well."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            said.write(json.dumps(_spent(name, size)).encode())
            said.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        raw = said.read()
    return None if status or not raw else tuple(json.loads(raw))
