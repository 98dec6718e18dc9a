"""Records behave as the standard library's dataclasses, whose own functions work on them."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from losscli.core import records


def made(frozen: bool, kind: Any = records) -> Any:
    @kind.dataclass(frozen=frozen)
    class Base:
        """Two values."""

        a: int
        b: str = "b"

    @kind.dataclass(frozen=frozen)
    class Longer(Base):
        c: list[int] = kind.field(default_factory=list)
        d: float = kind.field(default=1.5, repr=False)

    return Base, Longer


@records.dataclass(frozen=True)
class Kept:
    """At the top of a module, where pickle finds it."""

    a: int
    more: tuple[int, ...] = ()


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("args", "named"), [((1,), {}), ((1, "x"), {}), ((1,), {"c": [2]}), ((), {"a": 1, "d": 2.0}), ((1, "x", [3], 4.0), {})]
)
def test_objects_are_those_of_dataclasses(frozen, args, named):
    ours, theirs = made(frozen)[1](*args, **named), made(frozen, dataclasses)[1](*args, **named)
    assert vars(ours) == vars(theirs)
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert [f.name for f in records.fields(ours)] == [f.name for f in dataclasses.fields(ours)] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(("args", "named"), [((), {}), ((1, "x", [], 1.0, 5), {}), ((1,), {"a": 2}), ((1,), {"z": 2})])
def test_wrong_calls_are_type_errors(frozen, args, named):
    for kind in (records, dataclasses):
        with pytest.raises(TypeError):
            made(frozen, kind)[1](*args, **named)


def test_equality_hash_and_change():
    base, longer = made(frozen=True)
    assert base(1) == base(1) != base(2)
    assert base(1) != longer(1)
    assert hash(base(1)) == hash(base(1))
    with pytest.raises(AttributeError, match="a"):
        base(1).a = 2
    free = made(frozen=False)[0]
    changed = free(1)
    changed.a = 2
    assert changed == free(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(changed)


def test_copies_with_changes():
    for replace in (records.replace, dataclasses.replace):
        assert replace(Kept(1, (2,)), a=3) == Kept(3, (2,))
        with pytest.raises(TypeError):
            replace(Kept(1), z=3)


def test_defaults_are_made_anew():
    longer = made(frozen=False)[1]
    longer(1).c.append(7)
    assert longer(1).c == []


def test_pickles():
    assert pickle.loads(pickle.dumps(Kept(1, (2, 3)))) == Kept(1, (2, 3))


def test_matches_by_place():
    match Kept(1, (2,)):
        case Kept(a, more):
            assert (a, more) == (1, (2,))
