"""Situations of one value in several spellings: times as keys, classes as one-hot rows, pairs by yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.reading.report_situations import SITUATIONS
from tests.reading.situations import CE, GUESS, MAE, NUMBERS, PROBS, REGS, SEEN, TWO, add, refused, table

__all__ = ["SITUATIONS"]

# --- times as keys
DAYS = [f"2024-01-0{i}" for i in range(1, 6)]
TURNED = [2, 0, 1, 4, 3]
for name, after in (("midnight", " 00:00:00"), ("T", "T00:00:00"), ("fractions", " 00:00:00.000")):
    files: dict[str, Any] = {
        "p.csv": table("ds,pred", DAYS, GUESS),
        "t.csv": table("ds,target", [DAYS[i] + after for i in TURNED], SEEN[TURNED]),
    }
    add(f"days with {name} on one side", files, REGS, refused("another order", remedy="--key ds", then=MAE))
files = {
    "p.csv": table("ds,pred", [f"{d}T12:00:00Z" for d in DAYS], GUESS),
    "t.csv": table("ds,target", [f"{d} 13:00:00+01:00" for d in DAYS], SEEN),
}
add("one instant in two time zones", files, f"{REGS} --key ds", MAE)
files = {**files, "t.csv": table("ds,target", [f"{d} 12:00:00" for d in DAYS], SEEN)}
add("times with a zone on one side", files, f"{REGS} --key ds", refused("no key in common", "time zone"))
times = pd.DataFrame({"ds": pd.to_datetime(DAYS), "pred": GUESS})
files = {"p.parquet": times, "t.csv": table("ds,target", [f"{DAYS[i]} 00:00" for i in TURNED], SEEN[TURNED])}
add("times of Parquet against text", files, REGS.replace("p.csv", "p.parquet"), refused(remedy="--key ds", then=MAE))
SERIES, HOURS = np.array(list("aaabb")), [0, 1, 2, 0, 1]
files = {
    "p.csv": table("unique_id,ds,pred", SERIES, [DAYS[i] for i in HOURS], GUESS),
    "t.csv": table("unique_id,ds,target", SERIES[TURNED], [f"{DAYS[HOURS[i]]}T00:00:00" for i in TURNED], SEEN[TURNED]),
}
add("days with T beside a series", files, REGS, refused(remedy="--key unique_id --key ds", then=MAE))
# --- one-hot labels
HOT = np.eye(3)[NUMBERS]
MISSED = float((PROBS.argmax(1) != NUMBERS).mean())
files = {"p.csv": table("a,b,c", PROBS), "t.csv": table("a,b,c", HOT)}
add("one-hot labels", files, TWO, CE)
STRICT = f"{TWO} --strict --pair position"
add("one-hot labels under --strict", files, STRICT, refused("one-hot", remedy="--allow one-hot", then=CE))
arrays = {"p.npy": PROBS, "t.npy": HOT}
add("one-hot labels of an array", arrays, "classify p.npy t.npy --loss ce", CE)
STRICT = "classify p.npy t.npy --loss zero_one --strict --pair position"
add(
    "one-hot labels of an array under --strict",
    arrays,
    STRICT,
    refused(remedy="--allow one-hot", then=float((PROBS.argmax(1) != NUMBERS).mean())),
)
soft = {"p.npy": PROBS, "t.npy": PROBS}
add("soft labels under --strict", soft, STRICT.replace("zero_one", "ce"), float(-(PROBS * np.log(PROBS)).sum(1).mean()))
# --- pairs by words
POINTS = np.array([[1.0, 0.1], [0.6, 0.5], [0.3, 0.8], [0.2, 0.9]])
ONE, TWO_ = [0, 0, 2], [1, 2, 3]
APART = np.sqrt(((POINTS[ONE] - POINTS[TWO_]) ** 2).sum(1))


def contrastive(same: Any) -> float:
    return float(np.where(same, APART**2, np.maximum(1 - APART, 0) ** 2).mean() / 2)


IDS = np.array(list("pqrs"))
VECTORS = table("id,e0,e1", IDS, POINTS)
LISTED = "embed e.csv --pairs l.csv --loss contrastive"
for yes, no in (
    ("yes", "no"),
    ("Same", "Different"),
    ("match", "mismatch"),
    ("Y", "N"),
    ("True", "False"),
    ("genuine", "impostor"),
):
    for header in ("same", "is_match", "label"):
        files = {"e.csv": VECTORS, "l.csv": table(f"a,b,{header}", IDS[ONE], IDS[TWO_], [yes, no, yes])}
        add(f"pairs {header} by {yes} and {no}", files, LISTED, contrastive([True, False, True]))
files = {"e.csv": VECTORS, "l.csv": table("a,b,same", IDS[ONE], IDS[TWO_], ["yes", "maybe", "no"])}
add("pairs by a word that says neither", files, LISTED, refused("row 2", "'maybe'", "same and different"))
pairs = {"x.npz": {"a": POINTS[ONE], "b": POINTS[TWO_], "same": np.array(["yes", "no", "no"])}}
add("pairs of an archive by yes and no", pairs, "embed x.npz --loss contrastive", contrastive([True, False, False]))
