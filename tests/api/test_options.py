"""The Python face takes what the command line takes, and refuses what it refuses: both read the declarations of options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import DataError, UsageError
from losscli.run.declared import Slot, slots
from losscli.run.options import FACE, RunOptions

PRED, TARGET = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0])
BOXES = np.array([[0.0, 0.0, 1.0, 1.0]])
DATA: dict[str, tuple[Any, Any, str]] = {
    "regress": (PRED, TARGET, "mse"),
    "classify": (np.array([0.2, 0.9]), np.array([0, 1]), "bce"),
    "detect": (BOXES, BOXES, "iou"),
    "segment": (np.full((1, 2, 2), 0.5), np.eye(2, dtype=int)[None], "dice"),
    "embed": (np.eye(4), np.array([0, 0, 1, 1]), "triplet"),
}
ALL = [slot for record in FACE for slot in slots(record)]


def refused(slot: Slot, value: Any) -> str:
    """The message of `evaluate` for one option of a value that it must refuse."""
    family = next(f for f in DATA if f in slot.declared.families)
    pred, target, loss = DATA[family]
    given = {"losses": loss, slot.name: value}
    with pytest.raises(UsageError) as raised:
        losscli.evaluate(pred, target, family=family, **given)
    return str(raised.value)


@pytest.mark.parametrize("slot", [s for s in ALL if s.declared.choices], ids=lambda s: s.name)
@pytest.mark.parametrize("value", ["x", "", 1, True, 0.5, [], np.float64(2)], ids=repr)
def test_choices_refuse_other_words(slot, value):
    if slot.many and isinstance(value, list):
        return  # no word at all
    assert refused(slot, value).startswith(f"{slot.name}: ")


WRONG = ["x", "", True, [1], {}, np.nan, np.inf, np.array([1, 2]), "1e5000", "１"]


@pytest.mark.parametrize("slot", [s for s in ALL if s.number], ids=lambda s: s.name)
def test_numbers_refuse_what_is_not_one_in_their_range(slot):
    low, high = slot.declared.low, slot.declared.high
    beyond = [x for x in (low - 1 if low is not None else None, high + 1 if high is not None else None) if x is not None]
    whole = [1.5, "1.5", "9" * 5000] if slot.number is int else []
    wrong = [x for x in WRONG if not (slot.many and isinstance(x, (list, np.ndarray)))]
    if slot.declared.bare:
        wrong.remove(True)  # the option without a number
    for value in (*wrong, *whole, *beyond, *map(str, beyond)):
        message = refused(slot, value)
        assert message.startswith(f"{slot.name}: ")
        assert "is not a " in message
        assert len(message) < 200


@pytest.mark.parametrize("slot", [s for s in ALL if s.switch], ids=lambda s: s.name)
@pytest.mark.parametrize("value", ["false", "no", 0, 1, [], 0.0], ids=repr)
def test_switches_take_true_and_false(slot, value):
    assert "is not True or False" in refused(slot, value)


@pytest.mark.parametrize("slot", [s for s in ALL if s.many and not s.number and s.name != "losses"], ids=lambda s: s.name)
@pytest.mark.parametrize("value", [5, [5], [None], {"a": 1}, 1.5], ids=repr)
def test_repeatable_options_take_text(slot, value):
    assert "is not text or a list of texts" in refused(slot, value)


def test_losses_are_texts():
    for value in (5, [5], {"mse": 1}):
        with pytest.raises(UsageError, match=r"losses: .* is not text or a list of texts"):
            losscli.evaluate(PRED, TARGET, family="regress", losses=value)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="loss: 5 is not a recipe"):
        losscli.gradient(5, PRED, TARGET)  # type: ignore[arg-type]


def test_the_nearest_word_is_named():
    options: dict[str, Any] = {"family": "detect", "losses": "iou"}
    with pytest.raises(UsageError, match="match: unknown value 'hungarain', did you mean hungarian"):
        losscli.evaluate(BOXES, BOXES, **options, match="hungarain")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="match key needs a key column"):
        losscli.evaluate(BOXES, BOXES, **options, match="key")
    with pytest.raises(UsageError, match="nonfinite: unknown value 'raise'"):
        losscli.gradient("mse", PRED, TARGET, family="regress", nonfinite="raise")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="nonfinite: unknown value 'kep', did you mean keep"):
        losscli.losses.mse(PRED, TARGET, nonfinite="kep")
    with pytest.raises(UsageError, match="missing: unknown value 'ignore'"):
        losscli.per_sample(PRED, TARGET, family="regress", losses="mse", missing="ignore")
    for family in ("segmnt", 5, None, ["classify"]):
        with pytest.raises(UsageError, match="unknown family"):
            losscli.evaluate(PRED, TARGET, family=family, losses="mse")  # type: ignore[arg-type]


@pytest.mark.parametrize("jobs", [0, -3, 1.5, "x", True, np.nan, [2]], ids=repr)
def test_jobs_are_at_least_one(jobs):
    assert RunOptions().jobs is None
    for call in (
        lambda: losscli.evaluate(PRED, TARGET, family="regress", losses="mse", jobs=jobs),
        lambda: losscli.gradient("mse", PRED, TARGET, family="regress", jobs=jobs),
        lambda: losscli.per_sample(PRED, TARGET, family="regress", losses="mse", jobs=jobs),
    ):
        with pytest.raises(UsageError, match=r"jobs: .* is not a whole number of at least 1"):
            call()


def test_words_and_numbers_are_read_as_on_the_command_line():
    def found(**more: Any) -> Any:
        return losscli.evaluate(PRED, TARGET, family="regress", losses="mse", **more).as_dict()

    expected = found(worst=2, reduction="sum")
    for worst in ("2", np.int64(2), 2.0, np.float32(2)):
        assert found(worst=worst, reduction="SUM") == expected
    plain = found()
    assert found(jobs=np.int64(2)) == found(jobs=None) == found(strict=np.bool_(False)) == found(missing=None) == plain


@pytest.mark.parametrize("value", [5, [[1.0], [1.0, 2.0]], [["a"]], print, {"a": 1}, np.ones((2, 4)) * 1j], ids=repr)
def test_arrays_among_the_options_are_arrays_of_numbers(value):
    for loss, name in (("center", "centers"), ("arcface", "class_weights")):
        given: dict[str, Any] = {name: value}
        with pytest.raises(DataError, match=name):
            losscli.evaluate(np.eye(4), np.array([0, 0, 1, 1]), family="embed", losses=loss, **given)
    with pytest.raises(UsageError, match="weights must be"):
        losscli.losses.classify.ce([[0.5, 0.5]], [1], weights=value)


@pytest.mark.parametrize("value", [5, 1.5, True, {"a": 1}, print], ids=repr)
def test_classes_are_names(value):
    scores = np.array([[0.2, 0.8], [0.5, 0.5]])
    with pytest.raises(UsageError, match=r"classes: .* is neither a text nor a list of names"):
        losscli.evaluate(scores, ["b", "a"], family="classify", losses="ce", classes=value)
    expected = losscli.evaluate(scores, ["b", "a"], family="classify", losses="ce", classes="a,b").losses
    for names in (["a", "b"], ("a", "b"), np.array(["a", "b"])):
        assert losscli.evaluate(scores, ["b", "a"], family="classify", losses="ce", classes=names).losses == expected


@pytest.mark.parametrize("value", [5, None, ["mse"]], ids=repr)
def test_explain_takes_a_name(value):
    with pytest.raises(UsageError, match="is not the name of a loss"):
        losscli.explain(value)


def test_weights_of_two_columns_are_refused():
    for weights in (np.ones((3, 2)), [[1, 2], [1, 2], [1, 2]]):
        with pytest.raises(DataError, match="2 numbers per row"):
            losscli.evaluate(PRED, TARGET, family="regress", losses="mse", weights=weights)
    assert losscli.evaluate(PRED, TARGET, family="regress", losses="mse", weights=np.ones((3, 1))).losses[0].value == pytest.approx(
        1 / 3
    )
