"""Which images of a file of annotations those of another COCO file are, where ids and file names disagree. Reads names only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from losscli.core.errors import DataError, Where, visible
from losscli.core.file_names import without_suffix
from losscli.core.records import replace
from losscli.sources.coco.catalogue import Catalogue


def of_results(ids: Sequence[str], files: Sequence[Any], known: Catalogue) -> tuple[Sequence[str], str]:
    """The images of results that list none themselves, and a note where file names say which they are.

    files: the `file_name` of each result, which counts more than its id; ids that are not of `known` may be names of its files,
    also the numbers that names of digits are.
    """
    told = f"images of {visible(known.path)}"
    named = _by(_name, known)
    if files and all(isinstance(x, str) for x in files):
        found = _all(named, map(_name, files))
        if found is not None:
            differ = next((i for i, (x, y) in enumerate(zip(ids, found, strict=True)) if x != y), None)
            return found, "" if differ is None else f"{told} by `file_name`: {visible(files[differ], 60)} is {_id(found[differ])}"
    if all(x in known.images for x in ids):
        return ids, ""
    found = _all(named, map(_name, ids)) or _all(_by(_number, known), ids)
    if found is None:
        return ids, ""
    return found, f"{told} by file name: {visible(ids[0], 60)} is {_id(found[0])}"


def of_annotations(own: Catalogue, known: Catalogue) -> tuple[Mapping[str, str], str]:
    """The ids of `known` for the images that another file of annotations numbers otherwise, and a note where there are any.

    Raises DataError where an image would be taken for another one by its id.
    """
    here, there = (_by(_name, x) for x in (own, known))
    moved = {i: there[name] for name, i in here.items() if there.get(name, i) != i}
    if not moved:
        return {}, ""
    stays = [i for i in own.images if i not in moved and i in known.images and _file(own, i) not in there]
    if stays or len({moved.get(i, i) for i in own.images}) < len(own.images):
        i = (stays or list(moved))[0]
        ours, theirs = (visible(x.images.get(i, {}).get("file_name", "no image"), 60) for x in (own, known))
        what = f"{_id(i)} is {ours}, but {theirs} in {visible(known.path)}"
        raise DataError(what, Where(own.path), "give an image the same id in both files")
    first, name = next((i, name) for name, i in here.items() if i in moved)
    found = f"{visible(name, 60)} is {_id(moved[first])}, here {visible(first, 40)}"
    return moved, f"images of {visible(known.path)} by file name: {found}"


def renumbered(own: Catalogue, moved: Mapping[str, str]) -> Catalogue:
    """The catalogue with other ids of its images."""
    return replace(own, images={moved.get(i, i): image for i, image in own.images.items()})


def _by(spell: Callable[[str], str], known: Catalogue) -> dict[str, str]:
    """The ids of images by what their file names are spelled as; empty where that is not distinct."""
    found = [(spell(str(image["file_name"])), i) for i, image in known.images.items() if image.get("file_name")]
    named = {name: i for name, i in found if name}
    return named if len(named) == len(found) else {}


def _all(named: Mapping[str, str], words: Iterable[str]) -> list[str] | None:
    """The id that each word stands for; None where one stands for none."""
    found = []
    for word in words:
        own = named.get(word)
        if own is None:
            return None
        found.append(own)
    return found


def _file(known: Catalogue, i: str) -> str:
    return _name(str(known.images[i].get("file_name") or ""))


def _name(file: str) -> str:
    """Without folder and suffix."""
    return without_suffix(file.replace("\\", "/").rsplit("/", 1)[-1].strip())


def _number(file: str) -> str:
    """The number that a name of digits is."""
    name = _name(file)
    return name.lstrip("0") or "0" if name.isascii() and name.isdigit() else ""


def _id(i: str) -> str:
    return f"image {visible(i, 40)}"
