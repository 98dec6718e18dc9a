"""The explain page: the formula first, what this loss reads, parameters in columns, headings that a terminal can show bold."""

from __future__ import annotations

import re

from losscli.spec import registry
from losscli.spec.explain import NARROW, explain
from tests.support.every import every_loss
from tests.support.examples import catalogue


def page(name: str, width: int = 100) -> str:
    family, _, loss = name.partition("/")
    found = registry.load(family)
    return explain(found, found.losses[loss], width)


@every_loss
def test_no_page_refers_to_itself_and_the_formula_comes_first(family, loss):
    text = page(f"{family}/{loss.name}")
    assert "loss's page" not in text
    assert text.index("\nFormula\n") < text.index("\nRecipe ")


@every_loss
def test_no_line_is_wider_than_asked_unless_one_word_is(family, loss):
    for width in (60, 80, 100):
        for line in page(f"{family}/{loss.name}", width).splitlines():
            assert len(line) <= width or len(line.split()) <= 3, (width, line)


def test_parameters_stand_in_columns():
    lines = page("classify/focal").partition("\nParameters")[2].partition("\n\n")[0].splitlines()
    column = re.search("default", "Parameters" + lines[0])
    assert column
    for line in lines[1:]:
        assert line[column.start() - 1] == " "
        assert line[column.start()] != " " or not line[: column.end()].strip()
    assert "gamma = 2   number" in page("classify/focal", NARROW - 1)


def test_what_it_reads_is_of_this_loss():
    assert "TARGET `label` (n,) or (n,C): class numbers or names, or a probability for every class" in page("classify/ce")
    assert "with one score per row, a number from 0 to 1 for every score" in " ".join(page("classify/focal").split())


def test_what_the_docstring_says_of_its_inputs_is_shown():
    for family, loss in catalogue():
        if "Reads" in loss.page:
            assert " ".join(loss.page["Reads"].split()) in " ".join(page(f"{family}/{loss.name}").split())


def test_headings_are_shown_as_asked():
    found = registry.load("regress")
    text = explain(found, found.losses["huber"], heading=lambda words: f"<{words}>")
    for heading in ("huber (regress)", "Formula", "Reads", "Conventions", "Gradient", "Use when"):
        assert f"<{heading}>" in text
