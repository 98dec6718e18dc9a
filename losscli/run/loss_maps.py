"""The maps of --loss-map: what can be drawn, and the folder that they are written to."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import UsageError, install
from losscli.core.extras import installed
from losscli.engine.evaluate import Evaluation
from losscli.output.files import Outputs
from losscli.output.folder import OutputFolder
from losscli.reading.aligned import Inputs
from losscli.run.request import Request
from losscli.spec import registry
from losscli.spec.recipe import Recipe


def refuse(request: Request, recipes: Sequence[Recipe]) -> None:
    """Raise UsageError for what has no map, before anything is read."""
    from losscli.engine.loss_maps import refuse_terms

    if len(request.losses) != 1 or len(recipes) > 1:
        raise UsageError("--loss-map takes one loss", fix="combine terms in one recipe: --loss ce+focal")
    for recipe in recipes:
        refuse_terms(recipe, registry.load(request.family))
    if not installed("images"):
        raise UsageError("--loss-map needs Pillow, which is not installed", fix=install("images"))


def map_folder(out: Outputs, path: str) -> OutputFolder:
    """The folder of the maps, opened."""
    out.refuse_twice(path)
    return out.add(OutputFolder(path, out.refuse))


def draw_maps(outcome: Evaluation, inputs: Inputs, folder: OutputFolder) -> None:
    """Write the maps of the only recipe."""
    from losscli.engine.loss_maps import maps
    from losscli.output.loss_maps import write

    (recipe,) = outcome.plan.recipes
    write(maps(outcome.plan, inputs, recipe), inputs, recipe.label, folder)
