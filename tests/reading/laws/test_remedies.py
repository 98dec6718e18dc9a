"""Every remedy that an error prints is accepted, cures that error, and does not lead to a wrong number."""

from __future__ import annotations

import pytest

from tests.reading.laws.faults import FAULTS, Fault
from tests.reading.laws.files import folder
from tests.reading.laws.remedies import Remedy, remedies
from tests.support.command import Done, call

INSIST = ("--pair", "position")
"""What a user may insist on, whatever the number."""


def rights(found: Fault, remedy: Remedy) -> list[float]:
    """The numbers that are right under a remedy; none if only the user can know."""
    text = " ".join(remedy.words)
    known = [value for words, value in found.right.items() if words == text]
    return known or ([] if remedy.unsure or remedy.words == INSIST else [v for words, v in found.right.items() if not words])


def followed(found: Fault, remedy: Remedy, first: Done) -> None:
    """Give the command again with a remedy."""
    command = remedy.applied(found.write())
    done = call(*command, "-f", "json")
    told = f"{' '.join(command)}\n{first.err}{done.err}"
    assert done.code in (0, 1, 2, 3), told
    assert "Traceback" not in done.err, told
    assert done.err.splitlines()[:1] != first.err.splitlines()[:1], f"the same error again: {told}"
    assert not (done.code == 2 and ("no such option" in done.err or "unknown" in done.err)), told
    right = rights(found, remedy)
    if done.code == 0 and right:
        assert done.loss["value"] in [pytest.approx(x, rel=1e-9, abs=1e-12) for x in right], (told, done.loss["value"], right)


@pytest.mark.parametrize("found", FAULTS.values(), ids=FAULTS)
def test_a_printed_remedy_cures_its_fault(found):
    with folder():
        first = call(*found.write(), "-f", "json")
        assert "Traceback" not in first.err, first
        assert first.code in (2, 3), first
        ways = [r for r in remedies(first.err) if not r.template]
        for remedy in ways:
            followed(found, remedy, first)
        named = {words for words in found.right if words}
        printed = {" ".join(r.words) for r in ways}
        assert named <= printed or not named, f"{named - printed} is not proposed: {first.err}"
