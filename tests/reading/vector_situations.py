"""Situations of vectors: lists of pairs and triplets as benchmarks have them, labels in another file, centres of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.reading.situations import Refused, Situation, refused, table, triplets

VECTORS: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in VECTORS, name
    VECTORS[name] = Situation(files, command, right, says)


POINTS = np.array([[1.0, 0.1], [0.6, 0.5], [0.3, 0.8], [0.2, 0.9], [0.9, 0.6], [0.1, 0.4]])
IDS = np.array(["ann_0001", "ann_0002", "bob_0001", "bob_0002", "cid_0001", "cid_0002"])
WHO, OTHER = np.array(["ann", "ann", "bob", "bob", "cid", "cid"]), [3, 0, 5, 1, 4, 2]
ONE, TWO, SAME = [0, 2, 0], [1, 3, 5], [1, 1, 0]


def contrastive(one: Any = ONE, two: Any = TWO, same: Any = SAME) -> float:
    apart = np.sqrt(((POINTS[one] - POINTS[two]) ** 2).sum(1))
    return float(np.where(same, apart**2, np.maximum(1 - apart, 0) ** 2).mean() / 2)


def lines(mark: str, *columns: Any) -> str:
    return "".join(mark.join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


RIGHT = contrastive()
E = {"e.csv": table("id,e0,e1", IDS[OTHER], POINTS[OTHER])}
LISTED = "embed e.csv --loss contrastive --pairs"
NONE = "--header target.none"
# --- lists without names, and with unusual ones
for name, text, blank in (
    ("l.csv", lines(",", IDS[ONE], IDS[TWO], SAME), ""),
    ("l.tsv", lines("\t", IDS[ONE], IDS[TWO], ["yes", "yes", "no"]), ""),
    ("l.txt", lines(" ", SAME, IDS[ONE], IDS[TWO]), "--delimiter target.blank"),
):
    files = {**E, name: text}
    way = refused("is data, use", remedy=NONE, then=RIGHT)
    add(f"pairs without names in {name}", files, f"{LISTED} {name} {blank}", way)
    if blank:
        add(f"pairs between blanks in {name}", files, f"{LISTED} {name}", refused(blank, f"{NONE} if"))
paths = lines(",", [f"x/{i}.jpg" for i in IDS[ONE]], [f"y/{i}.jpg" for i in IDS[TWO]], SAME)
add("pairs of paths without names", {**E, "l.csv": paths}, f"{LISTED} l.csv", refused(NONE))
add("pairs of paths", {**E, "l.csv": paths}, f"{LISTED} l.csv {NONE}", refused(remedy="--key-stem", then=RIGHT))
for header in ("left,right,y", "id1,id2,is_duplicate", "file1,file2,gold", "query,reference,decision"):
    add(f"pairs {header}", {**E, "l.csv": table(header, IDS[ONE], IDS[TWO], SAME)}, f"{LISTED} l.csv", RIGHT, "`same` read from")
strange = {**E, "l.csv": table("s1,s2,same", IDS[ONE], IDS[TWO], SAME)}
add("pairs s1, s2", strange, f"{LISTED} l.csv", refused(remedy="--col a=s1 --col b=s2", then=RIGHT))
for header in ("a,b,different", "a,b,dissimilar", "a,b,fold", "a,b,prediction"):
    add(f"pairs {header}", {**E, "l.csv": table(header, IDS[ONE], IDS[TWO], SAME)}, f"{LISTED} l.csv", refused("`same`"))
strict = f"{LISTED} l.csv --strict"
files = {**E, "l.csv": table("a,b,y", IDS[ONE], IDS[TWO], SAME)}
add("pairs a, b, y under --strict", files, strict, refused("`same` of l.csv is y"))
add("pairs a, b, y under --strict, named", files, f"{strict} --col same=y", RIGHT)
two = table("a,b,y,z", IDS[ONE], IDS[TWO], [1, 0, 1], SAME)
add("pairs with two columns of 0 and 1, one of them y", {**E, "l.csv": two}, f"{LISTED} l.csv", contrastive(same=[1, 0, 1]))
add("pairs with two columns of 0 and 1", {**E, "l.csv": two.replace("y,z", "u,z")}, f"{LISTED} l.csv", refused("`same`"))
three = lines(",", IDS[[0, 2]], IDS[[1, 3]], IDS[[2, 5]])
far, near = (np.sqrt(((POINTS[[0, 2]] - POINTS[x]) ** 2).sum(1)) for x in ([1, 3], [2, 5]))
add(
    "triplets without names",
    {**E, "l.csv": three},
    "embed e.csv --loss triplet:margin=1 --pairs l.csv",
    refused(remedy=NONE, then=float(np.maximum(far - near + 1, 0).mean())),
)
# --- LFW's lists as CSV
for header, text, right in (
    ("name,imagenum1,imagenum2", "ann,1,2\nbob,1,2\n", contrastive([0, 2], [1, 3], [1, 1])),
    ("name,imagenum1,name,imagenum2", "ann,1,bob,2\nann,2,cid,1\n", contrastive([0, 1], [3, 4], [0, 0])),
    ("name,imagenum1,imagenum2,", "ann,1,2,\nann,1,bob,2\n", contrastive([0, 0], [1, 3], [1, 0])),
):
    add(f"LFW's pairs {header}", {**E, "l.csv": f"{header}\n{text}"}, f"{LISTED} l.csv", right)
broken = {**E, "l.csv": "name,imagenum1,imagenum2\nann,1,2\nann,1\n"}
add("LFW's pairs with a short line", broken, f"{LISTED} l.csv", refused("line 3", "'ann 1'"))
# --- labels in another file
HARD = "--loss triplet:mining=hard,margin=1"
HARDEST = triplets(POINTS, [0, 0, 1, 1, 2, 2])
files = {"p.csv": table("filename,e0,e1", IDS[OTHER], POINTS[OTHER]), "t.csv": table("image,label", IDS, WHO)}
add(
    "vectors and labels by names of files", files, f"embed p.csv t.csv {HARD}", refused(remedy="--key filename=image", then=HARDEST)
)
files = {"p.csv": table("pid,camid,e0,e1", [7, 7, 8, 8, 9, 9], [0, 1] * 3, POINTS)}
add("persons and cameras", files, f"embed p.csv {HARD}", HARDEST)
files = {"p.csv": table("who,place,e0,e1", [7, 7, 8, 8, 9, 9], ["u", "v"] * 3, POINTS)}
way = refused("who, place", remedy="--col label=who", then=HARDEST)
add("numbers and words that may both be labels", files, f"embed p.csv {HARD}", way)
archive = {"p.npz": {"feat": POINTS, "pids": np.array([7, 7, 8, 8, 9, 9]), "camids": np.array([0, 1] * 3)}}
add("persons and cameras of an archive", archive, f"embed p.npz {HARD}", HARDEST)
pair = {"x.csv": table("emb1_0,emb1_1,emb2_0,emb2_1,same", POINTS[ONE], POINTS[TWO], SAME)}
way = refused(remedy="--col a=emb1_0,emb1_1 --col b=emb2_0,emb2_1", then=RIGHT)
add("two vectors in a row", pair, "embed x.csv --loss contrastive", way)
# --- centres
CENTRES = np.array([[0.8, 0.3], [0.2, 0.9], [0.5, 0.4]])
apart = float((((POINTS - CENTRES[[0, 0, 1, 1, 2, 2]]) ** 2).sum(1) / 2).mean())
arrays = {"p.npy": POINTS, "t.npy": np.array([1, 1, 2, 2, 3, 3]), "c.npy": CENTRES}
center = "embed p.npy t.npy --loss center --centers c.npy"
add("centres of labels from 1", arrays, center, refused("labels count from 1", remedy="--classes 1,2,3", then=apart))
add("centres of names", {**arrays, "t.npy": WHO}, center, refused("'ann' is text", "--classes"))
add("centres of names in order", {**arrays, "t.npy": WHO}, f"{center} --classes ann,bob,cid", apart)
