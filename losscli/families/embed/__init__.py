"""Embedding losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.embed._family import FAMILY
from losscli.families.embed.angular import arcface, combined_margin, cosface, l_softmax, norm_softmax, sphereface
from losscli.families.embed.centers import center
from losscli.families.embed.pairs import contrastive
from losscli.families.embed.triplets import margin, triplet

__all__ = [
    "FAMILY",
    "arcface",
    "center",
    "combined_margin",
    "contrastive",
    "cosface",
    "l_softmax",
    "margin",
    "norm_softmax",
    "sphereface",
    "triplet",
]
