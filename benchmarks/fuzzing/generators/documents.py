"""Reports and configurations that are malformed, given to the commands that read them."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.annotations import _changed
from benchmarks.fuzzing.generators.kinds import kind
from benchmarks.fuzzing.generators.option_words import TWO

COMMANDS = (
    ("report",),
    ("report", "-f", "json"),
    ("verify",),
    ("merge",),
    ("compare",),
    ("report", "-f", "csv"),
    ("report", "-f", "junit"),
    ("report", "-f", "md"),
    ("report", "-f", "html"),
)


@cache
def _report() -> bytes:
    """A report as the tool writes one."""
    import os
    import tempfile
    from pathlib import Path

    from tests.support.command import call

    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, raw in TWO.items():
                Path(name).write_bytes(raw)
            done = call(
                "regress",
                "p.csv",
                "t.csv",
                "-l",
                "mae",
                "-l",
                "x=mse+mae",
                "--by",
                "g",
                "--worst",
                "2",
                "--state",
                "--fail-if",
                "mae > 9",
                "-f",
                "json",
            )
        finally:
            os.chdir(home)
    assert done.code == 0, done.err
    return done.out.encode()


@kind
def a_report_with_another_value(rng: random.Random) -> Case:
    """Some values are shown as they are, and may be anything; a gate of a report may fail again."""
    document: Any = json.loads(_report())
    for _ in range(rng.choice((1, 1, 2, 4))):
        document = _changed(rng, document)
    command = rng.choice(COMMANDS)
    other = ("s.json",) if command[0] in ("merge", "compare") else ()
    files = {**TWO, "r.json": json.dumps(document).encode(), "s.json": _report()}
    return Case((command[0], "r.json", *other, *command[1:]), files, codes=(0, 1, 2, 3))


@kind
def a_report_that_is_none(rng: random.Random) -> Case:
    raw = rng.choice(
        (
            b"",
            b"{}",
            b"[]",
            b"null",
            b"1",
            b"x",
            b'{"schema": "x"}',
            b'{"schema": "losscli.report/2"}',
            b'{"schema": 1}',
            b'{"schema": "losscli.report/1"}',
            b'[{"schema": "losscli.report/1"}]',
            b"\xff\xfe",
            b"\0",
            _report()[: rng.randrange(1, 900)],
            _report() + b"x",
            _report().replace(b"losscli.report/1", b"losscli.report/9"),
            b"[" * 100000,
            b'{"a":' * 5000,
            b'{"schema": "losscli.report/1", "losses": ' + b"9" * 5000 + b"}",
            b"pred,target\n1,2\n",
        )
    )
    command = rng.choice(COMMANDS)
    other = ("s.json",) if command[0] in ("merge", "compare") else ()
    return Case((command[0], "r.json", *other, *command[1:]), {**TWO, "r.json": raw, "s.json": _report()}, ("r.json",), (2, 3))


LINES = (
    'pred = "p.csv"',
    'target = "t.csv"',
    'family = "regress"',
    'loss = "mae"',
    'loss = ["mae"]',
    "jobs = 1",
    "loss = 1",
    "loss = []",
    'family = "nope"',
    "family = 1",
    'pred = ["p.csv"]',
    'pred = ""',
    "nope = 1",
    'fail-if = "mae >"',
    'fail-if = ["mae > 9"]',
    "fail-if = 1",
    'by = "nope"',
    "worst = -1",
    'worst = "x"',
    "worst = 1.5",
    "digits = 99",
    "jobs = 0",
    "jobs = true",
    'key = "nope"',
    "key = {}",
    "weights = 5",
    'nonfinite = "x"',
    "quiet = 1",
    'format = "nope"',
    'output = "x.nope"',
    "output = 7",
    '"\\u001b[31m" = 1',
    "[x",
    "x",
    "=",
    "a.b.c = 1",
    "loss = 'mae",
    "x = 2024-01-01",
    "ci = 5",
    'ci = "x"',
    "[[check]]",
    "[check]",
    "[checks.x]",
    "[defaults]",
    "[nope]",
)


@kind
def a_configuration_that_is_wrong(rng: random.Random) -> Case:
    lines = ["[check.a]", 'family = "regress"', 'pred = "p.csv"', 'target = "t.csv"', 'loss = "mae"']
    for _ in range(rng.choice((1, 1, 2, 3))):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(LINES))
    raw = "\n".join(lines).encode() + b"\n"
    raw = (
        raw
        if rng.random() < 0.9
        else rng.choice((raw[:-9], raw + b"\xff", b"\xef\xbb\xbf" + raw, raw.replace(b"\n", b"\r"), raw + b"\0"))
    )
    command = rng.choice((("check",), ("check", "-f", "json"), ("check", "nope"), ("regress", "p.csv", "t.csv", "-l", "mae")))
    return Case(command, {**TWO, "losscli.toml": raw}, codes=(0, 1, 2, 3))
