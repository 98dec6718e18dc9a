"""What a file is: by its first bytes where they are certain, else by its suffix. Reads and decompresses nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.sources.files.first_bytes import HEAD, UTF8_MARK, is_text
from losscli.sources.formats import FILES, FORMATS, Format

_LONGEST_FIRST = sorted(FILES, key=len, reverse=True)
_LINES = 20
"""Lines that must look alike in a table without a known suffix."""


@dataclass(frozen=True)
class Kind:
    """The suffix that selects the reader, and what people should know of how it was found."""

    suffix: str
    notes: tuple[str, ...] = ()


def identify(
    shown: str, name: str, head: bytes, members: Sequence[str] | None = None, *, stream: bool = False, before: str = ""
) -> Kind:
    """The kind of a file with these first bytes, which is called `name` (without the suffix of a compression).

    members: the files in it if it is a zip. stream: whether it has no name, so that text without a structure of its own is CSV.
    before: the command that decompresses it. Raises DataError for a kind that is not read.
    """
    own = suffix_of(name)
    named, found = FILES.get(own), _certain(head, members)
    if stream and found is None and named is None:
        found = next((known for known in _files() if _begins(known, head)), None)
    if named is not None and (found is None or found is named or (found.text and found.module == named.module)):
        own_first = found is not None or _begins(named, head)
        if not own_first:
            from losscli.sources.files import unread  # late: what begins as its name says needs no other look

            if (known := unread.by_bytes(head)) is not None:
                raise unread.refusal(known, shown, name, before)
        if found is None and named.first and not named.text and (mark := _mark(head)):
            return _other(FILES[_TABLES[mark]], own, _TABLES[mark])
        return Kind(own)
    if found is not None:
        return _other(found, "" if stream else ending(name), found.suffixes[0])
    from losscli.sources.files import unread

    if (unknown := unread.by_bytes(head) or unread.by_name(name)) is not None:
        raise unread.refusal(unknown, shown, name, before)
    if stream:
        return Kind(".csv")
    if mark := _mark(head):
        return Kind(_TABLES[mark], (f"read as a table of text {_NAMES[mark]}: its name does not say what it is",))
    raise unknown_kind(shown)


def suffix_of(name: str) -> str:
    """The suffix of a known format at the end of a name, or nothing."""
    lower = name.lower()
    return next((s for s in _LONGEST_FIRST if lower.endswith(s)), "")


def ending(name: str) -> str:
    """Whatever suffix a name has."""
    base = re.split(r"[/\\]", name)[-1]
    return f".{base.rpartition('.')[2]}" if "." in base.lstrip(".") else ""


def unknown_kind(shown: str) -> DataError:
    """The error of a file of which neither the suffix nor the contents are known."""
    known = " ".join(f.suffixes[0] for f in _files())
    return DataError("unknown file type", Where(shown), f"give it the suffix of its format (`losscli formats`): {known}")


def _files() -> Iterable[Format]:
    return (known for known in FORMATS if not known.folder)


def is_plain(head: bytes) -> bool:
    """Whether these are the first bytes of a file that can be read as it is: a known format, or lines of text."""
    return _certain(head, None) is not None or (is_text(head) and head.count(b"\n") > 1)


def of_members(members: Sequence[str]) -> Format | None:
    """The format whose files are zips with such members."""
    return next((f for f in _files() if any(_fits(pattern, members) for pattern in f.members)), None)


def _fits(pattern: str, members: Sequence[str]) -> bool:
    """Whether a member has that name; of a pattern that is a suffix, whether all have it."""
    from fnmatch import fnmatch  # late: most files are not zips

    fits = [fnmatch(member, pattern) for member in members]
    return all(fits) if pattern.startswith("*.") and fits else any(fits)


def _begins(known: Format, head: bytes) -> bool:
    """Whether a file begins with bytes of a format, blanks aside."""
    return bool(known.first) and head.removeprefix(UTF8_MARK).lstrip().startswith(known.first)


def _certain(head: bytes, members: Sequence[str] | None) -> Format | None:
    """The format that the contents alone tell."""
    if members is not None:
        return of_members(members)
    text, bare = is_text(head), head.removeprefix(UTF8_MARK)
    initial = bare.lstrip()[:1]
    for known in _files():
        maybe = initial in known.initial if known.initial else not text
        if known.pattern and initial and maybe and re.match(known.pattern, bare):
            return known
        if not text and not known.text and not known.members and known.first and head.startswith(known.first):
            return known
    return None


def _other(found: Format, own: str, suffix: str) -> Kind:
    """The kind of a file whose contents are not what its name says, if it says anything."""
    note = f"read as {found.name}, by its contents, although its name ends in {visible(own, 20)}" if own else ""
    return Kind(suffix, (note,) if note else ())


_TABLES = {",": ".csv", ";": ".csv", "|": ".csv", " ": ".txt", "\t": ".tsv"}
"""The suffix whose reader reads columns separated by that mark."""
_NAMES = {",": "with commas", ";": "with semicolons", "|": "with vertical bars", " ": "with blanks", "\t": "with tabs"}


def _mark(head: bytes) -> str:
    """What separates the columns of a text of at least two lines, each with as many; a blank where all are numbers. Empty if these
    are not the first bytes of such a text."""
    if not is_text(head):
        return ""
    import csv  # late: only a table whose name does not say what it is needs it

    from losscli.sources.cell_numbers import all_numbers

    whole = head if len(head) < HEAD else head[: head.rfind(b"\n")]
    try:
        lines = whole.decode("utf-8-sig").splitlines()[:_LINES]
    except UnicodeDecodeError:
        return ""
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        return ""
    for mark in ",;\t|":
        try:
            widths = {len(record) for record in csv.reader(lines, delimiter=mark)}
        except csv.Error:
            continue
        if len(widths) == 1 and widths != {1}:
            return mark
    words = [line.split() for line in lines]
    return " " if len(set(map(len, words))) == 1 and all(map(all_numbers, words)) else ""
