"""Commands that people give and that must fail, with the number that a right reading of their files has."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.command import array


@dataclass(frozen=True)
class Fault:
    """Files, a command, and what its remedies may lead to.

    files: by name, CSV rows parted by `;`, other text, an array, or the arrays of an archive. right: the numbers that count as
    right, by the words of the remedy that gives them, or under "" for any remedy; empty where only the user knows.
    """

    command: str
    files: dict[str, Any]
    right: dict[str, float]

    def write(self) -> tuple[str, ...]:
        """Write the files into the working folder; returns the words of the command."""
        for name, content in self.files.items():
            if isinstance(content, str):
                rows = content.split(";") if name.endswith(".csv") else [content]
                Path(name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
            else:
                array(name, content)
        return tuple(self.command.split())


def fault(command: str, right: float | dict[str, float] | None = None, **files: Any) -> Fault:
    named = {f"{key}.{'csv' if isinstance(x, str) else 'npz' if isinstance(x, dict) else 'npy'}": x for key, x in files.items()}
    return Fault(command, named, {} if right is None else right if isinstance(right, dict) else {"": right})


def _ce(*p: float) -> float:
    return -sum(map(log, p)) / len(p)


THREE = "id,cat,dog,emu;a,.7,.2,.1;b,.1,.8,.1;c,.2,.3,.5;d,.6,.3,.1"
SHOWN = "id,label;a,cat;b,dog;c,emu;d,cat"
NUMBERS = "id,pred;1,1;2,2;3,4"
TRUTH = "id,target;1,1.5;2,2;3,3"
BINARY = "p;.2;.9;.6"

CLASSIFY = {
    "labels count from 1": fault(
        "classify p.csv t.csv -l ce", _ce(0.7, 0.8, 0.5), p="u,v,w;.7,.2,.1;.1,.8,.1;.2,.3,.5", t="label;1;2;3"
    ),
    "labels are -1 and 1": fault("classify p.csv t.csv -l bce", _ce(0.8, 0.9, 0.6), p=BINARY, t="label;-1;1;1"),
    "a class that no column has": fault("classify p.csv t.csv -l ce", p=THREE, t="id,label;a,cat;b,dog;c,yak;d,cat"),
    "an index named by nobody": fault(
        "classify p.csv t.csv -l ce --from-logits", p="k,u,v;7,1,2;5,0,3;9,1,1;4,2,1", t="label;0;1;0;1"
    ),
    "logits read as probabilities": fault("classify p.csv t.csv -l ce", p="cat,dog;2,-1;0,3", t="label;cat;dog"),
    "rounded too far": fault("classify p.csv t.csv -l ce", _ce(0.69 / 0.98, 0.8), p="cat,dog;.69,.29;.2,.8", t="label;cat;dog"),
    "several tags per row": fault("classify p.csv t.csv -l ce", p="u,v;.9,.8;.3,.4", t="u,v;1,1;0,1"),
    "percentages": fault("classify p.csv t.csv -l ce", _ce(0.7, 0.6), p="cat,dog;70,30;40,60", t="label;cat;dog"),
    "classes where probabilities are read": fault(
        "classify p.csv t.csv -l ce", {"--loss zero_one": 1 / 3}, p="y_pred;cat;dog;cat", t="label;cat;dog;dog"
    ),
    "classes with a score": fault(
        "classify p.csv t.csv -l ce", {"": 1 / 3}, p="pred,conf;cat,.9;dog,.8;cat,.7", t="label;cat;dog;dog"
    ),
    "scores of a list without names": fault("classify p.npy t.csv -l ce", p=np.array([[0.7, 0.3], [0.4, 0.6]]), t="label;cat;dog"),
    "another order": fault(
        "classify p.csv t.csv -l ce",
        {"--key id": _ce(0.7, 0.8, 0.5, 0.6)},
        p=THREE,
        t="id,label;b,dog;a,cat;c,emu;d,cat",
    ),
    "fewer labels": fault(
        "classify p.csv t.csv -l ce", {"--key id --extra drop": _ce(0.7, 0.8, 0.5)}, p=THREE, t="id,label;a,cat;b,dog;c,emu"
    ),
    "a missing label": fault(
        "classify p.csv t.csv -l ce", {"--nonfinite drop": _ce(0.7, 0.5, 0.6)}, p=THREE, t="id,label;a,cat;b,;c,emu;d,cat"
    ),
    "a mistyped column": fault("classify p.csv t.csv -l ce --col label=lable", p=THREE, t=SHOWN),
    "two roles in one --col": fault("classify p.csv t.csv -l ce --col scores=cat,label=label", p=THREE, t=SHOWN),
    "an unknown role": fault("classify p.csv t.csv -l ce --col lable=label", p=THREE, t=SHOWN),
    "a role of the other side": fault("classify p.csv t.csv -l ce --col pred.label=label", p=THREE, t=SHOWN),
    "swapped": fault("classify t.csv p.csv -l ce", p=THREE, t=SHOWN),
    "two series of scores": fault(
        "classify p.csv t.csv -l ce",
        {"--col scores=m0,m1": _ce(0.7, 0.6), "--col scores=k0,k1": _ce(0.9, 0.8)},
        p="m0,m1,k0,k1;.7,.3,.9,.1;.4,.6,.2,.8",
        t="label;0;1",
    ),
    "two labels": fault(
        "classify p.csv t.csv -l ce",
        {"--col label=label": _ce(0.7, 0.8, 0.5, 0.6), "--col label=y": _ce(0.2, 0.8, 0.5, 0.6)},
        p=THREE,
        t="label,y;cat,dog;dog,dog;emu,emu;cat,cat",
    ),
    "two scores": fault(
        "classify p.csv t.csv -l bce",
        {"--col scores=prob": _ce(0.8, 0.9, 0.6), "--col scores=score": _ce(0.7, 0.5, 0.5)},
        p="prob,score;.2,.3;.9,.5;.6,.5",
        t="label;0;1;1",
    ),
    "logits that no class is named after": fault(
        "classify p.csv t.csv -l ce --from-logits",
        p="cat,dog,weight kg,emu;1,2,.5,0;3,1,1.5,0;2,2,1,1;0,1,2,0",
        t="label;cat;dog;cat;dog",
    ),
    "a tag that TARGET does not have": fault(
        "classify p.csv t.csv -l bce --multilabel",
        {"--col scores=cat,dog": _ce(0.9, 0.8, 0.7, 0.4, 0.6, 0.8)},
        p="cat,dog,fox;.9,.8,.1;.3,.4,.3;.6,.2,.2",
        t="cat,dog;1,1;0,1;1,0",
    ),
    "a name twice in --classes": fault("classify p.csv t.csv -l ce --classes cat,cat,emu", p=THREE, t=SHOWN),
    "too few --classes": fault("classify p.csv t.csv -l ce --classes cat,dog", p=THREE, t=SHOWN),
    "a complement for a loss": fault("classify p.csv t.csv -l accuracy", {"": 1 / 3}, p="y_pred;0;1;0", t="label;0;1;1"),
    "a loss of another family": fault("classify p.csv t.csv -l giou", p=THREE, t=SHOWN),
    "a mistyped loss": fault("classify p.csv t.csv -l focall", p=THREE, t=SHOWN),
}

REGRESS = {
    "two columns": fault(
        "regress p.csv t.csv -l mae",
        {"--col pred=a": 0.25, "--col pred=b": 0.75},
        p="a,b;1,2;2,3",
        t="target;1.5;2",
    ),
    "two targets": fault(
        "regress p.csv t.csv -l mae", {"--col target=a": 0.25, "--col target=b": 0.5}, p="pred;1;2", t="a,b;1.5,2;2,2"
    ),
    "another order": fault("regress p.csv t.csv -l mae", {"--key id": 0.5}, p=NUMBERS, t="id,target;2,2;1,1.5;3,3"),
    "other ids": fault(
        "regress p.csv t.csv -l mae", {"--key id --missing drop --extra drop": 0.25}, p=NUMBERS, t="id,target;1,1.5;2,2;4,3"
    ),
    "an id twice": fault("regress p.csv t.csv -l mae", p="id,pred;1,1;1,2;3,4", t="id,target;3,3;1,1.5;2,2"),
    "a key twice": fault("regress p.csv t.csv -l mae --key id", p="id,pred;1,1;1,2;3,4", t="id,target;1,1.5;3,3"),
    "several predictions per target": fault(
        "regress p.csv t.csv -l mae --key id", {"--many": (0.5 + 0.5 + 1) / 3}, p="id,pred;1,1;1,2;3,4", t="id,target;1,1.5;3,3"
    ),
    "no target": fault("regress p.csv t.csv -l mae --key id", {"--missing drop": 0.25}, p="id,pred;1,1;2,2", t=TRUTH),
    "no prediction": fault("regress p.csv t.csv -l mae --key id", {"--extra drop": 0.25}, p=NUMBERS, t="id,target;1,1.5;2,2"),
    "keys with a suffix": fault(
        "regress p.csv t.csv -l mae --key id", {"--key-stem": 0.25}, p="id,pred;a.jpg,1;b.jpg,2", t="id,target;b,2;a,1.5"
    ),
    "shorter": fault("regress p.csv t.csv -l mae", {"--key id --missing drop": 0.25}, p="id,pred;1,1;2,2", t=TRUTH),
    "an empty cell": fault("regress p.csv t.csv -l mae", {"--nonfinite drop": 0.75}, p="pred,x;1,a;,b;4,c", t="target;1.5;2;3"),
    "infinity": fault("regress p.csv t.csv -l mae", {"--nonfinite drop": 0.75}, p="pred;1;inf;4", t="target;1.5;2;3"),
    "a word": fault("regress p.csv t.csv -l mae", p="pred;1;two;4", t="target;1.5;2;3"),
    "a decimal comma": fault("regress p.csv t.csv -l mae -d ;", p="", t="target;1.5;2"),
    "thousands": fault(
        "regress p.csv t.csv -l mae", {"--thousands pred.,": 0.5}, p='pred;"1,000";"2,000.5"', t="target;1000.5;2000"
    ),
    "no header": fault("regress p.csv t.csv -l mae", {"--header pred.none": 0.5}, p="1;2;4", t="target;1.5;2;3"),
    "a comment": fault("regress p.csv t.csv -l mae", {"--comment pred.#": 0.25}, p="# by hand;pred;1;2", t="target;1.5;2"),
    "swapped": fault("regress t.csv p.csv -l mae", p=NUMBERS, t=TRUTH),
    "--key of two names in one table": fault("regress b.csv -l mae --key id=ids", b="id,ids,pred,target;1,1,1,1;2,2,2,3"),
    "--strict": fault("regress p.csv t.csv -l mae --strict", {"--pair position": 0.25}, p="pred;1;2", t="target;1.5;2"),
    "a weight that is not there": fault("regress p.csv t.csv -l mae --weights ww", p="pred,w;1,1;2,3", t="target;1.5;2"),
    "a negative weight": fault("regress p.csv t.csv -l mae --weights w", p="pred,w;1,1;2,-3", t="target;1.5;2"),
    "a missing weight": fault(
        "regress p.csv t.csv -l mae --weights w", {"--nonfinite drop": 0.75}, p="pred,w;1,1;2,;4,1", t="target;1.5;2;3"
    ),
    "a group of both sides": fault(
        "regress p.csv t.csv -l mae --by g", {"": 0.25}, p="id,pred,g;1,1,a;2,2,b", t="id,target,g;1,1.5,a;2,2,a"
    ),
    "no interval": fault("regress p.csv t.csv -l interval", p=NUMBERS, t=TRUTH),
    "a negative number": fault("regress p.csv t.csv -l msle", p="pred;1;-2", t="target;1;2"),
    "a mistyped parameter": fault("regress p.csv t.csv -l huber:dleta=2", p=NUMBERS, t=TRUTH),
    "an option of another family": fault("regress p.csv t.csv -l mae --match greedy", p=NUMBERS, t=TRUTH),
}

PAIR = "image_id,label,x1,y1,x2,y2,score;a,cat,0,0,10,10,.9;a,cat,20,20,30,30,.8;b,dog,0,0,10,10,.7"
TRUE = "image_id,label,x1,y1,x2,y2;a,cat,0,0,10,10;a,cat,20,20,30,35;b,dog,0,0,10,20"
IOU = (0 + 1 / 3 + 0.5) / 3
DETECT = {
    "several boxes per image": fault(
        "detect p.csv t.csv -l iou", {"--match greedy": IOU}, p=PAIR, t=TRUE.replace("a,cat,0,0,10,10;", "", 1) + ";a,cat,0,0,10,10"
    ),
    "keyed by image": fault("detect p.csv t.csv -l iou --key image_id", {"--match greedy": IOU}, p=PAIR, t=TRUE),
    "no image": fault(
        "detect p.csv t.csv -l iou --match greedy",
        {"--one-image": 1 / 6},
        p="x1,y1,x2,y2;0,0,10,10;20,20,30,30",
        t="x1,y1,x2,y2;0,0,10,10;20,20,30,35",
    ),
    "images of files": fault(
        "detect p.csv t.csv -l iou --match greedy",
        {"--key-stem": IOU},
        p=PAIR.replace("a,cat", "a.jpg,cat").replace("b,dog", "b.jpg,dog"),
        t=TRUE,
    ),
    "labels that never meet": fault(
        "detect p.csv t.csv -l iou --match greedy",
        {"--class-agnostic": IOU},
        p=PAIR.replace("cat", "1").replace("dog", "2"),
        t=TRUE,
    ),
    "no overlap": fault(
        "detect p.csv t.csv -l iou --match greedy --iou-threshold 0.9",
        {"--iou-threshold 0.25": 0.5},
        p="image_id,x1,y1,x2,y2;b,0,0,10,10",
        t="image_id,x1,y1,x2,y2;b,0,0,10,20",
    ),
    "boxes of other names": fault("detect p.csv t.csv -l iou", p="a,b,c,d;0,0,10,10", t="x1,y1,x2,y2;0,0,10,20"),
    "corner and size as corners": fault(
        "detect p.csv t.csv -l iou --box-format xyxy", p="x,y,w,h;20,20,10,10", t="x,y,w,h;20,20,10,20"
    ),
    "corners in the wrong order": fault(
        "detect p.npy t.npy -l iou", {"": 0.5}, p=np.array([[20.0, 20, 10, 10]]), t=np.array([[20.0, 20, 10, 20]])
    ),
    "two scales": fault("detect p.csv t.csv -l iou", p="x1,y1,x2,y2;0,0,.1,.1;.2,.2,.3,.3", t="x1,y1,x2,y2;0,0,10,20;20,20,30,30"),
    "a missing image": fault(
        "detect p.csv t.csv -l iou --match greedy", {"--nonfinite drop": 1 / 6}, p=PAIR.replace("b,dog", ",dog"), t=TRUE
    ),
    "a missing corner": fault(
        "detect p.csv t.csv -l iou --match greedy", {"--nonfinite drop": IOU}, p=PAIR + ";b,dog,,0,1,1,.5", t=TRUE
    ),
    "a score that is not there": fault(
        "detect p.csv t.csv -l iou --match greedy --score-threshold .5",
        p="image_id,x1,y1,x2,y2;b,0,0,10,10",
        t="image_id,x1,y1,x2,y2;b,0,0,10,20",
    ),
    "a threshold that leaves nothing": fault("detect p.csv t.csv -l iou --match greedy --score-threshold .95", p=PAIR, t=TRUE),
    "a match in one file": fault("detect p.csv -l iou --match greedy", p=PAIR),
    "a match without boxes": fault("detect p.csv t.csv -l focal --match greedy", p=PAIR, t=TRUE),
    "a range without objects": fault("detect p.csv t.csv -l iou --match coco --area large", p=PAIR, t=TRUE),
    "swapped": fault("detect t.csv p.csv -l iou --match greedy", p=PAIR, t=TRUE),
    "an empty box": fault("detect p.csv t.csv -l iou", p="x1,y1,x2,y2;0,0,0,10", t="x1,y1,x2,y2;0,0,10,20"),
}

HALF = np.full((2, 3, 3), 0.5)
ONES = np.array([[[0, 1, 0], [1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]])
SOFT = np.stack([1 - HALF * 0.8, HALF * 0.8], 1)
SEGMENT = {
    "a mask saved as an image": fault("segment p.npy t.npy -l bce", log(2), p=HALF, t=ONES * 255),
    "a mask saved as another image": fault("segment p.npy t.npy -l dice", p=HALF, t=ONES * 128),
    "void pixels": fault("segment p.npy t.npy -l ce", p=SOFT, t=np.where(ONES == 1, ONES, 255)),
    "labels from 1": fault("segment p.npy t.npy -l ce", p=SOFT, t=ONES + 1),
    "channels last": fault("segment p.npy t.npy -l ce", p=np.moveaxis(SOFT, 1, -1), t=ONES),
    "logits": fault("segment p.npy t.npy -l bce", p=HALF * 9, t=ONES),
    "tags per pixel": fault("segment p.npy t.npy -l ce", p=np.stack([HALF, HALF * 1.4], 1), t=ONES),
    "class numbers in PRED": fault("segment p.npy t.npy -l dice", p=ONES * 2, t=ONES * 2),
    "another size": fault("segment p.npy t.npy -l bce", p=HALF, t=ONES[:, :2]),
    "swapped": fault("segment t.npy p.npy -l bce", p=HALF, t=ONES),
    "too many labels": fault("segment p.npy t.npy -l ce", p=SOFT, t=ONES * 3),
    "rows are images": fault("segment p.npy t.npy -l bce", p=np.full((4, 9), 0.5), t=np.ones((4, 8), int)),
    "a label beside the pixels": fault("segment p.csv t.csv -l bce", log(2), p="p0,p1;.5,.5;.5,.5", t="label,m0,m1;0,1,0;1,0,0"),
    "another order": fault(
        "segment p.csv t.csv -l bce",
        {"--key image --key row --key col": _ce(0.8, 0.9, 0.7)},
        p="image,row,col,p;a,0,0,.8;a,0,1,.1;b,0,0,.7",
        t="image,row,col,mask;a,0,1,0;a,0,0,1;b,0,0,1",
    ),
    "a missing pixel": fault("segment p.csv t.csv -l bce", {"--nonfinite drop": _ce(0.8)}, p="p,x;.8,a;,b", t="mask;1;0"),
}

VECTORS = "id,e0,e1;1,0,1;2,.5,0;3,.25,1;4,0,.5"
KINDS = "id,label;1,a;2,a;3,b;4,b"


def _contrastive(e: list[tuple[float, float]], y: str) -> float:
    terms = []
    for i, a in enumerate(e):
        for j in range(i + 1, len(e)):
            d = sqrt(sum((p - q) ** 2 for p, q in zip(a, e[j], strict=True)))
            terms.append(0.5 * (d**2 if y[i] == y[j] else max(0.0, 1 - d) ** 2))
    return sum(terms) / len(terms)


RIGHT = _contrastive([(0, 1), (0.5, 0), (0.25, 1), (0, 0.5)], "aabb")
EMBED = {
    "another order": fault("embed p.csv t.csv -l contrastive", {"--key id": RIGHT}, p=VECTORS, t="id,label;3,b;1,a;2,a;4,b"),
    "two series": fault(
        "embed p.csv t.csv -l contrastive",
        {"--col embedding=q0,q1": RIGHT},
        p="q0,q1,r0,r1;0,1,5,5;.5,0,6,5;.25,1,7,5;0,.5,5,4",
        t=KINDS,
    ),
    "dimensions without numbers": fault(
        "embed p.csv t.csv -l contrastive", {"--col embedding=north,east": RIGHT}, p="north,east;0,1;.5,0;.25,1;0,.5", t=KINDS
    ),
    "two labels": fault("embed p.csv t.csv -l contrastive", {"--col label=label": RIGHT}, p=VECTORS, t="label,y;a,b;a,b;b,b;b,a"),
    "labels of several columns": fault("embed p.csv t.csv -l contrastive", p=VECTORS, t="size,weight;1,2;2,2;1,1;3,4"),
    "a missing dimension": fault(
        "embed p.csv t.csv -l contrastive",
        {"--nonfinite drop": _contrastive([(0, 1), (0.5, 0), (0.25, 1)], "aab")},
        p=VECTORS.replace("4,0,.5", "4,,.5"),
        t=KINDS,
    ),
    "a missing label": fault(
        "embed p.csv t.csv -l contrastive",
        {"--nonfinite drop": _contrastive([(0, 1), (0.5, 0), (0, 0.5)], "aab")},
        p=VECTORS,
        t=KINDS.replace("3,b", "3,"),
    ),
    "fewer labels": fault(
        "embed p.csv t.csv -l contrastive",
        {"--key id --extra drop": _contrastive([(0, 1), (0.5, 0), (0.25, 1)], "aab")},
        p=VECTORS,
        t="id,label;1,a;2,a;3,b",
    ),
    "labels that are fractions": fault("embed p.csv t.csv -l contrastive", p=VECTORS, t="label;.5;1;2;1"),
    "swapped": fault("embed t.csv p.csv -l contrastive", p=VECTORS, t=KINDS),
    "a class without a row of weights": fault("embed p.csv t.csv -l arcface", p=VECTORS, t=KINDS),
}

FAULTS = {
    f"{family}: {name}": found
    for family, table in (("classify", CLASSIFY), ("regress", REGRESS), ("detect", DETECT), ("segment", SEGMENT), ("embed", EMBED))
    for name, found in table.items()
}
