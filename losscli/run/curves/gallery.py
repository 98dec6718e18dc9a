"""The gallery of the documentation: its pictures, each by one command, and the page that shows them."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.output.files import Outputs, Stream
from losscli.pictures.svg import document
from losscli.run.curves.curve import Asked, drawn, understood
from losscli.run.curves.picture import picture

PAGE = "index.md"


@dataclass(frozen=True)
class Shown:
    """One picture of the gallery: its file, its heading, what is to be seen, and what is drawn."""

    file: str
    heading: str
    text: str
    asked: Asked

    @property
    def command(self) -> str:
        """The command that draws it."""
        words = ["losscli", "curve", *map(shlex.quote, self.asked.losses)]
        if self.asked.against:
            words += ["--against", self.asked.against]
        return " ".join([*words, *(["--gradient"] if self.asked.gradient else []), "-o", self.file])


GALLERY = (
    Shown(
        "bce.svg",
        "Binary cross-entropy for both labels",
        "A confident mistake costs without bound, for either label; the gradient by the probability grows as 1/p.",
        Asked(("classify/bce",), gradient=True, against="probability"),
    ),
    Shown(
        "focal.svg",
        "Focal loss for five exponents beside cross-entropy",
        "γ = 0 is cross-entropy. The larger γ, the less the samples count that are already likely to be right.",
        Asked(("classify/focal:gamma={0,0.5,1,2,5}", "classify/ce"), against="confidence"),
    ),
    Shown(
        "l1-l2-smooth.svg",
        "L1, L2 and smooth L1 with their derivatives",
        "The derivative of L1 jumps at 0; that of L2 grows with the error; smooth L1 is L2 near 0 and L1 beyond.",
        Asked(("mae", "mse", "smooth_l1"), gradient=True),
    ),
    Shown(
        "margins.svg",
        "0-1, hinge, perceptron and logistic loss",
        "The 0-1 loss counts mistakes and has no useful gradient; the others are what is minimised in its place.",
        Asked(("classify/zero_one", "classify/hinge", "classify/perceptron", "classify/soft_margin"), against="margin"),
    ),
    Shown(
        "iou-shift.svg",
        "The IoU family against the shift of a box",
        "Beyond a shift of 1 the boxes do not overlap: IoU is flat there, and the others still say which way is nearer.",
        Asked(("detect/iou", "detect/giou", "detect/diou", "detect/ciou"), against="shift", gradient=True),
    ),
    Shown(
        "iou-scale.svg",
        "The IoU family against the scale of a box",
        "Concentric squares: too large and too small by the same factor cost the same, and EIoU also counts the sides.",
        Asked(("detect/iou", "detect/giou", "detect/ciou", "detect/eiou"), against="scale"),
    ),
    Shown(
        "overlap.svg",
        "Dice and Jaccard against the overlap",
        "Where half of each square overlaps, Dice is 0.5 and Jaccard two thirds; focal Tversky lies between them.",
        Asked(("segment/dice", "segment/jaccard", "segment/focal_tversky"), against="overlap"),
    ),
    Shown(
        "embeddings.svg",
        "Contrastive loss of pairs",
        "Pairs of one class are drawn together, others pushed apart up to the margin.",
        Asked(("embed/contrastive",), gradient=True),
    ),
)


def write(folder: str, stdout: Stream) -> None:
    """Write the pictures and the page into a folder, which is made if it is missing."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as e:
        raise DataError(f"cannot be made: {e.strerror or e}", Where(folder), "choose a folder in a writable place") from None
    with Outputs(stdout=stdout) as out:
        for name, content in files().items():
            out.open(str(Path(folder) / name)).write(content)
        out.commit()


def files() -> dict[str, str]:
    """Every file of the gallery by name."""
    found = {}
    for shown in GALLERY:
        family, recipes = understood(shown.asked)
        found[shown.file] = document(picture(drawn(shown.asked, family, recipes)))
    return {PAGE: page(), **found}


def page() -> str:
    """The page in Markdown."""
    parts = [
        "# Gallery",
        "Each picture is drawn by the command above it; `losscli curve --gallery DIR` writes them all. See [Curves](../curves.md).",
    ]
    for shown in GALLERY:
        parts += [
            f"## {shown.heading}",
            shown.text,
            f"```sh\n{shown.command}\n```",
            f"![{shown.heading}: {shown.text}]({shown.file})",
        ]
    return "\n\n".join(parts) + "\n"
