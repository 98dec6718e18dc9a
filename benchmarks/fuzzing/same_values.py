"""Whether the same data give the same numbers by every way in, compared digit by digit."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import losscli
from benchmarks.fuzzing.running import bench
from benchmarks.fuzzing.ways import MAKERS, Data, Way, ways
from losscli.spec import registry
from tests.support.command import call, cli

ROWS, MANY = 300, 70_000
"""Rows of a data set: few, and for some losses so many that several workers share them."""
TOGETHER = 12
"""Losses of one command."""


def numbers(way: Way, data: Data, losses: Sequence[str], options: Sequence[str], weighted: bool) -> str:
    """What a way gives, as text that has every digit: the losses, their groups and worst samples, and the losses of all samples."""
    if way.python is not None:
        return _by_python(way, data, losses, options, weighted)
    way.write()
    weights = ("--weights", "w") if weighted and "--weights" not in way.more else ()
    more = way.more if weighted or "--weights" not in way.more else way.more[2:]
    words = (*(w for loss in losses for w in ("-l", loss)), *options, *weights, *more)
    run = partial(cli if way.real else call, data.family, *way.inputs, *words, "-f", "json", stdin=way.stdin)
    done = run("--per-sample", "s.csv")
    if done.code and "--per-sample" in done.err:  # losses without a value per sample
        done = run()
    if done.code:
        return f"exit {done.code}: {done.err}"
    return _text(json.loads(done.out), _samples("s.csv"))


def _by_python(way: Way, data: Data, losses: Sequence[str], options: Sequence[str], weighted: bool) -> str:
    assert way.python is not None
    pred, target = way.python()
    given: dict[str, Any] = {"worst": 5} if "--worst" in options else {}
    given |= {"by": ["g"]} if "--by" in options else {}
    given |= {"weights": "w" if "w" in pred else data.weights} if weighted else {}
    try:
        report = losscli.evaluate(pred, target, family=data.family, losses=list(losses), **given)
    except (losscli.DataError, losscli.UsageError) as e:
        return f"{type(e).__name__}: {e}"
    return _text(report.as_dict(), None)


def _samples(path: str) -> list[list[str]] | None:
    """The losses of all samples, without what identifies these."""
    if not os.path.exists(path):
        return None
    rows = list(csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8"))))
    os.remove(path)
    keep = [i for i, name in enumerate(rows[0]) if name not in ("id", "g", "w", "label", "pred_row", "target_row", "weight")]
    return [[row[i] for i in keep] for row in rows]


def _text(report: Mapping[str, Any], samples: object) -> str:
    worst = [{k: x[k] for k in ("loss", "rank", "value")} for x in report["worst"]]
    groups = [{**group, "losses": [_unsigned(x) for x in group["losses"]]} for group in report["groups"]]
    return json.dumps([[_unsigned(x) for x in report["losses"]], groups, worst, samples])


def _unsigned(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line without its signature, which says how the rows were paired."""
    return {name: value for name, value in line.items() if name != "signature"}


def compared(data: Data, losses: Sequence[str], *, grouped: bool, weighted: bool, only: Callable[[Way], bool]) -> dict[str, str]:
    """What each way gives: empty where it is what the first way gives, else the first place that differs."""
    options = ("--worst", "5", *(("--by", "g") if grouped else ()))
    found: dict[str, str] = {}
    first: list[str] = []
    for way in ways(data):
        if (grouped and not way.text) or not only(way):
            continue
        with tempfile.TemporaryDirectory() as folder, bench(folder):
            text = numbers(way, data, losses, options, weighted)
        first = first or [text]
        found[way.name] = _differs(first[0], text)
    return found


def _differs(one: str, two: str) -> str:
    if one == two:
        return ""
    if "losses" not in two and two[:1] != "[":
        return two
    a, b = json.loads(one), json.loads(two)
    if b[3] is None or a[3] is None:  # Python gives no samples here
        a[3] = b[3] = None
        if a == b:
            return ""
    at = next((i for i, (x, y) in enumerate(zip(one, two, strict=False)) if x != y), 0)
    return f"…{one[max(0, at - 60) : at + 40]}… is …{two[max(0, at - 60) : at + 40]}…"


def loss_sets(maker: str) -> list[tuple[str, ...]]:
    """The losses that read a maker's data, and its weights, some together."""
    data = MAKERS[maker](np.random.default_rng(0), 60)
    first = next(iter(ways(data)))
    weights = () if maker == "vectors" else first.more or ("--weights", "w")

    def reads(loss: str) -> bool:
        with tempfile.TemporaryDirectory() as folder, bench(folder):
            first.write()
            return call(data.family, *first.inputs, "-l", loss, "--worst", "5", *weights, "-b", "-q").code == 0

    found = [name for name in registry.load(data.family).losses if reads(name)]
    return [tuple(found[i : i + TOGETHER]) for i in range(0, len(found), TOGETHER)]


def _every(way: Way) -> bool:
    return True


def _plain(way: Way) -> bool:
    return not way.real


def _shared(way: Way) -> bool:
    return way.real or "--jobs" in way.more


def _trials(maker: str) -> Iterator[tuple[Sequence[str], int, Callable[[Way], bool], bool]]:
    """Losses, how many rows they get, by which ways, and whether by groups."""
    sets = loss_sets(maker)
    yield sets[0], ROWS, _every, False
    if maker != "masks":
        yield sets[0], ROWS, _every, True
    for losses in sets[1:]:
        yield losses, ROWS, _plain, False
    if maker not in ("vectors", "masks"):
        yield sets[1][: TOGETHER // 2], MANY, _shared, False


def differences(maker: str, seed: int) -> tuple[int, int, list[str]]:
    """All losses that read a maker's data, by every way: how many comparisons, how many are met, and those that are not."""
    done, said = 0, []
    for number, (losses, rows, only, grouped) in enumerate(_trials(maker)):
        data = MAKERS[maker](np.random.default_rng([seed, number]), rows)
        found = compared(data, losses, grouped=grouped, weighted=maker != "vectors", only=only)
        done += len(found)
        said += [f"values: {maker}, {', '.join(losses)}, {way}: {words}" for way, words in found.items() if words]
    return done, done - len(said), said
