"""The options that an error prints as its way out, read as a shell would read them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache

from losscli.run.declared import slots
from losscli.run.options import RECORDS

_FLAG = re.compile(r"(?<![\w-])--?[a-z][a-z-]*(?==|\b)")
_OR = re.compile(r"(--\w+) (\w+)( [^,]*)?, or (\w+) to ")
_PIECE = re.compile(r"(?<![\w.=/-])([a-z_0-9]+|…):([a-z_]+=[^\s,;)]*[^\s,;.)])")
_BETWEEN = re.compile(r"\s+(and )?")
_WORD = re.compile(r"""[\s=]((?:'[^']*'|"[^"]*"|[^\s'"])+)""")
_TEMPLATE = re.compile(r"\b(NAME|COL|FILE|DIR|WxH|PATTERN|LEFT|RIGHT|ROLE|LOSS|RECIPE)\b|^N$|…|(^|=)(A,B,C,D|a,b,c)$")
_ASIDE = re.compile(r"`[^`]*`|\([a-z]+ -[^)]*\)|(?:losscli \w+|python -c|git lfs|Rscript -e|tail -n|jq) .*")
"""Whole commands, which are not to be added to the one at hand."""
MARKS = ("--decimal", "--thousands", "--delimiter", "--comment")
"""Options whose values may be marks of punctuation."""


@dataclass(frozen=True)
class Remedy:
    """One way out: words to add to the command or to omit, or parameters to add to its loss.

    unsure: whether it depends on what only the user knows: `--from-logits if PRED contains logits`.
    """

    words: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    params: str = ""
    unsure: bool = False

    @property
    def template(self) -> bool:
        """Whether a part is left to the user: `--col scores=NAME`."""
        return any(_TEMPLATE.search(word) for word in (*self.words, self.params))

    def applied(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """The command with this: an option takes the place of the same one, a --col that of its role."""
        words = list(command)
        if self.params:
            at = words.index("-l") + 1
            words[at] += ("," if ":" in words[at] else ":") + self.params
        for flag in self.omit:
            _remove(words, flag)
        own = {w for w in self.words if w.startswith("-")}
        for flag in own - {"--col", "--key"}:
            _remove(words, "-l" if flag == "--loss" else flag)
        for word in self.words:
            twins = [i for i, w in enumerate(words) if w == "--col" and words[i + 1].partition("=")[0] == word.partition("=")[0]]
            for i in twins:
                del words[i : i + 2]
        return (*words, *self.words)


def _remove(words: list[str], flag: str) -> None:
    while flag in words:
        at = words.index(flag)
        del words[at : at + 1 + takes_value(flag)]


@cache
def _flags() -> dict[str, bool]:
    """Every option of the families, and whether it takes a value."""
    return {f: not s.switch for record in RECORDS for s in slots(record) for f in s.declared.flags}


def takes_value(flag: str) -> bool:
    return _flags()[flag]


def remedies(err: str) -> list[Remedy]:
    """The ways out that a message names, each whole: options that stand side by side belong together."""
    found: list[Remedy] = []
    for line in err.splitlines():
        if line.startswith("  "):
            found += _of_line(_ASIDE.sub("", line))
    return found


def _of_line(line: str) -> list[Remedy]:
    found: list[Remedy] = []
    end: int | None = None
    omitted: tuple[str, ...] = ()
    for hit in _FLAG.finditer(line):
        if end is not None and hit.start() < end:  # inside the value of an option
            continue
        assert hit[0] in _flags(), f"{hit[0]} is not an option: {line}"
        words, stop = _option(line, hit)
        if line[: hit.start()].endswith("omit "):
            omitted, end = (hit[0],), hit.end()
            continue
        if not words:
            continue
        unsure = line[stop:].startswith(" if ")
        if found and end is not None and _BETWEEN.fullmatch(line, end, hit.start()):
            found[-1] = Remedy((*found[-1].words, *words), found[-1].omit, unsure=unsure)
        else:
            found.append(Remedy(words, omitted, unsure=unsure))
        end, omitted = stop, ()
    found += [Remedy(omit=omitted)] if omitted else []
    found += [Remedy((hit[1], hit[4])) for hit in _OR.finditer(line)]
    return [*found, *(Remedy(params=hit[2]) for hit in _PIECE.finditer(line))]


def _option(line: str, hit: re.Match[str]) -> tuple[tuple[str, ...], int]:
    """An option with its value, and where it ends; no words where its value is not given."""
    if not takes_value(hit[0]):
        return (hit[0],), hit.end()
    value = _WORD.match(line, hit.end())
    if value is None or value[1] in ("or", "and", "to", "if"):
        return (), hit.end()
    raw = value[1] if hit[0] in MARKS else value[1].rstrip(",;.:)")
    return (hit[0], *shlex.split(raw)), value.start(1) + len(raw)
