"""Recipes: what is typed is understood, what is printed reads back, every mistake is shown at once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import UsageError, UsageErrors
from losscli.core.values import File, read_value, write_value
from losscli.spec import registry
from losscli.spec.recipe import parse, parse_all, split

REGRESS = registry.load("regress")
DETECT = registry.load("detect")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("mse", "mse"),
        ("l2", "mse"),
        ("huber:delta=1", "huber"),
        ("huber:delta=1.0", "huber"),
        ("huber:delta=2.50", "huber:delta=2.5"),
        ("smooth-l1:beta=0.1", "smooth_l1:beta=0.1"),
        (" 0.5*mae + 2*mse ", "0.5*mae+2*mse"),
        ("1*mae", "mae"),
        ("-1*mae", "-1*mae"),
        ("huber:delta=1e+3+mae", "huber:delta=1000+mae"),
        ("1e+1*mae", "10*mae"),
        ("x=mae+mse", "x=mae+mse"),
        ("huber:delta=1e-300", "huber:delta=1e-300"),
        ("huber:delta=1e16", "huber:delta=1e16"),
    ],
)
def test_canonical_spelling(text, canonical):
    recipe = parse(text, REGRESS)
    assert str(recipe) == canonical
    assert parse(str(recipe), REGRESS) == recipe


@given(st.lists(st.tuples(st.floats(-1e300, 1e300), st.floats(1e-300, 1e300)), min_size=1, max_size=4))
def test_parse_of_str_is_the_recipe(terms):
    text = "+".join(f"{weight!r}*huber:delta={delta!r}".replace("e+", "e") for weight, delta in terms)
    recipe = parse(text, REGRESS)
    assert parse(str(recipe), REGRESS) == recipe
    assert [w for w, _ in recipe.terms] == [w for w, _ in terms]
    assert [t.params["delta"] for _, t in recipe.terms] == [d for _, d in terms]


def test_parameters_are_sorted_and_defaults_left_out():
    recipe = parse("iou:offset=1,form=log,empty=one", DETECT)
    assert str(recipe) == "iou:empty=one,form=log,offset=1"
    assert recipe.full() == "iou:clip=none,empty=one,eps=0,eps_form=add,form=log,height_eps=0,offset=1"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("", ["empty", "recipe is"]),
        ("hubr", ["unknown loss 'hubr'", "did you mean huber?"]),
        ("mae+", ["unknown loss ''", "empty term"]),
        ("huber:dleta=2", ["huber has no parameter 'dleta'", "did you mean delta?"]),
        ("huber:delta", ["is not key=value", "delta"]),
        ("huber:delta=-1", ["huber: delta=-1 is outside >0"]),
        ("huber:delta=x", ["huber: delta must be a number (>0), not 'x'"]),
        ("huber:delta=nan", ["delta must be a number"]),
        ("huber:delta=1_0", ["delta must be a number"]),
        ("huber:delta=1,delta=2", ["delta is given twice"]),
        ("half*mae", ["weight 'half'", "not a number"]),
        ("1e999*mae", ["weight '1e999'", "too large"]),
        ("２*mae", ["weight '２'", "not a number"]),
        ("huber:delta=1e999", ["delta must be a number"]),
        ("zero_one", ["zero_one needs tolerance=…"]),
    ],
)
def test_mistakes_say_what_is_wrong_and_what_is_near(text, facts):
    with pytest.raises(UsageError) as caught:
        parse(text, REGRESS)
    for fact in facts:
        assert fact in str(caught.value)


def test_a_mistake_is_told_once_however_often_it_is_made():
    for text in ("+".join(["nope"] * 1000), "huber:" + ",".join(["delta=1"] * 1000)):
        with pytest.raises(UsageError) as found:
            parse(text, REGRESS)
        assert len(found.value.lines()) <= 2
    with pytest.raises(UsageError) as found:
        parse("+".join(f"nope{i}" for i in range(1000)), REGRESS)
    assert len(found.value.lines()) == 5
    assert "more" in found.value.lines()[-1]
    assert max(map(len, found.value.lines())) < 600


def test_every_mistake_is_shown_at_once():
    with pytest.raises(UsageErrors) as caught:
        parse_all(["mea", "huber:dleta=2,delta=-3", "mse", "l2"], REGRESS)
    text = str(caught.value)
    for fact in ("'mea'", "'dleta'", "delta=-3", "two losses have the id 'mse'"):
        assert fact in text


@pytest.mark.parametrize(
    ("text", "label", "short"),
    [
        (" l2 ", "l2", "mse"),
        ("huber:delta=1.0", "huber:delta=1.0", "huber"),
        ("0.5*l1 + huber:delta=2", "0.5*l1 + huber:delta=2", "0.5*mae+huber"),
        ("x=l2", "x", "mse"),
    ],
)
def test_a_recipe_knows_what_was_typed_and_its_short_name(text, label, short):
    recipe = parse(text, REGRESS)
    assert (recipe.label, recipe.short) == (label, short)
    assert recipe == parse(str(recipe), REGRESS), "the typed text makes no difference"
    assert hash(recipe) == hash(parse(str(recipe), REGRESS))


def test_equal_ids_can_be_told_apart():
    assert [r.id for r in parse_all(["mse", "other=mse"], REGRESS)] == ["mse", "other"]


def test_text_from_the_command_line_is_shown_harmless():
    with pytest.raises(UsageError) as caught:
        parse("\x1b[31mred", REGRESS)
    assert "\x1b" not in str(caught.value)


def test_split_respects_brackets_and_exponents():
    assert split("a:w=[1,2]+b", "+") == ["a:w=[1,2]", "b"]
    assert split("w=[1,2],x=3", ",") == ["w=[1,2]", "x=3"]
    assert split("a:x=1e+5+b", "+") == ["a:x=1e+5", "b"]
    assert split("e+b", "+") == ["e", "b"]


KINDS = ("none", "bool", "int", "float", "angle", "vector")


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.floats(-1e9, 1e9), min_size=1).map(tuple),
    )
)
def test_values_read_back(value):
    kinds = tuple(k for k in KINDS if k != "int")
    assert read_value(write_value(value), kinds, ()) == value


def test_values_of_each_kind():
    assert read_value("28.6deg", ("angle",), ()) == math.radians(28.6)
    assert read_value("@w.csv", ("vector",), ()) == File("w.csv")
    assert read_value("[1, 2.5]", ("vector",), ()) == (1.0, 2.5)
    assert read_value("4", ("int",), ()) == 4
    assert read_value("soft", ("float", "word"), ("soft",)) == "soft"
    for text, kinds in (
        ("4.5", ("int",)),
        ("[]", ("vector",)),
        ("[1,x]", ("vector",)),
        ("inf", ("float",)),
        ("True", ("bool",)),
        ("@", ("vector",)),
    ):
        with pytest.raises(ValueError, match=r".*"):
            read_value(text, kinds, ())
