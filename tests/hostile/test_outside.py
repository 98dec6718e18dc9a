"""Whatever format: what lies outside of an input is not read, what is not a file is not waited for, and no text is obeyed.

The formats are those of the table of formats, by their samples: a new one is covered as it is added.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from pathlib import Path

import pytest

from losscli.core.errors import visible
from losscli.sources.formats import FORMATS
from tests.support.command import call
from tests.support.judged import judged
from tests.support.samples import NO_WRITER, Sample, of_formats

SAMPLES = of_formats()
IN_FOLDERS = [known.name for known in FORMATS if (known.folder or known.images) and known.name not in NO_WRITER]
NAMES = {
    "escape": "x\x1b[31mred",
    "markup": "[red]x",
    "formula": "=cmd|' C calc'!A0",
    "right to left": "x\u202egnp",
    "line end": "x\ny",
    "not UTF-8": os.fsdecode(b"x\xff"),
    "long": "x" * 200,
}


def renamed(sample: Sample, before: str, after: str) -> tuple[str, ...]:
    """The command with another name for an input, which is moved."""
    os.rename(before, after)
    return tuple(after if word == before else word for word in sample.command)


def harmless(text: str) -> bool:
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def values(*command: str) -> list[float]:
    done = call(*command, "-f", "json")
    assert done.code == 0, done.err
    return [loss["value"] for loss in done.report["losses"]]


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_hostile_name_is_shown_and_not_obeyed(name, kind):
    sample = SAMPLES[name]
    sample.write()
    right = values(*sample.command)
    suffix = "" if os.path.isdir(sample.reads) else "".join(Path(sample.reads).suffixes)
    command = renamed(sample, sample.reads, NAMES[kind] + suffix)
    done, wrong = judged((*command, "-v"))
    assert (done.code, wrong) == (0, []), (done, wrong)
    assert harmless(done.out + done.err)
    if kind != "not UTF-8":
        assert values(*command) == right
    target = Path(NAMES[kind] + suffix)
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    done, wrong = judged(command)
    assert (done.code, wrong) == (3, []), (done, wrong)
    assert visible(NAMES[kind])[:60] in done.err, done.err
    assert harmless(done.err)


@pytest.mark.parametrize("name", IN_FOLDERS)
def test_links_devices_pipes_and_sockets_in_a_folder_are_left_out(name):
    sample = SAMPLES[name]
    sample.write()
    right = values(*sample.command)
    folder = sample.reads
    suffix = Path(sample.main).suffix
    shutil.copytree(folder, "outside")
    Path("outside", f"other{suffix}").write_bytes(sample.files[sample.main])
    os.symlink(os.path.abspath(f"outside/other{suffix}"), f"{folder}/absolute{suffix}")
    os.symlink(f"../outside/other{suffix}", f"{folder}/relative{suffix}")
    os.symlink("../outside", f"{folder}/there")
    os.symlink(".", f"{folder}/round")
    os.symlink("/dev/zero", f"{folder}/zero{suffix}")
    os.mkfifo(f"{folder}/pipe{suffix}")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"{folder}/socket{suffix}")
        done, wrong = judged((*sample.command, "-f", "json"))
    assert (done.code, wrong) == (0, []), (done, wrong)
    assert [loss["value"] for loss in done.report["losses"]] == right
    for left in ("absolute", "relative", "pipe", "socket"):
        assert left in done.err, done.err


@pytest.mark.parametrize("name", SAMPLES)
def test_a_device_or_a_socket_in_place_of_a_file_is_refused(name):
    sample = SAMPLES[name]
    sample.write()
    main = Path(sample.main)
    main.unlink()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(main))
        done, wrong = judged(sample.command)
    assert (done.code, wrong) == (3, []), (done, wrong)
    main.unlink()
    main.symlink_to("/dev/null")
    done, wrong = judged(sample.command)
    assert (done.code, wrong) == (3, []), (done, wrong)
    main.unlink()
    main.symlink_to("nowhere")
    done, wrong = judged(sample.command)
    assert (done.code, wrong) == (3, []), (done, wrong)
