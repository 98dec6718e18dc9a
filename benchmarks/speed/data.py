"""Seeded data makers: a kind and a number of rows always give the same bytes. `data.py KIND ROWS FOLDER` makes one.

run.py runs this file as a separate process, because a child's peak memory is never counted below its parent's.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BLOCK = 1 << 22
"""Values drawn at once. It is part of the data: another size would give other bytes."""
CLASSES, SIDE, WIDTH = 1000, 1024, 128

Writer = Callable[[np.ndarray], object]


@dataclass(frozen=True)
class Kind:
    """The files of one kind of data, `{}` standing for the number of rows, and the function that writes them."""

    files: tuple[str, ...]
    write: Callable[..., None]


KINDS: dict[str, Kind] = {}


def kind(*files: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def declare(write: Callable[..., None]) -> Callable[..., None]:
        KINDS[write.__name__] = Kind(files, write)
        return write

    return declare


def make(name: str, rows: int, folder: Path) -> list[Path]:
    """The files of a kind. Files that exist are not made again; a file appears when it is complete."""
    paths = [folder / file.format(rows) for file in KINDS[name].files]
    if not all(path.exists() for path in paths):
        parts = [path.with_name(f"{path.name}.part") for path in paths]
        KINDS[name].write(rows, *parts)
        for part, path in zip(parts, paths, strict=True):
            part.rename(path)
    return paths


@kind("pairs_pred_{}.npy", "pairs_target_{}.npy")
def pairs(rows: int, pred: Path, target: Path) -> None:
    """Normal targets, and predictions that are about a tenth off."""
    draw = np.random.default_rng(1)
    with npy(pred, "f4", rows) as p, npy(target, "f4", rows) as t:
        for _, n in spans(rows):
            truth = normal(draw, n)
            t(truth)
            p(truth + np.float32(0.1) * normal(draw, n))


@kind("binary_logits_{}.npy", "binary_labels_{}.npy")
def binary(rows: int, logits: Path, labels: Path) -> None:
    """Logits of one class, right three times out of four, and labels 0 and 1."""
    draw = np.random.default_rng(2)
    with npy(logits, "f4", rows) as z, npy(labels, "u1", rows) as y:
        for _, n in spans(rows):
            label = draw.integers(0, 2, n, dtype=np.uint8)
            y(label)
            z(2 * normal(draw, n) + np.float32(1.35) * (2 * label.astype("f4") - 1))


@kind("classes_logits_{}.npy", "classes_labels_{}.npy")
def classes(rows: int, logits: Path, labels: Path) -> None:
    """Logits of 1,000 classes among which the true one stands out, and integer labels."""
    draw = np.random.default_rng(3)
    with npy(logits, "f4", rows, CLASSES) as z, npy(labels, "i8", rows) as y:
        for _, n in spans(rows, CLASSES):
            label = draw.integers(0, CLASSES, n)
            score = normal(draw, n, CLASSES)
            score[np.arange(n), label] += 6
            y(label)
            z(score)


@kind("boxes_pred_{}.npy", "boxes_target_{}.npy")
def boxes(rows: int, pred: Path, target: Path) -> None:
    """True boxes, xyxy in a picture of 1024 pixels, and predictions a few pixels off."""
    draw = np.random.default_rng(4)
    with npy(pred, "f4", rows, 4) as p, npy(target, "f4", rows, 4) as t:
        for _, n in spans(rows, 4):
            near, truth = box_pairs(draw, n)
            p(near)
            t(truth)


@kind("masks_scores_{}.npy", "masks_mask_{}.npy")
def masks(rows: int, scores: Path, mask: Path) -> None:
    """Images of 1024 × 1024 pixels: probabilities, and masks that mostly agree with them."""
    draw = np.random.default_rng(5)
    with npy(scores, "f4", rows, SIDE, SIDE) as p, npy(mask, "u1", rows, SIDE, SIDE) as y:
        for _, n in spans(rows, SIDE * SIDE):
            truth = (draw.random((n, SIDE, SIDE), dtype="f4") < 0.3).astype("u1")
            y(truth)
            p(np.float32(0.6) * truth + np.float32(0.4) * draw.random((n, SIDE, SIDE), dtype="f4"))


@kind("triplets_{}.npy")
def triplets(rows: int, path: Path) -> None:
    """Vectors of 128 numbers and length about one: an anchor, one similar to it, one random."""
    draw = np.random.default_rng(6)
    with npy(path, "f4", rows, 3, WIDTH) as file:
        for _, n in spans(rows, 3 * WIDTH):
            some = normal(draw, n, 3, WIDTH)
            some[:, 1] += some[:, 0]
            file(some / np.float32(np.sqrt(WIDTH)))


@kind("embeddings_{}.npy", "embedding_labels_{}.npy")
def embeddings(rows: int, vectors: Path, labels: Path) -> None:
    """Vectors of 128 numbers around the centre of their class, and the classes: four rows of each, in any order."""
    draw = np.random.default_rng(13)
    label = draw.permutation(rows) // 4
    with npy(vectors, "f4", rows, WIDTH) as x, npy(labels, "i8", rows) as y:
        y(label)
        x(normal(draw, rows // 4 + 1, WIDTH)[label] + normal(draw, rows, WIDTH))


@kind("table_{}.csv")
def table(rows: int, path: Path) -> None:
    """A table of id, y_true and y_pred."""
    draw = np.random.default_rng(7)
    with path.open("wb") as file:
        file.write(b"id,y_true,y_pred\n")
        for start, n in spans(rows, 16):
            truth = draw.standard_normal(n)
            near = truth + 0.1 * draw.standard_normal(n)
            file.write(lines("%d,%.5f,%.5f\n", np.arange(start, start + n), truth, near))


@kind("box_table_{}.csv")
def box_table(rows: int, path: Path) -> None:
    """A table of matched boxes: id, score, the predicted box and the true one."""
    draw = np.random.default_rng(8)
    with path.open("wb") as file:
        file.write(b"id,score,x1,y1,x2,y2,tx1,ty1,tx2,ty2\n")
        for start, n in spans(rows, 16):
            near, truth = box_pairs(draw, n)
            form = "%d,%.4f" + ",%.4f" * 8 + "\n"
            file.write(lines(form, np.arange(start, start + n), draw.random(n), *near.T, *truth.T))


@kind("id_pred_{}.csv", "id_target_{}.csv")
def id_tables(rows: int, pred: Path, target: Path) -> None:
    """Two tables with the same ids in one order: id, five other columns, and y_pred or y_true."""
    draw = np.random.default_rng(9)
    with pred.open("wb") as p, target.open("wb") as t:
        p.write(b"id,a,b,c,d,e,y_pred\n")
        t.write(b"id,a,b,c,d,e,y_true\n")
        for start, n in spans(rows, 16):
            ids, truth, more = np.arange(start, start + n), draw.standard_normal(n), draw.standard_normal((5, n))
            near = truth + 0.1 * draw.standard_normal(n)
            form = "s%08d" + ",%.5f" * 6 + "\n"
            t.write(lines(form, ids, *more, truth))
            p.write(lines(form, ids, *more, near))


@kind("class_scores_{}.csv", "class_labels_{}.csv")
def id_classes(rows: int, pred: Path, target: Path) -> None:
    """Two tables with the same ids in one order: id and ten logits, id and a label."""
    draw = np.random.default_rng(10)
    with pred.open("wb") as p, target.open("wb") as t:
        p.write(b"id," + b",".join(b"logit_%d" % i for i in range(10)) + b"\n")
        t.write(b"id,label\n")
        for start, n in spans(rows, 16):
            ids = np.arange(start, start + n)
            p.write(lines("s%08d" + ",%.5f" * 10 + "\n", ids, *draw.standard_normal((10, n))))
            t.write(lines("s%08d,%d\n", ids, draw.integers(0, 10, n)))


@kind("table_{}.csv.gz")
def table_gz(rows: int, path: Path) -> None:
    """The table of numbers, gzipped."""
    (plain,) = make("table", rows, path.parent)
    gzipped(plain, path)


@kind("box_table_{}.csv.gz")
def box_table_gz(rows: int, path: Path) -> None:
    """The table of boxes, gzipped."""
    (plain,) = make("box_table", rows, path.parent)
    gzipped(plain, path)


@kind("tensors_{}.safetensors")
def tensors(rows: int, path: Path) -> None:
    """Tensors pred and target, written by hand: the length of the header, the header, the bytes."""
    pred, target = drawn(rows)
    size = 4 * rows
    spans_of = {"pred": [0, size], "target": [size, 2 * size]}
    head = json.dumps({name: {"dtype": "F32", "shape": [rows], "data_offsets": span} for name, span in spans_of.items()}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + pred.tobytes() + target.tobytes())


@kind("arrays_{}.npz")
def archive(rows: int, path: Path) -> None:
    """Arrays pred and target, stored as they are."""
    pred, target = drawn(rows)
    with path.open("wb") as file:
        np.savez(file, pred=pred, target=target)


@kind("rows_{}.jsonl")
def objects(rows: int, path: Path) -> None:
    """An object with pred and target on each line."""
    sides = drawn(rows)
    with path.open("wb") as file:
        for low in range(0, rows, BLOCK // 16):
            file.write(lines('{"pred": %.5f, "target": %.5f}\n', *(side[low : low + BLOCK // 16] for side in sides)))


@kind("columns_{}.parquet")
def parquet(rows: int, path: Path) -> None:
    """Columns pred and target."""
    from pyarrow import parquet, table

    parquet.write_table(table(dict(zip(("pred", "target"), drawn(rows), strict=True))), path)


@kind("columns_{}.feather")
def feather(rows: int, path: Path) -> None:
    """Columns pred and target, compressed with LZ4."""
    from pyarrow import feather, table

    feather.write_feather(table(dict(zip(("pred", "target"), drawn(rows), strict=True))), path)


@kind("datasets_{}.h5")
def hdf5(rows: int, path: Path) -> None:
    """Datasets pred and target."""
    import h5py

    with h5py.File(path, "w") as file:
        file["pred"], file["target"] = drawn(rows)


@kind("results_{}.json", "annotations_{}.json")
def coco(rows: int, results: Path, annotations: Path) -> None:
    """Objects of 80 categories, seven in an image, and a detection of each, a few pixels off."""
    draw = np.random.default_rng(12)
    near, truth = (np.hstack([b[:, :2], b[:, 2:] - b[:, :2]]).round(2) for b in box_pairs(draw, rows))
    scores, classes = draw.random(rows).round(4).tolist(), draw.integers(1, 81, rows).tolist()
    images = [{"id": i, "width": 1024, "height": 1024, "file_name": f"{i}.jpg"} for i in range(1, rows // 7 + 2)]
    objects = [
        {"id": i + 1, "image_id": i // 7 + 1, "category_id": c, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for i, (c, box) in enumerate(zip(classes, truth.tolist(), strict=True))
    ]
    categories = [{"id": c, "name": f"class {c}"} for c in range(1, 81)]
    annotations.write_text(json.dumps({"images": images, "annotations": objects, "categories": categories}))
    found = [
        {"image_id": i // 7 + 1, "category_id": c, "bbox": box, "score": score}
        for i, (c, box, score) in enumerate(zip(classes, near.tolist(), scores, strict=True))
    ]
    results.write_text(json.dumps(found))


def drawn(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets, as `pairs` has them."""
    draw = np.random.default_rng(11)
    truth = normal(draw, rows)
    return truth + np.float32(0.1) * normal(draw, rows), truth


