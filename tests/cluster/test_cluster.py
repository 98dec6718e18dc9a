"""A cluster: two worker processes give the bits of one process, whoever dies and wherever the rows lie."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli import sources
from losscli.cluster import dask as scheduler
from losscli.cluster import evaluate
from losscli.core.errors import DataError, UsageError
from losscli.core.records import replace
from losscli.reading.asked import Reading
from losscli.run.request import Request
from losscli.run.run import run
from losscli.spec import registry
from losscli.spec.family import Conventions
from tests.support.paths import SAMPLES

pytestmark = pytest.mark.cluster

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")
WorkerPlugin: Any = distributed.WorkerPlugin
ROWS = 700_000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A scheduler with two worker processes."""
    with workers(2, tmp_path_factory.mktemp("workers")) as found:
        yield found.scheduler_address


def workers(n, folder):
    options = {"processes": True, "dashboard_address": None, "local_directory": str(folder), "memory_limit": 0}
    ports = {"dashboard_address": "127.0.0.1:0"}
    return distributed.LocalCluster(n_workers=n, threads_per_worker=1, silence_logs=50, scheduler_kwargs=ports, **options)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two models of the same targets in 3,000 groups, and the losses of the samples of one."""
    folder, n = tmp_path_factory.mktemp("models"), 150_000
    rng = np.random.default_rng(3)
    target = rng.normal(size=n)
    np.savez(folder / "target.npz", target=target, group=rng.integers(0, 3_000, n))
    for name in ("new", "base"):
        np.savez(folder / f"{name}.npz", pred=target + rng.lognormal(size=n))
    base = Request("regress", str(folder / "base.npz"), str(folder / "target.npz"), losses=("mse",))
    run(replace(base, per_sample=str(folder / "base.csv")))
    return folder


@pytest.mark.parametrize(("baseline", "losses"), [("base.npz", ("mse", "rmse")), ("base.csv", ("mse",))])
@pytest.mark.parametrize("unit", [None, "target.group"])
def test_a_comparison_with_a_baseline(address, models, baseline, losses, unit):
    asked = Request("regress", str(models / "new.npz"), str(models / "target.npz"), losses=losses, ci=0.95, format="json")
    asked = replace(asked, baseline=str(models / baseline), reading=Reading(unit=unit), resamples=199)
    alone = run(replace(asked, jobs=1))
    assert alone.report.losses[0].against.test == "signflip"
    assert run(replace(asked, jobs=2)).text == alone.text
    assert run(replace(asked, cluster=address)).text == alone.text


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Six tiles of rows, whole and in shards that are cut elsewhere."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(7)
    pred, target = rng.normal(size=ROWS).astype(np.float32) + 100, rng.normal(size=ROWS) + 100
    np.save(folder / "pred.npy", pred)
    np.save(folder / "target.npy", target)
    np.save(folder / "weight.npy", rng.integers(0, 3, ROWS).astype(float))
    for i, shard in enumerate(np.split(pred, [1, 1000, 300_000, 300_001, 650_000])):
        np.save(folder / f"pred-{i + 7}.npy", shard)
    for i, part in enumerate(np.split(target, [350_000])):
        np.save(folder / f"target-{i}.npy", part)
    return folder


def request(files, pred="pred.npy", target="target.npy", **more):
    given = {"losses": ("mse", "rmse", "0.5*mae+2*huber"), "worst": 7, "format": "json", **more}
    return Request("regress", str(files / pred), str(files / target), **given)


def equal(one, other):
    """The same bytes but for the paths and digests of the inputs."""
    one, other = json.loads(one), json.loads(other)
    for report in (one, other):
        for side in report["inputs"].values():
            del side["path"], side["sha256"]
        for worst in report["worst"]:  # the file of a row, which only a side of several files needs
            for key in [key for key in worst if key.endswith("_file")]:
                del worst[key]
    return json.dumps(one) == json.dumps(other)


def test_the_report_of_one_process(address, files):
    from losscli.reading.asked import Reading

    reading = Reading(weights=str(files / "weight.npy"))
    assert run(request(files, reading=reading)).text == run(request(files, reading=reading, cluster=address)).text


def test_counted_quantiles_and_dropped_rows(address, files, tmp_path):
    pred = np.tile(np.load(files / "pred.npy"), 2)
    pred[::1000] = np.nan
    np.save(tmp_path / "pred.npy", pred)
    np.save(tmp_path / "target.npy", np.tile(np.load(files / "target.npy"), 2))
    conventions = Conventions(nonfinite="drop")
    texts = [run(request(tmp_path, conventions=conventions, cluster=place)).text for place in (None, address)]
    assert texts[0] == texts[1]
    assert "quantiles-approximate" in texts[0]


@pytest.mark.parametrize("place", ["", "a cluster"])
def test_shards_are_one_input(address, files, place):
    from losscli.reading.asked import Reading

    uneven = Reading(allowed=frozenset({"pair-order"}))
    shards = run(request(files, "pred-*.npy", "target-?.npy", reading=uneven, cluster=address if place else None)).text
    assert equal(run(request(files)).text, shards)
    assert json.loads(shards)["inputs"]["pred"]["path"].endswith("pred-*.npy")
    assert json.loads(shards)["inputs"]["pred"]["sha256"] == sources.open_source(str(files / "pred-*.npy")).sha256()


@pytest.mark.parametrize(
    ("family", "pred", "target", "losses", "more"),
    [
        ("detect", "boxes.csv", "gt.csv", ("giou", "ciou"), {"keys": ("id",)}),
        ("classify", "digits_logits.npy", "digits_label.npy", ("ce", "focal:gamma=2"), {"from_logits": True}),
        ("classify", "cancer_pred.csv", "cancer_label.csv", ("bce", "weighted_bce"), {"keys": ("case",)}),
        ("segment", "coins_probs.npy", "coins_masks.npy", ("dice+ce", "weighted_bce"), {}),
        ("segment", "coins3_probs.npy", "coins3_masks.npy", ("dice+ce", "ce:pool=batch", "gdl"), {"per_class": True}),
        ("embed", "digits_embedding.npy", "digits_embedding_label.npy", ("triplet:margin=0.2",), {}),
        ("detect", "ssd_pred.npz", "ssd_target.npz", ("ssd",), {"from_logits": True}),
    ],
)
def test_every_family(address, family, pred, target, losses, more):
    from losscli.reading.asked import Reading

    reading = Reading(keys=more.get("keys", ()))
    conventions = Conventions(from_logits=more.get("from_logits", False), pred_format="", target_format="")
    asked = {"losses": losses, "reading": reading, "conventions": conventions, "worst": 3, "format": "json"}
    asked["per_class"] = more.get("per_class", False)
    texts = [run(Request(family, str(SAMPLES / pred), str(SAMPLES / target), cluster=c, **asked)).text for c in (None, address)]
    assert texts[0] == texts[1]


class Deadly(WorkerPlugin):
    """Kills the worker of that name when it has done its first task; once, so that the one that replaces it may live."""

    def __init__(self, name, flag):
        self.victim, self.flag = name, flag

    def setup(self, worker):
        self.worker = worker

    def transition(self, key, start, finish, **more):
        if finish == "memory" and str(self.worker.name) == self.victim and not os.path.exists(self.flag):
            Path(self.flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("victim", ["0", "1"])
def test_a_worker_that_dies(address, files, victim, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "MOST_TILES", 1)
    flag = tmp_path / "died"
    with distributed.Client(address, set_as_default=False) as client:
        client.register_plugin(Deadly(victim, str(flag)), name="deadly")
        found = run(request(files, "pred-*.npy", cluster=address)).text
        client.unregister_worker_plugin("deadly")
    assert flag.exists()
    assert equal(run(request(files)).text, found)


class Fatal(WorkerPlugin):
    """Kills every worker that begins to tally, until the flag is raised."""

    def __init__(self, flag):
        self.flag = flag

    def transition(self, key, start, finish, **more):
        if finish == "executing" and key.startswith("_span") and not os.path.exists(self.flag):
            os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_die_again_and_again(files, tmp_path):
    flag = tmp_path / "spared"
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        workers(1, tmp_path) as found,
        distributed.Client(found, set_as_default=False) as client,
    ):
        client.register_plugin(Fatal(str(flag)), name="fatal")
        with pytest.raises(DataError, match="workers died on the same task"):
            run(request(files, cluster=found.scheduler_address))
        flag.touch()
        # a worker that is being started while the cluster closes cannot be joined: the last one must have come up
        assert client.submit(os.getpid, pure=False, retries=3).result(timeout=60)


def test_rows_are_told_as_they_are_done(address, files, monkeypatch):
    monkeypatch.setattr(evaluate, "MOST_TILES", 1)
    told = []

    class Watch:
        def add(self, rows):
            told.append(rows)

        def clear(self):
            told.append("end")

    run(request(files, cluster=address), watch=lambda rows: Watch())
    assert told.pop() == "end"
    assert sum(told) == ROWS
    assert len(told) > 1


def test_a_file_that_a_worker_cannot_read(address, files, tmp_path, monkeypatch):
    pred = tmp_path / "pred.npy"
    pred.write_bytes((files / "pred.npy").read_bytes())
    true = evaluate.evaluate
    monkeypatch.setattr(evaluate, "evaluate", lambda *args, **more: pred.unlink() or true(*args, **more))
    with pytest.raises(DataError) as e:
        run(request(files, pred, cluster=address))
    text = str(e.value)
    assert text.startswith(f"{pred}: cannot be read on the worker tcp://127.0.0.1:")
    assert os.uname().nodename in text
    assert "No such file" in text


def test_the_error_is_that_of_the_first_row(address, files, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "MOST_TILES", 1)
    bad = np.load(files / "pred.npy")
    bad[[650_000, 200_000, 400_000]] = np.nan
    np.save(tmp_path / "bad.npy", bad)
    said = []
    for place in (None, address):
        with pytest.raises(DataError) as e:
            run(request(files, tmp_path / "bad.npy", cluster=place))
        said.append(str(e.value))
    assert said[0] == said[1]
    assert "row 200001" in said[0]


def test_other_versions_are_refused(address, files, monkeypatch):
    monkeypatch.setattr(scheduler, "__version__", "9.9")
    with pytest.raises(UsageError, match="has losscli"):
        run(request(files, cluster=address))


def test_nobody_answers(files, monkeypatch):
    monkeypatch.setattr(scheduler, "PATIENCE", 1)
    with pytest.raises(DataError, match=r"cannot connect to a cluster at 127\.0\.0\.1:9"):
        run(request(files, cluster="127.0.0.1:9"))


@pytest.mark.parametrize("name", registry.NAMES)
def test_declarations_travel(name):
    family = registry.load(name)
    assert pickle.loads(pickle.dumps(family)) is family
    for loss in family.losses.values():
        for form in loss.forms:
            assert pickle.loads(pickle.dumps(form)) is form


def test_what_is_no_scheduler():
    for text in ("image_id", "local:0", "local:x", "a:b", "", "tcp://", "two words:1", "h:"):
        with pytest.raises(UsageError, match="is not a scheduler address"):
            scheduler.parse(text)
    assert scheduler.parse("local") == scheduler.Place()
    assert scheduler.parse("local:3") == scheduler.Place(workers=3)
    for text in ("h:8786", "10.0.0.1:1", "[::1]:8786", "tcp://h:1", "tls://h:1"):
        assert scheduler.parse(text) == scheduler.Place(text)


def test_what_a_cluster_cannot_do(files, tmp_path):
    for more in ({"per_sample": str(tmp_path / "s.csv")}, {"gradients": str(tmp_path / "g.npy"), "losses": ("mse",)}):
        with pytest.raises(UsageError, match="cannot run on a cluster"):
            run(request(files, cluster="local", **more))
    with pytest.raises(UsageError, match="cannot read stdin"):
        run(Request("regress", "-", "t.npy", losses=("mse",), cluster="local"))
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as e:
        run(request(files, cluster="local"))
    assert "pip install '.[dask]'" in str(e.value)


def command(*argv, tmp, **more):
    env = {**os.environ, "TMPDIR": str(tmp)}
    return subprocess.Popen([sys.executable, "-m", "losscli", *argv], env=env, stdout=-1, stderr=-1, text=True, **more)


def test_a_cluster_of_this_machine(files, tmp_path):
    argv = ("regress", str(files / "pred.npy"), str(files / "target.npy"), "-l", "mse", "-f", "json")
    done = command(*argv, "--cluster", "local:2", tmp=tmp_path)
    out, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (0, "")
    here = command(*argv, tmp=tmp_path)
    assert (out, "") == here.communicate(timeout=120)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
def test_an_interrupt_leaves_nothing(files, tmp_path):
    argv = ("regress", str(files / "pred.npy"), str(files / "target.npy"), "-l", "mse", "-o", f"json={tmp_path / 'r.json'}")
    (tmp_path / "tmp").mkdir()
    done = command(*argv, "--cluster", "local:2", tmp=tmp_path / "tmp", start_new_session=True)
    while not list((tmp_path / "tmp").glob("*/dask-scratch-space/worker-*")) and done.poll() is None:
        time.sleep(0.01)
    os.killpg(done.pid, signal.SIGINT)
    _, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (130, "error: interrupted; no file was written\n")
    assert [p for p in tmp_path.rglob("*") if p.name != "tmp"] == []
    for _ in range(500):  # the last of the group sees that the first is gone, and goes
        if not alive(done.pid):
            return
        time.sleep(0.01)
    pytest.fail("processes are left")


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
