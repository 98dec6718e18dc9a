"""The schema of the file accepts what the reader accepts, and nothing else that can be said in a schema."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import UsageError
from losscli.run.config.keys import options
from losscli.run.config.read import GATE, read_config
from losscli.run.config.schema import config_schema
from losscli.run.config.toml_file import read_toml
from losscli.run.config.toml_text import toml
from losscli.spec.names import FAMILIES
from tests.run.config.test_keys import values_of
from tests.support.command import call
from tests.support.paths import SAMPLES

SCHEMA = config_schema()
VALID = jsonschema.Draft202012Validator(SCHEMA)
STRANGE = st.sampled_from([True, False, -1, 10**6, 0.25, "nosuch word", ["nosuch word", "other"], [], [[]]])


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_command_prints_it():
    assert call("schema", "config").report == SCHEMA


def test_every_option_is_described():
    assert set(SCHEMA["$defs"]) == set(options())
    assert all(x["description"].endswith(".") for x in SCHEMA["$defs"].values())


def agree(folder, lines, extra=()):
    """Whether the reader and the schema accept a file; both, or neither."""
    path = folder / "losscli.toml"
    path.write_text("\n".join([*lines, *extra]), encoding="utf-8")
    try:
        read_config(str(path))
    except UsageError as e:
        read, why = False, str(e)
    else:
        read, why = True, ""
    problems = [e.message for e in VALID.iter_errors(dict(read_toml(str(path), "x").table))]
    assert (not problems) == read, (problems, why)
    return read


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_reader_and_schema_agree_on_options(tmp_path_factory, family, data):
    """Numbers are given as numbers and choices in their own spelling, which is all that an editor offers."""
    known = options()
    key = data.draw(st.sampled_from(sorted(known)))
    slot = known[key]
    value = data.draw(values_of(slot) | STRANGE)
    if slot.declared.choices:
        value = [x.lower() for x in value] if isinstance(value, list) and all(isinstance(x, str) for x in value) else value
        value = value.lower() if isinstance(value, str) else value
    nested = value == [[]]
    text = "[[]]" if nested else toml(value) if not isinstance(value, list) or value else "[]"
    head = ["[[check]]", 'name = "x"', f'family = "{family}"', 'pred = "p"']
    folder = tmp_path_factory.mktemp("s")
    agree(folder, head, [f"{key} = {text}"])
    agree(folder, ["[defaults]", f"{key} = {text}"])


@pytest.mark.parametrize(
    ("lines", "accepted"),
    [
        ([], True),
        (["schema = 1", 'required-version = ">=0.1"'], True),
        (["schema = 2"], False),
        (["jobs = 2"], False),
        (["[defaults]", "jobs = 2"], True),
        (["[defaults]", 'name = "x"'], False),
        (["[check]"], False),
        (["[[check]]", 'name = "x"', 'family = "regress"'], False),
        (["[[check]]", 'name = "x"', 'pred = "p"'], False),
        (["[[check]]", 'family = "regress"', 'pred = "p"'], False),
        (["[[check]]", 'name = " "', 'family = "regress"', 'pred = "p"'], False),
        (["[[check]]", 'name = "a\\nb"', 'family = "regress"', 'pred = "p"'], False),
        (["[[check]]", 'name = "x"', 'family = "nosuch"', 'pred = "p"'], False),
        (["[[check]]", 'name = "x"', 'family = "regress"', 'pred = "-"'], False),
        (["[[check]]", 'name = "x"', 'family = "regress"', 'pred = "p"', 'target = "t"', 'box-format = "xyxy"'], False),
        (["[[check]]", 'name = "x"', 'family = "detect"', 'pred = "p"', 'target = "t"', 'box-format = "xyxy"'], True),
    ],
)
def test_examples(tmp_path, lines, accepted):
    assert agree(tmp_path, lines) is accepted


@given(
    st.dictionaries(st.sampled_from([*GATE, "level2"]), st.sampled_from(["off", "warn", "ci", "fail", "a > 1", "", 3]), max_size=4)
)
def test_reader_and_schema_agree_on_gates(tmp_path_factory, gate):
    head = ["[[check]]", 'name = "x"', 'family = "regress"', 'pred = "p"', "[[check.gate]]"]
    agree(tmp_path_factory.mktemp("g"), head, [f"{key} = {toml(value)}" for key, value in gate.items()])


def test_the_samples_are_valid():
    assert VALID.is_valid(dict(read_toml(str(SAMPLES / "losscli.toml"), "x").table))
