"""Where the files stand that tests read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_data"
GOLDEN = ROOT / "tests" / "golden"
