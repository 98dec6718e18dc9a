"""The files that README's table of commands names, made of the samples."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.support import box_files, run_lengths, torch_files
from tests.support.box_files import Box
from tests.support.paths import SAMPLES


def make(folder: Path) -> None:
    """Write all of them into a folder."""
    _arrays(folder)
    _tensors(folder)
    _tables(folder)
    _folders(folder)
    _forecasts(folder)
    _boxes(folder)


def _arrays(folder: Path) -> None:
    logits, labels = _sample("digits_logits.npy"), _sample("digits_label.npy")
    binary, three = _sample("coins_probs.npy"), _sample("coins3_probs.npy")
    classes = _sample("coins3_masks.npy")
    void = classes.copy()
    void[:, :4] = 255
    target = _sample("diabetes_target.npy")
    found = {
        "p": _sample("cancer_pred.npy"),
        "labels01": _sample("cancer_label.npy"),
        "logits": logits,
        "labels": labels,
        "scores": 1 / (1 + np.exp(-logits.astype(float))),
        "tags": np.eye(10, dtype=int)[labels],
        "probs": binary,
        "masks": _sample("coins_masks.npy"),
        "logits4": np.log(three.astype(float)),
        "masks4": classes,
        "masks255": _sample("coins_masks.npy") * np.uint8(255),
        "void": void,
        "embeddings": _sample("digits_embedding.npy"),
        "ids": _sample("digits_embedding_label.npy"),
        "pairs": _sample("digits_pairs.npy"),
        "same": _sample("digits_pairs_same.npy"),
        "targets": target,
    }
    for name, values in found.items():
        np.save(folder / f"{name}.npy", values)
    for i, part in enumerate(np.array_split(_sample("diabetes_pred.npy"), 12)):
        np.save(folder / f"preds-{i}.npy", part)


def _tensors(folder: Path) -> None:
    from safetensors.numpy import save_file

    torch_files.save(folder / "logits.pt", {"logits": _sample("digits_logits.npy")})
    save_file({"labels": _sample("digits_label.npy")}, folder / "labels.safetensors")


def _folders(folder: Path) -> None:
    """The sample data's own folders under shorter names, and the same boxes, masks and rows in folders of other programs."""
    for name in ("yolo", "png"):
        shutil.copytree(SAMPLES / f"coins_{name}", folder / name)
    shutil.copy(SAMPLES / "airline_forecasts.csv", folder / "models.csv")
    shutil.copy(SAMPLES / "digits_embedding.csv", folder / "embeddings.csv")
    shutil.copy(SAMPLES / "digits_pairs_list.csv", folder / "pairs.csv")
    for side, name in (("found", "boxes.csv"), ("truth", "gt.csv")):
        boxes: dict[str, list[Box]] = {}
        for row in _rows(name):
            x1, y1, x2, y2 = (float(row[x]) for x in ("x1", "y1", "x2", "y2"))
            score = float(row["score"]) if "score" in row else None
            boxes.setdefault(row["image_id"], []).append(Box(row["label"], x1, y1, x2 - x1, y2 - y1, score))
        box_files.voc(str(folder / "voc" / side), boxes)
    _runs(folder)
    _volumes(folder)


def _runs(folder: Path) -> None:
    """The coins of the crops, as a classifier has them and in truth, one row each."""
    for name, masks in (("runs", _sample("coins_probs.npy") > 0.5), ("true_runs", _sample("coins_masks.npy"))):
        rows = ({"ImageId": f"{i}.jpg", "EncodedPixels": run_lengths.starts(mask)} for i, mask in enumerate(masks))
        _write(folder / f"{name}.csv", rows)


def _volumes(folder: Path) -> None:
    """The crops as the slices of two volumes."""
    import nibabel

    for side, masks in (("found", _sample("coins_probs.npy") > 0.5), ("truth", _sample("coins_masks.npy"))):
        (folder / "nifti" / side).mkdir(parents=True)
        for i, half in enumerate(np.split(masks.astype(np.uint8), 2)):
            nibabel.save(nibabel.Nifti1Image(np.moveaxis(half, 0, -1), np.eye(4)), folder / "nifti" / side / f"{i}.nii.gz")


