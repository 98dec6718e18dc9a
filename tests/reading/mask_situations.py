"""Masks in folders, archives and tables of competitions, with values computed here by NumPy alone: see situations.py."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.reading.situations import Refused, Situation, refused
from tests.reading.vision_situations import ALL, GUESSED, GUESSES, LABELS, MASKS, ONE, folder, jaccard
from tests.support.run_lengths import starts

MASK_FILES: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in MASK_FILES, name
    MASK_FILES[name] = Situation(files, command, right, says)


def dice(pred: Any, target: Any) -> float:
    p, t = np.asarray(pred, float), np.asarray(target, float)
    return float(1 - 2 * (p * t).sum() / (p.sum() + t.sum()))


def mean(pred: Sequence[Any], target: Sequence[Any]) -> float:
    return float(np.mean([dice(p, t) for p, t in zip(pred, target, strict=True)]))


SOFT: dict[str, Any] = {k: np.round(0.1 + 0.6 * v + np.arange(7) / 50, 3) for k, v in GUESSES.items()}
TRUE: dict[str, Any] = {k: v.astype(np.uint8) for k, v in MASKS.items()}
DICE = mean(list(SOFT.values()), list(TRUE.values()))
FOLDERS = "segment p t --loss dice"


def arrays(name: str, images: dict[str, Any], stem: str = "{}") -> dict[str, Any]:
    return {f"{name}/{stem.format(k)}.npy": np.asarray(v) for k, v in images.items()}


def renamed(name: str, masks: dict[str, Any], names: Sequence[str]) -> dict[str, bytes]:
    return folder(name, dict(zip(names, masks.values(), strict=True)))


# --- names that differ in their spelling
BINARY = "segment p t --loss jaccard"
SPELLED: list[tuple[str, Sequence[str], Sequence[str], str]] = [
    ("in case", "abc", "ABC", r"--stem 's/.*/\L&/'"),
    ("in zeros", ("im_1", "im_2", "im_10"), ("im_0001", "im_0002", "im_0010"), r"--stem 's/(^|[^0-9])0+([0-9])/\1\2/g'"),
]
for name, ours, theirs, change in SPELLED:
    files = {
        side: dict(zip(names, sets.values(), strict=True)) for side, names, sets in (("p", ours, GUESSES), ("t", theirs, MASKS))
    }
    add(
        f"names that differ {name}",
        {**renamed("p", GUESSES, ours), **renamed("t", MASKS, theirs)},
        BINARY,
        refused("no name of an image in common", remedy=change, then=ONE),
    )
COMPOSED, APART = (unicodedata.normalize(form, "äöü") for form in ("NFC", "NFD"))
add(
    "names in another form of Unicode",
    {
        **renamed("p", GUESSES, COMPOSED),
        **renamed("t", MASKS, [f"{c}{dots}" for c, dots in zip(APART[::2], APART[1::2], strict=True)]),
    },
    BINARY,
    ONE,
)
# --- archives with several arrays of pixels
P, T = np.array(list(SOFT.values())), np.array(list(TRUE.values()))
for ours, other in (("probs", "score"), ("output", "probs"), ("pred_mask", "score")):
    files = {"p.npz": {ours: P, other: 1 - P}, "t.npz": {"mask": T}}
    way = refused(f"{ours}, {other}", remedy=f"--col scores={ours}", then=DICE)
    add(f"{ours} and {other} in one archive", files, "segment p.npz t.npz --loss dice", way)
files = {"p.npz": {"output": P, "extra": 1 - P}, "t.npz": {"labels": T, "more": P}}
add("pixels by their name beside others", files, "segment p.npz t.npz --loss dice", DICE)
# --- masks in white with void pixels
VOID = {k: np.where(np.arange(7) == 3, 128, v * 255) for k, v in MASKS.items()}
LEFT = {k: np.delete(v, 3, 1) for k, v in GUESSES.items()}, {k: np.delete(v, 3, 1) for k, v in MASKS.items()}
for option, words in (("", "a mask saved as an image"), (" --mask-values 0,255", "128 is not one of")):
    add(
        f"masks in white with void pixels{option}",
        {**folder("p", GUESSES, 255), **folder("t", VOID)},
        BINARY + option,
        refused(
            words, remedy="--mask-values 0,255 --ignore-index 128" if not option else "--ignore-index 128", then=jaccard(*LEFT)
        ),
    )
# --- labels that are grey levels, or other numbers than those of PRED
GREY = {k: v * 127 for k, v in GUESSED.items()}, {k: v * 127 for k, v in LABELS.items()}
for option, flag in (("", "--num-classes 3 --mask-values 0,127,254"), (" --num-classes 3", "--mask-values 0,127,254")):
    add(
        f"three grey levels{option}",
        {**folder("p", GREY[0]), **folder("t", GREY[1])},
        BINARY + option,
        refused("if these are the labels", remedy=flag, then=ALL),
    )
add(
    "labels of another data set than those of PRED",
    {**folder("p", GUESSED), **folder("t", {k: np.array([7, 11, 26])[v] for k, v in LABELS.items()})},
    f"{BINARY} --num-classes 3",
    refused("PRED has the labels 0 to 2", "numpy.searchsorted([7, 11, 26], mask)"),
)
add(
    "label maps with void pixels on both sides",
    {
        side: png
        for name, masks in (("p", GUESSED), ("t", LABELS))
        for side, png in folder(name, {k: np.where(np.arange(7) == 3, 255, v) for k, v in masks.items()}).items()
    },
    BINARY,
    refused("--num-classes 3 (or more"),
)
add(
    "masks in white, one of them saved as 0 and 1",
    {**folder("p", GUESSES, 255), "p/a.png": folder("p", GUESSES)["p/a.png"], **folder("t", MASKS, 255)},
    f"{BINARY} --mask-values 0,255",
    ONE,
)
# --- a single channel on the last axis
STACKS: dict[str, Any] = {"p.npy": np.stack(list(SOFT.values()))[..., None], "t.npy": np.stack(list(TRUE.values()))[..., None]}
LAST = refused("a single channel on the last axis", remedy="--channels last", then=DICE)
add("a single channel on the last axis", STACKS, "segment p.npy t.npy --loss dice", LAST)
add("a single channel on the last axis by multilabel", STACKS, "segment p.npy t.npy --loss dice --multilabel", LAST)
add(
    "one image with its channel on the last axis",
    {k: v[0] for k, v in STACKS.items()},
    "segment p.npy t.npy --loss dice",
    refused("(9, 7, 1)", "--rows-are-images", remedy="--channels last", then=dice(SOFT["a"], TRUE["a"])),
)
for axis, option in ((0, ""), (2, " --channels last")):
    add(
        f"channels on axis {axis} beside one image",
        {"p.npy": np.stack([1 - SOFT["a"], SOFT["a"]], axis), "t.png": folder("t", TRUE)["t/a.png"]},
        f"segment p.npy t.png --loss dice:background=false{option}",
        dice(SOFT["a"], TRUE["a"]),
    )
# --- arrays of one image per file
NEXT = dict(zip("bcd", TRUE.values(), strict=True))
NAMED = refused(
    "1 of 3 targets have no prediction: d",
    remedy="--missing drop --extra drop",
    then=mean([SOFT["b"], SOFT["c"]], [*NEXT.values()][:2]),
)
add("arrays by the names of their files", {**arrays("p", SOFT), **arrays("t", TRUE)}, FOLDERS, DICE)
add("arrays of other names", {**arrays("p", SOFT), **arrays("t", NEXT)}, FOLDERS, NAMED)
add(
    "arrays of one row of other names",
    {**arrays("p", {k: v[None] for k, v in SOFT.items()}), **arrays("t", {k: v[None] for k, v in NEXT.items()})},
    FOLDERS,
    NAMED,
)
add("arrays of other names by position", {**arrays("p", SOFT), **arrays("t", NEXT)}, f"{FOLDERS} --pair position", DICE)
add("arrays named after their side", {**arrays("p", SOFT, "pred_{}"), **arrays("t", TRUE, "true_{}")}, FOLDERS, DICE)
add(
    "numbers of files that contradict each other",
    {
        **arrays("p", dict(zip("123", SOFT.values(), strict=True)), "pred_{}"),
        **arrays("t", dict(zip("234", TRUE.values(), strict=True)), "true_{}"),
    },
    FOLDERS,
    refused("no name of an image in common", "--stem", remedy="--pair position", then=DICE),
)
SIZED = {k: (SOFT[k][:n], TRUE[k][:n]) for k, n in zip("abc", (4, 9, 6), strict=True)}
add(
    "arrays of several sizes",
    {**arrays("p", {k: v for k, (v, _) in SIZED.items()}), **arrays("t", {k: v for k, (_, v) in SIZED.items()})},
    FOLDERS,
    mean(*zip(*SIZED.values(), strict=True)),
    "each of its own size",
)
add("arrays beside images", {**arrays("p", dict(reversed(SOFT.items()))), **folder("t", TRUE)}, FOLDERS, DICE)
add(
    "an archive of the classes per image, beside images",
    {**{f"p/{k}.npz": {"probabilities": np.stack([1 - v, v])} for k, v in SOFT.items()}, **folder("t", TRUE)},
    f"{FOLDERS}:background=false",
    DICE,
)
add(
    "an archive of the classes of a volume per image",
    {
        **{f"p/{k}.npz": {"softmax": np.stack([1 - v, v])[..., None] * [1, 1]} for k, v in SOFT.items()},
        **arrays("t", {k: v[..., None] * [1, 1] for k, v in TRUE.items()}),
    },
    f"{FOLDERS}:background=false",
    DICE,
)
add(
    "tables in parts of other names",
    {"p/a.csv": "pred\n1\n", "p/b.csv": "pred\n3\n", "t/b.csv": "target\n3\n", "t/c.csv": "target\n4\n"},
    "regress p t --loss mae",
    refused("p/a.csv would be paired with t/b.csv", remedy="--pair position", then=1.5),
)
# --- arrays by the keys of an archive
KEYED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("in another order", SOFT, dict(reversed(TRUE.items()))),
    (
        "that are numbered",
        dict(zip(("arr_0", "arr_1", "arr_2"), SOFT.values(), strict=True)),
        dict(zip(("arr_0", "arr_1", "arr_2"), TRUE.values(), strict=True)),
    ),
]
for name, p, t in KEYED:
    add(f"keys of images {name}", {"p.npz": p, "t.npz": t}, "segment p.npz t.npz --loss dice", DICE, "each key is an image")
add(
    "keys of images beside a folder",
    {"p.npz": dict(reversed(SOFT.items())), **folder("t", TRUE)},
    "segment p.npz t --loss dice",
    DICE,
)
add(
    "keys of images on one side only",
    {"p.npz": {k: SOFT[k] for k in "ab"}, "t.npz": TRUE},
    "segment p.npz t.npz --loss dice",
    refused("have no prediction: c", remedy="--missing drop", then=mean([SOFT["a"], SOFT["b"]], [TRUE["a"], TRUE["b"]])),
)
SMALLER = [{f"arr_{i}": v[: 9 - 2 * (i == 2)] for i, v in enumerate(x)} for x in (list(SOFT.values()), list(TRUE.values()))]
add(
    "numbered images of which the last is smaller are not rows of one",
    dict(zip(("p.npz", "t.npz"), SMALLER, strict=True)),
    "segment p.npz t.npz --loss dice",
    refused("bare arrays of different sizes"),
)
BATCHES = [[x[:2], x[2:]] for x in (np.stack(list(SOFT.values())), np.stack(list(TRUE.values())))]
add(
    "batches of unequal length, a file each",
    {f"{side}/{i}.npy": x for side, parts in zip("pt", BATCHES, strict=True) for i, x in enumerate(parts)},
    FOLDERS,
    DICE,
)


# --- columns of runs
def runs(masks: dict[str, Any], column: str, more: str = "") -> str:
    sizes = "width,height" if more else ""
    rows = [f"{k},{starts(v)}{more}" for k, v in masks.items()]
    return "\n".join([",".join(filter(None, ("id", column, sizes))), *rows]) + "\n"


RUNS = "segment p.csv t.csv --loss jaccard --image-size 7x9"
for ours, theirs in (("predicted", "annotation"), ("segmentation", "segmentation"), ("EncodedPixels", "rle")):
    add(f"runs in {ours} and {theirs}", {"p.csv": runs(GUESSES, ours), "t.csv": runs(MASKS, theirs, ",7,9")}, RUNS, ONE)
add(
    "runs of an image named in one column with its class",
    {
        "p.csv": runs(GUESSES, "EncodedPixels").replace("id,", "Image_Label,"),
        "t.csv": runs(MASKS, "EncodedPixels").replace("id,", "Image_Label,"),
    },
    RUNS,
    refused("no column of their images", "--key"),
)
# --- files that are not read
TRUTH = {"t/a.png": folder("t", TRUE)["t/a.png"]}
for name, content, words in (
    ("a.dcm", bytes(128) + b"DICM\2\0", "pydicom"),
    ("a.nrrd", b"NRRD0004\ntype: uchar\n\n\0", "SimpleITK"),
    ("a.mha", b"ObjectType = Image\nNDims = 2\n", "SimpleITK"),
    ("a.mp4", b"\0\0\0\x18ftypmp42", "ffmpeg"),
):
    add(f"a folder of {name}", {f"p/{name}": content, **TRUTH}, FOLDERS, refused("which is not read", words))
