"""One hostile command: its files, its words, and how it must end; and what is wrong with how it did."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tests.support.command import Done
from tests.support.judged import judged

Words = str | tuple[str, ...]
"""What a message must contain; of several words, one."""
REPORT = "report.json"
_REMEDY = re.compile(
    r"^ {2}\S|is not an? |must |needs |not of the form|given twice|unknown|outside|no such option"
    r"|requires an|does not take|cannot be (both|read)",
    re.M | re.I,
)
"""A line of a remedy, or what is accepted in the message itself."""


@dataclass(frozen=True)
class Case:
    """codes: the exit codes that are right. says: what stands in the message of a failure."""

    command: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    says: tuple[Words, ...] = ()
    codes: tuple[int, ...] = (3,)
    stdin: bytes = b""

    @property
    def mark(self) -> bytes:
        """The same for the same input."""
        held = hashlib.sha256(repr(self.command).encode(errors="surrogatepass") + self.stdin)
        for name, raw in sorted(self.files.items()):
            held.update(b"%r %d " % (name, len(raw)) + raw)
        return held.digest()

    def write(self) -> None:
        """The files, in the working folder."""
        for name, raw in self.files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)


def checked(case: Case) -> tuple[Done, list[str]]:
    """Run the command in the working folder, which has nothing but the files; what it did, and what is wrong with that."""
    done, wrong = judged(case.command, stdin=case.stdin, codes=case.codes)
    if done.code in (0, 1):
        wrong = [words for words in wrong if words != f"{REPORT} was left behind"]
    if done.code in (2, 3):
        if not _REMEDY.search(done.err):
            wrong.append("no remedy")
        wrong += [f"the message lacks {_listed(words)}" for words in case.says if not _has(done.err, words)]
    elif "json" in case.command:
        wrong += _strict("stdout", done.out)
    if REPORT in case.command:
        wrong += _report(done)
    return done, wrong


def _has(text: str, words: Words) -> bool:
    return any(word in text for word in ((words,) if isinstance(words, str) else words))


def _listed(words: Words) -> str:
    return repr(words) if isinstance(words, str) else " or ".join(map(repr, words))


def _report(done: Done) -> list[str]:
    """A report of a command that did not fail is there, and whole."""
    if done.code not in (0, 1):
        return []
    return _strict(REPORT, Path(REPORT).read_text(encoding="utf-8")) if os.path.exists(REPORT) else ["no report was written"]


def _strict(name: str, text: str) -> list[str]:
    def no(word: str) -> NoReturn:
        raise ValueError(f"{word} in JSON")

    try:
        json.loads(text, parse_constant=no)
    except ValueError as e:
        return [f"{name} is not strict JSON: {e}"]
    return []
