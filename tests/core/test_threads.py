"""Work is done whatever number of threads the system allows."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from losscli.core.threads import Threads
from tests.support.command import array, call


@pytest.fixture
def allow(monkeypatch):
    """Let only so many threads begin."""
    start = threading.Thread.start

    def limit(most):
        begun: list[threading.Thread] = []

        def limited(thread):
            if len(begun) >= most:
                raise RuntimeError("can't start new thread")
            begun.append(thread)
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)

    return limit


@pytest.mark.parametrize("most", [0, 1, 2, 9])
def test_results_and_errors_are_those_of_the_work(allow, most):
    allow(most)
    with Threads(3) as pool:
        found = [pool.submit(divmod, 7, x) for x in (2, 0, 3, 4)]
        assert list(pool.map(abs, range(-5, 0))) == [5, 4, 3, 2, 1]
    assert [x.result() for x in found if x.exception() is None] == [(3, 1), (2, 1), (1, 3)]
    assert isinstance(found[1].exception(), ZeroDivisionError)


@pytest.mark.parametrize("most", [0, 1])
def test_an_evaluation_needs_no_thread(allow, most, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.arange(600_000) % 7
    array("p.npy", values.astype(np.float64))
    (tmp_path / "t.csv").write_text("target\n" + "".join(f"{x}\n" for x in values))
    text = (tmp_path / "t.csv").read_bytes()
    allow(most)
    for given in (("p.npy", "t.csv", "--jobs", "2"), ("p.npy", "-", "--jobs", "1")):
        done = call("regress", *given, "-l", "mse", "-f", "json", stdin=text)
        assert done.loss["value"] == 0, done.err
