"""Recipes that are not recipes, of every loss: wrong parameters, weights, names, ends and ids."""

from __future__ import annotations

import random
from functools import cache

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.kinds import kind
from benchmarks.fuzzing.generators.option_words import INPUTS
from losscli.spec import registry
from losscli.spec.loss import Loss
from losscli.spec.param import Param

JUNK = (
    "",
    "x",
    "--",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "0x1",
    "1_0",
    "٣",
    "½",
    "１",
    "1,5",
    "[",
    "]",
    "[]",
    "[1",
    "[1,]",
    "[a]",
    "[nan]",
    "[1;2]",
    "@",
    "@nope.csv",
    "TRUE",
    "None",
    "yes",
    "1e",
    "\x1b[31m",
    "[red]",
    "x" * 3000,
    "9" * 5000,
    "1.2.3",
    "{",
    "}",
    "{1,",
    "*",
    "+",
    "1deg2",
    "\u202e",
    "=",
    "==",
    "1=2",
    "\n",
    "\0" * 0 + "nul",
)
WEIGHTS = (
    "x",
    "",
    "nan",
    "inf",
    "1e999",
    "0x1",
    "٣",
    "１",
    "--1",
    "1_0",
    "[1]",
    "@f",
    "1e",
    ".",
    "9" * 400,
    "½",
    "1,0",
    "(2)",
    "2 2",
    "\x1b[1m",
)
ENDS = (
    "+",
    "++",
    "*",
    ":",
    ",",
    "=",
    "{",
    "}",
    "[",
    "]",
    "+*",
    ":=",
    ":,",
    "*+",
    "+nope",
    ":nope=1",
    "@",
    "|",
    "/2",
    "-1",
    "(1)",
    "^2",
    "**2",
    " + ",
    ":x",
    "\x1b[0m",
)


@cache
def losses() -> list[tuple[str, Loss]]:
    return [(family, loss) for family in registry.NAMES for loss in registry.load(family).losses.values()]


def _spelled(loss: Loss, **given: str) -> str:
    needed = {p.name: p.example or "1" for p in loss.params if p.required}
    inside = ",".join(f"{k}={v}" for k, v in {**needed, **given}.items())
    return f"{loss.name}:{inside}" if inside else loss.name


def _case(rng: random.Random, family: str, recipe: str, *says: str) -> Case:
    words, files = INPUTS[family]
    plain = [w for w in words if w != "-l"][:-1]
    more = rng.choice(((), ("-l", words[-1]), ("-q",), ("-f", "json")))
    given = ("-l", recipe) if rng.random() < 0.5 and not recipe.startswith("-") else (f"--loss={recipe}",)
    return Case((family, *plain, *more, *given), files, says, (2,))


def _outside(rng: random.Random, param: Param) -> str | None:
    """A number just, or far, outside of a parameter's domain."""
    low = param.ge if param.ge is not None else param.gt
    high = param.le if param.le is not None else param.lt
    whole = "int" in param.kinds and "float" not in param.kinds
    ways = []
    if low is not None:
        ways += [low - (1 if whole else 1e-9) * (param.ge is not None), low - 1, low - 1e6]
    if high is not None:
        ways += [high + (1 if whole else 1e-9) * (param.le is not None), high + 1, high + 1e6]
    if not ways:
        return None
    value = rng.choice(ways)
    text = repr(int(value)) if whole else repr(float(value)).replace("e+", "e")
    return f"[{text}]" if "vector" in param.kinds and "float" not in param.kinds else text


@kind
def a_parameter_outside_its_domain(rng: random.Random) -> Case:
    while True:
        family, loss = rng.choice(losses())
        found = [p for p in loss.params if {"int", "float", "vector", "angle"} & set(p.kinds)]
        if found:
            param = rng.choice(found)
            wrong = _outside(rng, param)
            if wrong is not None:
                return _case(rng, family, _spelled(loss, **{param.name: wrong}), param.name)


@kind
def a_parameter_of_the_wrong_kind(rng: random.Random) -> Case:
    while True:
        family, loss = rng.choice(losses())
        if loss.params:
            param = rng.choice(loss.params)
            wrong = rng.choice(
                [x for x in JUNK if x not in param.choices and not (x == "@nope.csv" and {"vector", "matrix"} & set(param.kinds))]
            )
            return _case(rng, family, _spelled(loss, **{param.name: wrong}))


@kind
def an_unknown_parameter(rng: random.Random) -> Case:
    family, loss = rng.choice(losses())
    known = [p.name for p in loss.params] or ["gamma"]
    name = (
        rng.choice(known) + rng.choice(("x", "_", "2", "é"))
        if rng.random() < 0.5
        else rng.choice(("nope", "x", "1", "a b", "γ", "[red]", "\x1b[1m"))
    )
    return _case(rng, family, _spelled(loss, **{name: "1"}), loss.name)


@kind
def a_parameter_given_twice(rng: random.Random) -> Case:
    while True:
        family, loss = rng.choice(losses())
        found = [p for p in loss.params if p.default is not None and not p.required]
        if found:
            param = rng.choice(found)
            value = str(param.default).lower() if not isinstance(param.default, tuple) else "[1,2]"
            return _case(rng, family, f"{_spelled(loss, **{param.name: value})},{param.name}={value}", "twice")


@kind
def an_unknown_loss(rng: random.Random) -> Case:
    family, loss = rng.choice(losses())
    other, foreign = rng.choice(losses())
    taken = registry.load(family)
    ways = [
        loss.name + "x",
        loss.name[1:],
        loss.name.upper() + "_",
        f"{other}/{foreign.name}x",
        "nope",
        "[red]",
        "\x1b[31m",
        "é",
        "x" * 3000,
        f"{loss.name} {loss.name}",
        f"{loss.name}-",
    ]
    ways += [foreign.name] if taken.find(foreign.name) is None else []
    name = rng.choice([w for w in ways if taken.find(w) is None])
    return _case(rng, family, name)


@kind
def a_weight_that_is_not_a_number(rng: random.Random) -> Case:
    family, loss = rng.choice(losses())
    weight = rng.choice(WEIGHTS)
    tail = f"+{_spelled(loss)}" if rng.random() < 0.3 else ""
    return _case(rng, family, f"{weight}*{_spelled(loss)}{tail}", "weight" if weight not in ("@f",) else "")


@kind
def a_recipe_with_a_bad_end(rng: random.Random) -> Case:
    family, loss = rng.choice(losses())
    needs = any(p.required for p in loss.params)
    end = rng.choice(ENDS)
    return _case(rng, family, f"{_spelled(loss)}{end}" if needs or rng.random() < 0.8 else f"{end}{loss.name}".replace("{", "["))


@kind
def two_losses_of_one_id(rng: random.Random) -> Case:
    family, loss = rng.choice(losses())
    words, files = INPUTS[family]
    plain = [w for w in words if w != "-l"][:-1]
    one, two = (f"x={_spelled(loss)}", f"x={_spelled(rng.choice([x for f, x in losses() if f == family]))}")
    return Case((family, *plain, "-l", one, "-l", two), files, ("x",), (2,))


@kind
def a_convention_that_a_loss_does_not_have(rng: random.Random) -> Case:
    family, loss = rng.choice(losses())
    words, files = INPUTS[family]
    plain = [w for w in words if w != "-l"][:-1]
    return Case(
        (
            family,
            *plain,
            "-l",
            _spelled(loss),
            "--convention",
            rng.choice(("nope", "", "pytorch2", "tfx", "\x1b[1m", "torch,keras", "0")),
        ),
        files,
        (),
        (2,),
    )
