"""The lines of keys: every key of every table has one, and its text is there."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError
from losscli.run.config.toml_file import TomlFile, read_toml
from losscli.run.config.toml_text import toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = [
    "1",
    "'a # b'",
    '"[x]"',
    "[1, 2]",
    "[\n  'a', # c\n  'b',\n]",
    '"""\n[no]\nheader = 1\n"""',
    "{ in = 1, side = [2] }",
    "1979-05-27",
]
NOISE = ["", "# [[check]]", "  ", "\t# x = 1"]


@st.composite
def documents(draw):
    """TOML whose keys are all different words, so that each occurs on one line."""
    names = (f"k{i}k" for i in range(1000))
    lines: list[str] = []

    def keys(indent: str = "") -> None:
        for _ in range(draw(st.integers(0, 3))):
            lines.extend(draw(st.lists(st.sampled_from(NOISE), max_size=2)))
            key = next(names)
            spelled = draw(st.sampled_from([key, f'"{key}"', f"{next(names)}.{key}", f"'{key}' "]))
            value = draw(st.sampled_from(VALUES)).replace("in =", f"{next(names)} =").replace("side", next(names))
            lines.extend(f"{indent}{spelled} = {value}".split("\n"))

    keys()
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(["one", "two"])) if draw(st.booleans()) else next(names)
        many = name in ("one", "two")
        lines.append(f"[[{name}]]" if many else f"[ {name} ]  # comment")
        keys()
        for _ in range(draw(st.integers(0, 2))):
            lines.append(f"  [[{name}.gate]]")
            keys("  ")
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def places(value, place=()):
    """Every key within tables, and every table of an array."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(value, dict) or isinstance(inner, dict):
            yield (*place, key)
        yield from places(inner, (*place, key))


@given(documents())
def test_every_key_has_the_line_that_it_is_on(text):
    file = TomlFile("x.toml", text.replace("\r\n", "\n"), tomllib.loads(text))
    lines = file.text.split("\n")
    assert set(file.lines) == set(places(file.table))
    for place, line in file.lines.items():
        word = next(x for x in reversed(place) if isinstance(x, str))
        assert word in lines[line - 1], (place, line)


def test_of_what_has_no_line_the_table_around_it_is_named():
    file = TomlFile("x.toml", text := "a = 1\n[b]\nc = 2\n", tomllib.loads(text))
    assert [str(file.where(place)) for place in (("b", "missing"), ("b", "c"), ("missing",))] == [
        "x.toml, line 2",
        "x.toml, line 3",
        "x.toml",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a = 1\nb = \n", "x.toml, line 2: is not TOML: Invalid value"),
        (b"a = 1\na = 2\n", "x.toml, line 2: is not TOML"),
        (b"a = [1,\n2,\n", "x.toml, line 3: is not TOML"),
        (b"a = 1\nb = '\xff'\n", "x.toml, line 2: is not UTF-8 text"),
        (b"a = " + b"[" * 5000, "x.toml"),
        (b"a = " + b"9" * 5000, "x.toml: is not TOML: Exceeds the limit"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(tmp_path, text, says):
    (tmp_path / "x.toml").write_bytes(text)
    with pytest.raises(UsageError) as error:
        read_toml(str(tmp_path / "x.toml"), "x.toml")
    assert str(error.value).startswith(says)


def test_a_byte_order_mark_is_skipped(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert read_toml(str(tmp_path / "x.toml"), "x.toml").table == {"a": 1}


def test_a_missing_file_is_an_error_of_data(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read: No such file"):
        read_toml(str(tmp_path / "x.toml"), "x.toml")


@given(
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.integers()
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.lists(st.text(st.characters(exclude_categories=["Cs"])))
)
def test_a_written_value_is_read_again(value):
    assert tomllib.loads(f"x = {toml(value)}")["x"] == value
