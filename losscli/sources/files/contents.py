"""What is in a file: its bytes, decompressed into a temporary copy where they are compressed, and the kind they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass
from losscli.sources.files import compression
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.compression import ZIP, Compression, Packed
from losscli.sources.files.first_bytes import HEAD, is_text
from losscli.sources.files.identify import ending, identify, is_plain, of_members, suffix_of
from losscli.sources.files.temp_files import TempCopy
from losscli.sources.formats import FILES

if TYPE_CHECKING:
    from losscli.sources.delimited.line_scan import ChunkScan


@dataclass(frozen=True)
class Contents:
    """The bytes that a reader reads; the suffix that selects it; how that was found, where the name says something else; the line
    scan of a text, if one was made; whether the bytes are a decompressed copy."""

    data: ByteFile
    suffix: str
    notes: tuple[str, ...] = ()
    parts: tuple[ChunkScan, ...] | None = None
    copied: bool = False


def contents(data: ByteFile, shown: str, name: str, head: bytes, *, stream: bool) -> Contents:
    """The contents of a file that begins with `head`. name: what it is called, as far as that says what it is; stream: whether it
    has no name. Raises DataError for a kind that is not read, and for damaged or incomplete compressed data."""
    bare, said = compression.parted(name)
    found = compression.recognised(head)
    members = _members(data, shown, "" if said is found else bare) if found is not None and found.name == ZIP else None
    if found is None or (members is not None and _is_container(members, bare, said)):
        if found is None and said is not None and not is_plain(head):
            what = f"not a complete {said.name} file: its first bytes are not those of one"
            raise DataError(what, Where(shown), "compress or copy the file again")
        kind = identify(shown, bare, head, members, stream=stream)
        unlike = (
            () if said is None or said is found else (f"not compressed, although its name ends in {visible(ending(name), 20)}",)
        )
        return Contents(data, kind.suffix, (*unlike, *kind.notes))
    notes: tuple[str, ...] = () if stream or said is found or not ending(name) else (_unlike(found, name),)
    member = ""
    if members is not None:
        member, more = _chosen(members, shown)
        notes += more
        bare = member if suffix_of(member) or not suffix_of(bare) else bare
    return _unpacked(Packed(data, shown, found.name, member), bare, notes, stream=stream)


def _unlike(found: Compression, name: str) -> str:
    return f"decompressed as {found.name}, although its name ends in {visible(ending(name), 20)}"


def _unpacked(packed: Packed, name: str, notes: tuple[str, ...], *, stream: bool) -> Contents:
    """The decompressed contents. Lines of text are counted while they are written."""
    blocks = compression.decompressed(packed)
    first = next(blocks, b"")
    if not first:
        raise DataError(
            f"the {packed.method} file decompresses to nothing", Where(packed.shown), "check the program that wrote the file"
        )
    copy = TempCopy(compression.decompressed, packed, packed.shown)
    whole: Iterator[bytes] = chain([first], blocks)
    parts: list[ChunkScan] | None = None
    if is_text(first[:HEAD]):
        from losscli.sources.delimited.line_scan import watched  # late: arrays need no scan

        parts = []
        whole = watched(whole, parts)
    for block in whole:
        copy.append(block)
    data = ByteFile(copy)
    head = data.read(0, HEAD)
    again, before = compression.recognised(head), compression.command(packed.method, packed.shown)
    members = _members(data, packed.shown, name) if again is not None and again.name == ZIP else None
    if again is not None and (members is None or not _is_container(members, name, None)):
        what = f"is compressed twice: {again.name} in {packed.method}"
        raise DataError(what, Where(packed.shown), f"decompress it once: {before}")
    kind = identify(packed.shown, name, head, members, stream=stream, before="" if stream else before)
    return Contents(data, kind.suffix, (*notes, *kind.notes), None if parts is None else tuple(parts), copied=True)


def _members(data: ByteFile, shown: str, name: str) -> Sequence[str]:
    """The files in a zip; none where it is damaged and has a name by which a reader says so itself."""
    try:
        return compression.members(data, shown)
    except DataError:
        if _zipped(name):
            return ()
        raise


def _zipped(name: str) -> bool:
    """Whether files of that name are zips."""
    known = FILES.get(suffix_of(name))
    return known is not None and bool(known.members)


def _is_container(members: Sequence[str], name: str, said: Compression | None) -> bool:
    """Whether a zip is itself a file of some format, not one that is compressed. An archive called .zip that has one array in it is
    a compressed array."""
    if said is not None and said.name == ZIP:
        return len(members) > 1 and of_members(members) is not None
    packed = len(members) == 1 and _zipped(members[0])
    return of_members(members) is not None or (_zipped(name) and not packed)


def _chosen(members: Sequence[str], shown: str) -> tuple[str, tuple[str, ...]]:
    """The member of a zip to read, and a note of those left out: the only one, or the only one of a known format."""
    if len(members) == 1:
        return members[0], ()
    known = [member for member in members if suffix_of(compression.parted(member)[0])]
    if len(known) == 1:
        return known[0], (f"{visible(known[0], 60)} is read, the other {len(members) - 1} files in the zip are left out",)
    if not members:
        raise DataError("is a zip without files", Where(shown), "check the program that wrote it")
    fix = f"unpack it, and name one of them or a quoted pattern: {compression.command(ZIP, shown)}"
    raise DataError(f"is a zip of {len(members)} files: {some(members)}", Where(shown), fix)
