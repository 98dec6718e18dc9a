"""Errors of the tool: they reach another process as they are."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from losscli.core.errors import DataError, LosscliError, Unreadable, UsageError, UsageErrors, Where
from tests.support.paths import ROOT

ERRORS = [
    UsageError("no such word", fix="use another"),
    DataError("not a number", Where("p.csv", row=3, column="x"), "correct it"),
    Unreadable("no such file", Where("p.csv")),
    UsageErrors([UsageError("one", fix="mend it"), UsageErrors([UsageError("two"), UsageError("three")])]),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_errors_are_the_same_in_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, LosscliError)
    assert type(again) is type(error)
    assert again.messages() == error.messages()
    assert (str(again), again.exit_code, again.where, again.fix) == (str(error), error.exit_code, error.where, error.fix)


def kinds(of: type[LosscliError] = LosscliError) -> Iterator[type[LosscliError]]:
    """The class and all below it."""
    yield of
    for below in of.__subclasses__():
        yield from kinds(below)


def test_every_class_of_errors_is_the_same_in_another_process():
    for path in (ROOT / "losscli").rglob("*.py"):
        if re.search(r"^class \w+\((LosscliError|UsageError|DataError)\b", path.read_text(), re.M):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found = [kind for kind in kinds() if kind.__module__.startswith("losscli") and kind is not UsageErrors]
    assert len(found) > 5
    for kind in found:
        error = kind("not a number", Where("p.csv", row=3), "correct it")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (kind, str(error), vars(error))
