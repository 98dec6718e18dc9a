"""Options of every command with values that they do not take, unknown, of other commands, or contradicting."""

from __future__ import annotations

import random
from collections.abc import Mapping

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.kinds import kind
from benchmarks.fuzzing.generators.option_words import (
    CONTRADICTIONS,
    INPUTS,
    NO_NUMBERS,
    NO_WORDS,
    NOT_WHOLE,
    REST,
    TWO,
    UNKNOWN,
    WRONG,
)
from losscli.cli.typer_app import COMMANDS
from losscli.run.declared import Slot
from losscli.spec.names import FAMILIES


def valid(rng: random.Random, command: str | None = None) -> tuple[list[str], Mapping[str, bytes]]:
    """A command that is right, and its files."""
    found = command or rng.choice(list(COMMANDS))
    if found in INPUTS:
        words, files = INPUTS[found]
        return [found, *words], files
    return [found, *REST[found]], TWO


def _options(command: str) -> list[Slot]:
    return [slot for slot in COMMANDS[command].slots if slot.declared.flags]


def _with(rng: random.Random, slot: Slot, value: str, command: str) -> Case:
    words, files = valid(rng, command)
    flag = rng.choice(slot.declared.flags)
    said = (f"{flag}={value}",) if flag.startswith("--") and rng.random() < 0.5 else (flag, value)
    at = rng.choice((1, len(words)))
    return Case(
        (*words[:at], *said, *words[at:]), files, codes=(2,), says=((slot.spelled, *slot.declared.flags, slot.declared.metavar),)
    )


def _drawn(rng: random.Random, fits: str) -> tuple[str, Slot]:
    """A command and one of its options that are of numbers, of words, or of text."""
    return rng.choice([(name, slot) for name in COMMANDS for slot in _options(name) if _is(slot) == fits])


def _is(slot: Slot) -> str:
    if slot.switch:
        return "switch"
    if slot.declared.bare:
        return "bare"
    return "number" if slot.number else "word" if slot.declared.choices else "text"


@kind
def a_number_that_an_option_does_not_take(rng: random.Random) -> Case:
    command, slot = _drawn(rng, "number")
    wrong = [*NO_NUMBERS, *(NOT_WHOLE if slot.number is int else ())]
    low, high = slot.declared.low, slot.declared.high
    if low is not None:
        wrong += [str(low - 1), str(low - 1 - rng.randrange(1000)), f"-{'9' * 20}"]
    if high is not None:
        wrong += [str(high + 1), "9" * 12]
    if slot.number is float:
        wrong = [x for x in wrong if x not in NOT_WHOLE]
    return _with(rng, slot, rng.choice(wrong), command)


@kind
def a_word_that_an_option_does_not_take(rng: random.Random) -> Case:
    command, slot = _drawn(rng, "word")
    words = list(slot.declared.choices)
    near = rng.choice(words)
    near = near[:-1] + rng.choice("qxzjk0") if rng.random() < 0.5 else near + rng.choice("qxzjk")
    return _with(rng, slot, rng.choice([*NO_WORDS, near]), command)


@kind
def a_text_that_an_option_does_not_take(rng: random.Random) -> Case:
    family = rng.choice(FAMILIES)
    slot = rng.choice([s for s in _options(family) if s.name in WRONG])
    made = _with(rng, slot, rng.choice(WRONG[slot.name]), family)
    return Case(made.command, made.files, codes=(2, 3))


@kind
def an_unknown_option(rng: random.Random) -> Case:
    words, files = valid(rng)
    at = rng.randrange(1, len(words) + 1)
    slot = rng.choice(_options(words[0]))
    flag = slot.declared.flags[-1]
    near = flag[:3] + flag[4:] if len(flag) > 6 and rng.random() < 0.5 else f"{flag}{rng.choice('qxzk')}"
    unknown = rng.choice([*UNKNOWN, near])
    return Case((*words[:at], unknown, *words[at:]), files, codes=(2,))


@kind
def an_option_of_another_command(rng: random.Random) -> Case:
    words, files = valid(rng)
    other = rng.choice([c for c in COMMANDS if c != words[0]])
    own = {flag for slot in _options(words[0]) for flag in slot.declared.flags}
    theirs = [slot for slot in _options(other) if not own & set(slot.declared.flags)]
    if not theirs:
        return an_unknown_option(rng)
    slot = rng.choice(theirs)
    more = () if slot.switch else (str(next(iter(slot.declared.choices), "1")),)
    return Case((*words, slot.declared.flags[-1], *more), files, says=(slot.declared.flags[-1],), codes=(2,))


@kind
def an_option_without_its_value(rng: random.Random) -> Case:
    command, slot = _drawn(rng, rng.choice(("number", "word", "text")))
    words, files = valid(rng, command)
    flag = rng.choice(slot.declared.flags)
    return Case((*words, flag), files, says=((flag, slot.spelled),), codes=(2,))


@kind
def a_switch_with_a_value(rng: random.Random) -> Case:
    command, slot = _drawn(rng, "switch")
    words, files = valid(rng, command)
    flag = slot.declared.flags[-1]
    return Case((*words, f"{flag}={rng.choice(NO_WORDS + NO_NUMBERS)}"), files, says=(flag,), codes=(2,))


@kind
def options_that_contradict(rng: random.Random) -> Case:
    family = rng.choice(FAMILIES)
    words, files = valid(rng, family)
    more = rng.choice(CONTRADICTIONS[family]).split(" ")
    noise = rng.choice(
        ((), ("-q",), ("-v",), ("--jobs", "2"), ("--no-progress",), ("--isolated",), ("--color", "never"), ("--digits", "3"))
    )
    return Case((*words, *more, *noise), files, codes=(2, 3))


@kind
def words_by_place_that_are_wrong(rng: random.Random) -> Case:
    words, files = valid(rng)
    wrong = rng.choice(
        (
            *NO_WORDS,
            "nope.csv",
            "no/such/file",
            "/dev/null",
            "~",
            "p.csv/x",
            "http://",
            "nope://x",
            "x" * 300,
            "p.csv::x",
            "@p.csv",
            "@nope",
            "nope*",
        )
    )
    places = [i for i, word in enumerate(words) if i and not word.startswith("-") and words[i - 1] != "-l"] or [len(words)]
    at = rng.choice(places)
    command = [*words[:at], wrong, *words[at + 1 :]] if rng.random() < 0.7 else [*words[:at], wrong, *words[at:]]
    return Case(tuple(command), files, codes=(0, 2, 3) if words[0] in ("losses", "formats") else (2, 3))


@kind
def an_unknown_command(rng: random.Random) -> Case:
    near = rng.choice(list(COMMANDS))
    wrong = rng.choice((near[:-1], near + "s", near.upper(), near[::-1], f" {near}", *NO_WORDS))
    return Case((wrong, *rng.choice(list(INPUTS.values()))[0]), TWO, codes=(2,))
