"""Segmentation losses by name, and the family they belong to. Every module of this package is imported, which declares its
losses."""

from losscli.families.segment.family import FAMILY
from losscli.spec.registry import offered

__getattr__, __dir__ = offered(FAMILY, globals())
