"""Detection losses by name, and the family they belong to. The modules of this folder declare them; none is listed here."""

from losscli.core.errors import nearest
from losscli.families.detect.family import FAMILY
from losscli.spec.loss import Loss
from losscli.spec.registry import import_all

import_all(__name__, __path__)
globals().update(FAMILY.losses)  # a loss comes before the module of its name


def __getattr__(name: str) -> Loss:
    if name not in FAMILY.losses:
        raise AttributeError(f"detect has no loss {name}{nearest(name, FAMILY.words)}")
    return FAMILY.losses[name]


def __dir__() -> list[str]:
    return ["FAMILY", *FAMILY.losses]
