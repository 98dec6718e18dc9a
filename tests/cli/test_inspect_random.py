"""Whatever the files and options, `inspect` proposes a command that runs, or ends as the command it names."""

from __future__ import annotations

import json
import shlex

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.command import call, table

SIDES = (
    ("id", "pred"),
    ("id", "target"),
    ("id", "cat", "dog", "emu"),
    ("id", "label"),
    ("image_id", "x1", "y1", "x2", "y2", "score", "label"),
    ("image_id", "x1", "y1", "x2", "y2", "label"),
    ("e0", "e1", "e2"),
    ("prob_0", "prob_1", "prob_2", "fold"),
    ("score",),
    ("y_pred",),
    ("y_true", "id"),
    ("pred", "target", "weight"),
    ("0", "1"),
)
OPTIONS = (
    (),
    (),
    ("--from-logits",),
    ("--strict",),
    ("--key", "id"),
    ("--nonfinite", "drop"),
    ("--pair", "position"),
    ("--match", "greedy", "--one-image"),
    ("--match", "greedy"),
    ("--by", "label"),
    ("--multilabel",),
    ("--weights", "score"),
    ("--classes", "cat,dog,emu"),
    ("--col", "scores=p*"),
    ("--extra", "drop"),
    ("--family", "classify"),
    ("--family", "embed"),
    ("--renormalize",),
)


def column(name, rng, rows):
    if name in ("id", "image_id"):
        return [f"r{i % rng.integers(2, 99)}" for i in range(rows)]
    if name in ("label", "y_true", "y_pred"):
        return rng.choice(["cat", "dog", "emu"] if rng.random() < 0.5 else ["0", "1", "2"], rows).tolist()
    if name in ("x2", "y2"):
        return (6 + 5 * rng.random(rows)).round(2).tolist()
    return rng.random(rows).round(3).tolist()


def write(path, names, rng, rows):
    columns = [column(name, rng, rows) for name in names]
    if rng.random() < 0.2:
        columns[rng.integers(len(columns))][rng.integers(rows)] = rng.choice(["", "x", "nan"])
    lines = list(zip(*columns, strict=True))
    if rng.random() < 0.2:
        rng.shuffle(lines)
    table(path, names, *map(list, lines))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    sides=st.lists(st.sampled_from(SIDES), min_size=1, max_size=2),
    options=st.lists(st.sampled_from(OPTIONS), max_size=2, unique=True),
    rows=st.sampled_from((2, 6, 30)),
    more=st.sampled_from((0, 0, 0, 1)),
)
def test_a_proposed_command_runs_and_a_refused_one_is_refused_alike(folder, seed, sides, options, rows, more):
    rng = np.random.default_rng(seed)
    files = ["p.csv", "t.csv"][: len(sides)]
    for path, names, n in zip(files, sides, (rows, rows + more), strict=False):
        write(path, names, rng, n)
    done = call("inspect", *files, *(word for option in options for word in option), "-f", "json")
    assert done.code in (0, 2, 3), done.err
    if not done.out:
        assert done.code == 2 or "an empty line" in done.err, "options that contradict each other, or a file that cannot be read"
        return
    found = json.loads(done.out)
    if found["error"] is not None:
        result = call(*shlex.split(found["error"]["command"])[1:])
        assert (result.code, result.err) == (done.code, done.err)
    elif found["try"] is not None:
        result = call(*shlex.split(found["try"])[1:])
        assert result.code == 0, result.err
