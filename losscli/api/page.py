"""The page of a loss as text: what `losscli explain` prints."""

from __future__ import annotations

from losscli.core.errors import UsageError, visible
from losscli.spec import pages
from losscli.spec.explain import explain as described


class Page(str):
    """Text that a Python prompt and a notebook show without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain(loss: str, family: str | None = None, *, width: int = 100) -> Page:
    """The page of a loss: formula, parameters, what it reads, its gradient, when to use it, other libraries' forms.

    loss: a name or alias; `family/name`, or family, where several families have it (otherwise a page for each).
    Raises losscli.UsageError with the nearest known name.
    """
    if not isinstance(loss, str):
        raise UsageError(f"loss: {visible(loss, 40)} is not the name of a loss")
    if not isinstance(width, int) or width < 20:
        raise UsageError(f"width: {visible(width, 40)} is not a whole number of at least 20")
    return Page("\n".join(described(found, one, width) for found, one in pages.find(loss, family)))
