"""Files as people have them: what is read as what, and the right value, computed by NumPy alone, or the words of the refusal."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reading.export_situations import EXPORTS
from tests.reading.forecast_situations import FORECASTS
from tests.reading.mask_situations import MASK_FILES
from tests.reading.mixed_situations import MIXED
from tests.reading.naming_situations import SITUATIONS
from tests.reading.pose_situations import POSE
from tests.reading.series_situations import SERIES
from tests.reading.situations import Refused, Situation
from tests.reading.vector_situations import VECTORS
from tests.reading.vision_situations import VISION
from tests.support.command import call


def written(folder: Path, files: dict[str, Any]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif isinstance(content, dict):
            np.savez(path, **content)
        elif isinstance(content, np.ndarray):
            np.save(path, content)
        elif path.suffix == ".xlsx":
            content.to_excel(path, index=False)
        else:
            content.to_parquet(path)


def value(command: str, *says: str) -> float:
    done = call(*shlex.split(command), "-f", "json")
    assert done.code == 0, done.err
    for words in says:
        assert words in done.err, done.err
    return float(json.loads(done.out)["losses"][0]["value"])


EVERY = SITUATIONS | VISION | MIXED | MASK_FILES | FORECASTS | POSE | SERIES | VECTORS | EXPORTS


@pytest.mark.parametrize("name", EVERY)
def test_the_value_is_right_or_the_refusal_says_why(tmp_path, monkeypatch, name):
    found: Situation = EVERY[name]
    monkeypatch.chdir(tmp_path)
    written(tmp_path, found.files)
    if not isinstance(found.right, Refused):
        assert value(found.command, *found.says) == pytest.approx(found.right, rel=1e-9)
        return
    done = call(*shlex.split(found.command))
    assert done.code in (2, 3), done
    for words in found.right.words:
        assert words in done.err, done.err
    if found.right.remedy:  # what the message prints works, and gives the right value
        assert found.right.remedy in done.err, done.err
        assert value(f"{found.command} {found.right.remedy}") == pytest.approx(found.right.then, rel=1e-9)
