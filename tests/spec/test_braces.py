"""Lists in braces: one text stands for several recipes, as in a shell."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import UsageError
from losscli.spec import registry
from losscli.spec.braces import MOST, expand
from losscli.spec.recipe import parse_all

CLASSIFY = registry.load("classify")
WORD = st.text("abc=:*0.5", max_size=4)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("ce", ["ce"]),
        ("focal:gamma={0,0.5, 2}", ["focal:gamma=0", "focal:gamma=0.5", "focal:gamma=2"]),
        ("{ce,mae}", ["ce", "mae"]),
        ("ce:weights={[1,2],[2,1]}", ["ce:weights=[1,2]", "ce:weights=[2,1]"]),
        ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]),
        ("{a}", ["{a}"]),
        ("{a,b", ["{a,b"]),
        ("{a}{b,c}", ["{a}b", "{a}c"]),
        ("{}", ["{}"]),
    ],
)
def test_lists_expand_as_in_a_shell(text, texts):
    assert expand(text) == texts


@given(st.lists(st.tuples(WORD, st.lists(WORD.map(str.strip), min_size=2, max_size=3)), max_size=3), WORD)
def test_every_choice_of_every_list(pieces, tail):
    text = "".join(head + "{" + ",".join(choices) + "}" for head, choices in pieces) + tail
    heads = [head for head, _ in pieces]
    wanted = ["".join(map("".join, zip(heads, pick, strict=True))) + tail for pick in product(*(c for _, c in pieces))]
    assert expand(text) == wanted


def test_recipes_expand_and_every_mistake_is_named():
    assert [r.id for r in parse_all(["focal:gamma={0,1}", "ce"], CLASSIFY)] == ["focal:gamma=0", "focal:gamma=1", "ce"]
    with pytest.raises(UsageError, match="has no parameter 'gama'"):
        parse_all(["focal:gama={0,1}"], CLASSIFY)
    with pytest.raises(UsageError, match="the id 'f' cannot name 2 losses"):
        parse_all(["f=focal:gamma={0,1}"], CLASSIFY)


def test_too_many_are_refused():
    with pytest.raises(UsageError, match=f"more than {MOST} losses"):
        expand("{a,b}" * 40)
