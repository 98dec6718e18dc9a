"""The error types, each with its exit code. Prints nothing and never exits."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence

from losscli.core.records import dataclass

OK, GATE_FAILED, USAGE, DATA, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130
MOST_LINES = 5
_LONGEST_LINE = 500
"""Characters of a line that joins several errors."""


def visible(text: object, limit: int = 120) -> str:
    """`text` from a file or an argument as one harmless line: control characters escaped, length bounded."""
    try:
        flat = str(text)
    except Exception:  # an object whose own text fails
        flat = f"<{type(text).__name__}>"
    if not flat.isprintable():
        flat = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in flat)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def some(names: Sequence[str]) -> str:
    """The first few names, for a message."""
    shown = ", ".join(visible(n, 40) for n in names[:6])
    return f"{shown} … ({len(names)})" if len(names) > 6 else shown


def install(extra: str) -> str:
    """The command that installs an extra, from a checkout: losscli is not on a package index."""
    return f"in a checkout of losscli: pip install '.[{extra}]'"


def nearest(word: str, known: Iterable[str]) -> str:
    """`, did you mean x?` for the nearest known word, or an empty string where none is close."""
    found = closest(word, known)
    return f", did you mean {visible(found)}?" if found is not None else ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest edits from `word`: at most a third of its letters; else one that begins with it."""
    typed = word.lower()
    words = list(known)
    most = max(1, len(typed) // 3)
    likely = [x for x in words if abs(len(x) - len(typed)) <= most and not _another(typed, x.lower())]
    near = [(n, x) for x in likely if (n := _edits(typed, x.lower())) <= most and n < len(typed)]
    if near:
        return min(near, key=lambda found: (found[0], sorted(found[1].lower()) != sorted(typed)))[1]
    begun = [x for x in words if len(typed) >= 3 and x.lower().startswith(typed)]
    return min(begun, key=len, default=None)


def _another(a: str, b: str) -> bool:
    """Whether two words of up to three letters are different words rather than a typo: `map` and `mae`."""
    return len(a) == len(b) <= 3 and sorted(a) != sorted(b) and any(x != y and x.isalpha() for x, y in zip(a, b, strict=True))


def _edits(a: str, b: str) -> int:
    """The edit distance (optimal string alignment): insertions, deletions, replacements and swaps of neighbours."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a):
        now = [i + 1]
        for j, y in enumerate(b):
            cost = min(last[j + 1] + 1, now[j] + 1, last[j] + (x != y))
            if i and j and x == b[j - 1] and y == a[i - 1]:
                cost = min(cost, before[j - 1] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]


@dataclass(frozen=True)
class Where:
    """A place in the user's data; rows count data rows from 1, lines count lines of the file from 1. entry: what messages call the
    row where the file has no rows, such as `annotations[12] (id 17)`."""

    path: str
    row: int | None = None
    column: str | None = None
    line: int | None = None
    entry: str = ""

    def __str__(self) -> str:
        parts = [visible(self.path)]
        if self.entry:
            parts.append(self.entry)
        elif self.row is not None:
            parts.append(f"row {self.row}")
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column is not None:
            parts.append(f"column {visible(self.column, 60)}")
        return ", ".join(parts)


class LosscliError(Exception):
    """One to five lines: what was found, where, and what would fix it."""

    __module__ = "losscli"
    exit_code = BUG

    def __init__(self, what: str, where: Where | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.fix = what, where, fix

    def messages(self) -> list[list[str]]:
        """One message, or several where several errors are shown at once; each a headline and the lines below it."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return [[visible(line, sys.maxsize) for line in (head, self.fix) if line]]

    def lines(self) -> list[str]:
        return [line for message in self.messages() for line in message]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(LosscliError):
    """Options, recipes, gates, configuration or a missing extra."""

    __module__ = "losscli"
    exit_code = USAGE


class DataError(LosscliError):
    """Data or I/O: unreadable, misaligned, out of domain, nothing to evaluate, unwritable."""

    __module__ = "losscli"
    exit_code = DATA


def applies_only(flag: str, condition: str, fix: str) -> UsageError:
    """The error of an option that nothing reads. condition: `with` what, or `to` what, it applies."""
    return UsageError(f"{flag} applies only {condition}", fix=fix)


def open_files(error: OSError) -> str | None:
    """The remedy where no more files may be open; None for other errors."""
    return "raise the limit of open files: ulimit -n 4096" if error.errno in (errno.EMFILE, errno.ENFILE) else None


def described(error: LosscliError | MemoryError | OSError) -> LosscliError:
    """An error as one of this package's: memory that ran out, and input or output that no reader or writer has described."""
    if isinstance(error, LosscliError):
        return error
    if isinstance(error, MemoryError):
        return DataError("out of memory", fix="a loss that compares rows with each other needs all of them in memory at once")
    if isinstance(error, FileNotFoundError) and not error.filename and _nowhere():
        return DataError("the current folder does not exist any more", fix="change to a folder that exists: cd FOLDER")
    name = f"{visible(error.filename)}: " if error.filename else ""
    return DataError(f"{name}{error.strerror or visible(error)}", fix=open_files(error))


class Unreadable(DataError):
    """A file that this host cannot read; another host of a cluster might."""


def _nowhere() -> bool:
    """Whether the current folder was deleted."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False


class UsageErrors(UsageError):
    """Several usage errors, so that one run shows every mistake."""

    def __init__(self, errors: Sequence[UsageError]) -> None:
        super().__init__("; ".join(e.what for e in errors))
        every = [x for e in errors for x in (e.errors if isinstance(e, UsageErrors) else (e,))]
        self.errors: tuple[UsageError, ...] = tuple({str(x): x for x in every}.values())
        """Each mistake once, however often it was made."""

    def __reduce__(self) -> tuple[type, tuple[tuple[UsageError, ...]]]:
        return (type(self), (self.errors,))  # to be raised again where another process awaits it

    def messages(self) -> list[list[str]]:
        """Every error with its fix if they fit into five lines; otherwise without fixes, the last line listing all that remain."""
        full = [message for e in self.errors for message in e.messages()]
        if sum(map(len, full)) <= MOST_LINES:
            return full
        heads = [message[0] for message in full]
        most = MOST_LINES - 1
        return [[x] for x in (heads if len(heads) <= MOST_LINES else [*heads[:most], _joined(heads[most:])])]


def _joined(heads: Sequence[str]) -> str:
    """Errors in one line, which says how many more there are."""
    shown = 1
    while shown < len(heads) and sum(map(len, heads[: shown + 1])) < _LONGEST_LINE:
        shown += 1
    more = f"; and {len(heads) - shown} more" if shown < len(heads) else ""
    return "; ".join(heads[:shown]) + more


def raise_all(errors: Sequence[UsageError]) -> None:
    """Raise the errors, several of them as one; return where there are none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise UsageErrors(errors)
