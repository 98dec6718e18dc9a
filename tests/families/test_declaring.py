"""Adding a loss: one function in a file of its family's folder is enough, and the laws over the catalogue find it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import losscli
from losscli.families import classify, detect, embed, regress, segment
from losscli.spec import registry
from losscli.spec.loss import Loss

PACKAGES = {"classify": classify, "detect": detect, "embed": embed, "regress": regress, "segment": segment}

NEW = '''
@FAMILY.loss("cube", cite="Nobody 2020")
def cube(pred: Floats, target: Floats) -> Floats:
    """The cube of the distance between two numbers.

    Formula: |f - y|³
    """
    return over_outputs(np.abs(pred - target) ** 3)
'''

HEAD = '''"""A new file."""

from __future__ import annotations

import numpy as np

from losscli.families.regress.family import FAMILY, over_outputs
from losscli.numerics.stable import Floats

'''

ASK = """
from losscli.families.regress import cube
from tests.support.examples import catalogue
assert ("regress", cube) in catalogue()
from losscli.cli.app import main
main()
"""


@pytest.mark.parametrize("family", registry.NAMES)
def test_a_family_s_package_derives_its_names(family):
    package, known = PACKAGES[family], registry.load(family).losses
    assert all(getattr(package, name) is loss for name, loss in known.items())
    assert set(dir(package)) == {"FAMILY", *known}
    with pytest.raises(AttributeError, match=f"{family} has no loss nothing_such"):
        _ = package.nothing_such


def test_a_loss_comes_before_the_module_of_its_name():
    from losscli.families.detect import iou
    from losscli.families.detect.iou import giou

    assert isinstance(iou, Loss)
    assert isinstance(giou, Loss)


@pytest.mark.parametrize("place", ["a new file", "a file that is there"])
def test_one_function_adds_a_loss(place, tmp_path):
    """In a copy of the package: nothing but the function is written."""
    root = Path(losscli.__file__).parent
    shutil.copytree(root, tmp_path / "losscli", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root.parent / "tests" / "support", tmp_path / "tests" / "support")
    (tmp_path / "tests" / "__init__.py").touch()
    folder = tmp_path / "losscli" / "families" / "regress"
    if place == "a new file":
        (folder / "powers.py").write_text(HEAD + NEW)
    else:
        with (folder / "absolute.py").open("a") as file:
            file.write(NEW)
    (tmp_path / "p.csv").write_text("pred,target\n3,1\n1,1\n")
    run = [sys.executable, "-c", ASK, "regress", "p.csv", "-l", "cube", "-b"]
    done = subprocess.run(run, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
