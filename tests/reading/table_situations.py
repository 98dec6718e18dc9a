"""More situations: tables of pipelines, spreadsheets, pages and forecasts, with their right value or refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.reading.situations import (
    GUESS,
    HARD,
    MAE,
    NAMES,
    REGS,
    SCORE,
    SEEN,
    SITUATIONS,
    TRUE,
    TWO,
    WORDS,
    WRONG,
    add,
    refused,
    table,
)

__all__ = ["SITUATIONS"]

# --- the predicted class and the confidence in it, as pipelines write them
SURE = np.maximum(SCORE, 1 - SCORE)
files = {"p.csv": table("label,score", NAMES[HARD], SURE), "t.csv": table("label", WORDS)}
add("label and score of a pipeline", files, "classify p.csv t.csv --loss zero_one", WRONG)
add("label and score of a pipeline as probabilities", files, TWO, refused("classes, not probabilities", "zero_one"))
for words in (["NEGATIVE", "POSITIVE"], ["LABEL_0", "LABEL_1"], [0, 1]):
    for header in ("label,score", "prediction,confidence", "category,probability"):
        found = table(header, np.array(words)[(SCORE > 0.5).astype(int)], SURE)
        add(
            f"{header}, {words[1]}, is not the score of class 1",
            {"p.csv": found, "t.csv": table("label", TRUE)},
            "classify p.csv t.csv --loss bce",
            refused("confidence", "never below 0.5", "--loss zero_one"),
        )
# --- rows of one series that agree in its name, but not in time
DAYS = np.array([f"2024-05-0{i}" for i in (1, 2, 3, 4, 5)])
BACK = [4, 3, 2, 1, 0]
for series, turned in ((["A"] * 5, BACK), (["A", "A", "A", "B", "B"], [2, 1, 0, 4, 3])):
    files = {
        "p.csv": table("unique_id,ds,GBM", series, DAYS, GUESS),
        "t.csv": table("unique_id,ds,y", np.array(series)[turned], DAYS[turned], SEEN[turned]),
    }
    way = refused("another order", remedy="--key ds", then=MAE)
    add(f"{len(set(series))} series in another order of time", files, REGS, way)
clock = [f"{day} 00:00:00" for day in DAYS]
files = {"p.csv": table("unique_id,ds,GBM", ["A"] * 5, clock, GUESS), "t.csv": table("unique_id,ds,y", ["A"] * 5, DAYS, SEEN)}
add("times of another spelling beside a series", files, REGS, MAE)
# --- spellings of numbers in pages and XML
PAGE = "<table><tr><th>pred</th><th>target</th></tr>{}</table>"
XML = "<rows>{}</rows>"
for name, whole, row in (
    ("x.html", PAGE, "<tr><td>{}</td><td>{}</td></tr>"),
    ("x.xml", XML, "<row><pred>{}</pred><target>{}</target></row>"),
):
    page = {name: whole.format(row.format("1,234", "1,250") + row.format("2,345", "2,300"))}
    add(f"thousands in {name}", page, f"regress {name} --loss mae", refused("1,234", remedy="--thousands ,", then=30.5))
    page = {name: whole.format(row.format("1,5", "1,25") + row.format("2,5", "2,3"))}
    add(f"decimal commas in {name}", page, f"regress {name} --loss mae", refused("1,5", remedy="--decimal ,", then=0.225))
    page = {name: whole.format(row.format("1.234", "1.250") + row.format("2.345,5", "2.300"))}
    add(f"points between thousands in {name}", page, f"regress {name} --loss mae --thousands . --decimal ,", 30.75)
# --- spreadsheets
frame = pd.DataFrame({"pred": GUESS, "target": SEEN})
add("numbers in a sheet", {"x.xlsx": frame}, "regress x.xlsx --loss mae", MAE)
add("numbers as text in a sheet", {"x.xlsx": frame.astype(str)}, "regress x.xlsx --loss mae", refused("cell A2", "'2.5'"))
shares = pd.DataFrame({"prob": [f"{100 * s:.0f}%" for s in SCORE], "label": TRUE})
add("percentages as text in a sheet", {"x.xlsx": shares}, "classify x.xlsx --loss bce", refused("cell A2", "'70%'"))

# --- fewer rows than columns prove nothing about further classes
FEW = {"p.csv": "red,green,blue,extra\n1,2,0.5,3\n2,1,0.5,4\n", "t.csv": "label\n2\n1\n"}
add(
    "further numeric columns of two rows",
    FEW,
    "classify p.csv t.csv --loss ce --from-logits",
    refused("4 numeric columns, 3 classes", "--col scores="),
)
