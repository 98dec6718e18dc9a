"""Whatever the code of a user's loss raises or returns is an error of that loss: never another exit code, never half a number."""

from __future__ import annotations

import pytest

from tests.support.command import call, cli

FILE = """
import functools, os, sys
import numpy as np
import losscli

def leaves(pred, target): sys.exit(0)
class Kind:
    def __init__(self, pred=0, target=0): ...
    def __call__(self, pred, target): return pred - target
instance, method, builtin, ufunc = Kind(), Kind().__call__, max, np.hypot
partial = functools.partial(lambda pred, target, k: pred - target, k=2)
def text(pred, target): return ["a"] * len(pred)
def ragged(pred, target): return [[1.0], [1.0, 2.0]] * (len(pred) // 2)
def complex_(pred, target): return pred * 1j
def objects(pred, target): return [object()] * len(pred)
def mapping(pred, target): return {"loss": pred}
def yields(pred, target): yield pred
async def later(pred, target): return pred
def quits(pred, target): os._exit(0)
def becomes(pred, target): os.execv("/bin/true", ["true"])
def huge(pred, target): return [10**400] * len(pred)
class Unreadable:
    def __array__(self, *args, **how): raise ZeroDivisionError
def unreadable(pred, target): return Unreadable()
def masked(pred, target): return np.ma.array(pred, mask=[False, False, False, True])
def closes(pred, target):
    sys.stdout.close()
    return pred
class Stop(BaseException): ...
def stops(pred, target): raise Stop("now")
def hint(pred: "np.flot", target): return pred
def spelled(pred: "1 +", target): return pred
def scalar(pred, target): return 1.0
def numbers_(pred, target): return [float(x) for x in np.abs(pred - target)]
def truths(pred, target): return pred != target

def _declared(name, slope):
    @losscli.declare("regress", name)
    def loss(pred, target): return np.abs(pred - target)
    loss.gradient(slope)
    return loss

slope_text = _declared("slope_text", lambda pred, target, p: "steep")
slope_short = _declared("slope_short", lambda pred, target, p: pred[:1])
slope_role = _declared("slope_role", lambda pred, target, p: {"prde": pred})
slope_empty = _declared("slope_empty", lambda pred, target, p: {})
slope_complex = _declared("slope_complex", lambda pred, target, p: pred * 1j)
slope_leaves = _declared("slope_leaves", lambda pred, target, p: sys.exit(0))
slope_right = _declared("slope_right", lambda pred, target, p: {"pred": np.sign(pred - target)})
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("code")
    (path / "mine.py").write_text(FILE)
    for name, code in {"script": "sys.exit(0)", "message": "sys.exit('usage: script')", "seven": "sys.exit(7)"}.items():
        (path / f"{name}.py").write_text(f"import sys\n{code}\ndef loss(pred, target): return pred\n")
    (path / "stops.py").write_text("class Stop(BaseException): ...\nraise Stop('now')\n")
    (path / "t.csv").write_text("pred,target\n1,2\n3,5\n4,4\n1,1\n")
    return path


LEFT = """
import atexit, os, sys, threading, time
print("at import")
os.chdir("/")
atexit.register(os._exit, 0)
threading.Thread(target=time.sleep, args=(100,)).start()
def loss(pred, target):
    print("in the loss")
    return pred