def normal(draw: np.random.Generator, *shape: int) -> np.ndarray:
    return draw.standard_normal(shape, dtype="f4")


def box_pairs(draw: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes with sides of 16 to 256 pixels; the predictions are off by less than half the shortest side."""
    corner, size = draw.uniform(8, 760, (n, 2)), draw.uniform(16, 256, (n, 2))
    truth = np.hstack([corner, corner + size])
    return truth + draw.uniform(-7, 7, (n, 4)), truth


def spans(rows: int, width: int = 1) -> Iterator[tuple[int, int]]:
    """The start of each block of rows and its number of rows."""
    step = max(1, BLOCK // width)
    return ((start, min(step, rows - start)) for start in range(0, rows, step))


@contextmanager
def npy(path: Path, dtype: str, *shape: int) -> Iterator[Writer]:
    """An NPY file that is written block by block."""
    held = np.dtype(f"<{dtype}")
    head = {"descr": held.str, "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, head)
        yield lambda block: file.write(np.ascontiguousarray(block, held).data)


def lines(form: str, *columns: np.ndarray) -> bytes:
    """One line of text for each row."""
    cells: list[float] = [0.0] * (len(columns[0]) * len(columns))
    for i, column in enumerate(columns):
        cells[i :: len(columns)] = column.tolist()
    return ((form * len(columns[0])) % tuple(cells)).encode()


def gzipped(plain: Path, packed: Path) -> None:
    """A gzip without name and time, which would differ from run to run."""
    with plain.open("rb") as source, packed.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as press:
        shutil.copyfileobj(source, press, 1 << 20)


if __name__ == "__main__":
    print(*make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])), sep="\n")
