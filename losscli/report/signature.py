"""The signature of a loss: every parameter and every convention that can change the number, as one line."""

from __future__ import annotations

from losscli.core.version import __version__
from losscli.engine.plan import Plan
from losscli.reading.aligned import Inputs
from losscli.sources.base import declared_of
from losscli.spec.family import Conventions
from losscli.spec.recipe import Recipe


def signature(recipe: Recipe, inputs: Inputs, plan: Plan, reduction: str) -> str:
    """Every parameter and every convention that can change the number."""
    conventions = plan.conventions
    facts = {"reduction": reduction, "pairing": _paired(inputs)}
    names = {r.key for r in inputs.family.roles if r.name in inputs.available()}
    if "scores" in names:
        facts["scores"] = conventions.scores
    if "box" in names:
        facts |= {
            "pred_box": conventions.pred_format,
            "target_box": conventions.target_format,
            "degenerate": conventions.degenerate,
        }
    facts |= _of_images(conventions)
    if any(plan.terms[term.full()].spaced for _, term in recipe.terms):
        facts["spacing"] = "file"
    facts |= {name: text for source in inputs.sources.values() for name, text in declared_of(source).get("signature", {}).items()}
    facts |= {
        "weights": "none" if inputs.weight is None else "given",
        "nonfinite": inputs.nonfinite,
        **({"filter": " and ".join(inputs.filters)} if inputs.filters else {}),
        "samples": _samples(recipe, plan),
        "losscli": __version__,
    }
    return "|".join([recipe.full(), *(f"{k}={v}" for k, v in facts.items())])


def _paired(inputs: Inputs) -> str:
    """The pairing, as the signature spells it."""
    by = ",".join(inputs.keys)
    if inputs.pairing.matching:
        return f"{inputs.pairing.matching},by={by or 'file'}"
    if inputs.pairing.listed:
        return f"{inputs.pairing.listed}{f'={by}' if by else ''}"
    return f"key={by}" if by else "position"


def _samples(recipe: Recipe, plan: Plan) -> str:
    """What the samples of a recipe are: `pair-of-boxes`."""
    forms = (plan.terms[term.full()] for _, term in recipe.terms)
    return ",".join(dict.fromkeys(x.family.sample_of(x.form).partition(" ")[2].replace(" ", "-") for x in forms))


def _of_images(conventions: Conventions) -> dict[str, str]:
    """What options change in the reading of images."""
    ignored = [*map(str, conventions.ignore_index), *(["mask"] if conventions.ignore_mask is not None else [])]
    ignored += ["crowds"] if conventions.void is not None else []
    facts = {"ignored": ",".join(ignored), "mask_values": ",".join(f"{x:g}" for x in conventions.mask_values)}
    return {name: text for name, text in facts.items() if text}
