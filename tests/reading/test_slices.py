"""A filter leaves the run on the samples that satisfy it; bins divide the samples among them."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from losscli.core.errors import DataError, UsageError
from losscli.reading.slices import same_value
from losscli.spec.slices import bins_of, conditions

OPERATORS = ("=", "!=", ">", ">=", "<", "<=")


def numbers(report, *stats):
    return [
        [getattr(x, s) for s in stats or ("value", "n", "mean", "sum", "std", "min", "p50", "p95", "max")] for x in report.losses
    ]


@st.composite
def tables(draw):
    """A table of both sides with a text, a number and missing cells beside them."""
    n = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    size = rng.integers(0, 6, n).astype(float)
    size[rng.random(n) < 0.2] = np.nan
    site = np.array(["a", "b", "NA", ""], dtype=object)[rng.integers(0, 4, n)]
    return pd.DataFrame({"pred": rng.normal(size=n), "target": rng.normal(size=n), "site": site, "size": size})


def mask_of(table, text):
    """Which rows satisfy a condition, by pandas alone."""
    for op in ("!=", ">=", "<=", "=", ">", "<"):
        if op in text:
            name, value = text.split(op)
            break
    cells = table[name]
    if name == "site":
        there = ~cells.isin(["NA", ""])
        return there & ((cells == value) if op == "=" else (cells != value))
    there, number = cells.notna(), float(value)
    return there & {"=": cells.eq, "!=": cells.ne, ">": cells.gt, ">=": cells.ge, "<": cells.lt, "<=": cells.le}[op](number)


filters = st.one_of(
    st.builds("size{}{}".format, st.sampled_from(OPERATORS), st.integers(0, 5)),
    st.builds("site{}{}".format, st.sampled_from(("=", "!=")), st.sampled_from("ab")),
)


def evaluated(table, **options):
    """The report, or None where no sample is left."""
    try:
        return losscli.evaluate(table, family="regress", losses=["mse", "mae", "rmse"], **options)
    except DataError as e:
        if "nothing to evaluate" not in str(e):
            raise
        return None


@given(tables(), st.lists(filters, min_size=1, max_size=3), st.integers(1, 4))
def test_a_filter_is_the_run_without_the_other_rows(table, texts, jobs):
    keep = np.logical_and.reduce([mask_of(table, text) for text in texts])
    found = evaluated(table, filter=texts, jobs=jobs)
    if not keep.any():
        assert found is None
        return
    alone = evaluated(table[keep])
    assert alone is not None
    np.testing.assert_array_equal(numbers(found), numbers(alone))
    assert (found.alignment.matched, found.alignment.filtered) == (len(table), int((~keep).sum()))
    assert found.alignment.evaluated == keep.sum()
    assert found.alignment.coverage == 1
    other = evaluated(table, filter=" and ".join(reversed(texts)))
    assert found == other, "in any order, as options or joined"


@given(tables(), st.lists(filters, min_size=1, max_size=2), st.randoms())
def test_a_filter_changes_no_pair_by_key(table, texts, random):
    table = table.assign(id=[f"r{i}" for i in range(len(table))])
    rows = list(range(len(table)))
    random.shuffle(rows)
    pred, target = table[["id", "pred", "size"]].iloc[rows], table[["id", "target", "site"]]
    keep = np.logical_and.reduce([mask_of(table, text) for text in texts])
    if not keep.any():
        return
    found = losscli.evaluate(pred, target, filter=texts, family="regress", losses=["mse", "rmse"], key="id")
    alone = losscli.evaluate(pred[keep[rows]], target, missing="drop", family="regress", losses=["mse", "rmse"], key="id")
    np.testing.assert_array_equal(numbers(found), numbers(alone))


def test_a_column_of_a_filter_keeps_its_role():
    """A filter by one of several labels leaves the loss one of all of them."""
    rng = np.random.default_rng(0)
    names = ["toxic", "obscene", "threat"]
    pred = pd.DataFrame(rng.uniform(size=(20, 3)), columns=names)
    target = pd.DataFrame(rng.integers(0, 2, (20, 3)), columns=names)
    target.iloc[3:7] = -1
    options: dict[str, Any] = {"family": "classify", "losses": "bce", "multilabel": True}
    with pytest.raises(DataError, match="--filter 'target"):
        losscli.evaluate(pred, target, **options)
    kept = target["toxic"] >= 0
    alone = losscli.evaluate(pred[kept].reset_index(drop=True), target[kept].reset_index(drop=True), **options)
    assert losscli.evaluate(pred, target, filter="target.toxic>=0", **options).losses[0].value == alone.losses[0].value
    table = pred.add_prefix("p_").join(target.rename(columns={"toxic": "label"})[["label"]])
    one: dict[str, Any] = {"family": "classify", "losses": "bce", "col": "scores=p_toxic"}
    expected = losscli.evaluate(table[kept].reset_index(drop=True), **one).losses[0].value
    assert losscli.evaluate(table, filter="target.label>=0", **one).losses[0].value == expected


@given(tables(), st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True))
def test_bins_divide_the_samples(table, edges):
    edges = sorted(edges)
    found = losscli.evaluate(table, family="regress", losses="mse", bins=f"size:{','.join(map(str, edges))}")
    assert sum(g.n for g in found.groups) == len(table)
    ends = [-np.inf, *edges, np.inf]
    names = [f"{'(' if low == -np.inf else '['}{low},{high})" for low, high in pairwise(ends)]
    counts = {
        name: int(((table["size"] >= low) & (table["size"] < high)).sum())
        for name, low, high in zip(names, ends, ends[1:], strict=False)
    }
    counts["(missing)"] = int(table["size"].isna().sum())
    assert {g.by["size"]: g.n for g in found.groups} == {name: n for name, n in counts.items() if n}
    assert [g.by["size"] for g in found.groups] == sorted((g.by["size"] for g in found.groups), key=[*names, "(missing)"].index)


@given(tables(), st.integers(2, 6))
def test_quantiles_divide_the_samples_as_numpy_has_them(table, parts):
    known = table["size"].dropna()
    if not len(known):
        return
    found = losscli.evaluate(table, family="regress", losses="mse", bins=f"size:q{parts}", filter="size>=0")
    edges = np.quantile(known, np.arange(1, parts) / parts)
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=parts)
    assert {g.by["size"]: g.n for g in found.groups} == {f"q{i + 1}": n for i, n in enumerate(counts) if n}


@given(tables(), st.integers(1, 5))
def test_a_bin_is_the_filtered_run(table, edge):
    found = losscli.evaluate(table, family="regress", losses=["mse", "rmse"], bins=f"size:{edge}", by="site")
    for group in found.groups:
        if group.by["size"] == "(missing)" or group.by["site"] in ("", "NA"):
            continue
        text = f"size{'<' if group.by['size'].startswith('(-inf') else '>='}{edge} and site={group.by['site']}"
        alone = losscli.evaluate(table, family="regress", losses=["mse", "rmse"], filter=text)
        np.testing.assert_array_equal(numbers(group, "value", "n"), numbers(alone, "value", "n"))


@pytest.mark.parametrize(("word", "value", "same"), [
    ("1", "1.0", True), ("True", "1", True), ("0.50", "0.5", True), ("007", "7", True), ("1e2", "100", True),
    (" a ", "a", True), ("a", "A", False), ("9007199254740993", "9007199254740992", False), ("", "a", False),
])  # fmt: skip
def test_values_compare_as_labels(word, value, same):
    assert same_value(word, value) == same


def test_a_filter_reads_as_gates_do():
    assert [str(c) for c in conditions(["a>=1 AND b = x y", "c==2"])] == ["a>=1", "b=x y", "c=2"]
    assert [str(c) for c in conditions(["site=Bosnia and Herzegovina and split=test"])] == [
        "site=Bosnia and Herzegovina",
        "split=test",
    ]
    odd = pd.DataFrame({"pred": [1.0, 2.0], "target": [1.0, 3.0], "a>b": [1, 2]})
    assert losscli.evaluate(odd, family="regress", losses="mae", filter="a>b>=2").losses[0].value == 1


def test_bins_read_as_they_are_written():
    (bins,) = bins_of(["a:b:0,0.5,1e3"])
    assert (bins.column, bins.labels) == ("a:b", ("(-inf,0)", "[0,0.5)", "[0.5,1000)", "[1000,inf)"))
    assert bins_of(["x:q3"])[0].labels == ("q1", "q2", "q3")


@pytest.mark.parametrize("text", ["", "x", ">3", "x>", "x>high", "x=", "x>=nan", "x<inf", "and", "x=1 and >2", "= 3"])
def test_malformed_filters(text):
    with pytest.raises(UsageError):
        conditions([text])


@pytest.mark.parametrize(
    "text", ["", "x", "x:", ":1", "x:a", "x:1,", "x:2,1", "x:1,1", "x:q", "x:q1", "x:q101", "x:nan", "x:q0", "x:-q2"]
)
def test_malformed_bins(text):
    with pytest.raises(UsageError):
        bins_of([text])
