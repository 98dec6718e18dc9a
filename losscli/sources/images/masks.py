"""Masks as one input: an image, or those of a folder or pattern; each is a row, decoded when it is read."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.images.header import Header, read_header
from losscli.sources.images.image_field import ImageField
from losscli.sources.images.image_files import ImageFiles, openers
from losscli.sources.images.palette import GREY, ID, INDICES, Palette, read_palette
from losscli.sources.images.pixels import colours, decoded
from losscli.sources.side_format import SideFormat


@dataclass(frozen=True)
class Decoder:
    """Reads one image after another."""

    files: tuple[ByteFile, ...]
    paths: tuple[str, ...]
    headers: tuple[Header, ...]
    palette: Palette | str
    dtype: str

    def load(self, row: int) -> Array:
        found = decoded(self.files[row], self.headers[row], self.palette, self.place(row))
        return found.astype(self.dtype, copy=False)

    def place(self, row: int) -> Where:
        return Where(self.paths[row])

    def palettes(self) -> Sequence[bytes]:
        return [header.palette for header in self.headers]


def _source(path: str, files: tuple[ByteFile, ...], paths: Sequence[str], how: SideFormat, *, named: bool) -> ImageFiles:
    by_index = how.palette in ("", INDICES)
    palette = "" if by_index else how.palette if how.palette in (ID, GREY) else read_palette(how.palette)
    names = () if isinstance(palette, str) else palette.names
    headers = tuple(read_header(file, Where(at), how.max_pixels) for file, at in zip(files, paths, strict=True))
    stored = [_stored(header, "" if by_index else how.palette) for header in headers]
    _refuse_mixed(stored, paths, bool(palette))
    decoder = Decoder(files, tuple(paths), headers, palette, _dtype(headers, stored, palette, len(names)))
    kind = "f" if "floats" in stored else "i"
    field = ImageField.of((), [h.size for h in headers], kind, decoder.load, decoder.place)
    found = ImageFiles(path, "images", files, field, how, named=named, classes=names if "colours" in stored else ())
    if not how.palette and any(decoder.palettes()):
        found.indexed = decoder
    return found


open_file, open_folder = openers(_source)


def _stored(header: Header, palette: str) -> str:
    """`labels`, `floats` or `colours`; colours are also those of a palette image, and grey levels, where --palette reads them."""
    if header.pixels == "float":
        return "floats"
    coloured = header.pixels == "colours" or (header.pixels == "indices" and palette) or palette == GREY
    return "colours" if coloured else "labels"


def _refuse_mixed(stored: Sequence[str], paths: Sequence[str], palette: bool) -> None:
    """Raise DataError for colours without a palette, and where some images store numbers of another kind than others."""
    for found, path in zip(stored, paths, strict=True):
        if found == "colours" and not palette:
            raise colours(Where(path))
        if found != stored[0]:
            what = f"stores {found}, but {visible(paths[0])} {stored[0]}"
            raise DataError(what, Where(path), "write all images of an input in one way")


def _dtype(headers: Sequence[Header], stored: Sequence[str], palette: Palette | str, classes: int) -> str:
    """The smallest type of numbers that all images have room in, so that memory stays as small as the files'."""
    if "floats" in stored:
        return "f4"
    bits = 64 if palette == ID or classes > 256 else max(header.bits for header in headers)
    return "u1" if bits <= 8 else "u2" if bits <= 16 else "i8"
