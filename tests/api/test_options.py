"""The Python face takes what the command line takes, and refuses what it refuses: both read the declarations of options."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.api.functions import options_of
from losscli.core.errors import DataError, UsageError
from losscli.run.declared import Slot, slots
from losscli.run.options import FACE, RunOptions
from losscli.spec import registry

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


class Odd:
    """What nothing can be asked of."""

    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __bool__ = __eq__ = __repr__  # type: ignore[assignment]
    __hash__ = object.__hash__


ODD: list[Any] = [5, -1, True, "", "\x1b", "a" * 100_000, b"x", {"a": 1}, [None], [[1, 2], [3]], 1j, Odd(), np.nan, 10**400]
ODD += [np.array(None), np.array(["a", "b"]), np.zeros((2, 3, 4, 5)), np.ma.masked, np.array([(1, 2)], dtype="i,i"), Ellipsis]


def _told(call: Any, *values: Any) -> None:
    """Whatever a call makes of values, it is no other exception, and its message is short and printable."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            call(*values)
            lines = []
        except losscli.LosscliError as e:
            lines = e.lines()
    assert all(len(line) < 600 and line.isprintable() for line in lines)


@pytest.mark.parametrize("slot", ALL, ids=lambda s: s.name)
def test_no_value_of_an_option_is_another_exception(slot):
    family = next(f for f in DATA if f in slot.declared.families)
    pred, target, loss = DATA[family]
    for value in ODD:
        given: dict[str, Any] = {"losses": loss, slot.name: value}
        _told(lambda given=given: losscli.evaluate(pred, target, family=family, **given))


@pytest.mark.parametrize("family", DATA)
def test_no_argument_is_another_exception(family):
    pred, target, loss = DATA[family]
    own = registry.load(family).find(loss)
    function = getattr(getattr(losscli.losses, family), loss)
    calls: list[Any] = [
        lambda v: losscli.evaluate(v, target, family=family, losses=loss),
        lambda v: losscli.evaluate({"pred": v, "scores": v, "box": v, "embedding": v}, target, family=family, losses=loss),
        lambda v: losscli.evaluate(pred, v, family=family, losses=loss),
        lambda v: losscli.evaluate(pred, target, family=v, losses=loss),
        lambda v: losscli.gradient(v, pred, target, family=family),
        lambda v: losscli.gradient(loss, pred, target, family=v),
        lambda v: losscli.per_sample(v, target, family=family, losses=loss),
        lambda v: losscli.explain(loss, v),
        lambda v: function(v, v),
    ]
    for call in calls:
        for value in ODD:
            _told(call, value)
    for i, name in enumerate([*options_of(own), *(p.name for p in own.params)]):
        for value in ODD[i % 3 :: 3]:
            _told(lambda v, name=name: function(pred, target, **{name: v}), value)


@pytest.mark.parametrize("word", [5, 1.5, "", b"x", ["x"], "a(b)", np.array([1, 2]), Odd()], ids=lambda x: type(x).__name__)
def test_what_cannot_be_a_name_declares_no_loss(word):
    before = dict(registry.load("regress").aliases), dict(registry.load("regress").losses)
    for facts in ({"name": word}, {"name": "own", "aliases": (word,)}, {"name": "own", "aliases": "own"}):
        with pytest.raises(UsageError, match="cannot be the name of a loss"):
            losscli.declare("regress", **facts)(lambda pred, target: pred)
    assert before == (registry.load("regress").aliases, registry.load("regress").losses)


def test_texts_that_no_path_or_name_is():
    for option in ("weights", "baseline", "by", "classes", "key"):
        given: dict[str, Any] = {option: "a\0b"}
        with pytest.raises(UsageError, match=rf"{option}: .* contains a NUL"):
            losscli.evaluate(np.array([0.2, 0.9]), np.array([0, 1]), family="classify", losses="bce", **given)
    with pytest.raises(UsageError, match=r"pred: .* contains a NUL"):
        losscli.evaluate("a\0b", family="regress", losses="mse")
    for classes in ([None, "b"], b"ab", [["a"], ["b"]], np.ma.array(["a", "b"], mask=[True, False])):
        with pytest.raises(UsageError, match=r"classes: .* is not a name"):
            losscli.evaluate(np.array([[0.2, 0.8]]), ["b"], family="classify", losses="ce", classes=classes)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 5)])
def test_arrays_with_more_axes_than_their_role_are_refused(shape):
    given = {
        "classify": ("scores", "label", "bce"),
        "regress": ("pred", "target", "mse"),
        "embed": ("embedding", "label", "triplet"),
    }
    for family, (ours, theirs, loss) in given.items():
        with pytest.raises(DataError, match=rf"has the shape .*; `{ours}` needs \(n"):
            losscli.evaluate({ours: np.full(shape, 0.3)}, {theirs: np.zeros(shape)}, family=family, losses=loss)


@pytest.mark.parametrize(
    "weights",
    [np.ones(2), np.ones(4), np.ones((3, 0)), np.ones((1, 3)), 1.0, np.ma.array([1.0, 1.0, 1.0], mask=[False, True, False])],
)
def test_weights_of_another_shape_are_refused(weights):
    with pytest.raises(DataError):
        losscli.evaluate(PRED, TARGET, family="regress", losses="mse", weights=weights)
