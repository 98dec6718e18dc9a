"""Folders as inputs: the format of the files below one, and those files in natural order. Reads no file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass
from losscli.core.seen_files import note
from losscli.sources.files import compression, unread
from losscli.sources.folders.listing import Listing, is_marked, listing, refuse_incomplete
from losscli.sources.folders.natural_order import natural
from losscli.sources.formats import FILES, FOLDERS, FORMATS, Format

_LOSSY = (".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class Folder:
    """A folder: its path as typed, the paths of the files of its format in natural order, and of those of other formats. notes: on
    links, devices and hidden files, which are left out."""

    shown: str
    files: tuple[str, ...]
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for file in self.files:
            if "://" not in file:
                with suppress(OSError):  # what cannot be read is refused when it is
                    note(file)

    @property
    def place(self) -> Where:
        return Where(self.shown)


def locate_folder(path: str, family: str = "") -> tuple[Format, Folder]:
    """The format of the files in a folder, and those files. family: the one that reads them, where it is known: images beside other
    files are masks where it is segment. Raises DataError where there are no such files, or of several formats."""
    bare = path.rstrip("/\\")
    if (unknown := unread.by_name(bare, folder=True)) is not None:
        raise unread.refusal(unknown, path, bare)
    found = listing(path)
    named = {file: suffix for file in (*found.files, *found.marked) if (suffix := _suffix(file)) is not None}
    seen = {file: suffix for file, suffix in named.items() if not _hides_marked(_format(suffix))}
    suffixes = {file: named[file] for file in found.files if file in named} or seen
    by_suffix = Counter(suffixes.values())
    kinds = _kinds(by_suffix)
    if any(known.images for known in kinds.values()) and len(kinds) > 1:
        masks = sum(n for suffix, n in by_suffix.items() if _format(suffix).images)
        wanted = family == "segment" if family else 2 * masks > sum(by_suffix.values())
        by_suffix = Counter({suffix: n for suffix, n in by_suffix.items() if _format(suffix).images == wanted})
        kinds = _kinds(by_suffix)
    by_marks = [f for f in FORMATS if any(mark in found.top for mark in f.marks)]
    known = next((f for f in by_marks if not kinds or any(suffix in f.suffixes for suffix in by_suffix)), None)
    if known is None and len(kinds) > 1:
        told = some([f"'{visible(path.rstrip('/'))}/**/*{suffix}'" for suffix in sorted(by_suffix)])
        what = f"has files of several formats: {some(sorted(by_suffix))}"
        raise DataError(what, Where(path), f"name those of one format: {told}")
    if known is None and not kinds:
        raise _nothing(path, found)
    known = known or next(iter(kinds.values()))
    of_kind = [file for file, suffix in named.items() if compression.parted(suffix)[0] in known.suffixes]
    marked = set(found.marked) if _hides_marked(known) else set()
    mine = tuple(sorted((file for file in of_kind if file not in marked), key=natural))
    refuse_incomplete(path, mine)
    own = set(mine)
    hidden = [file for file in of_kind if file in marked]
    hidden += [file for file in found.dotted if _suffix(file) and compression.parted(str(_suffix(file)))[0] in known.suffixes]
    return known, Folder(
        path,
        mine,
        tuple(file for file in found.files if file not in own),
        (*found.left_out, *_hidden_note(hidden, known, found.inside)),
    )


def _hidden_note(files: list[str], known: Format, inside: str) -> tuple[str, ...]:
    """Says which files are left out because of their names. inside: the beginning of their paths that is not shown."""
    if not files:
        return ()
    names = some([file[len(inside) :].lstrip("/\\") for file in files])
    return (f"left out {len(files)} file{'s' * (len(files) > 1)} hidden by a leading {' or '.join(known.hidden)} ({names})",)


def without_hidden(files: list[str], inside: str) -> tuple[list[str], tuple[str, ...]]:
    """The files of a pattern of folders at any depth, without those that are hidden in a folder, and a note on these.

    inside: the beginning of the paths that the pattern states.
    """
    hidden = [file for file in files if is_marked(file, inside) and (suffix := _suffix(file)) and _hides_marked(_format(suffix))]
    if not hidden:
        return files, ()
    gone = set(hidden)
    return [file for file in files if file not in gone], _hidden_note(hidden, _format(str(_suffix(hidden[0]))), inside)


def _hides_marked(known: Format) -> bool:
    return "_" in known.hidden


def of_images(pattern: str, files: list[str], known: Format) -> Folder:
    """The files of a pattern as a folder of images. Raises DataError at the first that is not one, or cannot be read."""
    for file in files:
        if _suffix(file) not in known.suffixes:
            packed = compression.parted(file)[1]
            if packed is not None:
                fix = f"decompress them, as images are compressed themselves: {compression.command(packed.name, file)}"
                raise DataError(f"is compressed by {packed.name}, and one of several images", Where(file), fix)
            kinds = " ".join(known.suffixes)
            raise DataError(f"does not end in one of {kinds}", Where(file), "let the pattern match images only")
        if not os.path.isfile(file):
            raise DataError("is not a file", Where(file), "let the pattern match files only")
    return Folder(pattern, tuple(files))


def _kinds(suffixes: Iterable[str]) -> dict[str, Format]:
    """The formats of some suffixes, by name."""
    return {_format(suffix).name: _format(suffix) for suffix in suffixes}


def _format(suffix: str) -> Format:
    suffix = compression.parted(suffix)[0]
    return FOLDERS[suffix] if suffix in FOLDERS else FILES[suffix]


def _suffix(file: str) -> str | None:
    """The suffix of a known format, with that of a compression after it."""
    name = compression.parted(file)[0]
    own = next((s for s in sorted({*FOLDERS, *FILES}, key=len, reverse=True) if name.lower().endswith(s)), None)
    return None if own is None else own + file[len(name) :]


def _nothing(path: str, found: Listing) -> DataError:
    hidden = [os.path.basename(file) for file in (*found.marked, *found.dotted)]
    if not found.files and hidden:
        what = f"is a folder without files, but for those hidden by a leading _ or .: {some(hidden)}"
        return DataError(what, Where(path), "name the files themselves, or by a pattern")
    if not found.files:
        return DataError("is a folder without files", Where(path), "check the program that wrote it")
    if any(file.lower().endswith(_LOSSY) for file in found.files):
        what = "has images with lossy compression, which changes pixels, so that a class 7 may be read as 4"
        raise DataError(what, Where(path), "save masks as PNG when they are made; a mask cannot be restored from JPEG")
    if (kind := unread.by_name(found.files[0])) is not None:
        return unread.refusal(kind, found.files[0], found.files[0])
    what = f"is a folder without files of a known format: {some([os.path.basename(file) for file in found.files])}"
    known = " ".join(dict.fromkeys(f.suffixes[0] for f in FORMATS))
    return DataError(what, Where(path), f"their names must have the suffix of a format (`losscli formats`): {known}")
