"""The configuration file: what it says, and every mistake of it at once, with lines."""

from __future__ import annotations

import os

import pytest

from losscli.core.errors import UsageError, UsageErrors
from losscli.core.version import __version__
from losscli.run.config.find import has_table, nearest_file
from losscli.run.config.read import read_config
from losscli.run.config.required_version import satisfied

CHECK = '[[check]]\nname = "a"\nfamily = "regress"\npred = "p.csv"\n'


def written(folder, text, name="losscli.toml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def mistakes(folder, text):
    """The first line of every mistake, without the path of the file."""
    path = written(folder, text)
    with pytest.raises(UsageError) as error:
        read_config(path)
    found = error.value.errors if isinstance(error.value, UsageErrors) else (error.value,)
    return [str(e).split("\n")[0].partition(".toml, ")[2] for e in found]


def test_a_whole_file(tmp_path):
    path = written(
        tmp_path,
        """
schema = 1
required-version = ">=0.1"
[defaults]
digits = 3
missing = "drop"
box-format = "xywh"
[[check]]
name = "boxes"
family = "Detect"
pred = "p.csv"
target = "t.csv"
loss = ["giou", "ciou"]
missing = "error"
[[check.gate]]
expr = "giou > 0.5"
id = "top"
[[check.gate]]
expr = "ciou > 0.5"
level = "Warn"
on = "ci"
inconclusive = "fail"
[[check.gate]]
expr = "giou > 9"
level = "off"
[[check]]
name = "numbers"
family = "regress"
pred = "n.csv"
loss = "mae"
""",
    )
    found = read_config(path)
    boxes, numbers = found.checks
    assert (boxes.name, boxes.family, boxes.where.line) == ("boxes", "detect", 8)
    assert boxes.raw == {
        "digits": "3",
        "missing": "error",
        "box_format": "xywh",
        "pred": "p.csv",
        "target": "t.csv",
        "losses": ["giou", "ciou"],
    }
    assert numbers.raw == {"digits": "3", "missing": "drop", "pred": "n.csv", "losses": ["mae"]}, "boxes have no part in regress"
    top, second = boxes.gates
    assert (top.expr, top.id, top.level, top.on, top.inconclusive, top.where.line) == ("giou > 0.5", "top", "fail", "", "", 15)
    assert (second.level, second.on, second.inconclusive, second.where.line) == ("warn", "ci", "fail", 18)
    assert found.folder == str(tmp_path)


def test_every_mistake_is_found_at_once(tmp_path):
    text = """jobs = 3
chek = 1
[defaults]
digit = 4
name = "x"
[[check]]
name = "a"
family = "detct"
pred = "p"
[[check]]
family = "regress"
pred = "-"
box-format = "xyxy"
box-fromat = "xyxy"
[[check.gate]]
exp = "mae > 1"
level = "wran"
[[check]]
name = "c"
family = "regress"
pred = 3
"""
    assert mistakes(tmp_path, text) == [
        "line 1: the option jobs is outside [defaults] and [[check]]",
        "line 2: unknown key 'chek', did you mean check?",
        "line 4: unknown key 'digit', did you mean digits?",
        "line 5: name belongs to a single check",
        "line 8: family: unknown value 'detct', did you mean detect?",
        "line 10: a check needs a name",
        "line 12: a check cannot read stdin",
        "line 13: box-format is an option of detect, not of regress",
        "line 14: unknown key 'box-fromat', did you mean box-format?",
        "line 15: a gate needs an expr",
        "line 16: unknown key 'exp', did you mean expr?",
        "line 17: level: unknown value 'wran', did you mean warn?",
        "line 21: pred: 3 is not a line of text",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("check = 3\n", "line 1: check is not a list of tables"),
        ("[check]\n", "line 1: check is not a list of tables"),
        ("defaults = 1\n", "line 1: defaults is not a table"),
        (f"{CHECK}gate = ['a > 1']\n", "line 5: gate is not a list of tables"),
        (CHECK + CHECK, "line 5: two checks have the name 'a'"),
        (CHECK + 2 * "[[check.gate]]\nexpr = 'a > 1'\nid = 'x'\n", "line 5: two gates of a check have the id 'x'"),
        (f"{CHECK}[[check.gate]]\nexpr=''\n", "line 6: expr: '' is not a line of text"),
        ("schema = 2\nwhat = 1\n", "line 1: schema 2 is unknown to losscli"),
        ("x = 1\nrequired-version = '>99'\n", f"line 2: is for losscli >99, and this is losscli {__version__}"),
        ("required-version = 'new'\n", "line 1: required-version: 'new' is not a range of versions"),
        ('[[check]]\nname = "a\\nb"\nfamily = "regress"\npred = "p"\n', "line 2: name: 'a\\nb' is not a line of text"),
    ],
)
def test_one_mistake(tmp_path, text, says):
    assert mistakes(tmp_path, text)[0].startswith(says)


