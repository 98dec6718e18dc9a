"""Annotations of boxes and masks that are malformed: COCO, YOLO, Pascal VOC, MOT, runs of Kaggle, and lists of pairs."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from benchmarks.fuzzing.case import Case
from benchmarks.fuzzing.generators.kinds import kind
from tests.support.samples import Sample, samples

JUNK: tuple[Any, ...] = (
    None,
    True,
    "x",
    "",
    [],
    {},
    [1],
    -1,
    0,
    1.5,
    10**30,
    -(10**18),
    "\x1b[31m",
    "1",
    [None],
    [[1, 2]],
    {"a": 1},
    "nan",
    1e308,
    [1, 2, 3, 4, 5],
    ["1", "2", "3", "4"],
)
WORDS = (
    "x",
    "",
    "nan",
    "inf",
    "-1",
    "1e999",
    "1,5",
    "0x1",
    "--1",
    "1" * 400,
    "\x1b[31m",
    "½",
    "2",
    "-0.5",
    "1.5",
    "99999999999",
    "٣",
    "a b",
    "<b>",
    "None",
    "[1]",
)


def _places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inside = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    return [place for key, value in inside for place in ((*path, key), *_places(value, (*path, key)))]


def _changed(rng: random.Random, document: Any) -> Any:
    """A document with a value taken away, doubled or replaced."""
    made = copy.deepcopy(document)
    *way, last = rng.choice(_places(made))
    held = made
    for key in way:
        held = held[key]
    action = rng.random()
    if action < 0.25:
        del held[last]
    elif action < 0.35 and isinstance(held, list):
        held.append(copy.deepcopy(held[last]))
    else:
        held[last] = rng.choice(JUNK)
    return made


def _with(sample: Sample, raw: bytes, *says: str, codes: tuple[int, ...] = (2, 3), more: tuple[str, ...] = ()) -> Case:
    return Case((*sample.command, *more), {**sample.files, sample.main: raw}, says, codes)


@kind
def a_document_of_coco_with_another_value(rng: random.Random) -> Case:
    """Some values are not read, and may be anything."""
    sample = samples()[rng.choice(("coco", "coco results", "coco masks", "coco crowds", "coco keypoints"))]
    document = json.loads(sample.files[sample.main])
    for _ in range(rng.choice((1, 1, 2))):
        document = _changed(rng, document)
    return _with(sample, json.dumps(document).encode(), codes=(0, 2, 3))


BOX: tuple[Any, ...] = (
    [1, 2, 3],
    [1, 2, 3, 4, 5],
    "1,2,3,4",
    None,
    [1, 2, -3, 4],
    [1, 2, 3, -4],
    [1, 2, "3", 4],
    [None] * 4,
    [1, 2, 3, True],
    [[1, 2], [3, 4]],
    {},
    [],
    5,
    [float("nan"), 1, 2, 3],
    [1, 2, 1e999, 4],
    ["a"] * 4,
)


@kind
def a_box_of_coco_that_is_none(rng: random.Random) -> Case:
    sample = samples()[rng.choice(("coco", "coco results"))]
    document = json.loads(sample.files[sample.main])
    held = document if isinstance(document, list) else document["annotations"]
    held[rng.randrange(len(held))]["bbox"] = rng.choice(BOX)
    held.extend(copy.deepcopy(held[0]) | {"id": 100 + i} for i in range(rng.randrange(9)) if isinstance(document, dict))
    return _with(sample, json.dumps(document).encode(), sample.main)


@kind
def an_id_of_coco_that_is_unknown(rng: random.Random) -> Case:
    sample = samples()["coco results"]
    document = json.loads(sample.files[sample.main])
    name = rng.choice(("image_id", "category_id"))
    document[rng.randrange(len(document))][name] = rng.choice((99, -1, "x", None, 1.5, [1], True, 10**20, "1 ", "\x1b[1m", {}))
    return _with(sample, json.dumps(document).encode(), sample.main)


@kind
def a_line_of_yolo_that_is_wrong(rng: random.Random) -> Case:
    name = rng.choice(("yolo", "box text"))
    sample = samples()[name]
    lines = sample.files[sample.main].decode().splitlines()
    at = rng.randrange(len(lines))
    words = lines[at].split()
    way = rng.randrange(3)
    if way == 0:
        place = rng.randrange(1, len(words))
        words[place] = rng.choice(
            [
                w
                for w in WORDS
                if w not in ("2", "1.5", "a b", "") and not (w in ("-1", "-0.5", "99999999999") and name == "box text")
            ]
        )
    elif way == 1:
        words = words[: rng.randrange(1, 4)]
    else:
        words = [*words, *["0.5"] * rng.choice((4, 5))][: rng.choice((8, 10, 12)) - 1 + 1]
        words.append(rng.choice(("x", "nan", "1,5")))
    lines[at] = " ".join(words)
    return _with(sample, ("\n".join(lines) + "\n").encode(), sample.main)


@kind
def an_annotation_of_voc_that_is_wrong(rng: random.Random) -> Case:
    sample = samples()["voc"]
    text = sample.files[sample.main].decode()
    tags = ("xmin", "ymin", "xmax", "ymax")
    tag = rng.choice(tags)
    begin = text.index(f"<{tag}>") + len(tag) + 2
    end = text.index(f"</{tag}>")
    ways = (
        text[:begin]
        + rng.choice(("x", "", "nan", "inf", "1e999", "0x1", "1,5", "--1", "[1]", "½", "None", "1 2", "٣"))
        + text[end:],
        text[: begin - len(tag) - 2] + text[end + len(tag) + 3 :],
        text[:end],
        text.replace(f"</{tag}>", "", 1),
        text.replace("<object>", "<object><bndbox/>", 1).replace("<bndbox>", "<box>", 1).replace("</bndbox>", "</box>", 1),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + text,
        text.replace(f"<{tag}>", f"<{tag} a=>", 1),
        text + text,
        text.replace("<annotation>", "<annotation", 1),
        "\x00" + text,
    )
    return _with(sample, rng.choice(ways).encode(), sample.main)


@kind
def a_line_of_mot_that_is_wrong(rng: random.Random) -> Case:
    sample = samples()["mot"]
    lines = sample.files[sample.main].decode().splitlines()
    at = rng.randrange(len(lines))
    cells = lines[at].split(",")
    way = rng.randrange(3)
    if way == 0:
        cells[rng.randrange(2, 6)] = rng.choice(("x", "", "nan", "inf", "1e999", "0x1", "--1", "[1]", "½", "1 2"))
    elif way == 1:
        cells[0] = rng.choice(("0", "-1", "1.5", "x", "", "nan", "1e30"))
    else:
        cells = cells[: rng.randrange(1, 6)]
    lines[at] = ",".join(cells)
    return _with(sample, ("\n".join(lines) + "\n").encode(), "p/a.txt")


@kind
def runs_of_a_mask_that_are_wrong(rng: random.Random) -> Case:
    sample = samples()["kaggle"]
    runs = rng.choice(
        (
            "1",
            "1 2 3",
            "x y",
            "0 5",
            "-1 3",
            "5 0",
            "5 -2",
            "1 49",
            "48 2",
            "1 3 2 2",
            "1.5 2",
            "1e3 2",
            "1,2",
            "nan 1",
            "1 " + "9" * 30,
            "9" * 5000 + " 1",
            "1 2 1 2",
            "[1, 2]",
            "½ 1",
            "1 2 x",
        )
    )
    lines = sample.files["p.csv"].decode().splitlines()
    at = rng.randrange(1, len(lines))
    lines[at] = f'{lines[at].partition(",")[0]},"{runs}"' if "," in runs else f"{lines[at].partition(',')[0]},{runs}"
    return _with(
        sample,
        ("\n".join(lines) + "\n").encode(),
        "p.csv",
        f"row {at}",
        more=rng.choice(((), ("-f", "json"), ("-q",), ("--jobs", "2"), ("-b",))),
    )


@kind
def a_list_of_pairs_that_is_wrong(rng: random.Random) -> Case:
    name = rng.choice(("pairs", "lfw"))
    sample = samples()[name]
    lines = sample.files[sample.main].decode().splitlines()
    at, mark = rng.randrange(1, len(lines)), "," if name == "pairs" else "\t"
    cells = lines[at].split(mark)
    way = rng.randrange(3)
    if way == 0:
        cells[rng.randrange(len(cells))] = rng.choice(("nope", "", "x y", "\x1b[31m", "99", "1.5", "Ann", "½"))
    elif way == 1:
        cells = cells[:-1] if len(cells) < 4 else cells[:1]
    else:
        cells = [*cells, *["x"] * rng.randrange(2, 5)]
    lines[at] = mark.join(cells)
    return _with(
        sample, ("\n".join(lines) + "\n").encode(), more=rng.choice(((), ("-f", "json"), ("-q",), ("--jobs", "2"), ("-b",)))
    )
