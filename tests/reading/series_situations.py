"""Situations of series in time: names of times, horizons in columns, models and their intervals, rows that one side lacks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tests.reading.forecast_situations import pinball
from tests.reading.situations import GUESS, REGS, SEEN, Refused, Situation, mae, refused, table

SERIES: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in SERIES, name
    SERIES[name] = Situation(files, command, right, says)


P, S = np.append(GUESS, 1.0), np.append(SEEN, 2.0)
IDS = np.array(list("aaabbb"))
DAYS = np.array([f"2024-01-0{i}" for i in (1, 2, 3)] * 2)
D, p, s, BACK = DAYS[:3], P[:3], S[:3], [2, 0, 1]
RIGHT, HALF = mae(P, S), mae(p, s)

# --- one column of each side tells rows apart, under two names
for ours, theirs in (("ds", "date"), ("", "date"), ("timestamp", "ds"), ("Month", "time"), ("clip", "recording")):
    files = {"p.csv": table(f"{ours},pred", D, p), "t.csv": table(f"{theirs},y", D[BACK], s[BACK])}
    key = f"{ours or 'Unnamed: 0'}={theirs}"
    key = f"--key '{key}'" if " " in key else f"--key {key}"
    add(f"{ours or 'an index'} against {theirs} in another order", files, REGS, refused("another order", remedy=key, then=HALF))
    files = {"p.csv": table(f"{ours},pred", D, p), "t.csv": table(f"{theirs},y", D, s)}
    add(f"{ours or 'an index'} against {theirs} in one order", files, REGS, HALF)
LATER = ["2024-01-02", "2024-01-03", "2024-01-04"]
files = {"p.csv": table("ds,pred", LATER, p), "t.csv": table("date,y", D, s)}
way = "--key ds=date --missing drop --extra drop"
add("times of two names that are one step apart", files, REGS, refused("2 of 3", remedy=way, then=mae(p[:2], s[1:])))
files = {"p.csv": table("made,pred", LATER, p), "t.csv": table("date,y", D, s)}
add("days of two names that may be of different things", files, REGS, HALF)
files = {"p.csv": table("ds,pred", D, p), "t.csv": table("date,y", D[[0, 2]], s[[0, 2]])}
short = refused("3 predictions", remedy="--key ds=date --extra drop", then=mae(p[[0, 2]], s[[0, 2]]))
add("times of two names, one of them missing", files, REGS, short)
archive = {"p.npz": {"pred": p, "names": D}, "t.csv": table("name,y", D[BACK], s[BACK])}
add("names of an archive", archive, REGS.replace("p.csv", "p.npz"), refused(remedy="--key names=name", then=HALF))
# --- several columns together name a row, and one side has more rows
files = {"p.csv": table("unique_id,ds,NHITS", IDS, DAYS, P), "t.csv": table("unique_id,ds,y", IDS[:5], DAYS[:5], S[:5])}
way = "--key unique_id --key ds --extra drop"
add("a forecast beyond the truth", files, REGS, refused(remedy=way, then=mae(P[:5], S[:5])))
files = {"p.csv": table("unique_id,ds,NHITS", IDS[1:], DAYS[1:], P[1:]), "t.csv": table("unique_id,ds,y", IDS, DAYS, S)}
add("a truth before the forecast", files, REGS, refused(remedy="--key unique_id --key ds --missing drop", then=mae(P[1:], S[1:])))
cuts = {
    "p.csv": table("unique_id,ds,cutoff,ETS", list("aaaa"), D[[0, 1, 1, 2]], [D[0], D[0], D[1], D[1]], P[:4]),
    "t.csv": table("unique_id,ds,y", list("aaa"), D, s),
}
way = "--key unique_id --key ds --many"
add("forecasts of several cutoffs", cuts, REGS, refused(remedy=way, then=mae(P[:4], s[[0, 1, 1, 2]])))
# --- a column that both sides have, and that is equal in every pair
both = {"p.csv": table("unique_id,ds,NHITS", IDS, DAYS, P), "t.csv": table("unique_id,ds,y", IDS, DAYS, S)}
turned = {"p.csv": both["p.csv"], "t.csv": table("unique_id,ds,y", IDS[::-1], DAYS[::-1], S[::-1])}
KEYS = f"{REGS} --key unique_id --key ds"
add("a filter by series", both, f"{REGS} --filter unique_id=b", mae(P[3:], S[3:]))
add("a filter by time", both, f"{REGS} --filter 'ds>2024-01-01 and ds<=2024-01-02T00:00'", mae(P[[1, 4]], S[[1, 4]]))
add("a filter by a time in another spelling", turned, f"{KEYS} --filter 'ds=2024-01-03 00:00:00'", mae(P[[2, 5]], S[[2, 5]]))
add("a filter by time after pairing by key", turned, f"{KEYS} --filter 'ds>=2024-01-02'", mae(P[[1, 2, 4, 5]], S[[1, 2, 4, 5]]))
add("a filter by time with a zone", both, f"{REGS} --filter ds>2024-01-01T00:00Z", refused("p.csv, row 1", "time zone"))
add("a filter by days first", both, f"{REGS} --filter ds>02.01.2024", refused("not a finite number", "2024-01-31"))
add("groups by series and models", both, f"{REGS} --models NHITS --by unique_id", RIGHT)
fold = {"p.csv": table("id,fold,pred", IDS, [1, 1, 1, 2, 2, 2], P), "t.csv": table("fold,y", [1, 1, 2, 2, 2, 2], S)}
add("groups that differ between the sides", fold, f"{REGS} --pair position --by fold", refused("--by target.fold"))
add("groups that differ between the sides, named", fold, f"{REGS} --pair position --by target.fold", RIGHT)
# --- horizons and series in columns
W, T = P.reshape(2, 3), S.reshape(2, 3)
M5 = {"p.csv": table("id,F1,F2,F3", "ab", W), "t.csv": table("id,F1,F2,F3", "ab", T)}
add("a column per horizon", M5, REGS, RIGHT)
add("a column per horizon in another order", {**M5, "t.csv": table("id,F3,F1,F2", "ab", T[:, BACK])}, REGS, RIGHT)
files = {**M5, "t.csv": table("id,F1,F2,F3", "ba", T[::-1])}
add("a column per horizon, series in another order", files, REGS, refused(remedy="--key id", then=RIGHT))
add("horizons that start at 2", {k: v.replace("F3", "F4") for k, v in M5.items()}, REGS, RIGHT)
off = refused("F1, F2", remedy="--col pred=F1,F2 --col target=F1,F2", then=mae(W[:, :2], T[:, :2]))
add("fewer horizons than the truth has", {**M5, "p.csv": table("id,F1,F2", "ab", W[:, :2])}, REGS, off)
files = {**M5, "t.csv": table("id,d_1942,d_1943,d_1944", "ab", T)}
add("horizons under other names", files, REGS, refused("--col pred=F1,F2,F3"))
add("horizons under other names, named", files, f"{REGS} --col pred=F1,F2,F3", refused("--col target=d_1942,d_1943,d_1944"))
add("horizons under other names, both named", files, f"{REGS} --col pred=F1,F2,F3 --col 'target=d_*'", RIGHT)
files = {"p.csv": table("ds,b,a", D, P[3:], p), "t.csv": table("ds,a,b", D, s, S[3:])}
add("a column per series", files, REGS, refused("a", "b", remedy="--col pred=b,a --col target=b,a", then=RIGHT))
add("a column per series, named once", files, f"{REGS} --col pred=b,a", RIGHT)
lists = [{"item_id": i, "mean": w.tolist(), "0.1": (w - 1).tolist(), "0.9": (w + 1).tolist()} for i, w in zip("ab", W, strict=True)]
true = [{"item_id": i, "target": t.tolist()} for i, t in zip("ab", T, strict=True)]
files = {"p.jsonl": "\n".join(map(json.dumps, lists)), "t.jsonl": "\n".join(map(json.dumps, true))}
add("a list per series beside lists of quantiles", files, "regress p.jsonl t.jsonl --loss mae", RIGHT)
# --- models beside their intervals
ENDS = np.stack([P - 2, P - 1, P + 1, P + 3], axis=1)
one = {"x.csv": table("y,M,M-lo-95,M-lo-80,M-hi-80,M-hi-95", S, P, ENDS)}
ONE, SCORE = "regress x.csv --loss mae", "regress x.csv --loss interval_score"


def interval(low: Any, high: Any, alpha: float) -> float:
    return float((high - low + 2 / alpha * (np.maximum(low - S, 0) + np.maximum(S - high, 0))).mean())


add("a model beside its intervals", one, ONE, RIGHT)
add("the wider of two intervals", one, f"{SCORE}:alpha=0.05", interval(ENDS[:, 0], ENDS[:, 3], 0.05))
add("the narrower of two intervals", one, f"{SCORE}:alpha=0.2", interval(ENDS[:, 1], ENDS[:, 2], 0.2))
add("two intervals of other levels", one, SCORE, refused("no quantiles 0.05 and 0.95", "M-lo-95, M-lo-80"))
two = {"x.csv": table("y,M,M-lo-80,M-hi-80,K,K-lo-80,K-hi-80", S, P, ENDS[:, 1:3], P + 1, ENDS[:, [0, 3]])}
add("two models beside their intervals", two, ONE, refused("? M, K (", remedy="--models M,K", then=(RIGHT + mae(P + 1, S)) / 2))
off = refused(remedy="--col lower=K-lo-80 --col upper=K-hi-80", then=interval(ENDS[:, 0], ENDS[:, 3], 0.2))
add("intervals of two models", two, f"{SCORE}:alpha=0.2", off)
add("an end as a quantile", two, "regress x.csv --loss pinball --col pred=K-hi-80", pinball(ENDS[:, 3], S, 0.9), "tau=0.9")
parts = {"x.csv": table("ds,y,trend,weekly,GAM,GAM_std", DAYS, S, P - 1, P * 0 + 1, P, P * 0 + 2)}
add("a model beside its parts and its spread", parts, ONE, RIGHT)
# --- other names for all of it
last = [5, 4, 3, 2, 1, 0]
files = {
    "p.csv": table("unique_id,ds,ETS", IDS, DAYS, P),
    "t.csv": table("series,date,y", IDS[last], DAYS[last], S[last]),
}
way = "--key unique_id=series --key ds=date"
add("series and times of two names in another order", files, REGS, refused("another order", remedy=way, then=RIGHT))
files = {**files, "t.csv": table("series,date,y", IDS[last[1:]], DAYS[last[1:]], S[last[1:]])}
add("series and times of two names, one row less", files, REGS, refused(remedy=f"{way} --extra drop", then=mae(P[:5], S[:5])))
for name in ("y", "target", "sales"):
    files = {side: table(f"id,{name}", "pqr", x) for side, x in (("p.csv", p), ("t.csv", s))}
    add(f"{name} on both sides", files, REGS, HALF)
