"""Whether arrays have the axes of the roles that they fill."""

from __future__ import annotations

from losscli.core.errors import DataError, visible
from losscli.sources.base import Field, Source, shape_words
from losscli.spec.family import Role
from losscli.spec.shapes import shapes


def refuse_axes(source: Source, values: Field, role: Role) -> None:
    """Raise DataError where an array that has the name of a role has more axes than it."""
    if len(values.shape) + 1 > max(map(len, shapes(role.shape)), default=99):
        raise other_shape(source, values, role)


def other_shape(source: Source, values: Field, role: Role) -> DataError:
    """The error of an array that does not fit a role."""
    what = f"{visible(source.path)} has the shape ({', '.join(shape_words(values))}); `{role.key}` needs {role.shape}"
    return DataError(what, fix="see `losscli explain LOSS` for what each loss reads")
