"""Embedding losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.embed._family import FAMILY
from losscli.families.embed.angles import angular
from losscli.families.embed.angular import arcface, combined_margin, cosface, l_softmax, norm_softmax, sphereface
from losscli.families.embed.centers import center
from losscli.families.embed.contrast import clip, npairs, nt_xent, siglip, supcon
from losscli.families.embed.faces import adaface, curricularface, magface, subcenter_arcface
from losscli.families.embed.given import cosine_embedding, hinge_embedding, margin_ranking, quadruplet
from losscli.families.embed.lifted import generalized_lifted, lifted, nca, ranked_list
from losscli.families.embed.pairs import contrastive
from losscli.families.embed.proxies import proxy_anchor, proxy_nca, soft_triple
from losscli.families.embed.ranks import fastap, histogram, smooth_ap
from losscli.families.embed.snr import snr_contrastive
from losscli.families.embed.triplets import margin, triplet
from losscli.families.embed.views import barlow_twins, vicreg
from losscli.families.embed.weighed import circle, intra_pair_variance, multi_similarity, tuplet_margin

__all__ = [
    "FAMILY",
    "adaface",
    "angular",
    "arcface",
    "barlow_twins",
    "center",
    "circle",
    "clip",
    "combined_margin",
    "contrastive",
    "cosface",
    "cosine_embedding",
    "curricularface",
    "fastap",
    "generalized_lifted",
    "hinge_embedding",
    "histogram",
    "intra_pair_variance",
    "l_softmax",
    "lifted",
    "magface",
    "margin",
    "margin_ranking",
    "multi_similarity",
    "nca",
    "norm_softmax",
    "npairs",
    "nt_xent",
    "proxy_anchor",
    "proxy_nca",
    "quadruplet",
    "ranked_list",
    "siglip",
    "smooth_ap",
    "snr_contrastive",
    "soft_triple",
    "sphereface",
    "subcenter_arcface",
    "supcon",
    "triplet",
    "tuplet_margin",
    "vicreg",
]
