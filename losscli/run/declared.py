"""Arguments and options as data: how each is spelled, which values it takes, which commands have it. Knows no parser."""

from __future__ import annotations

import math
import numbers
import os
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from losscli.core.errors import UsageError, nearest, raise_all, visible
from losscli.spec.names import FAMILIES, plain_name, squeezed

LOSSES, COLUMNS, PAIRS, VALUES = "Losses", "Columns", "Pairing", "Values"
TEXT, FILES = "Tables of text", "Annotations, images and folders"
STATISTICS, OUTPUT, GATES, RUNNING = "Statistics", "Output", "Gates", "Running"
GROUPS = (LOSSES, COLUMNS, PAIRS, TEXT, FILES, VALUES, STATISTICS, OUTPUT, GATES, RUNNING)
"""The headings of a help page, in their order."""


def whole(value: Any) -> Any:
    """The value as it is."""
    return value


class Declared:
    """The declaration of one parameter of a command.

    spelling: as a help page shows it: `-l, --loss RECIPE`, or `PRED` for a word by its position; by default the choices stand
    for the value. choices: the words it takes, or those words with other names for each. low, high: the range of a number.
    bare: the value where the option ends a command line, or what follows is not a number; empty if a value is needed.
    complete: what a shell may offer for it: `loss`, `map`, `column`, `role` or `check`. more: finds further choices, and is called
    only for a word that is not among the others. Of options also: group, the heading on a help page; families, the task families
    that read it; commands, those and the other commands that have it; count, whether it is a switch that counts; pair, whether it
    takes two words; recorded: what a report says of each word of it, None where it says nothing.
    """

    group: str = ""
    bare: str = ""
    families: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    count: bool = False
    pair: bool = False
    recorded: Callable[[Any], Any] | None = staticmethod(whole)

    def __init__(
        self,
        spelling: str,
        help: str,
        *,
        choices: Sequence[str] | Mapping[str, Sequence[str]] = (),
        low: float | None = None,
        high: float | None = None,
        complete: str = "",
        more: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        *flags, last = spelling.split(", ")
        flag, _, metavar = last.partition(" ") if last.startswith("-") else ("", "", last)
        self.flags = (*flags, flag) if flag else ()
        self.help, self.low, self.high, self.complete, self.more = help, low, high, complete, more
        self.choices = choices if isinstance(choices, Mapping) else dict.fromkeys(choices, ())
        self.metavar = metavar or "|".join(self.choices)


class Argument(Declared):
    """A word by its position."""


class Option(Declared):
    """`--flag VALUE`, or a switch. also: the commands, other than families, that have it. `also` and `families` are for fields of
    records, which several commands share."""

    def __init__(
        self,
        spelling: str,
        help: str,
        *,
        group: str,
        families: Sequence[str] = FAMILIES,
        also: Sequence[str] = (),
        count: bool = False,
        bare: str = "",
        pair: bool = False,
        recorded: Callable[[Any], Any] | None = whole,
        **facts: Any,
    ) -> None:
        super().__init__(spelling, help, **facts)
        self.group, self.families, self.count, self.bare, self.pair = group, tuple(families), count, bare, pair
        self.recorded = recorded
        self.commands = (*families, *also)


NEEDED: Any = type("Needed", (), {})
"""The default of a required parameter."""


class Slot:
    """One parameter: its name and default in Python, its kind, and how its value is spelled."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        kind: Any = hint.__origin__
        parts = [x for x in typing.get_args(kind) if x is not type(None)]
        if typing.get_origin(kind) in (types.UnionType, typing.Union) and len(parts) == 1:
            kind = parts[0]
        self.name, self.default, self.annotation = name, default, kind
        self.declared: Declared = hint.__metadata__[0]
        self.many = typing.get_origin(kind) is tuple
        self.count = self.declared.count
        self.switch = kind is bool or self.count
        each = typing.get_args(kind)[0] if self.many else kind
        self.number: type | None = each if each in (int, float) and not self.count else None

    @property
    def option(self) -> bool:
        return isinstance(self.declared, Option)

    @property
    def needed(self) -> bool:
        """Whether it has no default."""
        return self.default is NEEDED

    @property
    def spelled(self) -> str:
        """Its name in messages."""
        return self.declared.flags[-1] if self.declared.flags else self.declared.metavar

    def read(self, raw: Any, named: str = "") -> Any:
        """The value of a parser's raw result (text, texts, True, or a count). Raises UsageError if it is not accepted.

        named: what messages call it where the flag is not what was written.
        """
        if self.switch:
            return raw if self.count else not self.default
        one = self._number if self.number else self._word
        return tuple(one(text, named) for text in raw) if self.many else one(raw, named)

    def accept(self, given: Any) -> Any:
        """The value of a Python argument, in the same domain as on the command line; one word counts as a list of one.

        Raises UsageError if it is not accepted.
        """
        if self.annotation is Any:  # an array, unless it is text
            return self._text(given) if isinstance(given, (str, os.PathLike)) else given
        if self.many:
            return tuple(map(self._one, several(self.name, given)))
        return self._truth(given) if self.switch else self._one(given)

    def _one(self, given: Any) -> Any:
        if isinstance(given, bool) and self.declared.bare:
            return self._number(self.declared.bare) if given else self.default
        return self._counted(given) if self.number and not isinstance(given, str) else self._text(given)

    def _text(self, given: Any) -> Any:
        if not isinstance(given, (str, os.PathLike)):
            raise UsageError(f"{self.name}: {visible(given, 40)} is not text{' or a list of texts' if self.many else ''}")
        text = os.fspath(given)
        return self._number(text, self.name) if self.number else self._word(text, self.name)

    def _truth(self, given: Any) -> bool:
        if type(given).__name__ not in ("bool", "bool_"):  # NumPy, which has its own, may not be loaded
            raise UsageError(f"{self.name}: {visible(given, 40)} is not True or False")
        return bool(given)

    def _counted(self, given: Any) -> float:
        value = None
        if isinstance(given, numbers.Real) and not isinstance(given, bool):
            with suppress(OverflowError):
                value = float(given)
        if value is None or not math.isfinite(value) or (self.number is int and not value == given == int(value)):
            value = None
        return self._within(value, given, self.name)

    def _word(self, text: str, named: str = "") -> str:
        if not text:
            raise UsageError(f"{named or self.spelled}: an empty value", fix="give a value, or leave it out")
        if "\0" in text:
            raise UsageError(f"{named or self.spelled}: {visible(text, 40)!r} contains a NUL, which no path or name has")
        if not self.declared.choices:
            return text
        found = choose(text, self.declared.choices)
        if found is None:
            late = dict.fromkeys(self.declared.more(), ())
            found = choose(text, late)
        if found is None:
            known = [*self.declared.choices, *late]
            spellings = [word for name, others in self.declared.choices.items() for word in (name, *others)] + list(late)
            raise UsageError(
                f"{named or self.spelled}: unknown value {visible(text)!r}{nearest(text, spellings)}",
                fix=f"one of {', '.join(known)}",
            )
        return found

    def _number(self, text: str, named: str = "") -> float:
        from losscli.core.values import read_number  # late: most commands give no number

        digits = text.removeprefix("-")
        whole = digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS
        return self._within(read_number(text) if whole or self.number is float else None, text, named or self.spelled)

    def _within(self, value: float | None, given: object, named: str) -> float:
        low, high, whole = self.declared.low, self.declared.high, self.number is int
        if value is not None and (low is None or low <= value) and (high is None or value <= high):
            return int(value) if whole else value
        span = "" if low is None else f" of at least {low:g}" if high is None else f" from {low:g} to {high:g}"
        raise UsageError(f"{named}: {visible(given, 40)!r} is not a {'whole ' if whole else ''}number{span}")


_DIGITS = 15
"""The most digits of a whole number: every one is exact as a double, and far more than any count."""


def several(name: str, given: Any) -> tuple[Any, ...]:
    """The values of a Python argument that takes several: those of a list, or one alone. Raises UsageError if it cannot be read."""
    if isinstance(given, (str, bytes, os.PathLike, Mapping)) or not isinstance(given, Iterable):
        return (given,)
    try:
        return tuple(given)
    except Exception:  # whatever a type's own iteration raises
        raise UsageError(f"{name}: {visible(given, 40)} is not a list of values") from None


def choose(text: str, choices: Mapping[str, Sequence[str]]) -> str | None:
    """The choice that a word spells, by its name or another, whatever its case, hyphens and underscores."""
    if text in choices:
        return text
    plain = plain_name(text)
    return next((name for name, others in choices.items() if plain and plain in map(squeezed, (name, *others))), None)


def slots(record: type) -> tuple[Slot, ...]:
    """The fields of a record of options, whose annotations must be objects rather than text: reading text takes too long."""
    found = _SLOTS.get(record)
    if found is None:
        hints = {name: hint for kind in reversed(record.__mro__[:-1]) for name, hint in kind.__annotations__.items()}
        options = {name: hint for name, hint in hints.items() if hasattr(hint, "__metadata__")}
        _SLOTS[record] = found = tuple(Slot(name, hint, getattr(record, name)) for name, hint in options.items())
    return found


_SLOTS: dict[type, tuple[Slot, ...]] = {}


def of_command(record: type, command: str) -> tuple[Slot, ...]:
    """The fields of a record that a command has."""
    return tuple(s for s in slots(record) if command in s.declared.commands)


def read_all(found: Iterable[Slot], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a parser's raw results, or every mistake at once."""
    values: dict[str, Any] = {}
    errors: list[UsageError] = []
    for slot in found:
        if slot.name in raw:
            try:
                values[slot.name] = slot.read(raw[slot.name])
            except UsageError as e:
                errors.append(e)
    raise_all(errors)
    return values


def unread(slot: Slot, value: Any) -> Any:
    """What a parser reads for a value: the inverse of `Slot.read`."""
    if slot.switch:
        return value if slot.count else True
    return [str(x) for x in value] if slot.many else str(value)


def spelled(record: Any, command: str) -> list[str]:
    """A record as words of a command line: every field that the command has and that is not at its default."""
    words: list[str] = []
    for slot in of_command(type(record), command):
        value, flag = getattr(record, slot.name), slot.spelled
        if value != slot.default:
            words += [flag] if slot.switch else [w for x in (value if slot.many else (value,)) for w in (flag, str(x))]
    return words


def from_python(records: Sequence[type], given: Mapping[str, Any], family: str) -> list[Any]:
    """Records of options from keyword arguments. Raises UsageError for any other word, and for what the family does not read."""
    known = {slot.name: slot for record in records for slot in slots(record)}
    for word, value in given.items():
        slot = known.get(word)
        if slot is None:
            raise UsageError(f"unknown argument {visible(word)!r}{nearest(word, known)}", fix=f"known: {', '.join(known)}")
        read_by = slot.declared.families
        if family in FAMILIES and family not in read_by and not unset(value, slot.default):
            raise UsageError(f"{word} is read by {', '.join(read_by)}, not by {family}")
    return [
        record(**{s.name: s.accept(given[s.name]) for s in slots(record) if given.get(s.name, None) is not None})
        for record in records
    ]


def unset(value: Any, default: Any) -> bool:
    """Whether a value, which may be an array, is a default."""
    return value is None or value is default or (isinstance(value, (str, bool, tuple, list)) and value == default)


def signature(function: Any, records: Sequence[type]) -> Any:
    """A function's signature with the fields of the records in place of its `**options`, for help and completion."""
    import inspect  # late: a run needs none

    kinds = inspect.Parameter
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not kinds.VAR_KEYWORD]
    known = {p.name for p in own}
    fields = [s for record in records for s in slots(record) if s.name not in known]
    more = [kinds(s.name, kinds.KEYWORD_ONLY, default=s.default, annotation=s.annotation) for s in fields]
    return inspect.Signature([*own, *more], return_annotation=inspect.signature(function).return_annotation)
