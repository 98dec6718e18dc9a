"""Situations of forecasts, and of classes that a file names in an order of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.reading.situations import GUESS, NAMES, PROBS, ROWS, SEEN, WORDS, Refused, Situation, ce, mae, refused, table, winkler

FORECASTS: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in FORECASTS, name
    FORECASTS[name] = Situation(files, command, right, says)


def pinball(pred: Any, target: Any, tau: Any) -> float:
    r = np.asarray(target, float)[:, None] - np.asarray(pred, float).reshape(len(target), -1)
    return float(np.where(r >= 0, np.asarray(tau) * r, (np.asarray(tau) - 1) * r).mean())


SPREAD = GUESS[:, None] + np.array([-1.5, -0.5, 0.25, 2.0])
TAU = [0.05, 0.3, 0.5, 0.95]
LOSS, INTERVAL = "regress x.csv --loss pinball", "regress x.csv --loss interval_score"
UPPER = f"{LOSS}{{}} --col pred=yhat_upper"
HI = f"{LOSS}{{}} --col pred=NHITS-hi-80"

# --- levels by name
for spelled in ("q{}", "{}", "quantile_{}", "q_{}", "value_q{}", "p {}", "y_pred_q{}"):
    header = ",".join(spelled.format(t) for t in TAU)
    add(f"quantiles {spelled}", {"x.csv": table(f"y,{header}", SEEN, SPREAD)}, LOSS, pinball(SPREAD, SEEN, TAU))
for spelled, percent in (
    ("p{}", ("05", "30", "50", "95")),
    ("q{}", ("5", "30", "50", "95")),
    ("yhat1 {}%", ("5.0", "30.0", "50", "95")),
):
    header = ",".join(spelled.format(t) for t in percent)
    add(f"quantiles {spelled} in per cent", {"x.csv": table(f"y,{header}", SEEN, SPREAD)}, LOSS, pinball(SPREAD, SEEN, TAU))
WIDE = {"x.csv": table("y,mean,0.05,0.3,0.5,0.95", SEEN, GUESS, SPREAD)}
add("quantiles beside a mean", WIDE, LOSS, pinball(SPREAD, SEEN, TAU), "tau=[0.05, 0.3, 0.5, 0.95]")
add("the mean beside quantiles", WIDE, "regress x.csv --loss mae", mae(GUESS, SEEN))
add("quantiles in another order", WIDE, f"{LOSS} --col pred=0.95,0.05", pinball(SPREAD[:, [3, 0]], SEEN, [0.95, 0.05]))
add("one quantile by name", WIDE, f"{LOSS} --col pred=0.95", pinball(SPREAD[:, 3], SEEN, 0.95), "tau=0.95")
add("one of several levels", WIDE, f"{LOSS}:tau=0.3", pinball(SPREAD[:, 1], SEEN, 0.3))
add("a quantile against another level", WIDE, f"{LOSS}:tau=0.5 --col pred=0.95", refused("0.95 is the quantile 0.95", "tau=0.5"))
add(
    "levels in the order of the file",
    WIDE,
    f"{LOSS}:tau=[0.95,0.05] --col pred=0.05,0.95",
    refused("0.05 is the quantile", "tau=0.95"),
)
add("a level that no column has", WIDE, f"{LOSS} --col pred=mean,0.3", refused("mean does not state its level", "tau=[…]"))
add("an interval of its level", WIDE, INTERVAL, winkler(SPREAD[:, 0], SPREAD[:, 3], SEEN))
ENDS = {"x.csv": table("y,yhat,yhat_lower,yhat_upper", SEEN, GUESS, SPREAD[:, [0, 3]])}
add(
    "an upper end as a low quantile",
    ENDS,
    UPPER.format(":tau=0.1"),
    refused("yhat_upper is an upper end", "tau=0.1"),
)
add(
    "an upper end of unknown level",
    ENDS,
    UPPER.format(""),
    refused("yhat_upper is the upper end", "state its level"),
)
add("an upper end with its level", ENDS, UPPER.format(":tau=0.9"), pinball(SPREAD[:, 3], SEEN, 0.9))
add("a point beside ends", ENDS, LOSS, pinball(GUESS, SEEN, 0.5))
NIXTLA = {"x.csv": table("unique_id,y,NHITS,NHITS-lo-80,NHITS-hi-80", list("abcde"), SEEN, GUESS, SPREAD[:, [0, 3]])}
add("the end of an interval with its level", NIXTLA, HI.format(""), pinball(SPREAD[:, 3], SEEN, 0.9), "tau=0.9")
add("the end of an interval against its level", NIXTLA, HI.format(":tau=0.8"), refused("quantile 0.9", "tau=0.8"))
LOW, HIGH = SPREAD[:, 0], SPREAD[:, 3]
EIGHTY = float((HIGH - LOW + 10 * np.maximum(LOW - SEEN, 0) + 10 * np.maximum(SEEN - HIGH, 0)).mean())
add("an interval of 80 per cent", NIXTLA, INTERVAL, EIGHTY, "alpha=0.2")
add(
    "an interval against its level",
    NIXTLA,
    f"{INTERVAL}:alpha=0.1",
    refused("leave 0.2 outside", "alpha=0.1"),
)
add(
    "ends exchanged",
    ENDS,
    f"{INTERVAL} --col lower=yhat_upper --col upper=yhat_lower",
    refused("exchange them"),
)
# --- a row per level
LONG = {"x.csv": table("day,y,quantile,yhat", np.repeat(range(5), 4), np.repeat(SEEN, 4), TAU * 5, SPREAD.ravel())}
add("a row per level with the truth beside", LONG, LOSS, pinball(SPREAD, SEEN, TAU), "one row for each of 5 forecasts")
add(
    "an absolute error over levels",
    LONG,
    "regress x.csv --loss mae",
    refused("several predictions", remedy="--col pred=q0.5", then=mae(SPREAD[:, 2], SEEN)),
)
add("one level of a long table", LONG, f"{LOSS}:tau=0.3", pinball(SPREAD[:, 1], SEEN, 0.3))
CONSTANT = {"x.csv": table("y,quantile,yhat", SEEN, [0.9] * 5, GUESS)}
add("a column with one level", CONSTANT, LOSS, refused("quantile contains levels", "tau=…"))
add("a column with one level, which is stated", CONSTANT, f"{LOSS}:tau=0.9", pinball(GUESS, SEEN, 0.9))
add("levels that group rows", LONG, "regress x.csv --loss mae --by quantile", mae(SPREAD, SEEN[:, None]))


# --- classes in the order of their numbers
class Hugging(NamedTuple):
    """A table with the metadata of Hugging Face's datasets, in which numbers of a column have names."""

    data: dict[str, Any]
    names: Sequence[str]

    def to_parquet(self, path: Any) -> None:
        features = {"label": {"names": list(self.names), "_type": "ClassLabel"}}
        about = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
        pq.write_table(pa.table(self.data).replace_schema_metadata(about), path)


