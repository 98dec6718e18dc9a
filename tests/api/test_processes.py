"""The Python face in threads and processes: the numbers are those of a call alone, and errors arrive as they were raised."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import LosscliError
from losscli.spec import tile
from tests.support.command import table

ROWS = 3000
"""Of several tiles, as `_small_tiles` makes them."""


TILE = 1 << 9


def _small_tiles() -> None:
    tile.TILE_VALUES = TILE


def _reports() -> Any:
    x = np.arange(ROWS) % 97 / 7
    return losscli.evaluate(x, x[::-1].copy(), family="regress", losses=["mae", "r2"], jobs=2, worst=3, weights=x + 1).as_dict()


def _from_files() -> Any:
    return losscli.evaluate("a.csv", family="regress", losses="mae", jobs=2, by="id").as_dict()


def _by_class() -> Any:
    scores = np.random.default_rng(0).dirichlet([1.0] * 3, 90)
    how: dict[str, Any] = {"calibration": True, "budget": True, "jobs": 2}
    return losscli.evaluate(scores, np.arange(90) % 3, family="classify", losses="ce", **how).as_dict()


def _of_samples() -> Any:
    x = np.arange(90.0).reshape(30, 3) / 7
    slope: Any = losscli.gradient("embed/triplet", x, np.arange(30) % 7, jobs=2)
    return slope.tolist(), losscli.losses.huber(x, x**2).tolist(), losscli.per_sample(x, x, family="regress", losses="mse").to_csv()


def _two_mistakes() -> Any:
    wrong: dict[str, Any] = {"nonfinite": "raise", "missing": "ignore"}
    return losscli.evaluate([1.0], [1.0], family="regress", losses="mse", **wrong)


def _not_a_number() -> Any:
    return losscli.evaluate([1.0, np.nan], [1.0, 2.0], family="regress", losses="mse")


def _no_file() -> Any:
    return losscli.evaluate("absent.csv", family="regress", losses="mse")


WORK: dict[str, Callable[[], Any]] = {
    "reports": _reports,
    "files": _from_files,
    "classes": _by_class,
    "samples": _of_samples,
    "two mistakes": _two_mistakes,
    "not a number": _not_a_number,
    "no file": _no_file,
}
WRONG = ("two mistakes", "not a number", "no file")


def done(name: str) -> Any:
    """The result, or the error."""
    try:
        return WORK[name]()
    except LosscliError as e:
        return e


def _put(results: Any, names: Sequence[str]) -> None:
    results.put([done(name) for name in names])


def _in_threads() -> list[Any]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(done, WORK))


def _in_asyncio() -> list[Any]:
    async def every() -> list[Any]:
        return await asyncio.gather(*(asyncio.to_thread(done, name) for name in WORK))

    return asyncio.run(every())


def _in_a_pool(way: str, processes: int) -> list[Any]:
    with multiprocessing.get_context(way).Pool(processes, _small_tiles) as pool:
        return pool.map_async(done, WORK, chunksize=1).get(60)


def _in_a_daemonic_process(way: str) -> list[Any]:
    context: Any = multiprocessing.get_context(way)
    results = context.Queue()
    process = context.Process(target=_put, args=(results, list(WORK)), daemon=True)
    process.start()
    found: list[Any] = results.get(timeout=60)
    process.join(60)
    assert process.exitcode == 0
    return found


@pytest.fixture
def alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tile, "TILE_VALUES", TILE)
    table("a.csv", "id,pred,target", *((i % 4, i / 7, i) for i in range(40)))
    return {name: done(name) for name in WORK}


def test_the_numbers_and_errors_are_those_of_a_call_alone(alone):
    assert [name for name, x in alone.items() if isinstance(x, LosscliError)] == list(WRONG)
    ways: dict[str, Callable[[], list[Any]]] = {
        "threads": _in_threads,
        "asyncio": _in_asyncio,
        "a pool by fork": lambda: _in_a_pool("fork", 2),
        "a pool by spawn": lambda: _in_a_pool("spawn", 1),
        "a daemonic process": lambda: _in_a_daemonic_process("fork"),
    }
    for way, run in ways.items():
        for (name, expected), found in zip(alone.items(), run(), strict=True):
            if name in WRONG:
                assert (type(found), str(found), found.fix) == (type(expected), str(expected), expected.fix), (way, name)
            else:
                assert found == expected, (way, name)


def test_a_pool_raises_the_error_of_its_worker(alone):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for name in WRONG:
            with pytest.raises(type(alone[name])) as raised:
                pool.map_async(_raising, [name, name]).get(60)
            assert str(raised.value) == str(alone[name])


def _raising(name: str) -> Any:
    return WORK[name]()
