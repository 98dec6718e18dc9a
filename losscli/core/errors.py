"""What can go wrong, and the exit code each kind of wrong earns. Never prints, never exits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from losscli.core.records import dataclass

OK, GATE_FAILED, USAGE, DATA, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130
MOST_LINES = 5


def visible(text: object, limit: int = 120) -> str:
    """`text` from a file or an argument as one harmless line: control characters escaped, length bounded."""
    flat = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str:
    """`, did you mean x?` for the nearest known word, or an empty string."""
    from difflib import get_close_matches  # late: only mistakes need it

    hits = get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    return f", did you mean {visible(hits[0])}?" if hits else ""


@dataclass(frozen=True)
class Where:
    """A place in the user's data; rows count data rows from 1, lines count lines of the file from 1."""

    path: str
    row: int | None = None
    column: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        parts = [visible(self.path)]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column is not None:
            parts.append(f"column {visible(self.column, 60)}")
        return ", ".join(parts)


class LosscliError(Exception):
    """One to five lines: what was found, where, and what would mend it."""

    exit_code = BUG

    def __init__(self, what: str, where: Where | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.fix = what, where, fix

    def lines(self) -> list[str]:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return [head, *([self.fix] if self.fix else [])]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(LosscliError):
    """Options, recipes, gates, configuration or a missing extra."""

    exit_code = USAGE


class DataError(LosscliError):
    """Data or I/O: unreadable, misaligned, out of domain, nothing to evaluate, unwritable."""

    exit_code = DATA


class Unreadable(DataError):
    """A file that cannot be read from where it was tried: another host might."""


class UsageErrors(UsageError):
    """Several usage errors, so that one run shows every mistake."""

    def __init__(self, errors: Sequence[UsageError]) -> None:
        super().__init__("; ".join(e.what for e in errors))
        self.errors: tuple[UsageError, ...] = tuple(x for e in errors for x in (e.errors if isinstance(e, UsageErrors) else (e,)))

    def lines(self) -> list[str]:
        """Each mistake with what mends it while there is room; else one line each, the last line holding all that is left."""
        full = [line for e in self.errors for line in e.lines()]
        if len(full) <= MOST_LINES:
            return full
        heads = [e.lines()[0] for e in self.errors]
        return [*heads[: MOST_LINES - 1], "; ".join(heads[MOST_LINES - 1 :])] if len(heads) > MOST_LINES else heads


def raise_all(errors: Sequence[UsageError]) -> None:
    """Raise nothing, the one error, or all of them as one."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise UsageErrors(errors)
