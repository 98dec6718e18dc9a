"""One JSON object of numbers, for `dvc metrics`, `dvclive`, `mlflow.log_metrics` and W&B: `giou/value`, `mae/by/sex/code1`.

MLflow allows letters, digits, `_ - . :` and blanks in a name, parts between slashes that a path could have, and 250 letters; every
other character becomes `_`. Numbers that are not finite are left out, as JSON has none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from losscli.core.errors import UsageError, visible
from losscli.report.metrics import Metric, metrics
from losscli.report.model import Report
from losscli.report.render import strict_json
from losscli.report.render.style import Style
from losscli.report.render.words import shortened

MOST_LETTERS = 250
_REFUSED = re.compile(r"[^\w.\- :]")


def refuse(ids: Sequence[str]) -> None:
    """Raise UsageError for ids of losses that would be one name."""
    seen: dict[str, str] = {}
    for name in ids:
        if (other := seen.setdefault(_part(name), name)) != name:
            what = f"{visible(other)} and {visible(name)} are both called {_part(name)} in flat"
            raise UsageError(what, fix=f"give one an id: id={visible(name)}")


def render(report: Report, style: Style) -> str:
    refuse([x.id for x in report.losses])
    out: dict[str, float] = {}
    for x in metrics(report):
        if not math.isfinite(x.value) or (x.by and x.stat != "value"):
            continue
        key = _key(x)
        if key in out:
            raise UsageError(f"two groups are both called {key} in flat", fix="rename one of the values of --by")
        out[key] = x.value
    return strict_json.dumps(out)


def _key(x: Metric) -> str:
    parts = [x.loss, *(["by", *(word for pair in x.by.items() for word in pair)] if x.by else [x.stat])]
    return shortened("/".join(map(_part, parts)), MOST_LETTERS, "_")


def _part(words: str) -> str:
    """A part of a name: not empty, and not a folder of its own or the one above."""
    safe = _REFUSED.sub("_", words)
    return safe if safe.strip(".") else "_" * max(len(safe), 1)
