"""A replacement for `dataclasses` that defines a class in a tenth of the time.

The standard library generates and compiles source code for every class, which for the fifty classes of a short run takes a
third of its start-up time. These methods are closures. Only what the package uses is implemented: no order, no slots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
else:
    _KINDS = ("default", "default_factory", "repr", "compare")

    class _Missing:
        """No default."""

    class Field:
        """The declaration of one field of a class."""

        def __init__(
            self, default: Any = _Missing, default_factory: Any = _Missing, repr: bool = True, compare: bool = True
        ) -> None:
            self.name, self.default, self.default_factory, self.repr, self.compare = "", default, default_factory, repr, compare

    def field(*, default: Any = _Missing, default_factory: Any = _Missing, repr: bool = True, compare: bool = True) -> Field:
        """A field with a default created per object, or one that repr or equality omits."""
        return Field(default, default_factory, repr, compare)

    def fields(held: Any) -> tuple[Field, ...]:
        """The declared fields of a class or an object, in order."""
        return tuple(held.__record__.values())

    def replace(held: Any, **changes: Any) -> Any:
        """A copy with some fields changed."""
        return type(held)(**{name: changes.pop(name, getattr(held, name)) for name in held.__record__}, **changes)

    def dataclass(cls: type | None = None, *, frozen: bool = False, eq: bool = True) -> Any:
        """The class with methods generated from its annotations."""
        return _made(cls, frozen, eq) if cls is not None else lambda given: _made(given, frozen, eq)

    def _made(cls: Any, frozen: bool, eq: bool) -> type:
        cls.__record__ = record = _declared(cls)
        names = tuple(record)
        cls.__init__ = _init(cls.__name__, names, record, getattr(cls, "__post_init__", None))
        cls.__match_args__ = names
        cls.__dataclass_fields__ = _Standard()
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = _repr(tuple(n for n in names if record[n].repr))
        if eq and "__eq__" not in cls.__dict__:
            compared = tuple(n for n in names if record[n].compare)
            cls.__eq__ = _eq(compared)
            if "__hash__" not in cls.__dict__ or cls.__dict__["__hash__"] is None:
                cls.__hash__ = (lambda self: hash(tuple(getattr(self, n) for n in compared))) if frozen else None
        if frozen:
            cls.__setattr__, cls.__delattr__ = _refuse, _refuse
        return cls

    def _declared(cls: type) -> dict[str, Field]:
        found = dict(getattr(cls, "__record__", {}))
        for name in cls.__annotations__:
            given = cls.__dict__.get(name, _Missing)
            if not isinstance(given, Field):
                given = Field(given)
            elif given.default is not _Missing:
                setattr(cls, name, given.default)
            else:
                delattr(cls, name)
            given.name = name
            found[name] = given
        return found

    def _init(title: str, names: tuple[str, ...], record: dict[str, Field], after: Any) -> Any:
        defaults = {n: f.default for n, f in record.items() if f.default is not _Missing}
        factories = {n: f.default_factory for n, f in record.items() if f.default_factory is not _Missing}
        needed = [n for n in names if n not in defaults and n not in factories]
        known, count = frozenset(names), len(names)

        def init(self: Any, *args: Any, **named: Any) -> None:
            held = self.__dict__
            if len(args) == count and not named:
                held.update(zip(names, args, strict=True))
                if after is not None:
                    after(self)
                return
            held.update(defaults)
            if len(args) > count:
                raise TypeError(f"{title}() takes {count} values but {len(args)} were given")
            held.update(zip(names, args, strict=False))
            if named:
                if not known.issuperset(named):
                    raise TypeError(f"{title}() got unexpected {', '.join(sorted(set(named) - known))}")
                if twice := [n for n in names[: len(args)] if n in named]:
                    raise TypeError(f"{title}() got {', '.join(twice)} twice")
                held.update(named)
            for name, make in factories.items():
                if name not in held:
                    held[name] = make()
            for name in needed:
                if name not in held:
                    raise TypeError(f"{title}() needs {name}")
            if after is not None:
                after(self)

        return init

    def _repr(names: tuple[str, ...]) -> Any:
        return lambda self: f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"

    def _eq(names: tuple[str, ...]) -> Any:
        def equal(self: Any, other: object) -> bool:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return tuple(getattr(self, n) for n in names) == tuple(getattr(other, n) for n in names)

        return equal

    def _refuse(self: Any, name: str, *value: object) -> None:
        raise AttributeError(f"cannot change {name}: {type(self).__name__} is frozen")

    class _Standard:
        """`__dataclass_fields__`, so that the standard library's replace, asdict and fields work on these objects too."""

        def __get__(self, held: Any, owner: Any) -> Any:
            import dataclasses  # late: only the standard library's functions read this

            given = [
                (n, object, dataclasses.field(**{k: getattr(f, k) for k in _KINDS if getattr(f, k) is not _Missing}))
                for n, f in owner.__record__.items()
            ]
            return dataclasses.make_dataclass(owner.__name__, given).__dataclass_fields__


__all__ = ["dataclass", "field", "fields", "replace"]
