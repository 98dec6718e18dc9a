"""A saved report reads back to what it was, as far as JSON carries it, and renders to the same bytes; anything else is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from losscli.core.errors import DataError, Where
from losscli.numerics.histogram import LINEAR, LOG, Histogram
from losscli.numerics.statistics.interval import METHODS, UNKNOWN, Interval, NoInterval
from losscli.report.against import Against
from losscli.report.boxes import Boxes
from losscli.report.dicts import report_dict
from losscli.report.model import NUMBERS, Baseline, GradientLine, Group, Line, Report, Samples, Worst
from losscli.report.read_report import read_report
from losscli.report.render import FORMATS, render, strict_json
from losscli.report.schema import report_schema
from losscli.report.schema_check import fault
from losscli.report.verdicts import Verdict
from losscli.spec.matching import Counts, Matching
from tests.support.made_reports import full, hostile, line, plain

SCHEMA = Draft202012Validator(report_schema())
words = st.text(max_size=6)
counts = st.integers(0, 1 << 53)
finite = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.one_of(st.floats(), st.none())
maps = st.dictionaries(words, words, max_size=3)
draws = st.one_of(st.just((0, 0)), st.tuples(st.integers(1, 9), counts))
intervals = st.one_of(
    st.builds(NoInterval, st.sampled_from(UNKNOWN)),
    st.builds(
        lambda drawn, *given: Interval(*given, *drawn),
        draws,
        st.floats(),
        st.floats(),
        st.sampled_from(METHODS),
        st.floats(0.01, 0.99),
        counts,
        st.booleans(),
    ),
)
shares = st.one_of(st.none(), st.floats(0, 1))
against = st.builds(
    Against,
    **dict.fromkeys(("base", "new", "delta"), st.floats()),
    rel=numbers,
    **dict.fromkeys(("delta_ci", "rel_ci"), intervals),
    test=st.sampled_from(["signflip", "t", "welch", "none"]),
    **dict.fromkeys(("p", "p_holm"), shares),
    **dict.fromkeys(("wins", "ties", "losses"), st.one_of(st.none(), counts)),
    identical=st.booleans(),
    **dict.fromkeys(("mde", "mde_rel"), st.one_of(st.none(), finite)),
    **dict.fromkeys(("units", "alone"), counts),
)
histograms = st.builds(
    lambda edges, counts, scale: Histogram(tuple(sorted(edges)), tuple(counts[: len(edges) - 1]), scale),
    st.lists(finite, min_size=2, max_size=4),
    st.lists(counts, min_size=3, max_size=3),
    st.sampled_from([LINEAR, LOG]),
)
gradients = st.builds(
    GradientLine,
    st.just(9),
    st.integers(0, 9),
    st.integers(0, 9),
    **dict.fromkeys(("min", "p05", "p25", "p50", "p75", "p95", "max"), numbers),
)


@st.composite
def lines(draw: Any, loss_id: str) -> Line:
    found = {k: draw(numbers) for k in NUMBERS if k not in ("n", "nonfinite", "value")}
    cis = {k: draw(st.one_of(st.none(), intervals)) for k in ("ci", "p50_ci", "p95_ci")}
    found["histogram"] = draw(st.one_of(st.none(), histograms))
    made = replace(line(loss_id, draw(st.floats())), n=draw(counts), **found, **cis)
    return replace(
        made, gradient=draw(st.one_of(st.none(), gradients)), against=draw(st.one_of(st.none(), against)), typed=draw(words)
    )


places = st.builds(Where, st.text(min_size=1), line=st.integers(1, 9), entry=words)
worst = st.builds(
    Worst,
    loss=words,
    rank=st.integers(1, 99),
    value=st.floats(),
    key=maps,
    pred_row=st.one_of(st.none(), st.integers(1, 99)),
    target_row=st.none(),
    by=maps,
    where=st.fixed_dictionaries({}, optional=dict.fromkeys(("pred", "target"), places)).map(lambda x: dict(sorted(x.items()))),
)
matchings = st.builds(
    Matching,
    st.sampled_from(["greedy", "hungarian", "coco"]),
    st.floats(0, 1),
    st.one_of(st.none(), counts),
    st.one_of(st.none(), st.tuples(finite, finite), st.tuples(finite, st.just(math.inf))),
    st.one_of(st.none(), finite),
    *[st.booleans()] * 3,
    st.sampled_from(["ignore", "penalize", "penalize-both"]),
    st.one_of(st.none(), finite),
    st.lists(finite, max_size=3).map(tuple),
    st.booleans(),
)
tallies = st.builds(Counts, *[counts] * 5)
listed = st.dictionaries(words, tallies, max_size=3)


@st.composite
def boxes(draw: Any) -> Boxes:
    by = draw(st.dictionaries(st.sampled_from(["label", "image_id"]), listed))
    order = [k for k in ("label", "image_id") if k in by]
    return Boxes(draw(matchings), draw(tallies), {k: by[k] for k in order}, {k: ("a", draw(words)) for k in order}, draw(counts))


@st.composite
def reports(draw: Any) -> Report:
    base = draw(st.sampled_from([plain(), full(), hostile()]))
    groups = draw(
        st.lists(st.dictionaries(words, words, min_size=1, max_size=3), max_size=2, unique_by=lambda x: tuple(sorted(x.items())))
    )
    losses = tuple(draw(lines(x)) for x in draw(st.lists(words, min_size=1, max_size=2, unique=True)))
    found = replace(
        base,
        losses=losses,
        groups=tuple(Group(x, draw(counts), tuple(draw(lines(y.id)) for y in losses)) for x in groups),
        worst=tuple(draw(st.lists(worst, max_size=2))),
        best=tuple(draw(st.lists(worst, max_size=2))),
        boxes=draw(st.one_of(st.none(), boxes())),
        alignment=replace(base.alignment, agrees=draw(words)),
        samples=draw(st.one_of(st.none(), st.builds(Samples, words, words, counts))),
        check=draw(words),
        options=draw(st.one_of(st.none(), st.dictionaries(words, st.one_of(words, finite, st.booleans(), st.lists(words))))),
        baseline=Baseline("b.csv", "samples", 3, "x", "row"),
    )
    hot = {side: replace(x, one_hot=draw(st.booleans()), left_out=(("a", draw(words)),)) for side, x in base.inputs.items()}
    named = draw(st.lists(words, max_size=2).map(tuple))
    dropped = draw(st.integers(0, 1)) if named else 0
    return replace(found, inputs=hot, alignment=replace(found.alignment, filter=named, evaluated=23, filtered=dropped))


def saved(report: Report) -> Any:
    return json.loads(strict_json.dumps(report_dict(report)))


@settings(max_examples=25)
@given(reports())
def test_reports_read_back(report: Report) -> None:
    again = read_report(saved(report), "r.json")
    assert repr(again) == repr(expected(report))  # NaN equals itself in words
    assert report_dict(again) == saved(report) or "NaN" in repr(report)
    assert strict_json.dumps(report_dict(again)) == strict_json.dumps(report_dict(report))
    assert [x.label for x in again.losses] == [x.label for x in report.losses]


def expected(report: Report) -> Report:
    """What JSON does not carry: how the loss was typed where that is its id, and what gates can see."""

    def labelled(found: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(replace(x, typed="" if x.label == x.id else x.label) for x in found)

    groups = tuple(replace(g, losses=labelled(g.losses)) for g in report.groups)
    gates = tuple(replace(x, power=None) for x in report.gates)
    return replace(report, losses=labelled(report.losses), groups=groups, gates=gates)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("made", [plain, full, hostile])
def test_every_format_is_the_same_again(name: str, made: Any) -> None:
    if made is hostile and name in ("flat", "openmetrics"):
        return
    assert render(read_report(saved(made()), "r.json"), name) == render(made(), name)


@pytest.mark.parametrize(("edges", "counts"), [([0, 1, 2], [3]), ([0, 2, 1], [3, 4])])
def test_histograms_whose_edges_are_not_those_of_their_counts_are_refused(edges: Any, counts: Any) -> None:
    data = saved(plain())
    data["losses"][0]["histogram"] = {"edges": edges, "counts": counts, "scale": "linear"}
    with pytest.raises(DataError, match=r"losses\[0\]\.histogram: must have ascending edges, one more than counts"):
        read_report(data, "r.json")


def test_a_place_in_a_configuration_stays() -> None:
    gate = Verdict("mse > 1", "fail", 2.0, 1.0, "fail", id="small", where=Where("losscli.toml", line=7))
    more = Verdict("mse.n > 1", "fail", 2.0, 1.0, "fail", joined=True, where=Where("losscli.toml", line=7))
    open_ = Verdict("x > 1", "fail", 2.0, 1.0, "inconclusive", ci=NoInterval("constant"), inconclusive="fail", settles=9, sees=0.5)
    report = replace(full(), gates=(gate, more, open_))
    SCHEMA.validate(saved(report))
    assert read_report(saved(report), "r.json").gates == report.gates


def broken(draw: Any, data: Any) -> Any:
    """The data with one value somewhere replaced, removed or added."""
    parent, at = None, data
    while isinstance(at, (dict, list)) and at and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        parent, at, last = at, at[key], key
    if parent is None:
        return draw(st.sampled_from([None, 1, "x", [], {}]))
    kind = draw(st.sampled_from(["replace", "remove", "add"]))
    if kind == "remove":
        del parent[last]
    elif kind == "add" and isinstance(parent, dict):
        parent["odd"] = 1
    else:
        parent[last] = draw(st.sampled_from([None, -1, 0.5, 1e300, "x", "nan", "pass", True, [], {}, ["x"], 3]))
    return data


@given(st.data())
def test_the_check_agrees_with_jsonschema(data: Any) -> None:
    changed = broken(data.draw, saved(data.draw(st.sampled_from([plain(), full(), hostile()]))))
    assert (fault(changed, report_schema()) is None) == SCHEMA.is_valid(changed)
    if fault(changed, report_schema()) is None:
        read_report(changed, "r.json")
    else:
        with pytest.raises(DataError, match=r"r\.json: not a report: "):
            read_report(changed, "r.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(schema="losscli.inspection/1"), "schema: 'losscli.inspection/1' instead of 'losscli.report/1'"),
        (lambda d: d["losses"][0].pop("value"), "losses[0].value: is missing"),
        (lambda d: d["losses"][0].update(n="3"), "losses[0].n: '3' is not an integer"),
        (lambda d: d["losses"][0].update(extra=1), "losses[0].extra: is not a key of the schema"),
        (lambda d: d.update(losses=[]), "losses: has fewer than 1 items"),
    ],
)
def test_the_place_of_a_fault_is_named(change: Any, said: str) -> None:
    data = saved(plain())
    change(data)
    with pytest.raises(DataError) as found:
        read_report(data, "r.json")
    assert said in str(found.value)