def test_pyproject(tmp_path):
    text = f"[project]\nname = 'x'\n[tool.losscli.defaults]\ndigits = 3\n{CHECK.replace('[[check]]', '[[tool.losscli.check]]')}"
    path = written(tmp_path, text, "pyproject.toml")
    (check,) = read_config(path).checks
    assert (check.raw["digits"], check.where.line) == ("3", 5)
    with pytest.raises(UsageError, match=r"unknown key 'digts', did you mean digits\?") as error:
        read_config(written(tmp_path, text.replace("digits", "digts"), "pyproject.toml"))
    assert error.value.where.line == 4
    with pytest.raises(UsageError, match=r"has no table \[tool.losscli\]"):
        read_config(written(tmp_path, "[tool.other]\n", "pyproject.toml"))


def test_the_nearest_file_upward(tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    inside = str(tmp_path) + os.sep
    assert not (nearest_file(str(deep)) or "").startswith(inside)
    top = written(tmp_path, "", "losscli.toml")
    assert nearest_file(str(deep)) == top
    written(tmp_path / "a", "[tool.ruff]\n# losscli\n", "pyproject.toml")
    assert nearest_file(str(deep)) == top, "without a table of this tool"
    project = written(tmp_path / "a", '[tool."losscli"]\n', "pyproject.toml")
    assert nearest_file(str(deep)) == project
    own = written(tmp_path / "a", "", "losscli.toml")
    assert nearest_file(str(deep)) == own, "before the pyproject.toml beside it"
    broken = written(tmp_path / "a" / "b", "[tool.losscli]\nx =\n", "pyproject.toml")
    assert nearest_file(str(deep)) == broken, "its mistakes are reported"


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("[tool.losscli]\n", True),
        ("[[tool.losscli.check]]\n", True),
        ("[ tool . 'losscli' ]\n", True),
        ("[tool]\nlosscli.defaults.digits = 3\n", True),
        ("tool.losscli.defaults.digits = 3\n", True),
        ("tool = { losscli = { defaults = { digits = 3 } } }\n", True),
        ("[tool.losscli]\nbroken =\n", True),
        ("[tool.losscliff]\n", False),
        ("[project]\nname = 'losscli'\n[tool.ruff]\n", False),
        ("[tool]\nx = 'losscli'\n", False),
        ("[tool]\nbroken = # losscli\n", False),
        ("# [tool.losscli]\n", False),
    ],
)
def test_which_projects_have_a_table_of_this_tool(tmp_path, text, has):
    assert has_table(written(tmp_path, text, "pyproject.toml")) is has


@pytest.mark.parametrize(
    ("ranges", "holds"),
    [
        (">=1.0,<2", True),
        (">=1.3", False),
        ("==1.2", True),
        ("==1.2.0.0", True),
        ("1.2", True),
        ("!=1.2", False),
        ("~=1.1", True),
        ("~=1.1.0", False),
        ("~=2.0", False),
        ("==1.*", True),
        ("!=1.*", False),
        (">1.1.9, <=1.2", True),
        ("", None),
        (">=one", None),
        (">=1,", None),
    ],
)
def test_ranges_of_versions(ranges, holds):
    assert satisfied(ranges, "1.2.0") is holds
