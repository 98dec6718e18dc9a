"""Embedding losses by name, and the family they belong to. The modules of this folder declare them; none is listed here."""

from losscli.families.embed.family import FAMILY
from losscli.spec.registry import offered

__getattr__, __dir__ = offered(FAMILY, globals())
