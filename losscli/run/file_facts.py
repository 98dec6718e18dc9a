"""What the files themselves say of the values, where options do not: the names of classes."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, UsageError, some, visible
from losscli.core.records import replace
from losscli.sources.base import Source, declared_of
from losscli.spec.family import Conventions


def completed(conventions: Conventions, sources: Sequence[Source]) -> Conventions:
    """The conventions with the class names that the files declare. Raises UsageError where --classes differs from them."""
    found = {tuple(names): visible(source.path) for source in sources if (names := declared_of(source).get("classes"))}
    if len(found) > 1:
        (one, ours), (two, theirs), *_ = found.items()
        what = f"{ours} names the classes {some(one)}, but {theirs} {some(two)}"
        raise DataError(what, fix="name the same classes in the same order in both files")
    names, path = next(iter(found.items()), ((), ""))
    if names and conventions.classes and conventions.classes != names:
        what = f"--classes names {some(conventions.classes)}, but {path} {some(names)}"
        raise UsageError(what, fix="omit --classes and --num-classes: the file names the classes in their order")
    return replace(conventions, classes=names) if names else conventions
