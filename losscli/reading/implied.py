"""The matching that is implied where a format is one of sets of boxes per image, and the options that need one."""

from __future__ import annotations

from losscli.core.errors import UsageError, applies_only
from losscli.core.records import replace
from losscli.reading.asked import Reading
from losscli.sources.base import Source, declared_of
from losscli.spec.family import Family


def settled(asked: Reading, family: Family, pred: Source, target: Source | None) -> tuple[Reading, str]:
    """What was asked, with the matching that the files imply, and a note where they do.

    Raises UsageError where an option needs a matching that nothing asks for.
    """
    implied = asked.implied
    if asked.matching is not None or implied is None:
        return asked, ""
    if target is not None and family.match is not None and any(declared_of(source).get("sets") for source in (pred, target)):
        return replace(asked, matching=implied.matching), f"sets of boxes: paired as by --match {implied.matching.method}"
    if implied.needed is not None:
        raise implied.needed
    return asked, ""


def needs_matching(flag: str) -> UsageError:
    """The error of an option without the matching that it is for."""
    if flag == "--key-stem":
        return applies_only(flag, "with --key or --match", "add --key COL")
    return applies_only(flag, "with --match", "add --match greedy")
