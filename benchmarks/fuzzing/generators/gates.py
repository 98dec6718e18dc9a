"""Gates that are not gates, or whose subject is not there; and gates on true reports, whose verdict is known."""

from __future__ import annotations

import random

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.kinds import kind
from benchmarks.fuzzing.generators.option_words import TWO

STATS = ("value", "mean", "sum", "std", "min", "p50", "p95", "max", "n", "nonfinite", "coverage")
NO_NUMBERS = (
    "",
    "x",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "--1",
    "0x1",
    "1_0",
    "٣",
    "１",
    "½",
    "1,5",
    "1 2",
    "[1]",
    "1%%",
    "%",
    "one",
    "\x1b[31m1",
    "9" * 5000,
    "mae",
    "1e",
    "=1",
    ">1",
    "1;2",
)
NO_OPS = ("=", "==", "!=", "=>", "=<", "<>", "><", ">>", "≥", "≤", "is", "gt", "&gt;", "", "~", ":", "is not", ">>=", "\x1b[1m>")
NO_NAMES = (
    "nope",
    "",
    "mae.",
    ".mae",
    "mae..mean",
    "MAE.mean.x",
    "mse",
    "[mae]",
    "mae[0]",
    "mae()",
    "\x1b[31m",
    "m" * 3000,
    "mae@",
    "mae@g",
    "mae@g=",
    "mae@nope=u",
    "mae@g=nope",
    "mae:x=1",
    "x=mae",
    "1",
    "mae mae",
    "é",
)
NO_JOINS = ("or", "&&", "||", ",", ";", "AND NOT", "xor", "then", "+")


def _case(rng: random.Random, expr: str, *more: str, codes: tuple[int, ...] = (2,)) -> Case:
    option = rng.choice(("--fail-if", "--warn-if"))
    grouped = ("--by", "g") if "@" in expr or rng.random() < 0.2 else ()
    return Case(("regress", "p.csv", "t.csv", "-l", "mae", *grouped, f"{option}={expr}", *more), TWO, codes=codes)


def _right(rng: random.Random) -> str:
    return f"mae.{rng.choice(STATS[:8])} {rng.choice(('>', '<', '>=', '<='))} {rng.randrange(1, 99) / 10}"


@kind
def a_gate_without_a_number(rng: random.Random) -> Case:
    stat = rng.choice(("", *("." + s for s in STATS)))
    return _case(rng, f"mae{stat} {rng.choice(('>', '<', '>=', '<='))} {rng.choice(NO_NUMBERS)}")


@kind
def a_gate_without_an_operator(rng: random.Random) -> Case:
    return _case(rng, f"mae.{rng.choice(STATS)} {rng.choice(NO_OPS)} {rng.randrange(99)}")


@kind
def a_gate_of_nothing_that_is_there(rng: random.Random) -> Case:
    name = rng.choice(NO_NAMES)
    return _gone(rng, name) if "@" in name else _case(rng, f"{name} {rng.choice(('>', '<'))} {rng.randrange(1, 99)}")


def _gone(rng: random.Random, name: str) -> Case:
    """A slice: an unknown column is a usage error; a group that is not there fails."""
    expr = f"{name} > {rng.randrange(99)}"
    return Case(("regress", "p.csv", "t.csv", "-l", "mae", "--by", "g", f"--fail-if={expr}"), TWO, codes=(1, 2))


@kind
def a_gate_of_an_unknown_statistic(rng: random.Random) -> Case:
    stat = rng.choice(
        (
            "nope",
            "p5",
            "p99x",
            "Mean2",
            "avg",
            "median",
            "value.mean",
            "é",
            "low2",
            "95",
            "std dev",
            "recal",
            "x" * 2000,
            "__class__",
            "delta",
            "rel",
            "p_holm",
            "mde",
            "recall",
            "missed",
            "ece",
        )
    )
    return _case(rng, f"mae.{stat} > {rng.randrange(99)}")


@kind
def gates_joined_by_no_and(rng: random.Random) -> Case:
    one, two = _right(rng), _right(rng)
    return _case(
        rng,
        rng.choice(
            (
                f"{one} {rng.choice(NO_JOINS)} {two}",
                f"{one} and",
                f"and {one}",
                f"{one} and and {two}",
                f"{one} {two}",
                f"({one})",
                f"not {one}",
                f"{one} and nope > 1",
            )
        ),
    )


@kind
def a_percentage_of_no_share(rng: random.Random) -> Case:
    return _case(rng, f"mae.{rng.choice(('value', 'mean', 'sum', 'std', 'max', 'n'))} > {rng.randrange(99)}%")


@kind
def a_gate_that_is_true_or_false(rng: random.Random) -> Case:
    """mae is 1 in each row: a gate on it passes or fails, by arithmetic."""
    stat, value = rng.choice(
        (
            ("value", 1.0),
            ("mean", 1.0),
            ("sum", 3.0),
            ("std", 0.0),
            ("min", 1.0),
            ("max", 1.0),
            ("p50", 1.0),
            ("n", 3.0),
            ("nonfinite", 0.0),
        )
    )
    limit, op = rng.choice((0.0, 0.5, 1.0, 1.5, 3.0, 4.0, -1.0, rng.uniform(-5, 5))), rng.choice((">", "<", ">=", "<="))
    true = {">": value > limit, "<": value < limit, ">=": value >= limit, "<=": value <= limit}[op]
    blank = rng.choice(("", " ", "  "))
    words = (
        "regress",
        "p.csv",
        "t.csv",
        "-l",
        "mae",
        f"--fail-if=mae.{stat}{blank}{op}{blank}{limit!r}",
        *rng.choice(((), ("-f", "json"), ("-o", "report.json"))),
    )
    files = {"p.csv": b"id,g,pred\na,u,1\nb,v,2\nc,v,5\n", "t.csv": b"id,target\na,2\nb,3\nc,4\n"}
    return Case(words, files, codes=(int(true),))
