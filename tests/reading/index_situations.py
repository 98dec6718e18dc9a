"""Situations of an index: of one side only, under another name on each side, or only in the metadata of Parquet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.reading.situations import GUESS, MAE, REGS, SEEN, add, refused, table
from tests.reading.table_situations import SITUATIONS

__all__ = ["SITUATIONS"]

TURNED = [2, 0, 1, 4, 3]
OURS, THEIRS = pd.DataFrame({"pred": GUESS}), pd.DataFrame({"target": SEEN})
PLAIN = table("target", SEEN)
AS_IT_STANDS = float(np.abs(GUESS[TURNED] - SEEN).mean())
files: dict[str, Any] = {"p.csv": OURS.iloc[TURNED].to_csv(), "t.csv": PLAIN}
add("an index of PRED alone in another order", files, REGS, refused("another order", remedy="--pair position", then=AS_IT_STANDS))
files = {"p.csv": table("pred", GUESS), "t.csv": THEIRS.iloc[TURNED].to_csv()}
add("an index of TARGET alone in another order", files, REGS, refused("t.csv, row 1", "Unnamed: 0", "--pair position"))
files = {"p.csv": table("row,pred", [3, 1, 2, 5, 4], GUESS[TURNED]), "t.csv": PLAIN}
add("rows from 1 of PRED alone in another order", files, REGS, refused("row", "3 where 1 is next"))
add("an index of PRED alone in order", {"p.csv": OURS.to_csv(), "t.csv": PLAIN}, REGS, MAE)
files = {"p.csv": pd.DataFrame({"pred": GUESS}, index=[9, 3, 17, 2, 1]).to_csv(), "t.csv": PLAIN}
add("an index of PRED alone that does not count the rows", files, REGS, MAE)
for how in ("columns", "index", "split"):
    files = {"p.json": OURS.iloc[TURNED].to_json(orient=how), "t.csv": PLAIN}
    add(f"an index in another order as {how} of JSON", files, REGS.replace("p.csv", "p.json"), refused("another order"))
files = {"p.parquet": OURS[::-1], "t.csv": PLAIN}
add("a frame in Parquet from its end", files, REGS.replace("p.csv", "p.parquet"), refused("4 where 0 is next"))
files = {"p.csv": OURS.iloc[TURNED].to_csv(), "t.parquet": THEIRS.iloc[[4, 0, 3, 1, 2]]}
both = REGS.replace("t.csv", "t.parquet")
way = "--key 'Unnamed: 0=__index_level_0__'"
add("an index of two names in another order", files, both, refused("another order", remedy=way, then=MAE))
LONG = np.arange(3000)
LATE = np.concatenate([LONG[:2000], LONG[:1999:-1]])
files = {"p.csv": pd.DataFrame({"pred": LATE}, index=LATE).to_csv(), "t.csv": table("target", LONG)}
add("an index of PRED alone in another order from row 2001 on", files, REGS, refused("row 2001", "2999 where 2000 is next"))
files["t.csv"] = pd.DataFrame({"target": LONG}).to_csv(index_label="idx")
add("an index of two names in another order from row 2001 on", files, REGS, refused(remedy="--key 'Unnamed: 0=idx'", then=0.0))
# --- an index that is only in the metadata of Parquet
named = OURS.set_index(pd.RangeIndex(5, name="rid"))
files = {"p.parquet": named, "t.parquet": THEIRS[::-1].set_index(pd.Index([4, 3, 2, 1, 0], name="rid"))}
PARQUET = "regress p.parquet t.parquet --loss mae"
add("a named range as index", files, PARQUET, refused("another order", remedy="--key rid", then=MAE))
files = {"p.parquet": named, "t.csv": table("rid,target", TURNED, SEEN[TURNED])}
add("a named range as index and a column", files, REGS.replace("p.csv", "p.parquet"), refused(remedy="--key rid", then=MAE))
steps = np.arange(10, 20, 2)
files = {"p.parquet": OURS.set_index(pd.RangeIndex(10, 20, 2)), "t.parquet": THEIRS.iloc[TURNED].set_index(steps[TURNED])}
add("a range with steps as index", files, PARQUET, refused("another order", remedy="--key __index_level_0__", then=MAE))
files = {"p/0.parquet": OURS[:2], "p/1.parquet": OURS[2:], "t.csv": PLAIN}
add("parts of one frame in Parquet", files, "regress p t.csv --loss mae", MAE)
