"""A text in another encoding as a temporary copy in UTF-8."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator

from losscli.core.errors import DataError
from losscli.core.records import replace
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.input_file import BLOCK, InputFile
from losscli.sources.files.temp_files import TempCopy
from losscli.sources.side_format import SideFormat

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""By byte order mark, the longer ones first."""


def in_utf8(file: InputFile, text: SideFormat) -> InputFile:
    """The file itself, or a copy if it is in another encoding: the given one, or that of its byte order mark.

    Raises DataError where the bytes are not text in that encoding.
    """
    head = file.data.read(0, 4)
    found = text.encoding or next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8")
    if found in ("utf-8", "utf-8-sig"):
        return file
    copy = TempCopy(_blocks, (file, replace(text, encoding=found)), file.shown)
    for block in _blocks((file, replace(text, encoding=found))):
        copy.append(block)
    return replace(file, data=ByteFile(copy), url="", parts=None)


def _blocks(of: tuple[InputFile, SideFormat]) -> Iterator[bytes]:
    file, text = of
    with io.TextIOWrapper(file.data.stream(), encoding=text.encoding, newline="") as stream:
        try:
            while block := stream.read(BLOCK):
                yield block.encode()
        except UnicodeError as e:
            what = f"not {text.encoding} text: {e.reason if isinstance(e, UnicodeDecodeError) else e}"
            raise DataError(what, file.place, f"name its encoding, as in {text.flag('--encoding', 'cp1252')}") from None
