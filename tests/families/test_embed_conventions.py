"""Where libraries differ on embeddings: the numbers that each gives on one input, by its convention or by the recipe for it."""

from __future__ import annotations

import numpy as np
import pytest
from kit import run

from losscli import families
from losscli.values import write_value

DISTANCES = np.array([0.5, 1.2, 0.3, 1.5])
PAIRS = {"a": np.zeros((4, 1)), "b": DISTANCES[:, None], "same": [1, 1, 0, 0]}
TRIPLET = {"anchor": [[1.0, 0.0]], "positive": [[0.6, 0.8]], "negative": [[0.0, 1.0]]}


def ask(recipe, arrays):
    return run("embed", recipe, arrays, gradient=False)


def by(library, name):
    """The recipe that a library's convention spells."""
    params = families.load("embed").losses[name].conventions[library]
    return f"{name}:" + ",".join(f"{k}={write_value(v)}" for k, v in params.items()) if params else name


@pytest.mark.parametrize(
    ("recipe", "value"),
    [
        ("contrastive", 0.2725),  # Hadsell, sentence-transformers
        ("contrastive:half=false", 0.545),  # TensorFlow Addons
        ("contrastive:form=eq3", 0.325),
        ("contrastive:form=linear,half=false", 0.6),  # hinge_embedding on the distances
    ],
)
def test_forms_of_the_contrastive_loss(recipe, value):
    assert ask(recipe, PAIRS).value == pytest.approx(value, rel=1e-12)


def test_labels_of_pairs_turned_round():
    turned = ask("contrastive", {**PAIRS, "same": [0, 0, 1, 1]}).value
    assert turned == pytest.approx((0.5**2 + 0 + 0.3**2 + 1.5**2) / 8, rel=1e-12)


def test_the_linear_form_is_what_torch_gives_on_distances():
    assert ask(by("torch", "hinge_embedding"), {"distance": DISTANCES, "same": [1, 1, 0, 0]}).value == pytest.approx(0.6, rel=1e-12)


def test_distances_of_the_triplet_loss():
    assert ask(by("torch", "triplet"), TRIPLET).value == pytest.approx(0.480213, abs=5e-7)
    assert ask("triplet:margin=1", TRIPLET).value == pytest.approx(0.480213, abs=1.5e-6)
    assert ask("triplet:margin=1,distance=squared", TRIPLET).value == 0


def test_degrees_and_radians_of_arcface_differ():
    degrees = families.load("embed").losses["arcface"].conventions["pml"]["m"]
    assert degrees == pytest.approx(0.4991641660703783, rel=1e-15)
    assert ask(by("pml", "arcface"), _face(1.0)).value != ask("arcface", _face(1.0)).value


@pytest.mark.parametrize(("recipe", "value"), [("combined_margin:s=4", 0.067499), ("combined_margin:m2=0,m3=0.2,s=4", 0.340302)])
def test_the_combined_margin_and_what_insightface_keeps_of_it(recipe, value):
    loss = ask(recipe, _face(1.0)).value
    assert -np.log(np.expm1(loss)) / 4 == pytest.approx(value, abs=5e-7)


def _face(theta):
    """An embedding at an angle to its own class, across to the other."""
    return {
        "embedding": [[np.cos(theta), np.sin(theta), 0.0]],
        "label": [0],
        "class_weights": [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
    }


def test_several_partners_tell_supcon_from_nt_xent():
    arrays = {"embedding": np.random.default_rng(1).normal(size=(8, 3)), "label": [0, 0, 0, 0, 1, 1, 1, 1]}
    assert ask("supcon:temperature=0.5", arrays).value > ask("nt_xent:temperature=0.5", arrays).value


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_libraries_of_nt_xent_differ_in_their_temperature_only(temperature):
    views = {"embedding": np.random.default_rng(2).normal(size=(8, 3)), "label": np.tile(np.arange(4), 2)}
    found = {library: ask(by(library, "nt_xent"), views).value for library in ("pml", "optax", "monai")}
    assert found["pml"] == found["optax"] == ask("nt_xent:temperature=0.07", views).value
    assert found["monai"] == ask("nt_xent:temperature=0.5", views).value


@pytest.mark.parametrize("n", [5, 50])
def test_an_unbiased_deviation_leaves_barlow_twins_a_rest_on_equal_views(n):
    x = np.random.default_rng(3).normal(size=(n, 2))
    views = {"a": x, "b": x}
    assert ask("barlow_twins:lambda=0", views).value == pytest.approx(0, abs=1e-28)
    assert ask("barlow_twins:lambda=0,ddof=1", views).value == pytest.approx(2 / n**2, rel=1e-9)


@pytest.mark.parametrize(
    ("library", "name"), [(k, x.name) for x in families.load("embed").losses.values() for k in x.conventions], ids=lambda x: x
)
def test_every_convention_can_be_asked(library, name):
    rng = np.random.default_rng(4)
    loss = families.load("embed").losses[name]
    labelled = next((form for form in reversed(loss.forms) if "embedding" in form.takes), loss)
    width = 3 * (loss.param("k").default if loss.param("k") else 1)
    made = {"label": np.arange(9) % 3, "same": np.arange(9) % 2, "class_weights": rng.normal(size=(width, 4))}
    single = {r for r, kind in loss.domain.items() if kind == "score"}
    arrays = {
        r: made.get(r, rng.normal(size=9) if r in single else rng.normal(size=(9, 4)))
        for r in labelled.takes
        if r not in labelled.optional
    }
    found = run("embed", by(library, name), arrays, form=labelled)
    assert np.isfinite(found.value)
