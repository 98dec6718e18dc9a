"""Two sides whose rows do not pair: keys that fail, unequal lengths, sides swapped, roles in doubt."""

from __future__ import annotations

import random

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.kinds import kind
from benchmarks.fuzzing.generators.valid import Data, binary, boxes, drawn, regress, several, vectors, written

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "feather", "arrow", "orc", "xlsx", "ods", "dta", "html", "xml")
ONE_EACH = (regress, binary, several)


def _two(data: Data, suffix: str, order: list[int], *, ids: list[str] | None = None, drop: str = "") -> dict[str, bytes]:
    """PRED as it is, and TARGET with its rows in an order, which may leave some out or repeat them. drop: a side without ids."""
    target = {name: [column[i] for i in order] for name, column in data.target.items()}
    mine = {} if drop == "p" else {"id": data.ids}
    theirs = {} if drop == "t" else {"id": ids or [data.ids[i] for i in order]}
    return {f"p.{suffix}": written({**mine, **data.pred}, suffix), f"t.{suffix}": written({**theirs, **target}, suffix)}


def _case(
    rng: random.Random,
    data: Data,
    suffix: str,
    files: dict[str, bytes],
    *says: str,
    more: tuple[str, ...] = ("--key", "id"),
    codes: tuple[int, ...] = (3,),
) -> Case:
    jobs = ("--jobs", str(rng.randrange(1, 4))) if rng.random() < 0.3 else ()
    out = rng.choice(((), ("-f", "json"), ("-o", "report.json"), ("-b",)))
    return Case((data.family, f"p.{suffix}", f"t.{suffix}", "-l", rng.choice(data.losses), *more, *jobs, *out), files, says, codes)


@kind
def a_key_twice(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    order = list(range(data.rows))
    at = rng.randrange(1, data.rows)
    ids = list(data.ids)
    ids[at] = ids[rng.randrange(at)]
    return _case(rng, data, suffix, _two(data, suffix, order, ids=ids), f"t.{suffix}", "duplicate key")


@kind
def a_key_that_is_missing(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    ids = list(data.ids)
    ids[rng.randrange(data.rows)] = ""
    return _case(rng, data, suffix, _two(data, suffix, list(range(data.rows)), ids=ids), f"t.{suffix}", "key")


@kind
def a_key_of_one_side_alone(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    order = list(range(data.rows))
    gone = order.pop(rng.randrange(data.rows))
    rng.shuffle(order)
    return _case(rng, data, suffix, _two(data, suffix, order), data.ids[gone], "--extra drop")


@kind
def a_key_column_that_is_not_there(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    side = rng.choice("pt")
    files = _two(data, suffix, list(range(data.rows)), drop=side)
    key = rng.choice(("id", "nope", "id=nope", "nope=id", "id=id2", "\x1b[31m", "ID "))
    return _case(rng, data, suffix, files, more=("--key", key), codes=(2, 3))


@kind
def ids_in_another_order(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    order = list(range(data.rows))
    while order == sorted(order):
        rng.shuffle(order)
    return _case(rng, data, suffix, _two(data, suffix, order), "order", more=())


@kind
def ids_that_differ(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    ids = list(data.ids)
    at = rng.randrange(data.rows)
    ids[at] = rng.choice(("zz", "k9999", ids[at] + "x"))
    return _case(rng, data, suffix, _two(data, suffix, list(range(data.rows)), ids=ids), f"row {at + 1}", "id", more=())


@kind
def sides_of_unequal_lengths(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (*ONE_EACH, boxes)), rng.choice(FORMATS)
    order = list(range(data.rows))
    order = order[: rng.randrange(1, data.rows)] if rng.random() < 0.5 else order + [0] * rng.randrange(1, 4)
    columns = {name: [column[i] for i in order] for name, column in data.target.items()}
    files = {f"p.{suffix}": written(data.pred, suffix), f"t.{suffix}": written(columns, suffix)}
    return _case(rng, data, suffix, files, f"p.{suffix}", f"t.{suffix}", str(data.rows), str(len(order)), more=())


@kind
def sides_that_are_swapped(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (regress, binary, several)), rng.choice(FORMATS)
    files = _two(data, suffix, list(range(data.rows)))
    files = {f"p.{suffix}": files[f"t.{suffix}"], f"t.{suffix}": files[f"p.{suffix}"]}
    return _case(rng, data, suffix, files, more=rng.choice(((), ("--key", "id"))))


@kind
def roles_that_are_in_doubt(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (regress, boxes, vectors)), rng.choice(FORMATS)
    if data.family == "regress":
        other = {
            rng.choice(("yhat", "y_pred", "prediction", "predicted")): data.pred.pop("pred"),
            rng.choice(("pred", "preds")): list(data.target["target"]),
        }
        data.pred.update(other)
    elif data.family == "detect":
        data.pred.update({n.replace("x", "px").replace("y", "py"): list(c) for n, c in data.pred.items()})
        for name in ("x1", "y1", "x2", "y2"):
            data.pred[f"a{name}"] = data.pred.pop(name)
    else:
        data.pred = {f"{rng.choice('uvw')}{i}x": c for i, c in enumerate(data.pred.values())}
    files = _two(data, suffix, list(range(data.rows)))
    return _case(rng, data, suffix, files, more=("--key", "id"), codes=(2, 3))


@kind
def groups_and_weights_that_are_wrong(rng: random.Random) -> Case:
    data, suffix = drawn(rng, (regress, binary)), rng.choice(FORMATS)
    wrong = rng.choice((-1.0, float("nan"), float("inf"), None, -1e-300))
    weights = [1.0 + i % 3 for i in range(data.rows)]
    weights[rng.randrange(data.rows)] = wrong if suffix not in ("dta", "html", "xml", "json", "xlsx", "ods") else -1.0
    data.pred["w"] = [0.0] * data.rows if rng.random() < 0.2 else weights
    return _case(rng, data, suffix, _two(data, suffix, list(range(data.rows))), more=("--key", "id", "--weights", "w"))