NUMBERED = ("oak", "ash", "elm")
CODES = np.array([NUMBERED.index(w) for w in WORDS])
HF = Hugging({"plot": ROWS, "label": CODES}, NUMBERED)
IN_ORDER = PROBS[:, [list(NAMES).index(w) for w in NUMBERED]]
RIGHT = ce(IN_ORDER, CODES)
TWO = "classify p.csv t.parquet --loss ce"
for spelled in ("prob_{}", "{}", "P({})"):
    header = ",".join(spelled.format(w) for w in NAMES)
    add(
        f"named scores {spelled} against named numbers",
        {"p.csv": table(f"plot,{header}", ROWS, PROBS), "t.parquet": HF},
        TWO,
        RIGHT,
    )
for header in ("prob_0,prob_1,prob_2", "0,1,2"):
    add(f"scores {header} against named numbers", {"p.csv": table(f"plot,{header}", ROWS, IN_ORDER), "t.parquet": HF}, TWO, RIGHT)
add("an array against named numbers", {"p.npy": IN_ORDER, "t.parquet": HF}, "classify p.npy t.parquet --loss ce", RIGHT)
LISTED = Hugging({"label": CODES, "scores": IN_ORDER.tolist()}, NUMBERED)
add("a list of scores beside named numbers", {"x.parquet": LISTED}, "classify x.parquet --loss ce", RIGHT)
STRANGE = {"p.csv": table("plot,prob_ash,prob_elm,prob_fir", ROWS, PROBS), "t.parquet": HF}
add("scores of other classes than the named numbers", STRANGE, TWO, refused("no column is named after class 'oak'"))
SAME = {"p.csv": table("plot,prob_ash,prob_elm,prob_oak", ROWS, PROBS), "t.parquet": HF}
add("--classes in another order than the file's", SAME, f"{TWO} --classes ash,elm,oak", refused("t.parquet oak, ash, elm"))
CONFIG = {"p.csv": SAME["p.csv"], "t.csv": table("plot,label", ROWS, CODES)}
CONFIG["config.json"] = json.dumps({"model_type": "vit", "id2label": dict(enumerate(NUMBERED))})
CONFIG["classes.txt"] = "\n".join(NUMBERED) + "\n"
CONFIG["gap.json"] = json.dumps({"id2label": {"0": "oak", "2": "elm", "3": "ash"}})
for name in ("config.json", "classes.txt"):
    add(f"classes of {name}", CONFIG, f"classify p.csv t.csv --loss ce --classes @{name}", RIGHT)
add("classes of a file with a gap", CONFIG, "classify p.csv t.csv --loss ce --classes @gap.json", refused("no name for class 1"))
