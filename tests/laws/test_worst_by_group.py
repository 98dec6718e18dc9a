"""Every loss lists the worst samples of each group, or the report has the warning that it has no value per sample."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import losscli
from losscli.engine.term import BoundTerm
from losscli.spec import registry
from losscli.spec.family import Conventions
from losscli.spec.loss import Params
from losscli.spec.recipe import parse
from tests.support.examples import catalogue, examples, recipes

ALL = catalogue()
WITH_CLASSES = [(family, loss) for family, loss in ALL if family in ("classify", "segment")]


def each(losses):
    return pytest.mark.parametrize(("family", "loss"), losses, ids=[f"{family}/{loss.name}" for family, loss in losses])


def of_recipes(family, loss):
    """An example of every recipe and form of a loss."""
    return {(example.recipe, example.form.takes): example for example in examples(family, loss)}.values()


def evaluated(example, **grouped):
    """The report on an example. grouped: by a column of PRED, or per_class."""
    sides: dict[str, dict[str, object]] = {"pred": dict(grouped.pop("columns", {})), "target": {}}
    options = {"ci": "none", **example.conventions, **grouped}
    for name, array in example.arrays.items():
        role = registry.load(example.family).role(name)
        if role.side == "option":
            options[role.name] = array
        else:
            sides["pred" if role.side == "pred" else "target"][role.key] = array
    return losscli.evaluate(
        sides["pred"], sides["target"] or None, family=example.family, losses=[f"x={example.recipe}"], worst=3, best=2, **options
    )


def holds(report):
    """Whether every group with samples has its lists, or none has and the report says so."""
    unsampled = [w for w in report.warnings if w.code == "no-samples"]
    groups = [tuple(group.by.items()) for group in report.groups if group.line("x").n]
    for entries in (report.worst, report.best):
        listed = {tuple(entry.by.items()) for entry in entries}
        if listed != (set() if unsampled else {(), *groups}):
            return False
    return bool(groups)


def outcome(example, **grouped):
    """The report, or the error as text."""
    try:
        return evaluated(example, **grouped)
    except (losscli.UsageError, losscli.DataError) as e:
        return str(e)


@each(ALL)
def test_by_a_column(family, loss):
    for example in of_recipes(family, loss):
        sides = {name: registry.load(family).role(name).side for name in example.arrays}
        rows = len(next(array for name, array in example.arrays.items() if sides[name] != "option"))
        found = outcome(example, by="site", columns={"site": np.resize(["a", "b"], rows)})
        if isinstance(found, str):
            assert "depends on the position of rows" in found or ": nothing to evaluate" in found, str(example)
        else:
            assert holds(found), str(example)


@each(WITH_CLASSES)
def test_by_class(family, loss):
    for example in of_recipes(family, loss):
        found = outcome(example, per_class=True)
        if isinstance(found, str):
            assert "has no value per class: " in found or "--per-class does not apply" in found, str(example)
        else:
            assert holds(found), str(example)


def has_samples(family, text, form):
    """Whether a recipe, read by a form, has a value per sample; False where it does not select the form."""
    found = registry.load(family)
    _, term = parse(text, found).terms[0]
    own = {p.name for p in form.params}
    params = Params({**form.fitted, **{name: value for name, value in term.values if name in own}})
    bound = BoundTerm(term, form, params, found, Conventions())
    return form.applies(term.params) and (bound.per_row or form.rowed_for(params))


def test_the_page_names_the_losses_that_never_have_samples():
    page = (Path(__file__).parents[2] / "docs" / "slices.md").read_text(encoding="utf-8")
    told = {family: set(re.findall("`(\\w+)`", row)) for family, row in re.findall(r"^\| `(\w+)` \| (`.*)\|$", page, re.MULTILINE)}
    wanted: dict[str, set[str]] = {}
    for family, loss in ALL:
        if not any(has_samples(family, text, form) for text in recipes(loss) for form in loss.forms):
            wanted.setdefault(family, set()).add(loss.name)
    assert told == wanted


def test_a_loss_of_a_batch_has_no_samples():
    rows = {"embedding": np.eye(6)[:, :4] + 0.5, "label": np.arange(6) % 2}
    report = losscli.evaluate(rows, family="embed", losses="circle:pool=batch", worst=2)
    assert [w.code for w in report.warnings] == ["no-samples"]
    with pytest.raises(losscli.UsageError, match="no value per sample"):
        losscli.per_sample(rows, family="embed", losses="circle:pool=batch")
