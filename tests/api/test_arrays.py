"""What the Python face takes for an array: missing and masked values stay missing, no number is rounded, and no type's own
failure leaves as another error than DataError."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import losscli
from losscli.core.errors import DataError, LosscliError

PRED, TARGET = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])
LAST = [False, False, True]
MISSING: dict[str, Any] = {
    "masked": np.ma.array(PRED, mask=LAST),
    "a list with a masked value": [1.0, 2.0, np.ma.masked],
    "masked whole numbers": np.ma.array([1, 2, 3], mask=LAST),
    "None": [1.0, 2.0, None],
    "NA": np.array([1.0, 2.0, pd.NA], object),
    "Int64": pd.array([1, 2, None], "Int64"),
    "boolean": pd.array([True, False, None], "boolean"),
    "decimals": np.array([Decimal("1"), Decimal("2.5"), None], object),
}


def value(pred: Any, target: Any = TARGET, **how: Any) -> Any:
    return losscli.evaluate(pred, target, family="regress", losses="mse", **how).losses[0]


@pytest.mark.parametrize("name", MISSING)
def test_missing_values_are_missing_wherever_they_stand(name):
    data = MISSING[name]
    for call in (lambda: value(data), lambda: value(PRED, data), lambda: value(PRED, weights=data), lambda: value({"pred": data})):
        with pytest.raises(DataError, match=r"row 3.*(nan|missing)|not contain"):
            call()
    assert value(data, nonfinite="drop").n == 2


def test_masks_of_entries_images_labels_and_keys_hold():
    half = np.full((2, 4, 4), 0.5)
    masked = np.ma.array(np.zeros((2, 4, 4), int), mask=np.eye(4, dtype=bool)[None].repeat(2, 0))
    ids = np.ma.array(["a", "b", "c"], mask=LAST)
    centers: Any = np.ma.array(np.eye(2), mask=np.eye(2, dtype=bool))
    other = [np.ma.array(half[0], mask=np.eye(4, dtype=bool)), half[0, :3]]
    calls: dict[str, Any] = {
        "entries": lambda: value([np.ma.array([1.0, 2.0], mask=[False, True]), np.ma.array([1.0, 2.0])], np.ones((2, 2))),
        "images": lambda: losscli.evaluate(half, masked, family="segment", losses="dice"),
        "images of other sizes": lambda: losscli.evaluate(other, [x.astype(int) for x in other], family="segment", losses="dice"),
        "ignored": lambda: losscli.evaluate(half, masked.data, family="segment", losses="dice", ignore_mask=masked),
        "labels": lambda: losscli.evaluate(half[0, :3], np.ma.array([0, 1, 2], mask=LAST), family="classify", losses="ce"),
        "keys": lambda: value({"pred": PRED, "id": ids}, {"target": TARGET, "id": ids.data}, key="id"),
        "centres": lambda: losscli.evaluate(np.eye(2), [0, 1], family="embed", losses="center", centers=centers),
    }
    for name, call in calls.items():
        with pytest.raises(DataError, match=r"nan|NaN|missing"):
            raise AssertionError(f"{name}: {call()}")


@pytest.mark.parametrize("bad", [[2**60 + 1, 1, None], np.ma.array([2**60 + 1, 1, 3], mask=LAST), [10**400, 1, 2]], ids=str)
def test_whole_numbers_are_exact_or_refused(bad):
    with pytest.raises(DataError, match=r"row 1: .* has no exact double"):
        value(bad, nonfinite="drop")


def test_long_doubles_beyond_doubles_are_not_finite():
    large = np.array(["1", "2", "1e4000"], np.longdouble)
    if np.isfinite(large).all():  # on platforms that have them
        for pred in (large, {"pred": large}, pd.DataFrame({"pred": large})):
            with pytest.raises(DataError, match="row 3"):
                value(pred)


class Tensor:
    """What a tensor of a type that NumPy lacks, or on another device, does."""

    shape = (3,)

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __array__(self, *args: Any, **how: Any) -> Any:
        raise self.error("Got unsupported ScalarType BFloat16")


class Silent:
    def __iter__(self) -> Any:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


@pytest.mark.parametrize("error", [TypeError, RuntimeError, ValueError, ZeroDivisionError])
def test_types_that_are_no_arrays_say_why(error):
    for call in (
        lambda: value(Tensor(error)),
        lambda: value({"pred": Tensor(error)}),
        lambda: value(PRED, weights=Tensor(error)),
        lambda: losscli.losses.regress.mse(Tensor(error), TARGET),
        lambda: losscli.losses.ce([[0.5, 0.5]] * 3, Tensor(error)),
        lambda: losscli.gradient("mse", Tensor(error), TARGET, family="regress"),
    ):
        with pytest.raises(DataError, match="cannot be read as an array: Got unsupported ScalarType BFloat16"):
            call()


def test_whatever_is_given_for_an_option_is_refused_in_words():
    odd: list[Any] = [Silent(), np.array("x"), np.array(None), 10**400, print, 1j]
    for option in ("key", "by", "worst", "classes", "seed", "fail_if", "ci", "convention", "nonfinite", "from_logits", "strict"):
        for given in odd:
            with pytest.raises(LosscliError, match=option):
                losscli.evaluate(np.array([0.2, 0.9]), np.array([0, 1]), family="classify", losses="bce", **{option: given})
    for given in odd:
        with pytest.raises(LosscliError, match=r"mask.values"):
            losscli.evaluate(np.full((1, 2, 2), 0.5), np.eye(2)[None], family="segment", losses="dice", mask_values=given)
    for width in (Silent(), None, 0, -1, True, 30.0):
        with pytest.raises(LosscliError, match="width"):
            losscli.explain("mse", width=width)  # type: ignore[arg-type]


def test_two_keys_of_one_name_are_refused():
    with pytest.raises(DataError, match="two keys have the same name"):
        value({1: PRED, "1": TARGET, "pred": PRED})


def test_a_refused_file_is_closed(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.h5"
    for _ in range(2):
        with h5py.File(path, "w") as file:
            file.create_dataset("pred", (2,), dtype=h5py.vlen_dtype(float))[:] = [[1.0], [2.0]]
        with pytest.raises(DataError, match="lists of different lengths") as raised:
            value(path)
    assert raised.value.where is not None
