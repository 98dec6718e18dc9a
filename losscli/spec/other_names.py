"""Names in papers and documents for what is not one loss: maps of scores, losses with parameters, and sums of losses."""

from __future__ import annotations

from losscli.core.errors import UsageError, visible
from losscli.spec.maps import MAPS
from losscli.spec.names import same_name

RECIPES = {
    "facenet": "embed/triplet:distance=squared,reduce=sum",
    "batch_hard": "embed/triplet:mining=hard",
    "hard_mining": "embed/triplet:mining=hard",
    "hard_example_mining": "embed/triplet:mining=hard",
    "hard_negative_mining": "embed/triplet:mining=hard",
    "semihard": "embed/triplet:mining=semihard",
    "label_smoothing": "classify/ce:label_smoothing=0.1",
    "online_hard_example_mining": "classify/topk_ce",
    "ohem": "classify/topk_ce",
    "dice_bce": "segment/dice+bce",
    "dice_ce": "segment/dice+ce",
    "dice_focal": "segment/dice+focal",
}
"""The recipe, with its family, by what it is called elsewhere."""


def other_meaning(word: str) -> UsageError | None:
    """The error about a word that is not a loss, with what it is; None for any other word."""
    shown = visible(word)
    if "+" in word:
        names = [part.rpartition("*")[2].partition(":")[0].strip() for part in word.split("+")]
        return UsageError(f"{shown!r} is a sum of losses", fix="; ".join(f"losscli explain {visible(name)}" for name in names))
    if mapped := same_name(word, MAPS):
        return UsageError(f"{mapped[0]} is a map of scores, not a loss", fix=f"losscli transform {mapped[0]} PRED")
    if known := same_name(word, RECIPES):
        family, _, recipe = RECIPES[known[0]].partition("/")
        return UsageError(f"{shown!r} is not one loss, but a way to use it", fix=f"losscli {family} … --loss {recipe}")
    return None
