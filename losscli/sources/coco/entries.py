"""The entries of a list in a COCO file, each an object with ids: checked, with their places. Knows nothing of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass

Box = tuple[float | None, ...]


@dataclass(frozen=True)
class Entries:
    """A list of objects; name: its key in the document, empty for a list that is the document."""

    path: str
    name: str
    items: Sequence[Any]

    @classmethod
    def of(cls, path: str, document: Mapping[str, Any], name: str) -> Entries:
        """The list of that name; empty if the document has none."""
        items = document.get(name, [])
        if not isinstance(items, list):
            raise DataError(
                f"`{name}` is not a list", Where(path), "COCO's annotations have lists of images, annotations and categories"
            )
        return cls(path, name, items).checked()

    def checked(self) -> Entries:
        """The same entries. Raises DataError at one that is not an object."""
        for i, item in enumerate(self.items):
            if not isinstance(item, dict):
                self.refuse(i, f"{_shown(item)} where an object is needed", 'an entry is an object such as {"id": 1, …}')
        return self

    def where(self, i: int, column: str | None = None) -> Where:
        """The place of entry i: its index in the list and its id."""
        return Where(self.path, i + 1, column, entry=place(self.name, i, _id(self.items[i])))

    def refuse(self, i: int, what: str, fix: str, column: str | None = None) -> NoReturn:
        """Raise the DataError of entry i."""
        raise DataError(what, self.where(i, column), fix)

    def ids(self, key: str, *, needed: bool = True) -> list[str]:
        """The id that each entry has under a key, as text; not needed: an empty list if none of them has one."""
        found = [id_of(item.get(key)) for item in self.items]
        if not needed and not any(key in item for item in self.items):
            return []
        for i, x in enumerate(found):
            if x is None:
                given = self.items[i].get(key)
                what = f"no `{key}`" if given is None else f"`{key}` is {_shown(given)}, which is neither a whole number nor text"
                self.refuse(i, what, f"every entry needs its `{key}`")
        return [x for x in found if x is not None]

    def refuse_twice(self, ids: Sequence[str]) -> None:
        """Raise DataError at the first id that occurs twice."""
        if len(set(ids)) == len(ids):
            return
        first: dict[str, int] = {}
        for i, x in enumerate(ids):
            if x in first:
                what = f"duplicate id {visible(x, 40)}, also of {place(self.name, first[x])}"
                self.refuse(i, what, "give every entry an id of its own")
            first[x] = i

    def boxes(self, name: str = "bbox") -> list[Box] | None:
        """The four numbers of each entry's box, None where no entry has one. Numbers that are null are None."""
        if not any(item.get(name) is not None for item in self.items):
            return None
        return [self._box(i, name) for i in range(len(self.items))]

    def _box(self, i: int, name: str) -> Box:
        box = self.items[i].get(name)
        fix = "a box is [x, y, width, height]"
        if box is None:
            self.refuse(i, f"no `{name}`", fix)
        if not isinstance(box, list):
            self.refuse(i, f"`{name}` is {_shown(box)}, which is not a list", fix)
        if len(box) != 4:
            self.refuse(i, f"`{name}` has {len(box)} number{'s' * (len(box) != 1)}", fix)
        for n, x in enumerate(box):
            if x is not None and not _is_number(x):
                self.refuse(i, f"{_shown(x)} is not a number", fix, f"{name}_{n}")
        for n in (2, 3):
            if box[n] is not None and box[n] < 0:
                side = "width" if n == 2 else "height"
                self.refuse(i, f"the {side} {box[n]:g} is negative", f"{fix}; corners need their differences", f"{name}_{n}")
        return tuple(box)

    def lists(self, name: str) -> tuple[list[list[Any] | None], int] | None:
        """The list of numbers of each entry under a key, None for one without, and their length; None where no entry has one."""
        found = [item.get(name) for item in self.items]
        first = next((x for x in found if x is not None), None)
        if first is None:
            return None
        for i, x in enumerate(found):
            if x is None:
                continue
            if not isinstance(x, list) or not all(v is None or _is_number(v) for v in x):
                self.refuse(i, f"`{name}` is not a list of numbers", "keypoints are [x, y, v, x, y, v, …]")
            if len(x) != len(first):
                self.refuse(i, f"`{name}` has {len(x)} numbers, the first has {len(first)}", "evaluate one skeleton at a time")
        return found, len(first)

    def numbers(self, name: str, *, default: float | None = None) -> list[float | None] | None:
        """The number of each entry under a key, `default` for one without; None where no entry has one."""
        if not any(item.get(name) is not None for item in self.items):
            return None
        for i, item in enumerate(self.items):
            x = item.get(name)
            if x is not None and not isinstance(x, bool) and not _is_number(x):
                self.refuse(i, f"`{name}` is {_shown(x)}, which is not a number", "correct it")
        return [default if item.get(name) is None else item[name] for item in self.items]

    def scalars(self, known: Sequence[str]) -> dict[str, list[Any]]:
        """The other values of the entries by key, where all of them are numbers, text or truth values; None for a missing one."""
        names: dict[str, None] = {}
        for item in self.items:
            names.update(dict.fromkeys(item))
        out = {}
        for name in (n for n in names if n not in known):
            found = [item.get(name) for item in self.items]
            if not any(isinstance(x, (list, dict)) for x in found) and any(x is not None for x in found):
                out[name] = found
        return out


def place(name: str, i: int, own: str | None = None) -> str:
    """How an entry is named: `annotations[12] (id 17)`."""
    return f"{name}[{i}]" + ("" if own is None else f" (id {visible(own, 40)})")


def id_of(value: Any) -> str | None:
    """An id as text; None for what is not one."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else None


def _id(item: Any) -> str | None:
    return id_of(item.get("id")) if isinstance(item, dict) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    import json

    return visible(json.dumps(value), 40)
