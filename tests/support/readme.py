"""What the tool writes of itself: the catalogue, the formats, the table of column names, the output of every console example, the
picture of a terminal, the gallery of curves, the types of the loss functions.

Run it to write them anew: `python -m tests.support.readme`.
"""

from __future__ import annotations

import html
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from unittest import mock

from losscli.run.curves import gallery
from tests.support import extras_list, loss_stubs, name_table, option_stubs
from tests.support.command import Done, call
from tests.support.paths import ROOT, SAMPLES

README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PICTURE = ROOT / "docs" / "terminal.svg"
GALLERY = ROOT / "docs" / "gallery"
PICTURED = "losscli detect boxes.csv gt.csv --loss giou --loss ciou --key id --worst 2 --fail-if 'giou.p95 > 0.4'"
WIDTH = 84

CATALOGUE = re.compile(r"(<!-- catalogue (\w+) -->\n).*?(<!-- /catalogue -->)", re.S)
NAMES = re.compile(r"(<!-- column names -->\n).*?(<!-- /column names -->)", re.S)
FORMATS = re.compile(r"(<!-- formats -->\n).*?(<!-- /formats -->)", re.S)
EXTRAS = re.compile(r"(<!-- extras (table|paragraph) -->\n).*?(<!-- /extras -->)", re.S)
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)
COMMAND = re.compile(r"\$ (?:[^\n]*\\\n)*[^\n]*\n")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
ALONE = re.compile(r"(?:([^;<>&]*) \| )?(losscli [^|<>;&*]*)(; echo x+)?")
ECHO = '; echo "exit code $?"'


def expected(text: str) -> str:
    """A page with the catalogue, the formats, the extras, the table of names and the output of each example as they are now."""
    from losscli.run import format_list
    from losscli.spec import pages

    text = CATALOGUE.sub(lambda m: f"{m[1]}\n{pages.markdown(m[2])}\n{m[3]}", text)
    text = NAMES.sub(lambda m: f"{m[1]}\n{name_table.markdown()}\n{m[2]}", text)
    text = FORMATS.sub(lambda m: f"{m[1]}\n{format_list.markdown()}\n{m[2]}", text)
    text = EXTRAS.sub(lambda m: f"{m[1]}{getattr(extras_list, m[2])()}\n{m[3]}", text)
    return CONSOLE.sub(lambda m: f"```console\n{_session(m[1])}```", text)


def _session(block: str) -> str:
    """Each command of a block (its lines joined by backslashes) with what it prints."""
    return "".join(f"{command}{_output(command[2:].strip())}" for command in COMMAND.findall(block))


def _output(command: str) -> str:
    """Both streams of a shell command run among the samples, as on a pipe; and its exit code, where the command asks for it."""
    done = _run(command)
    if done.code not in (0, 1) and "; echo" not in command and not done.err.strip():
        raise SystemExit(f"{command}: exit {done.code}")
    return done.err + done.out


def _run(command: str) -> Done:
    """In this process what is losscli alone, maybe after a pipe or before an echo of its exit code; else all of it by the shell."""
    text = command.replace("\\\n", " ")
    found = ALONE.fullmatch(QUOTED.sub(lambda m: "x" * len(m[0]), text))
    feed, words, echo = (text[slice(*found.span(i))] for i in (1, 2, 3)) if found else ("", "$", "")
    if "$" in words or "losscli" in feed or echo not in ("", ECHO):
        return _shell(command)
    done = _inside(shlex.split(words)[1:], stdin=_by_shell(feed).stdout if feed else b"")
    return Done(0, f"{done.out}exit code {done.code}\n", done.err) if echo else done


def _inside(argv: list[str], width: int = 100, stdin: bytes = b"", **env: str) -> Done:
    before = os.getcwd()
    os.chdir(SAMPLES)
    try:
        with mock.patch.dict(os.environ, {"NO_COLOR": "1", "COLUMNS": str(width), **env}):
            return call(*argv, stdin=stdin)
    finally:
        os.chdir(before)


def _shell(command: str) -> Done:
    done = _by_shell(command)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def _by_shell(command: str) -> subprocess.CompletedProcess[bytes]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(["sh", "-c", command], cwd=SAMPLES, capture_output=True, env=env)


def terminal() -> str:
    """What a person sees in a terminal, with its escape sequences."""
    done = _inside([*shlex.split(PICTURED)[1:], "--format", "table", "--color", "always"], WIDTH)
    return f"$ {PICTURED}\n{done.out}"


def picture() -> str:
    """The terminal as an SVG: a line of text for each line, a tspan for each style."""
    lines = terminal().rstrip("\n").split("\n")
    wide = max(len(SGR.sub("", line)) for line in lines)
    width, height = round(wide * 8.43 + 40), len(lines) * 19 + 36
    body = "".join(f'<text x="20" y="{34 + 19 * i}">{_styled(line)}</text>\n' for i, line in enumerate(lines) if line)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#1d1f27"/>\n{body}</svg>\n'
    )


SGR = re.compile(r"\x1b\[([\d;]*)m")
STYLE = (
    "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d8dae5;white-space:pre}"
    ".s1{font-weight:bold}.s2{opacity:.6}.s31{fill:#ff7a85}.s32{fill:#7fd88f}.s33{fill:#e8c268}.s34{fill:#82aaff}.s35{fill:#c792ea}.s36{fill:#7fdbca}"
)


def _styled(line: str) -> str:
    """The escape sequences of a line as tspans."""
    found, codes = [], ""
    for i, part in enumerate(SGR.split(line)):
        if i % 2:
            codes = part
        elif part:
            names = " ".join(f"s{int(code)}" for code in codes.split(";") if code.strip("0"))
            text = html.escape(part, quote=False)
            found.append(f'<tspan class="{names}">{text}</tspan>' if names else text)
    return "".join(found)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(expected(page.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
    gallery.write(str(GALLERY), sys.stdout)
    for stubs in (loss_stubs, option_stubs):
        stubs.PATH.write_text(stubs.stub(), encoding="utf-8")
