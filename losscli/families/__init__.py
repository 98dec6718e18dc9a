"""The five families of losses; `spec.registry` loads them by name."""

from __future__ import annotations

from losscli.spec import registry as registry  # a family that is loaded can be pickled
