"""The golden files: values known from elsewhere, one entry a line. Run it to bring them into that form."""

from __future__ import annotations

import json
from typing import Any

from tests.support.paths import GOLDEN

FILES = sorted(GOLDEN.glob("*.json"))

Entry = dict[str, Any]


def entries(family: str) -> list[Entry]:
    """The golden values of a family."""
    found: list[Entry] = json.loads((GOLDEN / f"{family}.json").read_text(encoding="utf-8"))
    return found


def written(found: list[Entry]) -> str:
    """The text of a golden file: a JSON list with one entry a line."""
    return "[\n" + ",\n".join(f" {json.dumps(entry, ensure_ascii=False)}" for entry in found) + "\n]\n"


if __name__ == "__main__":
    for path in FILES:
        path.write_text(written(entries(path.stem)), encoding="utf-8")
