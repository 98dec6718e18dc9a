"""The classes of objects with masks, and the labels that they have in the label maps of the other side: never a guess."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.records import dataclass, replace
from losscli.core.values import is_whole
from losscli.sources.annotations.class_names import NONE, names_of
from losscli.sources.folders.natural_order import natural
from losscli.sources.instances.objects import Instances

BACKGROUND = "background"


@dataclass(frozen=True)
class Stated:
    """What options say. classes: those of --classes; names: by side, --names; values: those of --mask-values."""

    classes: tuple[str, ...] = ()
    names: Mapping[str, str | None] = {}
    values: tuple[float, ...] = ()
    multilabel: bool = False


@dataclass(frozen=True)
class Beside:
    """Masks that number the classes. channels: whether they have a channel per class, whose order is that of the numbers."""

    side: str
    channels: bool = False


@dataclass(frozen=True)
class Classes:
    """The background and the classes of objects in order, none where there is only one kind of object.

    labels: of the background and of the classes, where they are not 0, 1 and so on.
    """

    background: str = ""
    names: tuple[str, ...] = ()
    labels: tuple[int, ...] = ()
    note: str = ""


def classes_of(found: Mapping[str, Instances], stated: Stated, other: Beside | None) -> Classes:
    """The classes of the objects. other: None where both sides are of objects.

    Raises UsageError or DataError where the class of a pixel would be a guess.
    """
    listed = {side: x.classes for side, x in found.items() if x.classes is not None}
    if len(listed) > 1 and set(listed["pred"]) != set(listed["target"]):
        ours, theirs = (some(listed[side]) for side in ("pred", "target"))
        where = Where(found["pred"].source.path)
        raise DataError(
            f"the categories are {ours}, those of {visible(found['target'].source.path)} {theirs}", where, "name them alike"
        )
    known = listed.get("target") or listed.get("pred")
    shown = {name for x in found.values() for name in x.labels if name}
    names = known or tuple(sorted(shown, key=natural))
    counted = numbers_of(names if stated.multilabel else (BACKGROUND, *names)) == stated.classes and known is not None
    if stated.classes and names and not counted:
        return _named(stated, names)
    if len(names) < 2:
        return Classes()
    if other is None:
        return Classes(BACKGROUND, names)
    return _numbered(next(iter(found.values())), names, stated, other)


def numbers_of(names: Sequence[str]) -> tuple[str, ...]:
    """What --num-classes says of as many classes."""
    return tuple(map(str, range(len(names))))


def _named(stated: Stated, names: tuple[str, ...]) -> Classes:
    """The classes as --classes has them. Raises UsageError where a class of an object is not among them."""
    first, rest = ("", stated.classes) if stated.multilabel else (stated.classes[0], stated.classes[1:])
    lost = [name for name in names if name not in rest]
    if lost:
        what = f"--classes names {some(stated.classes)}, but not {some(lost)}"
        if first in names:
            what = f"--classes begins with {visible(first, 40)}, a class of objects; the first class is that of all other pixels"
        raise UsageError(what, fix=f"--classes {BACKGROUND},{visible(','.join(names), 80)}")
    return _with_values(Classes(first, rest), stated)


def _numbered(objects: Instances, names: tuple[str, ...], stated: Stated, other: Beside) -> Classes:
    """The classes beside masks that number them."""
    option = stated.names.get(other.side)
    ids = {name: objects.numbers.get(name, int(name) if is_whole(name) else -1) for name in names}
    numbered = min(ids.values()) >= 0
    if option == NONE and numbered:
        return _by_id(objects, ids, stated)
    if option is not None and option != NONE:
        return _by_names(objects, names, stated, option)
    found = Classes(BACKGROUND, names)
    if objects.classes is not None and len(stated.values) == len(names) + 1:
        return _with_values(found, stated)
    if objects.classes is not None and not objects.numbers and not stated.multilabel and not other.channels:
        return replace(
            found, note=f"labels of the other file: {some([f'{n} {name}' for n, name in enumerate((BACKGROUND, *names))])}"
        )
    if objects.classes is not None and (not objects.numbers or _in_order(list(ids.values()), stated.multilabel, other.channels)):
        return found
    told = some([f"{name} {ids[name]}" for name in names]) if objects.numbers else some(names)
    listing = names if stated.multilabel else (BACKGROUND, *names)
    order = f"--classes {visible(shlex.quote(','.join(listing)), 80)}" if len(names) <= 20 else f"--classes {BACKGROUND},…"
    free = numbered and not stated.multilabel and all(ids[name] for name in set(objects.labels))
    by_id = "--names none if the other file has the ids as labels, " if free else ""
    raise UsageError(
        f"{visible(objects.source.path)}: objects of the classes {told}, whose labels in the other file are not known",
        fix=f"use {by_id}{order} for labels from 0 on in that order, or --class-agnostic if it has one mask of all objects",
    )


def _in_order(ids: Sequence[int], multilabel: bool, channels: bool) -> bool:
    """Whether classes with these ids can only be the labels, or the channels, in this order."""
    return ids == sorted(ids) if channels or multilabel else ids == list(range(1, len(ids) + 1))


def _by_id(objects: Instances, ids: Mapping[str, int], stated: Stated) -> Classes:
    """The classes whose labels are their ids. Raises UsageError where an object has the label of the background."""
    names = sorted(ids, key=lambda name: ids[name])
    if stated.multilabel:
        return Classes(BACKGROUND, tuple(names))
    background = BACKGROUND
    if ids[names[0]] == 0:
        background, *names = names
        if background in objects.labels:
            what = f"{visible(objects.source.path)}: {visible(background, 40)} has the id 0, the label of pixels without an object"
            raise UsageError(
                what, fix="omit --names, and list the labels of the background and of the classes in order with --mask-values"
            )
    labels = (0, *(ids[name] for name in names))
    return Classes(background, tuple(names), () if labels == tuple(range(len(labels))) else labels)


def _by_names(objects: Instances, names: tuple[str, ...], stated: Stated, option: str) -> Classes:
    """The classes as --names numbers them for the masks of the other side."""
    found = dict(names_of(option, "").by_number)
    lost = [name for name in names if name not in found.values()]
    if lost:
        what = f"--names {visible(option, 60)} does not name {some(lost)}, of {visible(objects.source.path)}"
        raise UsageError(what, fix="name every class of the objects as the file does")
    if stated.multilabel:
        return Classes(BACKGROUND, tuple(found[i] for i in sorted(found)))
    background = found.pop(0, BACKGROUND)
    if background in names:
        what = f"--names {visible(option, 60)} gives {visible(background, 40)} the label 0, that of pixels without an object"
        raise UsageError(
            what, fix="omit --names, and list the labels of the background and of the classes in order with --mask-values"
        )
    labels = (0, *sorted(found))
    return Classes(background, tuple(found[i] for i in labels[1:]), () if labels == tuple(range(len(labels))) else labels)


def _with_values(found: Classes, stated: Stated) -> Classes:
    """The classes with the labels that --mask-values lists in their order."""
    whole = all(x == int(x) and x >= 0 for x in stated.values)
    if not whole or stated.multilabel or len(stated.values) != len(found.names) + 1:
        return found
    return replace(found, labels=tuple(int(x) for x in stated.values))
