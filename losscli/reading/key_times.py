"""One spelling of dates and points in time that are written year first, as ISO 8601 has them. Never guesses days and months, and
never gives a time zone to a time without one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})0*)?)?)?\s?(?:(Z|UTC)|([+-])(\d\d):?(\d\d)?)?", re.ASCII
)

_SPELLED = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d+)?)?Z?", re.ASCII)


def plain_time(word: str) -> str:
    """A time without what does not change it: `2024-01-01T00:00:00.000` is `2024-01-01`, `2024-01-01 01:00+01:00` `2024-01-01Z`."""
    found = _TIME.fullmatch(word)
    if found is None:
        return word
    *parts, fraction, zulu, sign, ahead, past = found.groups()
    try:
        time = datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]
        if sign:
            offset = timedelta(hours=int(ahead), minutes=int(past or 0))
            time = time - offset if sign == "+" else time + offset
    except (ValueError, OverflowError):
        return word
    rest = (fraction or "").rstrip("0")
    spelled = f"{time.isoformat(' ')}{'.' * bool(rest)}{rest}"
    return spelled.removesuffix(" 00:00:00") + ("Z" if zulu or sign else "")


def comparable(word: str, other: str) -> bool:
    """Whether two times as `plain_time` spells them can be told earlier and later: both with a time zone, or neither."""
    return all(map(_SPELLED.fullmatch, (word, other))) and word.endswith("Z") == other.endswith("Z")
