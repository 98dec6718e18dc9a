"""Every option can be given in a file, and in the environment, and means what its flag means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.cli import evaluate, fast_parser
from losscli.core.errors import UsageError
from losscli.run.config.environment import from_environment, variable
from losscli.run.config.keys import key_of, options
from losscli.run.config.read import OWN, read_config
from losscli.run.config.toml_text import toml
from losscli.spec.names import FAMILIES

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8).filter(str.strip)


def values_of(slot):
    """Values of the kind of an option, as TOML has them."""
    declared = slot.declared
    if slot.count:
        return st.integers(1, 3)
    if slot.switch:
        return st.just(True)
    if declared.choices:
        one = st.sampled_from([word.upper() for word in declared.choices])
    elif slot.number is int:
        one = st.integers(int(declared.low or 0), int(declared.high or 10**9))
    elif slot.number is float:
        one = st.floats(declared.low if declared.low is not None else -1e9, declared.high if declared.high is not None else 1e9)
    else:
        one = TEXT
    return st.lists(one, min_size=1, max_size=3) if slot.many else one


def words_of(slot, value):
    """The same on a command line."""
    flag = slot.declared.flags[-1]
    if slot.switch:
        return [flag] * int(value)
    return [f"{flag}={x}" for x in (value if slot.many else [value])]


def checked(folder, family, given):
    lines = [f"{key} = {toml(value)}\n" for key, value in given.items()]
    path = folder / "losscli.toml"
    path.write_text(f'[[check]]\nname = "x"\nfamily = "{family}"\npred = "p"\ntarget = "t"\n{"".join(lines)}', encoding="utf-8")
    (check,) = read_config(str(path)).checks
    return check


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_a_file_means_what_the_flags_mean(tmp_path_factory, family, data):
    command, known = evaluate.COMMANDS[family], options(family)
    keys = data.draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=12))
    given = {key: data.draw(values_of(known[key])) for key in keys}
    check = checked(tmp_path_factory.mktemp("c"), family, given)
    raw = fast_parser.read(command, ["p", "t", *(word for key in keys for word in words_of(known[key], given[key]))])
    assert raw is not None
    assert command.values(check.raw) == command.values(raw)


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_the_environment_means_what_the_flags_mean(family, data):
    command, known = evaluate.COMMANDS[family], options(family)
    keys = data.draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=12))
    given = {key: data.draw(values_of(known[key])) for key in keys}
    environ = {
        variable(known[key]): "\n".join(map(str, x)) if isinstance(x, list) else str(x).lower() if x is True else str(x)
        for key, x in given.items()
    }
    raw = fast_parser.read(command, ["p", "t", *(word for key in keys for word in words_of(known[key], given[key]))])
    assert raw is not None
    found = {"pred": "p", "target": "t", **from_environment(known.values(), environ)}
    assert command.values(found) == command.values(raw)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_option_of_a_family_is_a_key(family):
    """But those that say which file is read."""
    flags = {slot.spelled.removeprefix("--") for slot in evaluate.COMMANDS[family].slots if slot.option}
    assert flags - set(options(family)) <= {"config", "isolated"}
    assert set(options(family)) <= flags
    assert not set(OWN) & set(options())


def test_a_switch_that_is_false_is_not_given(tmp_path):
    command = evaluate.COMMANDS["regress"]
    off = {key: False for key, slot in options("regress").items() if slot.switch}
    assert len(off) > 5
    assert command.values(checked(tmp_path, "regress", off).raw) == command.values({"pred": "p", "target": "t"})


def test_false_in_the_environment_overrides_true_in_the_file(tmp_path):
    check = checked(tmp_path, "regress", {"strict": True})
    around = from_environment(options("regress").values(), {"LOSSCLI_STRICT": "no", "LOSSCLI_DIGITS": " "})
    assert around == {"strict": None}
    assert not evaluate.COMMANDS["regress"].values({**check.raw, **around})["read"].strict


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("strict", "1", "strict: 1 is not true or false"),
        ("digits", "true", "digits: true is not text or a number"),
        ("digits", "18", "digits: '18' is not a whole number from 1 to 17"),
        ("digits", "2.0", "digits: '2.0' is not a whole number"),
        ("missing", '"dorp"', "missing: unknown value 'dorp', did you mean drop?"),
        ("loss", '["mse", ["mae"]]', "loss: a list is not text or a number"),
        ("loss", "{ name = 1 }", "loss: a table is not text or a number"),
        ("weights", '["a", "b"]', "weights takes one value, not a list"),
        ("weights", "1979-05-27", "weights: 1979-05-27 is not text or a number"),
        ("verbose", "-1", "verbose: -1 is not true or false or a count"),
        ("no-header", '"yes"', "no-header: yes is not true or false"),
    ],
)
def test_a_value_of_another_kind_is_refused(tmp_path, key, value, says):
    path = tmp_path / "losscli.toml"
    path.write_text(f'[[check]]\nname = "x"\nfamily = "regress"\npred = "p"\n{key} = {value}\n', encoding="utf-8")
    with pytest.raises(UsageError) as error:
        read_config(str(path))
    assert f"line 5: {says}" in str(error.value)


def test_a_list_for_words_joined_by_commas_shows_how_to_write_it(tmp_path):
    with pytest.raises(UsageError) as error:
        checked(tmp_path, "classify", {"classes": ["cat", "dog"]})
    assert 'classes = "cat,dog"' in str(error.value)


def test_a_variable_with_another_value_is_refused():
    slots = [options()[key] for key in ("digits", "strict")]
    with pytest.raises(UsageError) as error:
        from_environment(slots, {"LOSSCLI_DIGITS": "many", "LOSSCLI_STRICT": "si"})
    assert "LOSSCLI_DIGITS: 'many' is not a whole number" in str(error.value)
    assert "LOSSCLI_STRICT: 'si' is not true or false" in str(error.value)
    assert key_of(slots[1]) == "strict"
