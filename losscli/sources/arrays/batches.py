"""Arrays that were saved batch by batch, as training loops append them: which keys are the batches of one array, in order, and the
rows of all of them as one field. Joins only what has no other reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Ints
from losscli.sources.arrays.array import ArrayField, ArrayRows, Header

Split = Callable[[str], tuple[str, int] | None]
"""The name and the number of the batch that a key consists of; None for a key without a number."""
_OF_IMAGES = {"box", "boxes", "bbox", "bboxes", "mask", "masks", "keypoints"}
"""Names that make an entry of a list one image, whose rows are objects."""
_MOST_SHOWN = 3


@dataclass(frozen=True)
class Batches:
    """The keys of each joined array in order of the batches, and what to say: a note where arrays are joined, else a hint, or
    neither."""

    joined: Mapping[str, tuple[str, ...]]
    note: str = ""
    hint: str = ""


NONE = Batches({})


def listed(key: str) -> tuple[str, int] | None:
    """Keys of nested containers: `0`, `0.logits` of a list of dicts, `logits.0` of a dict of lists."""
    return _split(key, r"(?P<n>\d+)(?:\.(?P<name>.+))?", r"(?P<name>.+)\.(?P<n>\d+)")


def numbered(key: str) -> tuple[str, int] | None:
    """Keys that people and numpy.savez number: `arr_0`, `batch_0`, `batch_0_logits`, `logits_0`."""
    return _split(key, r"(?:arr|batch|step|chunk)?[_-]?(?P<n>\d+)(?:[_./-](?P<name>.+))?", r"(?P<name>.+?)[_./-]?(?P<n>\d+)")


def _split(key: str, *forms: str) -> tuple[str, int] | None:
    found = next(filter(None, (re.fullmatch(form, key, re.ASCII) for form in forms)), None)
    return (found["name"] or "", int(found["n"])) if found and len(found["n"]) < 10 else None


def batches(headers: Mapping[str, Header | DataError], split: Split) -> Batches:
    """The arrays that the file has in batches."""
    groups = _groups(headers, split)
    if not groups or any(name.rpartition(".")[2].lower() in _OF_IMAGES for name in groups):
        return NONE
    rows = {tuple(h.shape[0] for h in group.values()) for group in groups.values()}
    if len(rows) > 1:
        return NONE
    (lengths,) = rows
    known = all(name not in headers for name in groups) and ("" not in groups or len(headers) == len(lengths))
    ranks = [len(next(iter(group.values())).shape) for group in groups.values()]
    seconds = {next(iter(group.values())).shape[1] for group, rank in zip(groups.values(), ranks, strict=True) if rank > 1}
    if not known or not _certain(lengths, ranks, seconds):
        return Batches({}, hint=_hint(groups, lengths))
    words = ", ".join(f"{n:,}" for n in lengths[:_MOST_SHOWN]) + (" …" if len(lengths) > _MOST_SHOWN else "")
    names = ", ".join(f"`{visible(name, 40)}`" for name in groups if name)
    note = f"{len(lengths)} batches of {words} rows are joined to {sum(lengths):,} rows{f': {names}' if names else ''}"
    return Batches({name: tuple(group) for name, group in groups.items()}, note)


def _groups(headers: Mapping[str, Header | DataError], split: Split) -> dict[str, dict[str, Header]]:
    """By name, the arrays numbered 0…n-1 or 1…n of one type and with rows of one shape, in the order of their numbers."""
    found: dict[str, dict[int, tuple[str, Header]]] = {}
    for key, header in headers.items():
        if isinstance(header, Header) and (parts := split(key)) is not None and header.kind != "U":
            found.setdefault(parts[0], {})[parts[1]] = (key, header)
    out = {}
    for name, group in found.items():
        first = min(group)
        alike = len({(h.shape[1:], h.dtype.newbyteorder("=")) for _, h in group.values()}) == 1
        if alike and len(group) > 1 and first < 2 and max(group) - first == len(group) - 1:
            out[name] = dict(group[n] for n in sorted(group))
    return out


def _certain(lengths: Sequence[int], ranks: Sequence[int], seconds: set[int]) -> bool:
    """Whether the first axis of the arrays can only count rows.

    It does where a class number or a single value per row is beside rows of several values; where entries are one row each; where
    vectors differ in length, and where the last entry alone is shorter, as the last batch of a data loader is. Arrays of equal
    shape may as well be rows themselves, or channels, and two of different lengths may be two parts of the data.
    """
    if set(lengths) == {1}:
        return True
    if 1 in ranks and len(set(ranks)) > 1 and not seconds & set(lengths):
        return True
    if len(set(lengths)) == 1 or (len(lengths) < 3 and len(ranks) < 2):
        return False
    shorter = len(set(lengths[:-1])) == 1 and lengths[-1] < lengths[0]
    return shorter or set(ranks) == {1}


def _hint(groups: Mapping[str, Mapping[str, Header]], lengths: Sequence[int]) -> str:
    keys = list(next(iter(groups.values())))
    shown = f"{visible(keys[0], 40)} … {visible(keys[-1], 40)}"
    what = f"{shown} may be {len(lengths)} batches, but also rows or channels: join them before saving"
    return f"{what} (torch.cat or numpy.concatenate), or read one as FILE::{visible(keys[0], 40)}"


class Batched(ArrayRows):
    """The rows of all batches of one array."""

    def __init__(self, parts: Sequence[ArrayField], header: Header, place: Where) -> None:
        super().__init__(header, place)
        from losscli.sources.joined import JoinedArrays  # late: most arrays are whole

        self._parts = JoinedArrays(parts)
        self.ends = self._parts.ends

    def read(self, start: int, stop: int) -> Array:
        return self._parts.read(start, stop)

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        return self._parts.take(rows)

    def where(self, row: int, item: int = 0) -> Where:
        """The batch, and the row in it."""
        return self._parts.where(row, item)

    def forget(self) -> None:
        self._parts.forget()


def joined_header(headers: Sequence[Header]) -> Header:
    """The header of all batches of one array."""
    first = headers[0]
    return Header((sum(h.shape[0] for h in headers), *first.shape[1:]), False, first.dtype, 0)
