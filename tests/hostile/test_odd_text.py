"""Text that no reader expects: very long cells, code points beyond Unicode, control characters in the names of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.command import call


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("rows", [2, 20_000])
def test_a_long_cell_that_no_loss_reads(rows: int) -> None:
    note = "x" * 200_000
    Path("a.csv").write_text("pred,target,note\n" + "1,2,\n" * (rows - 1) + f"1,4,{note}\n")
    done = call("regress", "a.csv", "-l", "mae", "-b")
    assert (done.code, float(done.out)) == (0, ((rows - 1) + 3) / rows)
    assert call("inspect", "a.csv").code == 0


def test_code_points_beyond_unicode() -> None:
    broken = np.array([ord("a"), 0x110000, ord("c")], np.uint32).view("U1")
    np.savez("p.npz", id=broken, pred=np.arange(3.0))
    np.savez("t.npz", id=np.array(["a", "b", "c"]), target=np.arange(3.0))
    done = call("regress", "p.npz", "t.npz", "--key", "id", "-l", "mae")
    assert (done.code, done.out) == (3, "")
    assert "p.npz" in done.err.splitlines()[0]


@pytest.mark.parametrize("command", [("inspect",), ("regress", "-l", "mae"), ("regress", "-l", "mae", "-f", "md")])
def test_control_characters_in_the_name_of_a_file(command: tuple[str, ...]) -> None:
    name = "a\x1b[31m\r\nb.csv"
    Path(name).write_text("pred,target\n1,2\n3,4\n")
    done = call(command[0], name, *command[1:])
    assert done.code == 0, done.err
    assert not {"\x1b", "\r"} & set(done.out + done.err)
    refused = call(command[0], name, *command[1:], "--key", "nope")
    assert refused.code in (0, 3)
    assert not {"\x1b", "\r"} & set(refused.out + refused.err)