def _tables(folder: Path) -> None:
    for name, of in {"proba": "iris_probs", "labels": "iris_label"}.items():
        text = (SAMPLES / f"{of}.csv").read_text(encoding="utf-8")
        (folder / f"{name}.csv").write_text(text.replace("flower", "id", 1), encoding="utf-8")
    best = [{"id": row["flower"], "prediction": _most_probable(row)} for row in _rows("iris_probs.csv")]
    _write(folder / "classes.csv", best)
    rows = [
        {"region": "north" if i % 2 else "south", "y_true": float(row["target"]), "y_pred": float(row["pred"])}
        for i, row in enumerate(_rows("diabetes.csv"))
    ]
    _write(folder / "table.csv", rows)
    _write(folder / "sales.csv", [{"sold": row["y_true"], "forecast": row["y_pred"]} for row in rows])
    lines = (json.dumps({k: v for k, v in row.items() if k != "region"}) for row in rows)
    (folder / "table.jsonl").write_text("\n".join(lines), encoding="utf-8")
    from openpyxl import Workbook
    from pyarrow import Table, parquet

    book = Workbook()
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        book.active.append(cells)
    book.save(folder / "table.xlsx")
    parquet.write_table(Table.from_pylist(rows), folder / "table.parquet")
    for year, part in (("2023", rows[:200]), ("2024", rows[200:])):
        place = folder / "sales" / f"year={year}"
        place.mkdir(parents=True)
        parquet.write_table(Table.from_pylist(part), place / "part-0.parquet")
    _dataset(folder / "dataset")


def _dataset(folder: Path) -> None:
    """A dataset as `save_to_disk` of the library datasets writes it."""
    import pyarrow as pa

    folder.mkdir()
    table = pa.table({"logits": _sample("digits_logits.npy").tolist(), "label": _sample("digits_label.npy")})
    with pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}), encoding="utf-8")
    (folder / "dataset_info.json").write_text("{}", encoding="utf-8")


def _forecasts(folder: Path) -> None:
    """A submission in another order than its solution, its quantiles, and forecasts of three horizons."""
    rows = _rows("diabetes.csv")
    _write(folder / "solution.csv", [{"Id": row["patient"], "progression": row["target"]} for row in rows])
    _write(folder / "submission.csv", [{"Id": row["patient"], "progression": row["pred"]} for row in reversed(rows)])
    levels = {"q0.1": 0.5, "q0.5": 1.0, "q0.9": 1.5}
    _write(folder / "quantiles.csv", [{"Id": r["patient"], **{q: f * float(r["pred"]) for q, f in levels.items()}} for r in rows])
    days = [{"series": row["sex"], "ds": f"day {i}", "y": row["target"]} for i, row in enumerate(rows)]
    _write(folder / "actuals.csv", days)
    steps = [(row, day, horizon) for row, day in zip(rows, days, strict=True) for horizon in (1, 2, 3)]
    _write(
        folder / "forecasts.csv",
        [{"series": d["series"], "ds": d["ds"], "horizon": h, "forecast": float(r["pred"]) + h} for r, d, h in steps],
    )


def _most_probable(row: Mapping[str, str]) -> str:
    return max((name for name in row if name != "flower"), key=lambda name: float(row[name]))


def _boxes(folder: Path) -> None:
    """Pairs by id as they are; sets per image without ids, in another order, one of them not found."""
    for name in ("boxes.csv", "gt.csv"):
        shutil.copy(SAMPLES / name, folder)
    found = [{k: v for k, v in row.items() if k != "id"} for row in reversed(_rows("boxes.csv")[1:])]
    _write(folder / "found.csv", found)
    _write(folder / "truth.csv", [{k: v for k, v in row.items() if k != "id"} for row in _rows("gt.csv")])
    sized = ({**row, "w": float(row["x2"]) - float(row["x1"]), "h": float(row["y2"]) - float(row["y1"])} for row in found)
    _write(
        folder / "found_xywh.csv",
        [{"image_id": r["image_id"], "x": r["x1"], "y": r["y1"], "w": r["w"], "h": r["h"], "score": r["score"]} for r in sized],
    )
    true = _rows("gt.csv")
    instances = {
        "images": [{"id": name} for name in dict.fromkeys(row["image_id"] for row in true)],
        "annotations": [{"id": i, **_record(row)} for i, row in enumerate(true)],
        "categories": [{"id": ord(name), "name": name} for name in sorted({row["label"] for row in true})],
    }
    for file, document in (("results.json", [_record(row) for row in found]), ("instances.json", instances)):
        (folder / file).write_text(json.dumps(document), encoding="utf-8")


def _record(row: Mapping[str, str]) -> dict[str, object]:
    """A box as COCO has it: corner and size, and numbers for classes."""
    x1, y1, x2, y2 = (float(row[name]) for name in ("x1", "y1", "x2", "y2"))
    score = {"score": float(row["score"])} if "score" in row else {"iscrowd": 0}
    return {"image_id": row["image_id"], "category_id": ord(row["label"]), "bbox": [x1, y1, x2 - x1, y2 - y1], **score}


def _sample(name: str) -> np.ndarray:
    found: np.ndarray = np.load(SAMPLES / name)
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Sequence[Mapping[str, object]] | Iterable[Mapping[str, object]]) -> None:
    made = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, made[0])
        writer.writeheader()
        writer.writerows(made)
