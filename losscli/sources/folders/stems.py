"""The names by which files of two folders meet: without folder and suffix, changed by --stem. Reads no file."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from functools import cache

from losscli.core.errors import UsageError, visible
from losscli.core.file_names import without_suffix

_FLAGS = "gi"
_SPELL = {r"\L": str.lower, r"\U": str.upper}
_HOW = "as in sed: --stem 's/_mask$//' removes _mask from the end of every name"


def stem_of(path: str, change: str = "") -> str:
    """The name of a file without folder and suffix, changed by a substitution `s/PATTERN/TEXT/` if there is one."""
    return changed(without_suffix(os.path.basename(path)), change)


def changed(name: str, change: str) -> str:
    """A name after the substitution `s/PATTERN/TEXT/`, or as it is where there is none; in Unicode's composed form."""
    if not name.isascii():
        name = unicodedata.normalize("NFC", name)
    if not change:
        return name
    pattern, text, count = _read(change)
    return pattern.sub(text, name, count)


def substitution(text: str) -> str:
    """`text` if it is a substitution. Raises UsageError if it is not one."""
    _read(text)
    return text


@cache
def _read(text: str) -> tuple[re.Pattern[str], str | Callable[[re.Match[str]], str], int]:
    """The pattern, what replaces it, and how often it does (0: everywhere). Any mark may stand for the slashes; \\L or \\U before
    what replaces makes it small or capital letters."""
    told = f"--stem {visible(text)!r}"
    mark = text[1:2]
    if text[:1] != "s" or not mark or mark.isalnum() or mark in "\\ \n":
        raise UsageError(f"{told} is not a substitution s/PATTERN/TEXT/", fix=_HOW)
    parts = re.split(rf"(?<!\\){re.escape(mark)}", text[2:])
    if len(parts) != 3 or not set(parts[2].lower()) <= set(_FLAGS):
        raise UsageError(f"{told} is not a substitution s/PATTERN/TEXT/ (flags: g for every match, i for any case)", fix=_HOW)
    pattern, replaced, flags = (part.replace("\\" + mark, mark) for part in parts)
    try:
        found = re.compile(pattern, re.IGNORECASE if "i" in flags.lower() else 0)
        spell = _SPELL.get(replaced[:2])
        template = re.sub(r"(?<!\\)&", r"\\g<0>", replaced[2:] if spell else replaced).replace("\\&", "&")
        found.sub(template, "")
        re.sub(f"(?:{pattern})?", template, "")
    except (re.error, IndexError) as e:
        raise UsageError(f"{told}: {visible(e)}", fix=_HOW) from None
    times = 0 if "g" in flags.lower() else 1
    return found, template if spell is None else lambda match: spell(match.expand(template)), times
