"""Excel and OpenDocument spreadsheets, with the extra `excel`: one sheet as a table, held in memory."""

from __future__ import annotations

import shlex
import struct
import zlib
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from losscli.core.errors import DataError, UsageError, install, nearest, some, visible
from losscli.sources.files.input_file import STDIN, InputFile
from losscli.sources.files.native_stderr import quiet
from losscli.sources.files.zip_bombs import refuse_bombs
from losscli.sources.side_format import SideFormat
from losscli.sources.spreadsheets.faults import Faults, in_ods, in_xlsx, merged
from losscli.sources.spreadsheets.table import SheetTable
from losscli.sources.spreadsheets.xlsb_faults import in_xlsb

_ZIP = b"PK\x03\x04"
_ODS, _XLSX, _XLSB = "content.xml", "xl/workbook.xml", "xl/workbook.bin"
_BROKEN = (BadZipFile, zlib.error, struct.error, LookupError, ValueError, OSError, NotImplementedError, EOFError, RuntimeError)
_FIX = "save it again as .xlsx, or as CSV"


def open_file(file: InputFile, how: SideFormat, jobs: int) -> SheetTable:
    calamine = _library()
    try:
        with file.data.stream() as stream:
            faults = _faults(file, stream)
            stream.seek(0)
            with quiet(), calamine.CalamineWorkbook.from_filelike(stream) as book:
                name = _sheet(file, book, calamine)
                sheet = book.get_sheet_by_name(name)
                cells = sheet.to_python(skip_empty_area=True)
                found = faults.get(name, {}) | _merged(sheet)
                corner = sheet.start or (0, 0)
    except calamine.PasswordError:
        raise DataError("is protected by a password", file.place, "save it without one") from None
    except (calamine.CalamineError, *_BROKEN) as e:
        raise DataError(f"not a readable spreadsheet: {visible(e)}", file.place, _FIX) from None
    except BaseException as e:
        if type(e).__name__ != "PanicException":  # what the library raises for a damaged file; not an Exception
            raise
        raise DataError("not a readable spreadsheet: it is damaged", file.place, _FIX) from None
    return SheetTable(file, how, cells, corner, found)


def _faults(file: InputFile, stream: IO[bytes]) -> dict[str, Faults]:
    """The cells without a value of their own by sheet, where the file is a zip; in the older format they are empty cells.

    Raises DataError for a file that would take too much memory.
    """
    if file.data.read(0, len(_ZIP)) != _ZIP:
        return {}
    with ZipFile(stream) as archive:
        refuse_bombs(archive, file.place)
        if _ODS in archive.namelist():
            return in_ods(archive, file.place)
        if _XLSX in archive.namelist():
            return in_xlsx(archive, file.place)
        return in_xlsb(archive, file.place) if _XLSB in archive.namelist() else {}


def _library() -> Any:
    try:
        import python_calamine
    except ImportError:
        raise UsageError("reading spreadsheets needs python-calamine", fix=install("excel")) from None
    return python_calamine


def _sheet(file: InputFile, book: Any, calamine: Any) -> str:
    """The sheet that `FILE::SHEET` names, else the only one with contents."""
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    path = file.shown.removesuffix(f"::{file.member}") if file.member else file.shown
    if file.member:
        if file.member not in names:
            what = f"no sheet {visible(file.member, 60)!r}{nearest(file.member, names)}"
            raise DataError(what, file.place, f"its sheets are {some(names)}")
        return file.member
    filled = [name for name in names if book.get_sheet_by_name(name).height]
    if not filled:
        raise DataError("has no sheet with contents", file.place, "check the program that wrote the file")
    if len(filled) > 1:
        ways = [shlex.quote(visible(f"{'FILE' if path == STDIN else path}::{name}")) for name in filled]
        raise DataError(f"has several sheets: {some(filled)}", file.place, f"name the one that is meant: {some(ways)}")
    return filled[0]


def _merged(sheet: Any) -> Faults:
    found: Faults = {}
    for first, last in sheet.merged_cell_ranges or ():
        found |= merged(first, last)
    return found
