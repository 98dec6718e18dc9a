"""Attributes computed when first asked for: once per object, and never by turns."""

from threading import Barrier, Thread

import pytest

from losscli.core.lazy import lazy


class Held:
    """Counts its calls."""

    calls = 0

    @lazy
    def answer(self) -> int:
        """What is asked."""
        self.calls += 1
        return 42


def test_the_method_runs_once_per_object() -> None:
    one, other = Held(), Held()
    assert (one.answer, one.answer, other.answer) == (42, 42, 42)
    assert (one.calls, other.calls) == (1, 1)
    assert Held.__dict__["answer"].__doc__ == "What is asked."


def test_an_error_is_not_kept() -> None:
    class Failing:
        tried = 0

        @lazy
        def answer(self) -> int:
            self.tried += 1
            if self.tried == 1:
                raise ValueError("not yet")
            return self.tried

    held = Failing()
    with pytest.raises(ValueError, match="not yet"):
        _ = held.answer
    assert held.answer == 2


def test_two_objects_are_computed_at_the_same_time() -> None:
    """Each waits inside its method until the other is there too: with a lock for both neither would get on."""
    both = Barrier(2, timeout=20)

    class Meeting:
        @lazy
        def met(self) -> int:
            return both.wait()

    found: list[int] = []
    threads = [Thread(target=lambda: found.append(Meeting().met)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1]
