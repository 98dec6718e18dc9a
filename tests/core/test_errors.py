"""Errors of the tool: they reach another process as they are."""

from __future__ import annotations

import pickle

import pytest

from losscli.core.errors import DataError, LosscliError, Unreadable, UsageError, UsageErrors, Where

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
