"""What every declaration must say, and that what is said can be read back."""

from __future__ import annotations

import functools
import json
import re

import pytest

from losscli.core.values import write_value
from losscli.spec import registry
from losscli.spec.explain import explain
from losscli.spec.loss import CONVENTIONS
from losscli.spec.recipe import parse
from tests.support.every import every_loss
from tests.support.examples import recipes
from tests.support.paths import GOLDEN


@every_loss
def test_the_page_is_complete(family, loss):
    page = loss.page
    assert page["Summary"].endswith("."), "the first line is a sentence"
    for heading in ("Formula", "Use when", "Avoid when", "Related", "Equivalents", "Gradient"):
        assert page.get(heading), heading
    assert re.search(r"\d{4}", loss.cite), "a citation has a year"
    text = explain(registry.load(family), loss, 72)
    assert loss.cite in text
    assert all(p.name in text and p.help for p in loss.params)
    assert max(map(len, text.splitlines())) <= 100


@every_loss
def test_it_reads_roles_of_its_family(family, loss):
    known = {role.name for role in registry.load(family).roles}
    for form in loss.forms:
        assert form.takes
        assert set(form.takes) <= known


@every_loss
def test_names_follow_the_house(family, loss):
    for word in (loss.name, *loss.aliases):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", word), word
    assert not loss.name.endswith("_loss") or loss.name == "d2_log_loss"  # of the score named log loss
    assert all(form.name == loss.name for form in loss.forms)
    for form in loss.forms:
        assert {p.name for p in form.params} <= {p.name for p in loss.params}, "the other form has parameters of its own"


@every_loss
def test_every_spelling_reads_back(family, loss):
    found = registry.load(family)
    for text in recipes(loss):
        recipe = parse(text, found)
        assert parse(str(recipe), found) == recipe
        assert parse(recipe.full(), found) == recipe
    for alias in loss.aliases:
        assert found.find(alias) is loss
        assert found.find(alias.replace("_", "-")) is loss


@functools.cache
def golden(family):
    return json.loads((GOLDEN / f"{family}.json").read_text(encoding="utf-8"))


@every_loss
def test_there_is_a_golden_value_with_its_origin(family, loss):
    mine = [e for e in golden(family) if re.split(r"[:+]", e["loss"])[0] == loss.name]
    assert mine, f"tests/golden/{family}.json has no {loss.name}"
    assert all(e["origin"] for e in mine)


@every_loss
def test_recipes_in_equivalents_can_be_read(family, loss):
    """Every recipe in backquotes that names a loss of this family parses."""
    found = registry.load(family)
    for quoted in re.findall(r"`([^`]+)`", loss.page["Equivalents"]):
        body = re.split(r" ", quoted)[0]
        if re.fullmatch(r"[a-z0-9_.*+:=,\[\]@-]+", body) and found.find(re.split(r"[:*+]", body)[0]):
            assert "…" in body or parse(re.sub(r"@[\w.]+", "[1,1,1]", body), found)


@every_loss
def test_conventions_name_libraries_and_parameters(family, loss):
    found = registry.load(family)
    required = {p.name: p.read(p.example) for p in loss.params if p.required}
    for library, params in loss.conventions.items():
        assert library in CONVENTIONS
        inside = ",".join(f"{name}={write_value(value)}" for name, value in {**required, **params}.items())
        assert parse(f"{loss.name}:{inside}" if inside else loss.name, found).terms[0][1].loss is loss


SAMPLES = {
    "detect/giou": "pair-of-boxes",
    "detect/fcos": "location",
    "embed/arcface": "vector",
    "embed/triplet": "triplet",
    "embed/contrastive": "pair",
    "segment/dice": "image",
    "regress/mae": "row",
}


@pytest.mark.parametrize(("name", "sample"), SAMPLES.items())
def test_a_page_says_what_one_sample_of_its_loss_is(name, sample):
    family, _, word = name.partition("/")
    found = registry.load(family)
    text = " ".join(explain(found, found.losses[word]).split())
    assert f"; one per {sample.replace('-', ' ')} " in text
    assert not [x for x in found.sorted_losses if " or " in found.sample_of(x)]
