"""Segmentation losses by name, and the family they belong to. Every module of this package is imported, which declares its
losses."""

from losscli.core.errors import nearest
from losscli.families.segment.family import FAMILY
from losscli.spec.loss import Loss
from losscli.spec.registry import import_all

import_all(__name__, __path__)
globals().update(FAMILY.losses)  # a loss comes before the module of its name


def __getattr__(name: str) -> Loss:
    if name not in FAMILY.losses:
        raise AttributeError(f"segment has no loss {name}{nearest(name, FAMILY.words)}")
    return FAMILY.losses[name]


def __dir__() -> list[str]:
    return ["FAMILY", *FAMILY.losses]
