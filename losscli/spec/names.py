"""The names that options choose from, and how a name may be spelled. Loads nothing, so that help and completion stay quick."""

from __future__ import annotations

from collections.abc import Iterable

FAMILIES = ("classify", "regress", "detect", "segment", "embed")

POSITIVE, PREDICTED = "positive", "predicted"
"""The events that scores are compared with: that class 1 is true, for one score per row; that the class with the highest score is
true, for several."""

LIBRARIES = {
    "torch": ("pytorch",),
    "torchvision": (),
    "keras": ("tensorflow", "tf.keras", "tf"),
    "sklearn": ("scikit-learn",),
    "monai": (),
    "smp": ("segmentation-models-pytorch",),
    "mmdet": ("mmdetection",),
    "optax": (),
    "pml": ("pytorch-metric-learning",),
    "kornia": (),
    "timm": ("pytorch-image-models",),
    "ultralytics": (),
}
"""The libraries whose conventions a loss may name, with other names that they go by."""

BOX_FORMATS = ("xyxy", "xywh", "cxcywh")


def squeezed(word: str) -> str:
    """The letters and digits of a name in lower case: `CrossEntropy`, `cross-entropy` and `cross entropy` are one, and so are
    `normalized` and `normalised`, `zero-one` and `0-1`."""
    return "".join(c for c in word.lower().replace("0-1", "zeroone") if c.isalnum()).replace("ised", "ized")


def plain_name(word: str) -> str:
    """As `squeezed`; empty for what is not spelled as a name is: `mae()`, `[mae]`, `mae.`."""
    return squeezed(word) if word[-1:] != "." != word[:1] and all(c.isalnum() or c in " -_." for c in word) else ""


def same_name(word: str, known: Iterable[str]) -> list[str]:
    """The known names that a word spells, whatever its case and separators and with or without `loss` at its end."""
    words = list(known)
    plain = plain_name(word)
    for asked in (plain, plain.removesuffix("loss")):
        hits = [name for name in words if asked and squeezed(name) == asked]
        if hits:
            return hits
    return []
