"""Options from the environment and from the defaults of a configuration: the same as on the command line, and said in a note."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import call, refused, table


@pytest.fixture(autouse=True)
def data(folder):
    table("p.csv", "id,pred", "1,1", "2,4", "3,9")
    table("t.csv", "id,target", "1,1.5", "2,4")


def config(text, path="losscli.toml"):
    Path(path).write_text(text, encoding="utf-8")


RUN = ("regress", "p.csv", "t.csv", "-f", "json")
WANTED = ("--ci", "none", "--loss", "mae", "--key", "id", "--extra", "drop", "--digits", "3")


def test_the_three_layers_mean_the_same(folder, monkeypatch):
    plain = call(*RUN, *WANTED)
    assert plain.code == 0, plain.err
    config('[defaults]\nci = "none"\nloss = "mae"\nkey = "id"\nextra = "drop"\ndigits = 3\nbox-format = "xyxy"\n')
    by_file = call(*RUN)
    assert (by_file.code, by_file.out) == (0, plain.out)
    assert by_file.err == "note: from losscli.toml: loss, key, extra, ci\n", "what changes no result is not told"
    Path("losscli.toml").unlink()
    for name, value in {"CI": "none", "LOSS": "mae", "KEY": "id", "EXTRA": "drop", "DIGITS": "3", "BOX_FORMAT": "xyxy"}.items():
        monkeypatch.setenv(f"LOSSCLI_{name}", value)
    around = call(*RUN)
    assert (around.code, around.out) == (0, plain.out)
    assert around.err == "note: from the environment: LOSSCLI_LOSS, LOSSCLI_KEY, LOSSCLI_EXTRA, LOSSCLI_CI\n"
    assert call(*RUN, "-q").err == ""


def test_the_nearer_layer_comes_first(folder, monkeypatch):
    def loss(*argv):
        return call("regress", "p.csv", "t.csv", "--key", "id", "--extra", "drop", "-f", "json", *argv).loss["id"]

    config('[defaults]\nloss = "mse"\n')
    assert loss() == "mse"
    assert loss("--config", "losscli.toml", "--isolated") == "mse"
    monkeypatch.setenv("LOSSCLI_LOSS", "rmse")
    assert loss() == "rmse"
    assert loss("-l", "mae") == "mae"
    refused(2, "regress", "p.csv", "t.csv", "--key", "id", "--isolated", says=("no loss given",))
    config('[defaults]\nloss = "huber"\n', "other.toml")
    monkeypatch.delenv("LOSSCLI_LOSS")
    assert loss("--config", "other.toml").startswith("huber")
    monkeypatch.setenv("LOSSCLI_CONFIG", "other.toml")
    assert loss().startswith("huber")


def test_inspect_and_reconcile_read_as_an_evaluation_does(folder):
    config('[defaults]\nkey = "id"\nextra = "drop"\nformat = "md"\n')
    done = call("inspect", "p.csv", "t.csv", "-f", "json")
    assert done.report["pairing"]["how"] == "key"
    assert "--extra drop" in done.report["try"]
    assert call("reconcile", "regress", "p.csv", "t.csv", "-l", "mse", "-f", "json", "-q").report["value"] == 0.125
    plain = call("explain", "regress/mse", "p.csv", "t.csv", "--row", "2", "-q", "-f", "json")
    assert (plain.code, plain.report["value"]) == (0, 0.0)


def test_a_mistake_in_the_file_is_an_error_of_every_command(folder):
    config("[defaults]\nkye = 'id'\n")
    refused(2, "regress", "p.csv", "t.csv", "-l", "mae", says=("losscli.toml, line 2: unknown key 'kye', did you mean key?",))
    assert call("losses", "mae").code == 0
    assert call("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id", "--extra", "drop", "--isolated").code == 0
    refused(3, "regress", "p.csv", "t.csv", "-l", "mae", "--config", "nosuch.toml", says=("nosuch.toml: cannot be read",))


def test_a_wrong_variable_is_named(folder, monkeypatch):
    monkeypatch.setenv("LOSSCLI_EXTRA", "dorp")
    refused(2, "regress", "p.csv", "t.csv", "-l", "mae", says=("LOSSCLI_EXTRA: unknown value 'dorp', did you mean drop?",))


def test_a_variable_that_is_nearly_an_option_is_told(folder, monkeypatch):
    monkeypatch.setenv("LOSSCLI_DIGIST", "3")
    monkeypatch.setenv("LOSSCLI_HOME", "/elsewhere")
    done = call("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id", "--extra", "drop", "--ci", "none")
    assert (done.code, done.err) == (0, "note: LOSSCLI_DIGIST is not an option, did you mean LOSSCLI_DIGITS?\n")
    check = '[[check]]\nname = "x"\nfamily = "regress"\npred = "p.csv"\ntarget = "t.csv"\n'
    config(f'{check}loss = "mae"\nkey = "id"\nextra = "drop"\nci = "none"\n')
    assert call("check").err == done.err


def test_a_path_among_the_defaults_is_of_its_own_folder(folder, monkeypatch):
    config('[defaults]\nkey = "id"\nextra = "drop"\nweights = "w.csv"\n')
    table("w.csv", "w", "1", "3")
    assert call("regress", "p.csv", "t.csv", "-l", "mae").code in (0, 3)
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    run = ("regress", "../p.csv", "../t.csv", "-l", "mae")
    refused(2, *run, says=("../losscli.toml: the default weights is relative to the folder of this file", "give --weights"))
    assert call(*run, "--isolated", "--key", "id", "--extra", "drop").code == 0


def test_a_project_without_a_table_of_this_tool_changes_nothing(folder):
    config("[project]\nname = 'losscli-user'\n[tool.ruff]\nx = [\n", "pyproject.toml")
    done = call("regress", "p.csv", "t.csv", "-l", "mae", "--key", "id", "--extra", "drop", "--ci", "none")
    assert (done.code, done.err) == (0, "")
