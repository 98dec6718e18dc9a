"""What to say of sets of boxes that would pair in another format, or if one side were scaled. Reads nothing."""

from __future__ import annotations

import shlex

from losscli.core.errors import visible
from losscli.reading.roles import RoleColumns
from losscli.spec.matching import OtherReading


def other_reading(columns: RoleColumns, other: OtherReading, unpaired: str) -> tuple[str, str]:
    """The warning, with the code of its guard. unpaired: the place of the first box without a partner."""
    first = f" (the first without a partner: {unpaired})" if unpaired else ""
    what = f"{other.now:,} of {other.possible:,} boxes pair as they are read{first}"
    return ("box-convention" if other.formats else "mixed-scale"), f"{what}; {remedy(columns, other)}"


def remedy(columns: RoleColumns, other: OtherReading) -> str:
    """The readings that pair more boxes, as options where there are some."""
    counted = f"{other.pairs:,} of {other.possible:,} boxes pair"
    if not other.formats:
        return f"{counted} if one side is scaled: are they boxes of a resized image?"
    return f"{counted} with {', or with '.join(_options(columns, *reading) for reading in other.formats)}"


def _options(columns: RoleColumns, side: str, form: str) -> str:
    """The options that read a side in a format, whatever the names of its columns imply."""
    flags = f"--{side}-box-format {form}"
    box = columns.side(side).get(side, ())
    implied = columns.family.implied(box) if columns.family.implied else None
    if implied in (None, form) or columns.stated("box", side):
        return flags
    named = f"{side}.box={','.join(box)}"
    return f"{flags} --col {visible(shlex.quote(named))}"
