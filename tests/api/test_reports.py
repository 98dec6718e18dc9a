"""A report in Python: lines by name, text, HTML, DataFrames, pickles; errors and pages in the top namespace."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import losscli
from tests.support.command import cli

TABLE = pd.DataFrame({"pred": [1.0, 2.0, 4.0, 7.0], "target": [1.0, 2.5, 3.0, 5.0], "site": ["a", "b", "b", "<i>"]})


def report(**options):
    return losscli.evaluate(TABLE, family="regress", losses=["mae", "huber:delta=0.5", "h2=huber:delta=2"], **options)


def test_lines_by_id_recipe_or_name():
    r = report(by="site")
    assert r["mae"] is r.losses[0]
    assert r["huber:delta=0.5"] is r.losses[1]
    assert r["h2"] is r.losses[2]
    assert r["huber:delta=2"] is r.losses[2]
    assert r.group({"site": "b"}).line("mae").value == 0.75
    with pytest.raises(KeyError, match=r"no loss 'mse'; the report has mae, huber:delta=0.5, h2"):
        r["mse"]
    with pytest.raises(KeyError, match=r"several losses are named 'huber': huber:delta=0.5, h2"):
        r.line("huber")
    assert losscli.evaluate(TABLE, family="regress", losses="huber:delta=2")["huber"].n == 4
    typed = losscli.evaluate(TABLE, family="regress", losses="l1")
    assert typed["l1"] is typed["mae"]
    assert "l1 = 0.875" in repr(typed)


def test_text_is_what_the_command_prints(tmp_path):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    done = cli("regress", "t.csv", "-l", "mae", "-f", "plain", cwd=tmp_path)
    files = losscli.evaluate(tmp_path / "t.csv", family="regress", losses="mae")
    assert str(files) == done.out.rstrip("\n")
    assert repr(files) == "<losscli.Report regress: mae = 0.875; 4 samples>"
    assert repr(report(by="site", fail_if="mae > 9")).endswith("4 samples; 3 groups; gates: pass>")


def test_html_escapes_what_comes_from_outside():
    html = report(by="site", fail_if="mae > 0.1")._repr_html_()
    assert "&lt;i&gt;" in html
    assert "<i>" not in html
    assert "0.875" in html
    assert "FAIL" in html


def test_a_report_as_a_frame():
    frame = report().to_frame()
    assert list(frame.index) == ["mae", "huber:delta=0.5", "h2"]
    assert frame.loc["mae", "value"] == 0.875
    grouped = report(by="site").to_frame()
    assert grouped.index.names == ["site", "loss"]
    assert grouped.loc[("b", "mae"), "value"] == 0.75
    assert len(grouped) == 9


def test_a_report_pickles_and_compares_by_value():
    r = report(by="site", worst=2)
    assert pickle.loads(pickle.dumps(r)) == r == report(by="site", worst=2)
    assert isinstance(r, losscli.Report)
    assert r != report(worst=2)


def test_samples_as_a_frame(tmp_path):
    pred = TABLE.set_index(pd.Index(["p", "q", "r", "s"], name="id"))[["pred"]]
    target = TABLE.set_index(pd.Index(["s", "r", "q", "p"], name="id"))[["target"]]
    found = losscli.per_sample(pred, target, family="regress", losses=["mae", "mse"], key="id")
    assert list(found.columns) == ["id", "pred_row", "target_row", "mae", "mse"]
    pred.to_csv(tmp_path / "p.csv")
    target.to_csv(tmp_path / "t.csv")
    options = ["-l", "mae", "-l", "mse", "--key", "id", "--per-sample", "s.csv"]
    cli("regress", "p.csv", "t.csv", *options, cwd=tmp_path)
    pd.testing.assert_frame_equal(found, pd.read_csv(tmp_path / "s.csv"), check_dtype=False)


def test_samples_of_losses_that_compare_rows():
    rng = np.random.default_rng(1)
    a, labels = rng.normal(size=(8, 3)), [0, 0, 1, 1, 2, 2, 3, 3]
    found = losscli.per_sample(a, labels, family="embed", losses="nt_xent")
    assert np.array_equal(found["nt_xent"], losscli.losses.nt_xent(a, labels))
    with pytest.raises(losscli.UsageError, match="no value per sample"):
        losscli.per_sample(TABLE, family="regress", losses="rmse")
    with pytest.raises(losscli.UsageError, match="has the name of a"):
        losscli.per_sample(TABLE, family="regress", losses="pred_row=mae")


def test_mistakes_name_the_nearest_word():
    with pytest.raises(losscli.UsageError, match="unknown family 'regresss', did you mean regress"):
        losscli.evaluate(TABLE, family="regresss", losses="mae")
    with pytest.raises(losscli.UsageError, match="unknown loss 'maee' in regress, did you mean mae"):
        losscli.evaluate(TABLE, family="regress", losses="maee")
    with pytest.raises(losscli.UsageError, match="did you mean classes"):
        losscli.evaluate(TABLE, family="regress", losses="mae", clases=["a"])  # type: ignore[call-arg]
    with pytest.raises(losscli.UsageError, match="'hubr' in regress, did you mean huber"):
        losscli.gradient("regress/hubr", [1.0], [0.0])


def test_a_gradient_names_its_family_as_the_command_line_does():
    slope: Any = losscli.gradient("regress/huber:delta=2", [1.0, 5.0], [0.0, 0.0])
    assert np.array_equal(slope, [1.0, 2.0])
    with pytest.raises(losscli.UsageError, match="detect/huber is not a loss of regress"):
        losscli.gradient("detect/huber", [1.0], [0.0], family="regress")


def test_errors_are_in_the_top_namespace():
    assert issubclass(losscli.UsageError, losscli.LosscliError)
    assert issubclass(losscli.DataError, losscli.LosscliError)
    assert f"{losscli.UsageError.__module__}.{losscli.UsageError.__qualname__}" == "losscli.UsageError"
    error = pickle.loads(pickle.dumps(losscli.DataError("what", fix="fix")))
    assert str(error) == "what\nfix"


def test_explain_gives_the_page_that_the_command_prints():
    page = losscli.explain("giou")
    assert repr(page) == str(page)
    assert page.startswith("giou (detect)")
    assert "regress" in losscli.explain("huber", family="regress")
    assert losscli.explain("huber").count("\nReads\n") == 2
    with pytest.raises(losscli.UsageError, match="did you mean giou"):
        losscli.explain("giuo")


def test_only_public_names_are_listed():
    code = "import losscli; print(*dir(losscli)); losscli.evaluate; print(*dir(losscli)); print(*dir(losscli.api))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after, _ = done.stdout.splitlines()
    assert before == after
    assert set(before.split()) == set(losscli.__all__)


@pytest.mark.parametrize("name", ["losscli", "losscli.api", "losscli.losses"])
def test_help_reads_as_a_page(name):
    code = f"import losscli.api, losscli.losses; help({name})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ">>> " in done.stdout
    assert "ndarray(" not in done.stdout
    assert len(done.stdout.splitlines()) < 600
