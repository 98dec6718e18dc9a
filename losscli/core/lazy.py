"""Attributes computed on first access, without a lock.

Before Python 3.12, functools.cached_property uses one lock for all objects of a class, so threads that evaluate different
tiles would wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property as lazy
else:

    class lazy:  # noqa: N801 (a decorator, as `property` is)
        """Calls the method once per object and stores the result in it; two threads may both call it at the same time."""

        def __init__(self, make: Callable[[Any], Any]) -> None:
            self.make, self.__doc__ = make, make.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, held: Any, owner: type | None = None) -> Any:
            if held is None:
                return self
            found = held.__dict__[self.name] = self.make(held)
            return found


__all__ = ["lazy"]
