"""Lists of pairs as Labeled Faces in the Wild has them (Huang, Ramesh, Berg and Learned-Miller 2007).

A line is `name i j` for two images of one person, `name i name j` for two persons; the first line holds the number of folds, if
there are several, and the number of pairs of each kind. As CSV, the first line has names instead: `name,imagenum1,imagenum2`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from losscli.core.errors import DataError, Where, visible
from losscli.core.values import is_whole
from losscli.sources.base import Source
from losscli.sources.files.input_file import is_pattern, is_url, locate
from losscli.sources.formats import FILES

_LONGEST = 1 << 12
_NAMED = re.compile(r"\ufeff?name1?,imagenum1,((name2?,)?imagenum2|imagenum2,)", re.I)
"""The first line of such lists as CSV."""


def lfw_pairs(path: str) -> Source | None:
    """The list at `path` as a table of a, b, same and fold, with ids as LFW names its images: `Name_0001`; None for another file.

    Raises DataError where a line is not a pair, or there are more or fewer than the first line says.
    """
    if is_url(path) or is_pattern(path) or not os.path.isfile(path):
        return None
    with locate(path, FILES).data.stream() as f:
        head = _words(f.readline(_LONGEST))
        second = _words(f.readline(_LONGEST))
        if _NAMED.fullmatch("".join(head)):
            f.seek(0)
            named = f.read().decode("utf-8", "replace").splitlines()[1:]
            return _table(path, list(_rows(path, [line.replace(",", " ") for line in named])), ["a", "b", "same"])
        if not 1 <= len(head) <= 2 or not all(map(is_whole, head)) or _pair(second) is None:
            return None
        f.seek(0)
        lines = f.read().decode("utf-8", "replace").splitlines()
    folds, each = (int(x) for x in (head if len(head) == 2 else ["1", *head]))
    rows = list(_rows(path, lines[1:]))
    if len(rows) != 2 * folds * each:
        what = f"{len(rows)} pairs, but the first line announces {folds} × 2 × {each}"
        raise DataError(what, Where(path, line=1), "download the list again")
    return _table(path, [(*row, str(i // (2 * each))) for i, row in enumerate(rows)], ["a", "b", "same", "fold"])


def _words(line: bytes) -> list[str]:
    return line.decode("utf-8", "replace").split()


def _pair(words: list[str]) -> tuple[str, str, int] | None:
    """Both ids, and whether they are of one person."""
    if len(words) == 3 and is_whole(words[1]) and is_whole(words[2]):
        return _image(words[0], words[1]), _image(words[0], words[2]), 1
    if len(words) == 4 and is_whole(words[1]) and is_whole(words[3]):
        return _image(words[0], words[1]), _image(words[2], words[3]), 0
    return None


def _image(name: str, number: str) -> str:
    return f"{name}_{int(number):04d}"


def _rows(path: str, lines: list[str]) -> Iterator[tuple[str, str, int]]:
    for i, line in enumerate(lines, 2):
        if line.strip():
            found = _pair(line.split())
            if found is None:
                what = f"{visible(line, 60)!r} is not a pair"
                raise DataError(what, Where(path, line=i), "a pair is `name i j` for one person, or `name i name j` for two")
            yield found


def _table(path: str, rows: Sequence[tuple[str | int, ...]], names: list[str]) -> Source:
    import pandas  # late: only such lists need it

    from losscli.sources.frames.frame import Frame

    return Frame(path, pandas.DataFrame(rows, columns=names))
