"""Tests import their helpers by name from this folder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy machine is no counterexample
settings.load_profile("unhurried")
