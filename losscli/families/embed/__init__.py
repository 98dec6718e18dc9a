"""Embedding losses as plain functions of arrays, and the family they belong to."""

from __future__ import annotations

from losscli.families.embed.adaptive_margins import adaface, curricularface, magface, subcenter_arcface
from losscli.families.embed.angular import angular
from losscli.families.embed.center import center
from losscli.families.embed.family import FAMILY
from losscli.families.embed.given_pairs import cosine_embedding, hinge_embedding, margin_ranking, quadruplet
from losscli.families.embed.info_nce import clip, npairs, nt_xent, siglip, supcon
from losscli.families.embed.lifted import generalized_lifted, lifted, nca, ranked_list
from losscli.families.embed.margin_softmax import arcface, combined_margin, cosface, l_softmax, norm_softmax, sphereface
from losscli.families.embed.pair_weighting import circle, intra_pair_variance, multi_similarity, tuplet_margin
from losscli.families.embed.pairs import contrastive
from losscli.families.embed.proxies import proxy_anchor, proxy_nca, soft_triple
from losscli.families.embed.ranking import fastap, histogram, smooth_ap
from losscli.families.embed.redundancy import barlow_twins, vicreg
from losscli.families.embed.snr import snr_contrastive
from losscli.families.embed.triplets import margin, triplet

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
