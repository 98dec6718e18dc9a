"""The table of the column names that fill roles, as the documentation has it: from the roles of the families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from losscli.spec import column_names, registry
from losscli.spec.family import Role

INDEX = ("Unnamed: 0", "__index_level_0__", "level_0", "index", "idx", "row", "row_id", "no", "#")
ID = ("id", "ids", "uid", "uuid", "key", "customer_id", "ImageId", "patientID", "PassengerNo")


def markdown() -> str:
    """A row per role that has names besides its own, and the names that fill no role."""
    rows = [row for name in registry.NAMES for role in registry.load(name).roles for row in _rows(name, role)]
    if not all(map(column_names.is_index, INDEX)) or not all(map(column_names.is_id, ID)):
        raise SystemExit("an example is not the name of an index or an id")
    rows += [
        ("every family", "none: an index", f"no name, {_listed(INDEX)} and the like"),
        ("every family", "none: an id", f"{_listed(ID)} and the like"),
        ("classify", "never `scores`", _listed(column_names.ABOUT)),
    ]
    lines = ["| family | role | names |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def _rows(family: str, role: Role) -> Iterator[tuple[str, str, str]]:
    if role.rest == "scores":
        yield family, "`scores`: a list column, or a key of an archive", _listed(column_names.SCORES)
        yield family, "`scores`: one column, the score of class 1", _listed(column_names.SCORE)
    elif role.names or role.weak:
        weak = f"; where there is none of these: {_listed(role.weak)}" if role.weak else ""
        yield family, f"`{role.key}`", f"{_listed(role.names or (role.key,))}{weak}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
