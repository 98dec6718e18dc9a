"""Shapes of JSON objects: what one holds is declared once; from that it is written, described by a schema, and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from losscli.core.json_numbers import number
from losscli.core.json_numbers import read as read_number
from losscli.report.schema_parts import NUMBER, TEXT, Schema, list_of, map_of, object_of, or_null, ref

T = TypeVar("T")
Data = dict[str, Any]
Change = Callable[[Any], Any]


def _same(x: Any) -> Any:
    return x


class Kind:
    """A value: its schema, and how it becomes plain data and is read back."""

    def __init__(self, schema: Schema, write: Change = _same, read: Change = _same) -> None:
        self.schema, self.write, self.read = schema, write, read


class Keys:
    """Some keys of an object.

    schema: of each; optional: those that may be absent; why: the numbers beside whose null the reason stands. write: the keys, of a
    record; read: the fields of the record, of the object; a field that it leaves out has the record's default.
    """

    def __init__(
        self, schema: Schema, write: Change, read: Change, optional: tuple[str, ...] = (), why: tuple[str, ...] = ()
    ) -> None:
        self.schema, self.write, self.read, self.optional, self.why = schema, write, read, optional, why


def always(name: str, kind: Kind | Schema, of: str = "") -> Keys:
    """A key of every record. of: the field, by default of the key's name; dots lead to fields of fields."""
    value, field, known = attrgetter(of or name), of or name, _kind(kind)
    return Keys({name: known.schema}, lambda x: {name: known.write(value(x))}, lambda data: {field: known.read(data[name])})


def each(kind: Kind | Schema, *names: str) -> tuple[Keys, ...]:
    """Keys of the same kind."""
    return tuple(always(name, kind) for name in names)


def maybe(name: str, kind: Kind | Schema, of: str = "", *, shown: str = "", when: Callable[[Any], Any] | None = None) -> Keys:
    """A key of some records. when: of which, by default those where it is neither None, False, 0 nor empty. shown: what is written,
    where it is not the field."""
    value, field, known = attrgetter(shown or of or name), of or name, _kind(kind)
    has = when or value
    return Keys(
        {name: known.schema},
        lambda x: {name: known.write(value(x))} if has(x) else {},
        lambda data: {field: known.read(data[name])} if name in data else {},
        (name,),
    )


def unread(keys: Keys) -> Keys:
    """Keys that others say too: they are written, and not read."""
    return Keys(keys.schema, keys.write, lambda data: {}, keys.optional, keys.why)


def constant(name: str, value: str) -> Keys:
    """A key that is the same of every record."""
    return Keys({name: {"const": value}}, lambda x: {name: value}, lambda data: {})


def numbers(*names: str, schema: Schema = NUMBER, **of: str) -> Keys:
    """Numbers that may be infinite, NaN or None: null, with the reason in `<key>_is`. of: keys of fields with other names."""
    fields = {**{name: name for name in names}, **of}
    values = {name: attrgetter(field) for name, field in fields.items()}

    def write(x: Any) -> Data:
        out: Data = {}
        for name, value in values.items():
            out.update(number(name, value(x)))
        return out

    def read(data: Data) -> Data:
        return {field: read_number(data, name) for name, field in fields.items()}

    return Keys(dict.fromkeys(fields, schema), write, read, why=tuple(fields))


def within(name: str, *parts: Keys) -> Keys:
    """A key that holds an object of fields of the record itself."""
    inner: Shape[Data] = Shape(dict, *parts)
    return Keys({name: inner.schema}, lambda x: {name: inner.write(x)}, lambda data: inner.read(data[name]))


def beside(field: str, shape: Shape[Any]) -> Keys:
    """The keys of a field's record, among those of the record itself."""
    value, known = attrgetter(field), shape.keys
    return Keys(known.schema, lambda x: shape.write(value(x)), lambda data: {field: shape.read(data)}, known.optional, known.why)


class Shape(Generic[T]):
    """An object. make: the record of its fields. name: of its definition in schemas; without one it is described in place."""

    def __init__(self, make: Callable[..., T], *parts: Keys, name: str = "") -> None:
        self.make, self.parts, self.name = make, parts, name
        schema: Schema = {}
        for part in parts:
            schema.update(part.schema)
        optional, why = (tuple(x for part in parts for x in getattr(part, of)) for of in ("optional", "why"))
        self.keys = Keys(schema, self.write, lambda data: {}, optional, why)

    @property
    def schema(self) -> Schema:
        """Strict: other keys are errors."""
        return object_of(self.keys.schema, optional=self.keys.optional, why=self.keys.why)

    @property
    def kind(self) -> Kind:
        """As a value of other objects."""
        return Kind(ref(self.name) if self.name else self.schema, self.write, self.read)

    def write(self, x: Any) -> Data:
        """The object, in the order of its parts."""
        out: Data = {}
        for part in self.parts:
            out.update(part.write(x))
        return out

    def read(self, data: Data) -> T:
        """The record of an object that is valid."""
        found: Data = {}
        for part in self.parts:
            found.update(part.read(data))
        return self.make(**found)


def tuple_of(kind: Kind | Schema, **limits: int) -> Kind:
    """A list, read as a tuple. limits: words of the schema, such as minItems."""
    known = _kind(kind)
    return Kind(
        {**list_of(known.schema), **limits},
        lambda xs: [known.write(x) for x in xs],
        lambda xs: tuple(known.read(x) for x in xs),
    )


def dict_of(kind: Kind | Schema) -> Kind:
    """An object with any keys."""
    known = _kind(kind)
    return Kind(
        map_of(known.schema),
        lambda xs: {name: known.write(x) for name, x in xs.items()},
        lambda xs: {name: known.read(x) for name, x in xs.items()},
    )


def named(**schemas: Schema) -> Kind:
    """A tuple, written as an object with a key for each place."""
    return Kind(
        object_of(schemas),
        lambda x: dict(zip(schemas, x, strict=True)),
        lambda data: tuple(data[name] for name in schemas),
    )


def pairs_of(first: Keys, shape: Shape[Any], **limits: int) -> Kind:
    """A list of objects, of a tuple of pairs: what one key says, and the record whose keys stand beside it."""
    (name,) = first.schema
    pair = Shape(lambda **x: (x[name], x["second"]), first, beside("second", shape))
    return tuple_of(Kind(pair.schema, lambda x: pair.write(SimpleNamespace(**{name: x[0], "second": x[1]})), pair.read), **limits)


def one_of(words: Sequence[str | None]) -> Schema:
    """One of these words."""
    return {"enum": list(words)}


def nullable(kind: Kind | Schema) -> Kind:
    """A value or None, which is null."""
    known = _kind(kind)
    return Kind(
        or_null(known.schema),
        lambda x: None if x is None else known.write(x),
        lambda x: None if x is None else known.read(x),
    )


def or_empty(schema: Schema) -> Kind:
    """A text that is null where it is empty."""
    return Kind(or_null(schema), lambda x: x or None, lambda x: x or "")


def _kind(x: Kind | Schema) -> Kind:
    return x if isinstance(x, Kind) else Kind(x)


TEXTS, WORDS = tuple_of(TEXT), dict_of(TEXT)
"""Texts in a list, and by their names."""
