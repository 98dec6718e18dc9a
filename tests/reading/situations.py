"""The table of situations: the files, the command, and its right value or refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Refused:
    """Words of the message, and the remedy in it with the value that it gives."""

    words: tuple[str, ...]
    remedy: str = ""
    then: float = 0.0


@dataclass(frozen=True)
class Situation:
    files: dict[str, Any]
    command: str
    right: float | Refused
    says: tuple[str, ...] = ()
    """Words of the notes that go with a value."""


def table(header: str, *columns: Any) -> str:
    """A CSV of columns; an array of two axes is several."""
    every = [c for x in columns for c in (np.asarray(x).T if np.ndim(x) == 2 else [list(x)])]
    return "\n".join([header, *(",".join(map(str, row)) for row in zip(*every, strict=True))]) + "\n"


def refused(*words: str, remedy: str = "", then: float = 0.0) -> Refused:
    return Refused(words, remedy, then)


PROBS = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.3, 0.6], [0.4, 0.35, 0.25], [0.3, 0.5, 0.2], [0.1, 0.1, 0.8]])
LOGITS = np.array([[1.5, 0.2, -1.0], [-0.4, 1.1, 0.3], [0.2, -0.6, 1.3], [0.8, 0.4, -0.2], [0.1, 0.7, 0.3], [-1.0, 0.1, 1.8]])
NUMBERS = np.array([0, 2, 2, 1, 1, 0])
HARD = np.array([0, 1, 2, 1, 1, 2])
NAMES = np.array(["ash", "elm", "oak"])
WORDS = NAMES[NUMBERS]
ROWS = ["t1", "t2", "t3", "t4", "t5", "t6"]
MIXED = [4, 1, 0, 5, 3, 2]
OTHER = [2, 0, 1]
TRUE = np.array([1, 0, 1, 0, 0, 1])
SCORE = np.array([0.7, 0.4, 0.35, 0.2, 0.6, 0.9])
GUESS = np.array([2.5, 3.0, 7.5, 4.0, 6.0])
SEEN = np.array([3.0, 3.5, 6.0, 4.5, 5.0])
PLACES = ["p", "q", "r", "s", "t"]


def ce(probs: Any, labels: Any) -> float:
    return float(-np.log(np.asarray(probs)[np.arange(len(labels)), labels]).mean())


def softmax(logits: Any) -> Any:
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


def bce(probs: Any, labels: Any) -> float:
    p, y = np.asarray(probs, float), np.asarray(labels, float)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def mae(pred: Any, target: Any) -> float:
    return float(np.abs(np.asarray(pred, float) - np.asarray(target, float)).mean())


def winkler(low: Any, high: Any, seen: Any) -> float:
    """The interval score at alpha = 0.1."""
    return float((high - low + 20 * np.maximum(low - seen, 0) + 20 * np.maximum(seen - high, 0)).mean())


def triplets(vectors: Any, labels: Sequence[int]) -> float:
    """The batch-hard triplet loss at a margin of 1, of anchors that have a positive and a negative."""
    distance = np.sqrt(((vectors[:, None] - vectors[None]) ** 2).sum(2))
    same = np.equal.outer(labels, labels)
    far = np.where(same & ~np.eye(len(labels), dtype=bool), distance, -np.inf).max(1)
    near = np.where(same, np.inf, distance).min(1)
    return float(np.maximum(far - near + 1.0, 0).mean())


CE, CEL = ce(PROBS, NUMBERS), ce(softmax(LOGITS), NUMBERS)
WRONG = float((HARD != NUMBERS).mean())
BCE, MAE = bce(SCORE, TRUE), mae(GUESS, SEEN)
CLASS = "classify x.csv --loss ce"
LOGIT = f"{CLASS} --from-logits"
TWO, TWOL = "classify p.csv t.csv --loss ce", "classify p.csv t.csv --loss ce --from-logits"
ERROR, ERRORS = "classify x.csv --loss zero_one", "classify p.csv t.csv --loss zero_one"
BINARY = "classify x.csv --loss bce"
REG, REGS = "regress x.csv --loss mae", "regress p.csv t.csv --loss mae"
SITUATIONS: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused) -> None:
    assert name not in SITUATIONS, name
    SITUATIONS[name] = Situation(files, command, right)


# --- scores by class names, in any order and spelling
for spelled in ("prob_{}", "{}_prob", "P({})", "{} Prob", "p[{}]", "{}"):
    header = ",".join(spelled.format(NAMES[i]) for i in OTHER)
    add(f"columns {spelled} beside the truth", {"x.csv": table(f"{header},true_label", PROBS[:, OTHER], WORDS)}, CLASS, CE)
    files = {
        "p.csv": table(f"plot_id,{header},fold", ROWS, PROBS[:, OTHER], [1, 1, 2, 2, 3, 3]),
        "t.csv": table("plot_id,height,species", ROWS, [3, 5, 4, 6, 5, 4], WORDS),
    }
    add(f"columns {spelled} and names in TARGET", files, TWO, CE)
add(
    "shuffled prefix with --classes",
    {"x.csv": table("p_oak,p_ash,p_elm,y", PROBS[:, OTHER], WORDS)},
    f"{CLASS} --classes ash,elm,oak",
    CE,
)
add(
    "features, named scores, predicted class and truth",
    {"x.csv": table("height,prob_ash,prob_elm,prob_oak,species,pred", [3, 5, 4, 6, 5, 4], PROBS, WORDS, NAMES[HARD])},
    CLASS,
    CE,
)
add(
    "only the predicted class beside the scores",
    {"x.csv": table("plot,class,P(ash),P(elm),P(oak)", ROWS, NAMES[HARD], PROBS)},
    CLASS,
    refused("`label`", "class"),
)
# --- a further column
FURTHER: dict[str, Any] = {
    "Unnamed: 0": range(6),
    "": range(6),
    "#": range(6),
    "rowid": [4, 8, 15, 16, 23, 42],
    "ImageId": [4, 8, 15, 16, 23, 42],
    "OrderNo": [4, 8, 15, 16, 23, 42],
    "fold": [0, 0, 1, 1, 2, 2],
    "argmax": HARD,
    "y_pred": HARD,
    "class": HARD,
    "y_true": [0, 1, 2, 0, 1, 2],
    "label": [0, 1, 2, 0, 1, 2],
    "confidence": PROBS.max(1),
    "entropy": [0.9, 1.0, 0.9, 1.1, 1.0, 0.6],
    "timestamp": [1700000000 + i for i in range(6)],
}
for extra, cells in FURTHER.items():
    files = {"p.csv": table(f"{extra},ash,elm,oak", cells, LOGITS), "t.csv": table("species", WORDS)}
    add(f"{extra or 'a nameless column'} beside named scores", files, TWOL, CEL)
    files = {"p.csv": table(f"z_0,z_1,z_2,{extra or 'index'}", LOGITS, cells), "t.csv": table("label", NUMBERS)}
    add(f"{extra or 'index'} beside numbered scores", files, TWOL, CEL)
for extra in ("confidence", "fold", "y_pred", "Unnamed: 0"):
    files = {"p.csv": table(f"{extra},a,b,c", FURTHER[extra], PROBS), "t.csv": table("label", NUMBERS)}
    add(f"{extra} beside scores without class names", files, TWO, CE)
add(
    "confidence beside the two classes",
    {"p.csv": table("neg,pos,confidence", 1 - SCORE, SCORE, np.maximum(SCORE, 1 - SCORE)), "t.csv": table("label", TRUE)},
    TWO,
    BCE,
)
add(
    "one score beside features",
    {"x.csv": table("age,bmi,prob,label", [30, 20, 50, 40, 60, 10], [22] * 6, SCORE, TRUE)},
    BINARY,
    BCE,
)
add(
    "a feature that both files have",
    {
        "p.csv": table("id,age,a,b,c", range(6), [30, 20, 50, 40, 60, 10], LOGITS),
        "t.csv": table("id,age,y", range(6), [30, 20, 50, 40, 60, 10], NUMBERS),
    },
    TWOL,
    CEL,
)
# --- numbered scores
add("columns and labels from 1", {"x.csv": table("class1,class2,class3,label", PROBS, NUMBERS + 1)}, CLASS, CE)
add("columns from 1 in another order", {"x.csv": table("class3,class1,class2,label", PROBS[:, OTHER], NUMBERS + 1)}, CLASS, CE)
add(
    "columns from 1, labels from 0",
    {"x.csv": table("class1,class2,class3,label", PROBS, NUMBERS)},
    CLASS,
    refused("0", "--classes"),
)
add(
    "columns from 0, labels from 1",
    {"x.csv": table("prob_0,prob_1,prob_2,label", PROBS, NUMBERS + 1)},
    CLASS,
    refused("labels count from 1", remedy="--classes 1,2,3", then=CE),
)
add(
    "columns with gaps, labels of the same numbers",
    {"x.csv": table("p0,p3,p7,label", PROBS, np.array([0, 3, 7])[NUMBERS])},
    CLASS,
    CE,
)
add(
    "columns with gaps, other labels",
    {"x.csv": table("p0,p3,p7,label", PROBS, NUMBERS)},
    CLASS,
    refused("numbered 0,3,7", remedy="--classes 0,1,2", then=CE),
)
add("a frame and a series", {"p.csv": table(",0,1,2", range(6), PROBS), "t.csv": table(",0", range(6), NUMBERS)}, TWO, CE)
add(
    "a frame and a series of the same index in another order",
    {"p.csv": table(",0,1,2", MIXED, PROBS[MIXED]), "t.csv": table(",0", range(6), NUMBERS)},
    TWO,
    refused("another order", "--pair position", remedy="--key 'Unnamed: 0'", then=CE),
)
add("pred_0 … as scores", {"x.csv": table("pred_0,pred_1,pred_2,target", PROBS, NUMBERS)}, CLASS, CE)
# --- ids
for ids, header in ((ROWS, "image"), ([11, 12, 13, 14, 15, 16], "Id")):
    files = {
        "p.csv": table(f"{header},ash,elm,oak", ids, PROBS),
        "t.csv": table(f"{header},diagnosis", np.array(ids)[MIXED], WORDS[MIXED]),
    }
    add(f"{header} in another order", files, TWO, refused("another order", remedy=f"--key {header}", then=CE))
files = {"p.csv": table("Name,pred", PLACES, GUESS), "t.csv": table("name,target", PLACES[::-1], SEEN[::-1])}
add("ids in names that differ in case", files, REGS, refused("another order", remedy="--key Name=name", then=MAE))
files = {"p.csv": table("img,pred", [f"{x}.png" for x in PLACES], GUESS), "t.csv": table("img,target", PLACES, SEEN)}
add("ids with and without suffix", files, REGS, refused("suffix", remedy="--key img --key-stem", then=MAE))
series, hours = ["A", "A", "A", "B", "B"], [1, 2, 3, 1, 2]
turned = [3, 4, 0, 1, 2]
files = {
    "p.csv": table("unique_id,ds,AutoETS", series, hours, GUESS),
    "t.csv": table("unique_id,ds,y", np.array(series)[turned], np.array(hours)[turned], SEEN[turned]),
}
add("series and hours in another order", files, REGS, refused("another order", remedy="--key unique_id --key ds", then=MAE))
archives = {"p.npz": {"logits": LOGITS, "ids": np.array(ROWS)}, "t.npz": {"labels": NUMBERS[MIXED], "ids": np.array(ROWS)[MIXED]}}
add(
    "ids of archives",
    archives,
    "classify p.npz t.npz --loss ce --from-logits",
    refused("another order", remedy="--key ids", then=CEL),
)
# --- regression: names and what both files have
files = {"p.csv": table("unique_id,ds,AutoETS", series, hours, GUESS), "t.csv": table("unique_id,ds,y", series, hours, SEEN)}
add("a coordinate in both files is not the prediction", files, REGS, MAE)
files = {"p.csv": table("hour,temp,my_model", hours, SEEN[::-1], GUESS), "t.csv": table("hour,temp,y", hours, SEEN[::-1], SEEN)}
add("a feature in both files is not the prediction", files, REGS, MAE)
add("Actual X, Predicted X", {"x.csv": table("Day,Actual Load,Predicted Load", PLACES, SEEN, GUESS)}, REG, MAE)
add("X, X_pred", {"x.csv": table("day,load,load_pred", PLACES, SEEN, GUESS)}, REG, MAE)
add("X_true, X_pred", {"x.csv": table("load_true,load_pred", SEEN, GUESS)}, REG, MAE)
add("X, pred_X", {"x.csv": table("day,load,pred_load", PLACES, SEEN, GUESS)}, REG, MAE)
add("two models", {"x.csv": table("y,ETS,GBM", SEEN, SEEN + 1, GUESS)}, REG, refused("ETS, GBM", remedy="--col pred=GBM", then=MAE))
for low, high in (
    ("q05", "q95"),
    ("q0.05", "q0.95"),
    ("0.05", "0.95"),
    ("lo-90", "hi-90"),
    ("ETS-lo-90", "ETS-hi-90"),
    ("pred_lower", "pred_upper"),
):
    files = {"x.csv": table(f"day,{low},{high},y_true", PLACES, GUESS - 1, GUESS + 1, SEEN)}
    add(f"interval {low}, {high}", files, "regress x.csv --loss interval_score:alpha=0.1", winkler(GUESS - 1, GUESS + 1, SEEN))
# --- predicted classes
for ours, theirs in (
    ("Image,Predicted Class", "Image,True Class"),
    ("id,classes", "id,classes"),
    ("id,label", "id,label"),
    ("id,category", "id,category"),
    ("id,y-pred", "id,Ground Truth"),
    ("request,team", "request,team"),
):
    add(
        f"{ours} against {theirs}, names",
        {"p.csv": table(ours, ROWS, NAMES[HARD]), "t.csv": table(theirs, ROWS, WORDS)},
        ERRORS,
        WRONG,
    )
    files = {"p.csv": table(ours, ROWS, HARD), "t.csv": table(theirs, ROWS, NUMBERS)}
    add(f"{ours} against {theirs}, numbers", files, ERRORS, WRONG)
    add(f"{ours} against {theirs}, as probabilities", files, TWO, refused("classes, not probabilities", "zero_one"))
for header in ("Predicted_Class,True_Class", "pred_label,Actual Class", "argmax,gold", "Predicted,Actual"):
    add(f"{header} in one file", {"x.csv": table(f"id,{header}", ROWS, NAMES[HARD], WORDS)}, ERROR, WRONG)
add(
    "probabilities named label",
    {"p.csv": table("id,label", ROWS, SCORE), "t.csv": table("id,label", ROWS, TRUE)},
    "classify p.csv t.csv --loss bce",
    BCE,
)
# --- archives
add(
    "y_pred of scores in an archive",
    {"x.npz": {"y_pred": LOGITS, "y_true": NUMBERS}},
    "classify x.npz --loss ce --from-logits",
    CEL,
)
add("y_pred of classes in an archive", {"x.npz": {"y_pred": HARD, "y_true": NUMBERS}}, "classify x.npz --loss zero_one", WRONG)
add(
    "predictions and label_ids",
    {"x.npz": {"predictions": LOGITS, "label_ids": NUMBERS}},
    "classify x.npz --loss ce --from-logits",
    CEL,
)
IMAGE, MASK = SCORE[None, :, None] * np.array([0.9, 0.5]), TRUE[None, :, None] * np.array([1, 1])
DICE = float(1 - 2 * (IMAGE * MASK).sum() / (IMAGE.sum() + MASK.sum()))
add("preds and targets of an image", {"x.npz": {"preds": IMAGE, "targets": MASK}}, "segment x.npz --loss dice", DICE)
# --- vectors
VECTORS = np.array([[1.0, 0.1, 0.3], [0.6, 0.5, 0.2], [0.3, 0.8, 0.1], [0.2, 0.9, 0.4], [0.5, 0.3, 0.7], [0.1, 0.2, 1.0]])
GROUPS = [0, 0, 1, 1, 2, 2]
TRIPLET = triplets(VECTORS, GROUPS)
EMBED = "embed x.csv --loss triplet:mining=hard,margin=1"
add(
    "an index, a frame and a file name beside dimensions",
    {"x.csv": table(",frame,filename,dim_0,dim_1,dim_2,label", range(6), GROUPS, ROWS, VECTORS, GROUPS)},
    EMBED,
    TRIPLET,
)
add("a batch beside dimensions", {"x.csv": table("e0,e1,e2,bt,label", VECTORS, [1, 2] * 3, GROUPS)}, EMBED, TRIPLET)
add("dimensions a, b, c", {"x.csv": table("a,b,c,label", VECTORS, GROUPS)}, EMBED, refused("a, b, c", "--col embedding=a,b,c"))
texts = [f'"{row.tolist()}"' for row in VECTORS]
add("vectors as text", {"x.csv": table("id,embedding,label", range(6), texts, GROUPS)}, EMBED, TRIPLET)
frame = pd.DataFrame({"idx": range(6), "logits": list(LOGITS), "label": NUMBERS})
add("a list column beside an index", {"x.parquet": frame}, "classify x.parquet --loss ce --from-logits", CEL)
# --- names that are spelled otherwise
add("columns Oak, Ash, Elm", {"x.csv": table("Oak,Ash,Elm,species", PROBS[:, OTHER], WORDS)}, CLASS, CE)
kinds = np.array(["red oak", "ash", "wych elm"])
add("blanks as underscores", {"x.csv": table("p_wych_elm,p_red_oak,p_ash,kind", PROBS[:, OTHER], kinds[NUMBERS])}, CLASS, CE)
files = {"x.csv": table("oak,ash,emm,label", PROBS[:, OTHER], NUMBERS)}
add("a column that --classes misspells", files, f"{CLASS} --classes ash,elm,oak", refused("elm", "oak, ash, emm"))
add("preds of classes in an archive", {"x.npz": {"preds": HARD, "labels": NUMBERS}}, "classify x.npz --loss zero_one", WRONG)
LONG = np.arange(2500)
LATE = np.concatenate([LONG[:2000], LONG[:1999:-1]])
for key, cells in (("site", [f"s{i}" for i in LONG]), ("code", LONG * 3 + 7)):
    files = {"p.csv": table(f"{key},pred", cells, LONG), "t.csv": table(f"{key},y", np.array(cells)[LATE], LATE + 0.5)}
    add(f"{key} in another order from row 2001 on", files, REGS, refused("row 2001", remedy=f"--key {key}", then=0.5))
# --- tables without header, and a column named after another
BARE = f"{TWOL} --header pred.none"
for ids, name in ((ROWS, "ids"), (list(range(6)), "row numbers")):
    rows = table(",".join(map(str, (ids[0], *LOGITS[0]))), ids[1:], LOGITS[1:])
    add(f"{name} before scores without header", {"p.csv": rows, "t.csv": table("label", NUMBERS)}, BARE, CEL)
add("species, predicted_species", {"x.csv": table("species,predicted_species", WORDS, NAMES[HARD])}, ERROR, WRONG)
add("X (actual), X (predicted)", {"x.csv": table("load (actual),load (predicted)", SEEN, GUESS)}, REG, MAE)
add("grade, grade_pred of numbers", {"x.csv": table("id,grade,grade_pred", range(6), NUMBERS, HARD)}, ERROR, WRONG)
add("an index of class names is not the label", {"x.csv": table(",ash,elm,oak", WORDS, PROBS)}, CLASS, refused("`label`"))
days = np.array([f"2024-03-0{i}" for i in (1, 2, 3, 4, 5)])
files = {"p.csv": table(",0", days, GUESS), "t.csv": table(",0", days[turned], SEEN[turned])}
add("series of dates in another order", files, REGS, refused("another order", remedy="--key 'Unnamed: 0'", then=MAE))