"""


def evaluated(folder, where, *more):
    name = where.partition(":")[2]
    return call("regress", str(folder / "t.csv"), "--loss-file", f"{folder / where}", "--loss", name, "-b", *more)


@pytest.mark.parametrize(("file", "code"), [("script", "0"), ("message", "'usage: script'"), ("seven", "7")])
def test_a_script_that_exits_does_not_decide_the_exit_code(folder, file, code):
    done = evaluated(folder, f"{file}.py:loss", "--fail-if", "loss > 100")
    assert (done.code, done.out) == (2, "")
    assert f"{file}.py calls sys.exit({code})" in done.err
    assert "if __name__ == '__main__'" in done.err


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("leaves", "the loss leaves calls sys.exit(0)"),
        ("Kind", "Kind cannot be a loss: it is a class, not a Python function"),
        ("instance", "instance cannot be a loss: it is a Kind"),
        ("method", "method cannot be a loss: it is a method"),
        ("builtin", "builtin cannot be a loss: it is a builtin_function_or_method"),
        ("ufunc", "ufunc cannot be a loss: it is a ufunc"),
        ("partial", "partial cannot be a loss: it is a partial"),
        ("text", "gave values of type <U1, not real numbers"),
        ("ragged", "gave lists that are not an array of numbers"),
        ("complex_", "gave values of type complex128, not real numbers"),
        ("objects", "gave lists that are not an array of numbers"),
        ("mapping", "gave a dict"),
        ("yields", "yields cannot be a loss: it returns its values one by one or later"),
        ("later", "later cannot be a loss: it returns its values one by one or later"),
        ("quits", "the loss quits calls os._exit(0)"),
        ("becomes", "the loss becomes calls os.execv('/bin/true')"),
        ("huge", "gave lists that are not an array of numbers"),
        ("unreadable", "gave Unreadables that are not an array of numbers"),
        ("stops", "the loss stops failed: Stop: now"),
        ("hint", "hint cannot be a loss: module 'numpy' has no attribute 'flot'"),
        ("spelled", "spelled cannot be a loss: "),
        ("scalar", "gave the shape () for 4 rows"),
        ("nothing", "has no function 'nothing'"),
    ],
)
def test_functions_that_are_not_losses_are_usage_errors(folder, name, fact):
    done = evaluated(folder, f"mine.py:{name}", "--fail-if", f"{name} > 100")
    assert (done.code, done.out) == (2, "")
    assert fact in done.err
    assert "Warning" not in done.err


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("slope_text", "the gradient of slope_text gave values of type <U5"),
        ("slope_short", "the gradient of slope_short has the shape (1,), where pred has (4,)"),
        ("slope_role", "the gradient of slope_role names 'prde', did you mean pred?"),
        ("slope_empty", "the gradient of slope_empty is empty"),
        ("slope_complex", "the gradient of slope_complex gave values of type complex128"),
        ("slope_leaves", "the loss slope_leaves calls sys.exit(0)"),
    ],
)
def test_gradients_that_are_not_in_the_shape_of_the_arrays_are_usage_errors(folder, name, fact):
    for option in (("--gradients", str(folder / "g.npy")), ("--grad-stats",)):
        done = evaluated(folder, f"mine.py:{name}", *option)
        assert (done.code, done.out) == (2, "")
        assert fact in done.err
    assert not (folder / "g.npy").exists()


def test_what_a_file_leaves_decides_nothing(tmp_path):
    (tmp_path / "left.py").write_text(LEFT)
    (tmp_path / "t.csv").write_text("pred,target\n1,2\n3,5\n")
    done = cli("regress", "t.csv", "--loss-file", "left.py:loss", "-l", "loss", "-b", "--fail-if", "loss > 1", cwd=tmp_path)
    assert (done.code, done.out) == (1, "2\n")
    assert done.err.splitlines() == ["at import", "in the loss", "FAIL loss = 2 (must be at most 1)"]
    (tmp_path / "left.py").write_text("import os\nos._exit(0)\n")
    done = call("regress", str(tmp_path / "t.csv"), "--loss-file", f"{tmp_path / 'left.py'}:loss", "-l", "loss")
    assert (done.code, done.out) == (2, "")
    assert "left.py calls os._exit(0)" in done.err


def test_a_masked_value_is_not_a_number(folder):
    done = evaluated(folder, "mine.py:masked", "--fail-if", "masked > 100")
    assert (done.code, done.out.strip()) == (1, "nan")


def test_a_closed_stdout_is_an_error(folder):
    done = cli("regress", str(folder / "t.csv"), "--loss-file", f"{folder / 'mine.py'}:closes", "--loss", "closes")
    assert done.code == 3
    assert done.err.endswith("error: stdout: cannot be written: it has been closed\n")


def test_a_file_that_raises_what_is_not_an_exception(folder):
    done = evaluated(folder, "stops.py:loss")
    assert done.code == 2
    assert "stops.py cannot be loaded: Stop: now" in done.err


@pytest.mark.parametrize(("name", "value"), [("numbers_", "0.75"), ("truths", "0.5"), ("slope_right", "0.75")])
def test_lists_and_truth_values_are_numbers(folder, name, value):
    done = evaluated(folder, f"mine.py:{name}")
    assert (done.code, done.out.strip()) == (0, value)
