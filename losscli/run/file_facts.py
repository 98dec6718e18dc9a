"""What the files themselves say of the values, where options do not: the classes of a palette."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, UsageError, some, visible
from losscli.core.records import replace
from losscli.sources.base import Source, declared_of
from losscli.spec.family import Conventions


def completed(conventions: Conventions, sources: Sequence[Source]) -> Conventions:
    """The conventions with the class names that the files declare. Raises UsageError where --classes differs from them."""
    names = _classes(sources)
    if names and conventions.classes and conventions.classes != names:
        what = f"--classes names {some(conventions.classes)}, but the palette {some(names)}"
        raise UsageError(what, fix="omit --classes and --num-classes: the palette names the classes in their order")
    return replace(conventions, classes=names) if names else conventions


def _classes(sources: Sequence[Source]) -> tuple[str, ...]:
    found = {tuple(names): source.path for source in sources if (names := declared_of(source).get("classes"))}
    if len(found) > 1:
        (one, ours), (two, theirs), *_ = found.items()
        what = f"the palette of {visible(ours)} names {some(one)}, that of {visible(theirs)} {some(two)}"
        raise DataError(what, fix="name the same classes in the same order in both palettes")
    return next(iter(found), ())
