"""Conventions of the losses on embeddings, beside the table of `test_disagreements`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from losscli.core.values import write_value
from losscli.spec import registry
from losscli.spec.param import Params
from tests.support.evaluate import run

DISTANCES = np.array([0.5, 1.2, 0.3, 1.5])


def ask(recipe, arrays):
    return run("embed", recipe, arrays, gradient=False)


def by(library, name):
    """The recipe that a library's convention spells."""
    params = registry.load("embed").losses[name].conventions[library]
    return f"{name}:" + ",".join(f"{k}={write_value(v)}" for k, v in params.items()) if params else name


def test_the_linear_form_is_what_torch_gives_on_distances():
    assert ask(by("torch", "hinge_embedding"), {"distance": DISTANCES, "same": [1, 1, 0, 0]}).value == pytest.approx(0.6, rel=1e-12)


def test_degrees_and_radians_of_arcface_differ():
    degrees = registry.load("embed").losses["arcface"].conventions["pml"]["m"]
    assert degrees == pytest.approx(0.4991641660703783, rel=1e-15)
    assert ask(by("pml", "arcface"), _face(1.0)).value != ask("arcface", _face(1.0)).value


def _face(theta):
    """An embedding at an angle to its own class, across to the other."""
    return {
        "embedding": [[np.cos(theta), np.sin(theta), 0.0]],
        "label": [0],
        "class_weights": [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
    }


@pytest.mark.parametrize(
    ("library", "name"), [(k, x.name) for x in registry.load("embed").losses.values() for k in x.conventions], ids=lambda x: x
)
def test_every_convention_can_be_asked(library, name):
    rng = np.random.default_rng(4)
    loss = registry.load("embed").losses[name]
    labelled = next((form for form in reversed(loss.forms) if "embedding" in form.takes), loss)
    directions: Any = loss.param("k").default if loss.param("k") else 1
    width = 3 * directions
    made = {"label": np.arange(9) % 3, "same": np.arange(9) % 2, "class_weights": rng.normal(size=(width, 4))}
    single = {r for r, kind in loss.domain_for(Params(loss.defaults())).items() if kind == "score"}
    arrays = {
        r: made.get(r, rng.normal(size=9) if r in single else rng.normal(size=(9, 4)))
        for r in labelled.takes
        if r not in labelled.optional
    }
    found = run("embed", by(library, name), arrays, form=labelled)
    assert np.isfinite(found.value)
