"""Situations of tables made for people: rows of totals, feet and parts of cells in HTML, long numbers in sheets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.reading.index_situations import SITUATIONS
from tests.reading.situations import BCE, GUESS, MAE, PLACES, REG, REGS, SCORE, SEEN, TRUE, add, refused, table
from tests.support.sheets import ods

__all__ = ["SITUATIONS"]

# --- rows of totals
SUMMED = (np.append(GUESS, GUESS.sum()), np.append(SEEN, SEEN.sum()))
for word in ("Total", "Grand total", "SUMME:", "Insgesamt", "All"):
    files: dict[str, Any] = {"x.csv": table("day,pred,target", [*PLACES, word], *SUMMED)}
    add(f"a last row {word}", files, REG, refused("row 6", word, remedy=f"--filter 'day!={word}'", then=MAE))
for word in ("Mean", "Average", "Durchschnitt"):
    shown = [np.append(x, round(x.mean(), 1)) for x in (GUESS, SEEN)]
    files = {"x.csv": table("day,pred,target", [*PLACES, word], *shown)}
    add(f"a last row {word}", files, REG, refused("row 6", word, remedy=f"--filter 'day!={word}'", then=MAE))
files = {"x.csv": table("day,pred,target", ["Total", *PLACES], *(np.roll(x, 1) for x in SUMMED))}
add("a first row Total", files, REG, refused("row 1", remedy="--filter 'day!=Total'", then=MAE))
both = [np.append(x, x[:-1].mean()) for x in SUMMED]
files = {"x.csv": table("day,pred,target", [*PLACES, "Sum", "Mean"], *both)}
add("last rows Sum and Mean", files, REG, refused("row 6", remedy="--filter 'day!=Sum and day!=Mean'", then=MAE))
files = {"p.csv": table("day,pred", [*PLACES, "Total"], SUMMED[0]), "t.csv": table("day,target", [*PLACES, "Total"], SUMMED[1])}
add("a row Total on both sides", files, REGS, refused("p.csv, row 6", remedy="--filter 'pred.day!=Total'", then=MAE))
add("a row Total under --key", files, f"{REGS} --key day", refused("Total", remedy="--filter 'pred.day!=Total'", then=MAE))
files = {"p.csv": table("day,pred", [*PLACES, "Total"], SUMMED[0]), "t.csv": table("target", SUMMED[1])}
add("a row Total named on one side", files, REGS, refused("Total", remedy="--filter 'day!=Total'", then=MAE))
WHOLE = float(np.abs(SUMMED[0] - SUMMED[1]).mean())
sheet = pd.DataFrame({"day": [*PLACES, "Total"], "pred": SUMMED[0], "target": SUMMED[1]})
add(
    "a row Total in a sheet",
    {"x.xlsx": sheet},
    REG.replace("csv", "xlsx"),
    refused("cell A7", remedy="--allow total-row", then=WHOLE),
)
files = {"x.csv": table("brand,pred,target", ["Shell", "Agip", "BP", "Total"], [1.5, 2.5, 2, 3.2], [1, 2, 2, 3])}
add("a brand Total", files, REG, float(np.abs([0.5, 0.5, 0, 0.2]).mean()))
files = {
    "x.csv": table(
        "unique_id,ds,pred,target", ["total"] * 2 + ["a"] * 2 + ["b"] * 2, [1, 2] * 3, [5, 6, 2, 2, 3, 4], [5, 6, 2, 3, 3, 3]
    )
}
add("series of totals", files, REG, float(np.abs([0, 0, 0, 1, 0, 1]).mean()))
# --- HTML


def page(rows: Any, foot: str = "") -> str:
    body = "".join("<tr>" + "".join(f"<td>{x}</td>" for x in row) + "</tr>" for row in rows)
    return f"<table><thead><tr><th>day</th><th>pred</th><th>target</th></tr></thead><tbody>{body}</tbody>{foot}</table>"


HTML = "regress x.html --loss mae"
ROWS = list(zip(PLACES, GUESS, SEEN, strict=True))
add("the foot of a table", {"x.html": page(ROWS, "<tfoot><tr><td>Total</td><td>23</td><td>22</td></tr></tfoot>")}, HTML, MAE)
add(
    "names again in the foot", {"x.html": page(ROWS, "<tfoot><tr><th>day</th><th>pred</th><th>target</th></tr></tfoot>")}, HTML, MAE
)
for name, cell in (("a power", "1<sup>2</sup>"), ("two lines", "1<br>2"), ("two elements", "<i>1</i><b>2</b>")):
    add(f"{name} in a cell", {"x.html": page([("p", cell, 1), ("q", 2, 2)])}, HTML, refused("row 1", "pred", "'1 and 2'"))
for name, cell in (
    ("a bold number", "<b>2</b>"),
    ("a hidden number", '<i style="display: none">7</i>2'),
    ("a remark", "2<!-- 3 -->"),
):
    add(f"{name} in a cell", {"x.html": page([("p", cell, 1), ("q", 2, 2)])}, HTML, 0.5)
# --- whole numbers that sheets round
LONG = 2**53
long = pd.DataFrame({"id": [LONG + 1, LONG + 3], "pred": [1.0, 2.0], "target": [1.0, 3.0]})
SHEETS = "regress x.xlsx t.xlsx --loss mae"
files = {"x.xlsx": long, "t.xlsx": long}
add("long ids in sheets as key", files, f"{SHEETS} --key id", refused("cell A2", "beyond 2^53", "as text"))
add("long ids in sheets", files, SHEETS, refused("beyond 2^53", remedy="--pair position", then=0.5))
files = {name: long.assign(id=["9007199254740993", "9007199254740995"]) for name in files}
add("long ids as text in sheets", files, f"{SHEETS} --key id", 0.5)
files = {"x.ods": ods([["pred", "target"], [LONG + 1, 1], [1, 2]])}
add("a number that a sheet rounds", files, "regress x.ods --loss mae", refused("cell A2", f"{LONG + 1} has no exact double"))
# --- titles above the names, text in typed columns, keys as ids
for title in ("Report 2024\n\n", '"Report 2024",\n,\n'):
    files = {"x.csv": title + table("pred,target", GUESS, SEEN)}
    add(f"the title {title!r}", files, REG, refused("line 3", "tail -n +3 x.csv"))
titled = pd.DataFrame({"Report": ["pred", 1, 2], "": ["target", 2, 4]})
add("a title in a sheet", {"x.xlsx": titled}, REG.replace("csv", "xlsx"), refused("row 2 of x.xlsx", "delete the rows above"))
typed = pd.DataFrame({"pred": ["0.3", "x"], "target": [1.0, 2.0]})
add("numbers as text in Parquet", {"x.parquet": typed}, REG.replace("csv", "parquet"), refused("row 1, column pred", "'0.3'"))
SCORED = '{"a": {"score": 0.7}, "b": {"score": 0.4}, "c": {"score": 0.2}}'
files = {"p.json": SCORED, "t.csv": table("id,label", "abc", [1, 0, 0])}
JSON = "classify p.json t.csv --loss bce"
add("objects by id", files, JSON, refused("'a' and 'score'", "jq '[to_entries[] | {id: .key} + .value]' p.json"))
files = {"p.json": '{"12": 0.7, "10": 0.4, "11": 0.2}', "t.csv": table("id,label", [10, 11, 12], [0, 0, 1])}
right = float(-np.log([0.7, 0.6, 0.8]).mean())
add("scores by id in another order", files, JSON, refused("another order", remedy="--key index=id", then=right))
order, known = [2, 0, 1, 4, 3], table("id,target", range(10, 15), SEEN)
files = {
    "p.csv": table("PassengerId,pred", np.arange(10, 15)[order], GUESS[order]),
    "t.csv": table("id,target", range(10, 15), SEEN),
}
add("ids of two names in another order", files, REGS, refused("another order", remedy="--key PassengerId=id", then=MAE))
files = {"p.csv": table("PassengerId,pred", [12, 10, 11, 14, 19], GUESS), "t.csv": known}
add("other ids of two names", files, REGS, MAE)
# --- names that contradict what would be read
ends = "".join(f"{a},{b},\n" for a, b in zip(GUESS, SEEN, strict=True))
add("commas at the ends of lines", {"x.csv": f"pred,target,\n{ends}"}, REG, MAE)
BINARY = "classify x.csv --loss bce"
files = {"x.csv": table("prob_0,label", 1 - SCORE, TRUE)}
far = float(-np.log(np.where(TRUE == 1, 1 - SCORE, SCORE)).mean())
add("one score of class 0", files, BINARY, refused("prob_0", remedy="--col scores=prob_0", then=far))
files = {"x.csv": table("positive,negative,label", SCORE, 1 - SCORE, TRUE)}
way = refused("positive, negative", remedy="--col scores=negative,positive", then=BCE)
add("scores of yes before no", files, BINARY.replace("bce", "ce"), way)
files = {"x.csv": table("negative,positive,label", 1 - SCORE, SCORE, TRUE)}
add("scores of no before yes", files, BINARY.replace("bce", "ce"), BCE)
files = {"x.csv": table("y,log_pred", SEEN, GUESS)}
add("predictions of another scale", files, REG, refused("log_pred", "scale", remedy="--col pred=log_pred", then=MAE))
add("both of one scale", {"x.csv": table("log_y,log_pred", SEEN, GUESS)}, f"{REG} --col target=log_y", MAE)
files = {"x.html": page([("p", 1, "2</td></tr><tr><td colspan=3>1")])}
add("a merged number in HTML", files, HTML, refused("merged cells"))
