"""Whatever the numbers are, every kind of plot is drawn with finite places and all of its counts, or refused: nothing crashes."""

import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from losscli.api.evaluation import request_of
from losscli.core.errors import DataError, LosscliError
from losscli.core.records import replace
from losscli.run.run import run
from losscli.spec.names import FAMILIES
from losscli.spec.plot_kinds import plots_of

LOSSES = {
    "classify": ("ce", "brier", "hinge", "focal+ce"),
    "regress": ("mae", "mse", "mae+0.5*mse", "log_cosh"),
    "detect": ("iou", "giou", "giou+mse", "ciou"),
    "segment": ("ce", "dice", "ce+dice", "focal"),
    "embed": ("contrastive", "supcon", "triplet", "contrastive+supcon"),
}
PLACE = re.compile(r'="[^"]*\b(?:nan|inf)\b[^"]*"|="[^"]*\d{7}')


def edges(draw, rng, shape):
    """Numbers at an edge of the doubles, or of no edge."""
    n = int(np.prod(shape))
    kinds = (
        lambda: rng.normal(size=n),
        lambda: np.full(n, draw.choice((0.0, 1.0, 5e-324, 1e300, 1e308, -1e308))),
        lambda: rng.normal(size=n) * 1e307,
        lambda: rng.normal(size=n) * 1e-310,
        lambda: rng.choice([-1e308, 1e308, 0.0, 1.0, 5e-324], n),
        lambda: rng.lognormal(0, 50, size=n),
        lambda: 1e15 + rng.random(n),
        lambda: np.where(rng.random(n) < 0.2, draw.choice((np.nan, np.inf, -np.inf)), 1.0),
    )
    return draw.choice(kinds)().reshape(shape)


def shares(draw, rng, n, classes):
    """Probabilities of classes: any, certain, or of a single class."""
    if draw.random() < 0.7:
        return rng.dirichlet(np.full(classes, draw.choice((1.0, 1e-3))), n)
    return np.eye(classes)[np.zeros(n, int)]


def labels(draw, rng, n, classes):
    return rng.integers(0, classes, n) if draw.random() < 0.7 else np.full(n, draw.randrange(classes))


def data(family, draw, rng):
    """PRED, TARGET and options."""
    n = draw.choice((1, 2, 7, 40))
    if family == "regress":
        return edges(draw, rng, n), edges(draw, rng, n), {}
    if family == "classify":
        c, logits = draw.choice((2, 3)), draw.random() < 0.5
        return edges(draw, rng, (n, c)) if logits else shares(draw, rng, n, c), labels(draw, rng, n, c), {"from_logits": logits}
    if family == "detect":
        boxes = np.sort(edges(draw, rng, (n, 2, 2)), axis=1).reshape(n, 4)
        pred = {"box": boxes if draw.random() < 0.3 else edges(draw, rng, (n, 4)), "score": edges(draw, rng, n)}
        return pred, {"box": boxes}, {"degenerate": "keep", "mixed_scale": "keep", "box_format": "xyxy"}
    if family == "segment":
        maps = shares(draw, rng, n * 12, 2).reshape(n, 3, 4, 2).transpose(0, 3, 1, 2)
        return maps, labels(draw, rng, n * 12, 2).reshape(n, 3, 4), {}
    return edges(draw, rng, (n, 3)), labels(draw, rng, n, 3), {}


def marks(path):
    """The text of a picture, which is XML whose places are numbers near the paper."""
    text = path.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert not PLACE.search(text), PLACE.search(text)
    return text


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("family", FAMILIES)
def test_any_numbers_make_pictures_or_a_refusal(family, tmp_path):
    draw, rng = random.Random(family), np.random.default_rng(len(family))
    pictures = 0
    for _ in range(30):
        pred, target, options = data(family, draw, rng)
        kind, loss = draw.choice([k for k in plots_of(family) if k != "groups"]), draw.choice(LOSSES[family])
        try:
            request = request_of(
                pred=pred, target=target, family=family, losses=loss, nonfinite="keep", budget=kind == "budget", **options
            )
            run(replace(request, plots=(f"{kind}={tmp_path / 'x.svg'}",), outputs=(f"html={tmp_path / 'x.html'}",)))
        except LosscliError:
            continue
        pictures += 1
        assert "<svg" in marks(tmp_path / "x.svg")
    assert pictures > 3


@pytest.mark.parametrize("asked", [{"calibration": 5}, {"budget": True}])
def test_weights_that_lead_beyond_the_doubles_are_refused(asked):
    pred, target, weights = np.array([-1e308, 0.0]), np.array([0, 1]), np.full(2, 1e308)
    family, losses = ("classify", "bce") if "calibration" in asked else ("regress", "mae")
    pred = np.array([0.2, 0.7]) if "calibration" in asked else pred
    request = request_of(pred=pred, target=target, family=family, losses=losses, weights=weights, **asked)
    with pytest.raises(DataError, match="beyond what doubles can hold"):
        run(request)
