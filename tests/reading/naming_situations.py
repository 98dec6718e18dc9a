"""Situations of tables that tools export, and of names of columns or classes that contradict how they would pair."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from tests.reading.situations import (
    BCE,
    BINARY,
    CE,
    CLASS,
    ERROR,
    ERRORS,
    GUESS,
    HARD,
    LOGIT,
    MAE,
    NAMES,
    NUMBERS,
    OTHER,
    PLACES,
    PROBS,
    REG,
    REGS,
    ROWS,
    SCORE,
    SEEN,
    TRUE,
    TWO,
    WORDS,
    WRONG,
    add,
    bce,
    ce,
    mae,
    refused,
    softmax,
    table,
    winkler,
)
from tests.reading.spelling_situations import SITUATIONS

__all__ = ["SITUATIONS"]

# --- names of R's packages, H2O, Azure, Weka and Hugging Face
CUT = (SCORE > 0.5).astype(int)
YES = np.array(["No", "Yes"])
CHANCES = table(".pred_class,.pred_ash,.pred_elm,.pred_oak,.row,species", NAMES[HARD], PROBS, [4, 2, 9, 1, 3, 7], WORDS)
add("scores of tidymodels", {"x.csv": CHANCES}, CLASS, CE)
add("predictions of tidymodels", {"x.csv": table(".pred,.row,mpg", GUESS, [4, 2, 9, 1, 3], SEEN)}, REG, MAE)
FITTED = {"p.csv": table(",fit,lwr,upr", range(1, 6), GUESS, GUESS - 1, GUESS + 1), "t.csv": table(",mpg", range(1, 6), SEEN)}
add("the fit of R's predict", FITTED, REGS, MAE)
add(
    "the interval of R's predict",
    FITTED,
    "regress p.csv t.csv --loss interval_score:alpha=0.1",
    winkler(GUESS - 1, GUESS + 1, SEEN),
)
add("predictions of H2O", {"x.csv": table("price,predict", SEEN, GUESS)}, REG, MAE)
add("scores of Azure", {"x.csv": table("label,Scored Labels,Scored Probabilities", TRUE, CUT, SCORE)}, BINARY, BCE)
add(
    "label_ids beside metrics",
    {"x.npz": {"logits": np.log(PROBS), "label_ids": NUMBERS, "metrics": np.array([0.5])}},
    f"{CLASS} --from-logits".replace("csv", "npz"),
    CE,
)
weka = [f"{y + 1}:{YES[y]}" for y in TRUE], [f"{y + 1}:{YES[y]}" for y in CUT]
files: dict[str, Any] = {"x.csv": table("inst#,actual,predicted,prediction", range(1, 7), *weka, np.maximum(SCORE, 1 - SCORE))}
add("classes of Weka", files, ERROR, refused(remedy="--col pred_label=predicted", then=1 / 3))
for fold in ("fold", "split", "seed"):
    add(f"a {fold} beside the prediction", {"x.csv": table(f"{fold},y,oof", [0, 0, 1, 1, 1], SEEN, GUESS)}, REG, MAE)
for noted in ("weight", "fold", "loss"):
    files = {"x.csv": table(f"pred,{noted}", GUESS, SEEN)}
    add(f"a {noted} as the only other column", files, REG, refused("named as a note", remedy=f"--col target={noted}", then=MAE))
    files = {"x.csv": table(f"prob,{noted}", SCORE, TRUE)}
    add(f"a {noted} beside a score alone", files, BINARY, refused("named as a note", remedy=f"--col label={noted}", then=BCE))
files = {"x.csv": table("prob,class,age", SCORE, TRUE, CUT)}
add("a class beside a column that is left", files, BINARY, refused("class, age", remedy="--col label=class", then=BCE))
files = {"x.csv": table("prob_ash,prob_elm,prob_oak,class,other", PROBS, WORDS, NAMES[HARD])}
add("a class beside other words", files, CLASS, refused("class, other", remedy="--col label=class", then=CE))
files = {"x.csv": table("confidence,pred,label", SCORE, SCORE / 2, TRUE)}
add(
    "fractions as pred beside a score",
    files,
    BINARY,
    refused("confidence, pred", remedy="--col scores=pred", then=bce(SCORE / 2, TRUE)),
)
add("percentages", {"x.csv": table("prob,label", 100 * SCORE, TRUE)}, BINARY, refused("70 is not a probability", "by 100"))
# --- submissions in the columns of the truth
KNOWN = table("id,target", PLACES, SEEN)
add("a submission in the columns of the truth", {"p.csv": table("id,target", PLACES, GUESS), "t.csv": KNOWN}, REGS, MAE)
add("a submission with the truth beside", {"p.csv": table("id,target,GBM", PLACES, SEEN, GUESS), "t.csv": KNOWN}, REGS, MAE)
files = {"p.csv": table("id,Survived", ROWS, CUT), "t.csv": table("id,Age,Survived", ROWS, [5, 6, 7, 8, 9, 5], TRUE)}
add("classes 0 and 1 in the column of the truth", files, ERRORS, 1 / 3)
add("classes 0 and 1 as probabilities", files, "classify p.csv t.csv --loss bce", refused("classes, not probabilities", "zero_one"))
# --- several columns of each side, in another order
TAGS = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]])
MULTI = "classify {} --loss bce --multilabel"
files = {"x.csv": table("a,b,c,c_pred,a_pred,b_pred", TAGS, PROBS[:, OTHER])}
add("tags by a glob", files, f"{MULTI} --col scores=*_pred --col label=a,b,c".format("x.csv"), bce(PROBS, TAGS))
files = {"p.csv": table("pred_c,pred_a,pred_b", PROBS[:, OTHER]), "t.csv": table("true_a,true_b,true_c", TAGS)}
both = f"{MULTI} --col label=true_*".format("p.csv t.csv")
way = "--col scores=pred_a,pred_b,pred_c"
add("tags by two globs", files, f"{both} --col scores=pred_*", refused("another order", way))
add("tags by two globs in order", files, f"{both} {way}", bce(PROBS, TAGS))
for spelled in ("prob_{}", "{}_pred", "{} (score)"):
    header = ",".join(["a,b,c", *(spelled.format("abc"[i]) for i in OTHER)])
    add(f"tags beside {spelled}", {"x.csv": table(header, TAGS, PROBS[:, OTHER])}, MULTI.format("x.csv"), bce(PROBS, TAGS))
PAIR = np.stack([SEEN, GUESS], 1)
files = {"x.csv": table("w,h,h_pred,w_pred", PAIR, PAIR[:, ::-1] + [0, 1])}
add("targets by a glob", files, f"{REG} --col pred=*_pred --col target=w,h", refused("another order", "--col pred=w_pred,h_pred"))
add("targets in order", files, f"{REG} --col pred=w_pred,h_pred --col target=w,h", 0.5)
add("a column named twice", {"x.csv": table("a,b,y", GUESS, GUESS, SEEN)}, f"{REG} --col pred=a,a", refused("'a' twice"))
for spelled in ("LABEL_{}", "target{}", "y_{}"):
    header = ",".join(spelled.format(i + 1) for i in range(3))
    files = {"p.csv": table(header, PROBS), "t.csv": table("label", NUMBERS)}
    add(f"scores {header}, labels from 0", files, TWO, refused("count from 0"))
    add(f"scores {header}, labels from 1", {**files, "t.csv": table("label", NUMBERS + 1)}, TWO, CE)
files = {"x.csv": table("prob_neg,label", 1 - SCORE, TRUE)}
add(
    "one score of the negative class", files, BINARY, refused("prob_neg", remedy="--col scores=prob_neg", then=bce(1 - SCORE, TRUE))
)
# --- classes that the sides spell differently
SPELLED = np.array(["Ash", "elm ", "oak"])
files = {"p.csv": table("y_pred", SPELLED[HARD]), "t.csv": table("y_true", WORDS)}
way = "--allow class-names"
add(
    "classes in another case",
    files,
    ERRORS,
    refused("'Ash'", "'ash'", remedy=way, then=float((SPELLED[HARD] != WORDS).mean() - 1 / 3)),
)
files = {"p.csv": table("y_pred", [f"LABEL_{h}" for h in HARD]), "t.csv": table("y_true", WORDS)}
add("classes without a common name", files, ERRORS, refused("LABEL_0", remedy=way, then=1.0))
files = {"p.csv": table("y_pred", [*NAMES[HARD[:5]], "yew"]), "t.csv": table("y_true", ["yew", *WORDS[1:]])}
add("a class of one side alone", files, ERRORS, float(np.mean([*(HARD[:5] != NUMBERS[:5]), 1]) + (HARD[0] == NUMBERS[0]) / 6))


def lines(**columns: Any) -> str:
    return "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in zip(*columns.values(), strict=True))


ANSWERS = "classify x.jsonl --loss zero_one"
files = {"x.jsonl": lines(pred=["dog", "cat", "dog"], label=["0", "1", "0"])}
add("names against numbers stored as text", files, ANSWERS, refused("names of classes", "numbers", "--classes"))
files = {"x.jsonl": lines(pred=["True", "false", "true"], label=[True, False, False])}
add("True and false against JSON's", files, ANSWERS, 1 / 3)
files = {"x.jsonl": lines(pred=["Yes", "No", "Yes"], label=[1, 0, 0])}
add("Yes and No against 1 and 0", files, ANSWERS, refused(remedy="--classes No,Yes", then=1 / 3))
files = {"x.csv": table("prob,churn", SCORE, YES[TRUE])}
add("a score against Yes and No", files, BINARY, refused(remedy="--classes No,Yes", then=BCE))
# --- weights that both sides have
OURS, THEIRS = np.array([1, 2, 3, 4, 5]), np.array([5, 4, 3, 2, 1])
files = {"p.csv": table("id,pred,w", PLACES, GUESS, OURS), "t.csv": table("id,y,w", PLACES, SEEN, THEIRS)}
weighted = [float(np.average(np.abs(GUESS - SEEN), weights=w)) for w in (OURS, THEIRS)]
add("two weights", files, f"{REGS} --weights w", refused("1 and 5", "--weights pred.w or --weights target.w"))
add("the weight of TARGET", files, f"{REGS} --weights target.w", weighted[1])
turned = [2, 0, 1, 4, 3]
files = {"p.csv": files["p.csv"], "t.csv": table("id,y,w", np.array(PLACES)[turned], SEEN[turned], OURS[turned])}
add("one weight on both sides, by key", files, f"{REGS} --key id --weights w", weighted[0])
# --- lists without names
for kind, ours, theirs, right in (("names", NAMES[HARD], WORDS, WRONG), ("numbers", HARD, NUMBERS, WRONG)):
    files = {name: "\n".join(map(str, cells)) + "\n" for name, cells in (("p.txt", ours), ("t.txt", theirs))}
    command = "classify p.txt t.txt --loss zero_one"
    add(f"lists of {kind} without header", files, command, refused("first lines", remedy="--header none", then=right))
    later = float((ours[1:] != theirs[1:]).mean())
    add(f"lists of {kind} whose first lines are names", files, f"{command} --header names", later)
files = {"p.csv": pd.DataFrame({0: GUESS}).to_csv(index=False), "t.csv": pd.DataFrame({0: SEEN}).to_csv(index=False)}
add("frames of one column without an index", files, REGS, mae(GUESS, SEEN))
add(
    "lists of fractions that begin with 0",
    {"p.csv": "0\n0.31\n0.52\n", "t.csv": "0\n0.11\n0.12\n"},
    REGS,
    refused("first lines", remedy="--header none", then=0.2),
)
files = {"p.csv": "0\n0.31\n0.52\n", "t.csv": "0\n0.1\n0.7\n"}
add("lists that begin with a name 0", files, f"{REGS} --header names", mae([0.31, 0.52], [0.1, 0.7]))
# --- names that contradict how the scores would be read
for spelled in ("logit_{}", "{}_logit", "logits/{}"):
    files = {"x.csv": table(",".join(spelled.format(n) for n in NAMES) + ",label", PROBS, WORDS)}
    way = "--col scores=" + ",".join(spelled.format(n) for n in NAMES)
    add(f"columns {spelled} within 0 and 1", files, CLASS, refused("named", "--from-logits", remedy=way, then=CE))
    add(f"columns {spelled} within 0 and 1 as logits", files, LOGIT, ce(softmax(PROBS), NUMBERS))
files = {"x.csv": table("logit,label", SCORE, TRUE)}
add("a logit within 0 and 1", files, BINARY, refused("'logit'", remedy="--col scores=logit", then=BCE))
signs = np.where(TRUE == 1, 1, -1)
add("a logit within 0 and 1 as a margin", files, "classify x.csv --loss hinge", float(np.maximum(1 - signs * SCORE, 0).mean()))
files = {"x.npz": {"logits": PROBS, "labels": NUMBERS}}
add("logits of an archive within 0 and 1", files, "classify x.npz --loss ce", refused(remedy="--col scores=logits", then=CE))
files = {"x.csv": table("prob_1,prob_2,prob_3,label", PROBS, NUMBERS)}
stated = f"{CLASS} --col scores=prob_*"
add("a glob of columns from 1, labels from 0", files, stated, refused("label 0", remedy="--classes 0,1,2", then=CE))
add("the same with labels from 1", {"x.csv": table("prob_1,prob_2,prob_3,label", PROBS, NUMBERS + 1)}, stated, CE)
