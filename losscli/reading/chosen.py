"""A choice of columns for a role with its reason, and the error where the reasons leave several."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from losscli.core.errors import DataError, some, visible
from losscli.core.records import dataclass
from losscli.sources.base import Source

MOST_NAMES = 30
"""Columns that a --col to paste lists."""


@dataclass(frozen=True)
class Chosen:
    """The columns that fill a role, why these, and the classes that their names stand for, in order (empty: by position)."""

    columns: tuple[str, ...]
    why: str
    words: tuple[str, ...] = ()
    guess: bool = False
    """Whether nothing but the lack of another column speaks for these."""


def col(role: str, *choices: Sequence[str]) -> str:
    """The `--col` of each choice, ready to paste: `--col scores=a,b or --col scores=b,c`."""
    if max(map(len, choices), default=0) > MOST_NAMES:
        return f"--col {role}=NAME,… (a glob such as 'prob_*' names many)"
    return " or ".join(f"--col {shlex.quote(f'{role}=' + ','.join(visible(n, 200) for n in names))}" for names in choices)


def undecided(source: Source, role: str, names: Sequence[str], why: str = "", other: str = "") -> DataError:
    """The error of a role that each of several columns could fill. other: another way out."""
    what = f"{visible(source.path)}: which column is `{role.rpartition('.')[2]}`? {some(names)}{f' ({why})' if why else ''}"
    return DataError(what, fix="; or ".join(filter(None, [f"choose with {col(role, *([n] for n in names[:4]))}", other])))
