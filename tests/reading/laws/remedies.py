"""The options that an error prints as its way out, read as a shell would read them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache

from losscli.run.declared import slots
from losscli.run.options import LossOptions, OutputOptions, RunOptions, ScoreOptions
from losscli.run.read_options import ReadOptions

_FLAG = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
_PIECE = re.compile(r"(?<![\w.=/-])([a-z_0-9]+|…):([a-z_]+=[^\s,;)]*[^\s,;.)])")
_BETWEEN = re.compile(r"\s+(and )?")
_WORD = re.compile(r"""\s+((?:'[^']*'|"[^"]*"|[^\s'"])+)""")
_TEMPLATE = re.compile(r"\b(NAME|COL|FILE|LEFT|RIGHT|ROLE|LOSS|RECIPE)\b|…|(^|=)[A-D](,[A-D])*$")


@dataclass(frozen=True)
class Remedy:
    """One way out: words to add to the command, or parameters to add to a loss (`focal`, or `…` for the one at hand)."""

    words: tuple[str, ...] = ()
    loss: str = ""
    params: str = ""

    @property
    def template(self) -> bool:
        """Whether a part is left to the user: `--col scores=NAME`."""
        return any(_TEMPLATE.search(word) for word in (*self.words, self.params))

    def applied(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """The command with this added; an option that is given once is replaced."""
        words = list(command)
        if self.params:
            at = words.index("-l") + 1
            words[at] += ("," if ":" in words[at] else ":") + self.params
            return tuple(words)
        once = {w for w in self.words if w.startswith("--") and not repeatable(w)}
        for flag in once & set(words):
            at = words.index(flag)
            del words[at : at + 1 + takes_value(flag)]
        return (*words, *self.words)


@cache
def _flags() -> dict[str, tuple[bool, bool]]:
    """Every option of the families: whether it takes a value, and whether it repeats."""
    records = (LossOptions, ReadOptions, ScoreOptions, OutputOptions, RunOptions)
    return {f: (not s.switch, s.many) for record in records for s in slots(record) for f in s.declared.flags}


def takes_value(flag: str) -> bool:
    return _flags()[flag][0]


def repeatable(flag: str) -> bool:
    return _flags()[flag][1]


def known(flag: str) -> bool:
    return flag in _flags()


def remedies(err: str) -> list[Remedy]:
    """The ways out that a message names, each whole: options that stand side by side belong together."""
    found: list[Remedy] = []
    for line in err.splitlines():
        end = None
        for hit in _FLAG.finditer(line):
            if hit[0].startswith("--") is False and not known(hit[0]):
                continue
            assert known(hit[0]), f"{hit[0]} is not an option: {err}"
            words, stop = _option(line, hit)
            if end is not None and _BETWEEN.fullmatch(line, end, hit.start()):
                found[-1] = Remedy((*found[-1].words, *words))
            else:
                found.append(Remedy(words))
            end = stop
        found += (Remedy(loss=hit[1], params=hit[2]) for hit in _PIECE.finditer(line))
    return found


def _option(line: str, hit: re.Match[str]) -> tuple[tuple[str, ...], int]:
    """An option with its value, and where it ends."""
    value = _WORD.match(line, hit.end()) if takes_value(hit[0]) else None
    if value is None:
        return (hit[0],), hit.end()
    raw = value[1].rstrip(",;.:)") or value[1]
    return (hit[0], *shlex.split(raw)), value.start(1) + len(raw)
