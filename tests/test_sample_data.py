"""The sample data in the files of other programs: made anew they are the same bytes, and their losses those of the tables."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.support.command import call
from tests.support.paths import ROOT, SAMPLES

MADE = ("airline_forecasts.csv", "coins_instances.json", "coins_png", "coins_results.json", "coins_yolo", "digits_pairs_list.csv")


def files(folder):
    found = [path for name in MADE for path in ([folder / name] if (folder / name).is_file() else (folder / name).rglob("*"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.is_file()}


def test_they_are_made_anew_byte_by_byte(tmp_path):
    folder = tmp_path / "sample_data"
    shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns(*MADE))
    making = "from making import forecasts, layouts; forecasts.forecasts(); layouts.layouts()"
    subprocess.run([sys.executable, "-c", making], check=True, cwd=folder)
    assert files(folder) == files(SAMPLES)
    assert len(files(folder)) == 4 + 5 + 8


def test_the_samples_stay_small():
    assert sum(map(len, files(SAMPLES).values())) < 300_000


@pytest.mark.parametrize(
    ("layout", "same", "tolerance"),
    [
        ("detect coins_results.json coins_instances.json -l giou", "detect boxes.csv gt.csv --match greedy -l giou", 1e-12),
        # shares of the image with six decimals are off by 4e-4 pixels at most
        ("detect coins_yolo/found coins_yolo/truth -l giou", "detect boxes.csv gt.csv --match greedy -l giou", 1e-4),
        (
            "embed digits_embedding.csv --pairs digits_pairs_list.csv -l contrastive",
            "embed digits_pairs.npy digits_pairs_same.npy -l contrastive",
            0,
        ),
    ],
)
def test_their_losses_are_those_of_the_tables(layout, same, tolerance, monkeypatch):
    monkeypatch.chdir(SAMPLES)
    one, other = (call(*shlex.split(command), "-f", "json").loss for command in (layout, same))
    assert one["n"] == other["n"]
    assert abs(one["value"] - other["value"]) <= tolerance


@pytest.mark.parametrize("side", ["found", "truth"])
def test_the_images_are_the_arrays(side):
    images = [np.asarray(Image.open(SAMPLES / "coins_png" / side / f"{coin}.png")) for coin in ("a1", "a3", "a5", "b1")]
    array = np.load(SAMPLES / "coins3_probs.npy").argmax(1) if side == "found" else np.load(SAMPLES / "coins3_masks.npy")
    assert np.array_equal(images, array)


def test_the_checks_have_one_of_each_verdict(monkeypatch, tmp_path):
    monkeypatch.chdir(SAMPLES)
    done = call("check", "-q", "-o", f"summary={tmp_path / 'all.md'}")
    assert done.code == 1, "worse fails, and nothing else is an error"
    ends = dict(re.findall(r"^(\w+): (passed with warnings|passed|failed)$", done.out, re.M))
    warned = "passed with warnings"
    assert ends == {"boxes": warned, "diabetes": "passed", "rounded": "passed", "worse": "failed", "refit": warned}
    assert re.search(r"^INCONCLUSIVE mae\.rel = .* about 1,100 samples would see 2%\)$", done.out, re.M)


def test_the_checks_are_the_commands_of_the_page_of_statistics(monkeypatch):
    page = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    monkeypatch.chdir(SAMPLES)
    for name in ("worse", "rounded", "refit"):
        (verdict,) = re.findall(rf"^\$ losscli regress diabetes_{name}\.csv .* --gate-on ci -b; .*\n(.*)$", page, re.M)
        assert verdict in call("check", name, "-q").out.splitlines()


def test_every_file_is_listed():
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for path in SAMPLES.iterdir():
        if path.suffix not in (".py", ".md") and path.name not in ("making", "__pycache__"):
            assert f"`{path.name}`" in text or f"`{path.name}/" in text or f"{path.stem.rstrip('0123456789')}" in text, path.name
