"""One test of many small cases, each cheaper than a report of its own: all of them run, and the failure names those that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.support.examples import catalogue

Check = Callable[..., None]


def every(cases: Iterable[tuple[str, tuple[Any, ...]]]) -> Callable[[Check], Callable[[], None]]:
    """`cases` are names with the arguments of the test."""
    held = list(cases)
    assert held, "a test of no case"

    def decorate(check: Check) -> Callable[[], None]:
        def test() -> None:
            failed: dict[str, BaseException] = {}
            for name, arguments in held:
                try:
                    check(*arguments)
                except (Exception, pytest.fail.Exception) as e:
                    failed[name] = e
            if failed:
                told = "\n\n".join(f"{name}: {type(e).__name__}: {e}" for name, e in failed.items())
                raise AssertionError(f"{len(failed)} of {len(held)} cases failed\n{told}") from next(iter(failed.values()))

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return decorate


def every_loss(check: Check) -> Callable[[], None]:
    """Of all losses of the catalogue: the test takes the family's name and the loss."""
    return every((f"{family}/{loss.name}", (family, loss)) for family, loss in catalogue())(check)
