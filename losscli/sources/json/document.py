"""One JSON document, held as text: the members of its top level are parsed one by one. Knows nothing of tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from typing import Any

from losscli.core.errors import DataError, Where, visible
from losscli.core.json_objects import Twice, unique
from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.sources.files.input_file import InputFile

Span = tuple[int, int]
"""Where a value begins and ends in the text."""
_BLANK = re.compile(r"[ \t\n\r]*")
_SEVERAL = "if there are several documents, write one per line (jq -c .) into a .jsonl file"
_FIX = "write the file again, for instance with json.dump"


class Literal(str):
    """A number as it is written."""


_EXACT: Any = json.JSONDecoder(parse_float=Literal, parse_int=Literal, parse_constant=Literal, object_pairs_hook=unique).raw_decode


@dataclass(frozen=True)
class Member:
    """A value of the top level and its place in the text."""

    value: Any
    span: Span


class Document:
    """The text of a file that is one JSON document: an array or an object; or one of its members, as a document by itself."""

    def __init__(self, file: InputFile, text: str, stored: InputFile, key: str = "", begin: int = 0) -> None:
        self.file, self.text, self.stored, self.key = file, text, stored, key
        self._decode = json.JSONDecoder(object_pairs_hook=unique).raw_decode
        self._begin = self._blank(begin)
        if self.text[self._begin : self._begin + 1] not in ("{", "["):
            raise self.error("an object or an array is expected", self._begin)

    def inside(self, key: str) -> Document:
        """The member `key`, which is an array or an object, as a document."""
        return Document(self.file, self.text, self.stored, key, self.members[key].span[0])

    @property
    def is_array(self) -> bool:
        """Whether the top level is an array; otherwise it is an object."""
        return self.text[self._begin] == "["

    @lazy
    def first(self) -> Any:
        """The first element of an array, None if it is empty. Parses no other."""
        return next((member.value for member in self.elements()), None)

    @lazy
    def members(self) -> Mapping[str, Member]:
        """The members of an object by key."""
        found: dict[str, Member] = {}
        for key, member in self._pairs():
            if key in found:
                raise self.error(f"the key {visible(key, 60)!r} occurs twice in an object", member.span[0], "write every key once")
            found[key] = member
        return found

    @lazy
    def value(self) -> Any:
        """The whole document, parsed."""
        if self.is_array:
            return [member.value for member in self.elements()]
        return {key: member.value for key, member in self.members.items()}

    @lazy
    def exact(self) -> Any:
        """The whole document, parsed with numbers as they are written, each a Literal."""
        return _EXACT(self.text, self._begin)[0]

    @property
    def own(self) -> str:
        """The text of the document, without what is around it in the file."""
        return self.text[slice(*self._value(self._begin).span)]

    def elements(self) -> Iterator[Member]:
        """The elements of the array that the document is, parsed one by one."""
        at = self._blank(self._begin + 1)
        if self.text[at : at + 1] == "]":
            self._end(at + 1)
            return
        while True:
            member = self._value(at)
            yield member
            at, more = self._next(member.span[1], "]")
            if not more:
                break
        self._end(at)

    def line(self, at: int) -> int:
        """The line of the file on which the character `at` is."""
        return self.text.count("\n", 0, at) + 1

    def error(self, what: str, at: int, fix: str = _FIX) -> DataError:
        """The error of a document that is not JSON, or not as it should be, from character `at` on."""
        ends = not self.text[at:].strip()
        line = self.line(len(self.text.rstrip()) if ends else at)
        column = at - self.text.rfind("\n", 0, at)
        told = "the file ends before the document does" if ends else f"not valid JSON at character {column}: {what}"
        return DataError(told, Where(self.file.shown, line=line), fix)

    def _pairs(self) -> Iterator[tuple[str, Member]]:
        at = self._blank(self._begin + 1)
        if self.text[at : at + 1] == "}":
            self._end(at + 1)
            return
        while True:
            if self.text[at : at + 1] != '"':
                raise self.error("a key in double quotes is expected", at)
            key = self._value(at)
            at = self._blank(key.span[1])
            if self.text[at : at + 1] != ":":
                raise self.error("a colon is expected after a key", at)
            member = self._value(self._blank(at + 1))
            yield key.value, member
            at, more = self._next(member.span[1], "}")
            if not more:
                break
        self._end(at)

    def _value(self, at: int) -> Member:
        try:
            value, end = self._decode(self.text, at)
        except JSONDecodeError as e:
            raise self.error(_plain(e.msg), e.pos) from None
        except Twice as e:
            raise self.error(str(e), at, "write every key once") from None
        except RecursionError:
            raise self.error("nested too deeply", at) from None
        except ValueError as e:
            why = TOO_MANY_DIGITS if "digits" in str(e) else _plain(str(e))
            raise self.error(why, at) from None
        return Member(value, (at, end))

    def _next(self, at: int, close: str) -> tuple[int, bool]:
        """Where the next member begins, or what follows the closing bracket, and whether there is a next member."""
        at = self._blank(at)
        mark = self.text[at : at + 1]
        if mark == close:
            return at + 1, False
        if mark != ",":
            raise self.error(f"a comma or {close} is expected", at)
        return self._blank(at + 1), True

    def _end(self, at: int) -> None:
        at = self._blank(at)
        if not self.key and at < len(self.text):
            raise self.error(
                "more text follows the end of the document",
                at,
                _SEVERAL,
            )

    def _blank(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        assert found is not None
        return found.end()


TOO_MANY_DIGITS = "a whole number of too many digits"


def _plain(reason: str) -> str:
    """A reason of the decoder inside a sentence."""
    if reason.startswith("Unterminated"):
        return "a string without an end"
    return visible(reason[:1].lower() + reason[1:])


def read_document(file: InputFile, encoding: str | None = None) -> Document:
    """The document in a file. Raises DataError if it is not text, or neither an object nor an array."""
    raw = file.data.read(0, file.size)
    file.data.check(file.shown)
    name = encoding or json.detect_encoding(raw)
    try:
        return Document(file, raw.decode(name).removeprefix("\ufeff"), file)
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        what = f"not {name.upper()} text: byte 0x{raw[e.start]:02x}"
        raise DataError(what, Where(file.shown, line=line), "save it as UTF-8, or name its encoding with --encoding") from None
