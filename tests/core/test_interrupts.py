"""Interrupts wait for the end of a block, and arrive once."""

import signal
import threading

import pytest

from losscli.core.interrupts import held_back


@pytest.fixture(autouse=True)
def default_handler():
    """Of SIGINT, which a shell ignores in what it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_arrives_at_the_end_of_the_block():
    reached = []

    def interrupted():
        with held_back():
            signal.raise_signal(signal.SIGINT)
            reached.append("the end")
        reached.append("after it")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == ["the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_an_interrupt_and_in_other_threads_nothing_happens():
    done = []

    def block():
        with held_back():
            done.append(threading.current_thread().name)

    block()
    other = threading.Thread(target=block, name="other")
    other.start()
    other.join()
    assert done[1:] == ["other"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
