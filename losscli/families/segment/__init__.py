"""Segmentation losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.segment._family import FAMILY
from losscli.families.segment.focal import focal
from losscli.families.segment.gdl import gdl
from losscli.families.segment.overlap import dice, jaccard
from losscli.families.segment.pixels import bce, ce, weighted_bce, weighted_ce

__all__ = ["FAMILY", "bce", "ce", "dice", "focal", "gdl", "jaccard", "weighted_bce", "weighted_ce"]
