"""A small valid input of every format and annotation, as bytes, with a command that reads it: what fuzzers and laws start from."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.support import box_files, coco_files, png, run_lengths, sheets, torch_files, xlsb
from tests.support.box_files import Box
from tests.support.compressed import COMPRESS

Files = Mapping[str, bytes]
NO_WRITER = {"sas": "no library writes SAS's data sets"}
"""Formats without a sample, and why."""


@dataclass(frozen=True)
class Sample:
    """Files by their paths, and the words of a command that reads them. main: the file that fuzzers change."""

    command: tuple[str, ...]
    files: Files
    main: str

    @property
    def reads(self) -> str:
        """The input of the command that the changed file belongs to."""
        return next(word for word in self.command if self.main == word.lstrip("@") or self.main.startswith(f"{word}/"))

    def write(self, folder: str | os.PathLike[str] = ".", **changed: bytes) -> None:
        """Write the files below a folder; main: other bytes of the main file."""
        for name, raw in self.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(changed.get("main", raw) if name == self.main else raw)


def frame(rows: int = 6) -> pd.DataFrame:
    """The table that every format of tables has: ids, and numbers that are exact in any base."""
    return pd.DataFrame(
        {
            "id": [f"k{i:03d}" for i in range(rows)],
            "pred": np.arange(rows) * 7 % 11 / 4 + 1,
            "target": np.arange(rows) * 5 % 7 / 2 + 1,
        }
    )


def _path(write: Callable[[str], object], name: str) -> bytes:
    """The bytes that a library writes to a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, name))
        write(path)
        return Path(path).read_bytes()


def _stream(write: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def _arrow(data: pd.DataFrame, *, stream: bool = False) -> bytes:
    import pyarrow as pa
    from pyarrow import ipc

    table = pa.Table.from_pandas(data, preserve_index=False)
    out = io.BytesIO()
    with (ipc.new_stream if stream else ipc.new_file)(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(1, len(data) // 3))
    return out.getvalue()


def _hdf5(data: pd.DataFrame) -> bytes:
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as f:
        for name in data.columns:
            values = data[name].to_numpy()
            f.create_dataset(name, data=values.astype("S4") if name == "id" else values, chunks=(len(data),), compression="gzip")
    return out.getvalue()


def _safetensors(data: pd.DataFrame) -> bytes:
    from safetensors.numpy import save

    return save({name: data[name].to_numpy() for name in ("pred", "target")})


def _sav(data: pd.DataFrame) -> bytes:
    import pyreadstat

    return _path(lambda path: pyreadstat.write_sav(data, path), "a.sav")


def _xport(data: pd.DataFrame) -> bytes:
    import pyreadstat

    return _path(lambda path: pyreadstat.write_xport(data, path, file_format_version=5), "a.xpt")


def _records(data: pd.DataFrame) -> list[Any]:
    return data.to_dict("records")


TABLES: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "csv": lambda t: t.to_csv(index=False).encode(),
    "tsv": lambda t: t.to_csv(index=False, sep="\t").encode(),
    "txt": lambda t: t.to_csv(index=False, sep=" ").encode(),
    "jsonl": lambda t: "".join(json.dumps(row) + "\n" for row in _records(t)).encode(),
    "json": lambda t: json.dumps(_records(t)).encode(),
    "parquet": lambda t: _stream(lambda out: t.to_parquet(out, index=False, row_group_size=max(1, len(t) // 3))),
    "xlsx": lambda t: _stream(lambda out: t.to_excel(out, index=False, engine="openpyxl")),
    "xlsb": lambda t: xlsb.xlsb([tuple(t.columns), *t.itertuples(index=False, name=None)]),
    "ods": lambda t: sheets.ods([tuple(t.columns), *t.itertuples(index=False, name=None)]),
    "orc": lambda t: _stream(lambda out: t.to_orc(out, index=False)),
    "dta": lambda t: _stream(lambda out: t.to_stata(out, write_index=False, version=118)),
    "sav": _sav,
    "xpt": _xport,
    "xml": lambda t: t.to_xml(index=False, parser="etree").encode(),
    "html": lambda t: t.to_html(index=False, float_format=lambda x: str(float(x))).encode(),
    "feather": _arrow,
    "arrow": lambda t: _arrow(t, stream=True),
    "npz": lambda t: _stream(lambda out: np.savez(out, pred=t["pred"].to_numpy(), target=t["target"].to_numpy())),
    "safetensors": _safetensors,
    "pt": lambda t: _path(lambda path: torch_files.save(path, {n: t[n].to_numpy() for n in ("pred", "target")}), "a.pt"),
    "h5": _hdf5,
}
"""By suffix, the bytes of a file with both sides."""
FORMATS_OF = {"txt": "csv", "tsv": "csv", "xlsx": "excel", "xlsb": "excel", "ods": "excel", "dta": "stata", "sav": "spss"}
FORMATS_OF |= {"xpt": "xport", "arrow": "feather", "h5": "hdf5"}


def tables(rows: int = 6) -> dict[str, Sample]:
    """One file with both sides, in every format of tables."""
    data = frame(rows)
    return {s: Sample(("regress", f"a.{s}", "-l", "mae"), {f"a.{s}": write(data)}, f"a.{s}") for s, write in TABLES.items()}


def _saved(values: Any) -> bytes:
    return _stream(lambda out: np.save(out, values))


def _dataset(rows: int) -> Sample:
    data = frame(rows)
    state = {"_data_files": [{"filename": f"data-{i:05d}-of-00002.arrow"} for i in range(2)], "_split": None}
    files = {"ds/state.json": json.dumps(state).encode(), "ds/dataset_info.json": b'{"features": {}}'}
    for i, part in enumerate((data[: rows // 2], data[rows // 2 :])):
        files[f"ds/data-{i:05d}-of-00002.arrow"] = _arrow(part, stream=True)
    return Sample(("regress", "ds", "-l", "mae"), files, "ds/data-00000-of-00002.arrow")


def _arrays(rows: int) -> Sample:
    data = frame(rows)
    files = {"p.npy": _saved(data["pred"].to_numpy()), "t.npy": _saved(data["target"].to_numpy())}
    return Sample(("regress", "p.npy", "t.npy", "-l", "mae"), files, "p.npy")


def _masks(count: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 2, (2, 5, 6), np.uint8) for _ in range(count)]


def _images(count: int) -> Sample:
    files = {f"{s}/m{i}.png": png.png(mask) for i, pair in enumerate(_masks(count)) for s, mask in zip("pt", pair, strict=True)}
    return Sample(("segment", "p", "t", "-l", "dice"), files, "p/m0.png")


def _tiffs(count: int) -> Sample:
    from PIL import Image

    def tiff(mask: Any) -> bytes:
        return _stream(lambda out: Image.fromarray(mask).save(out, "TIFF", compression="tiff_lzw"))

    files = {f"{s}/m{i}.tif": tiff(mask) for i, pair in enumerate(_masks(count)) for s, mask in zip("pt", pair, strict=True)}
    return Sample(("segment", "p", "t", "-l", "dice"), files, "p/m0.tif")


def _volumes(count: int) -> Sample:
    import nibabel as nib

    files = {}
    for i in range(count):
        for side, seed in (("p", i), ("t", i + 9)):
            voxels = np.random.default_rng(seed).integers(0, 2, (3, 4, 5), np.uint8)
            files[f"{side}/v{i}.nii"] = nib.Nifti1Image(voxels, np.eye(4)).to_bytes()
    return Sample(("segment", "p", "t", "-l", "dice"), files, "p/v0.nii")


def _boxes(count: int, score: float | None, shift: float) -> dict[str, list[Box]]:
    return {
        f"im{i}": [
            box_files.Box("cat", 2.0 + shift, 3.0, 8.0, 9.0 + i % 3, score),
            box_files.Box("dog", 16.0, 20.0, 6.0, 5.0, score),
        ]
        for i in range(count)
    }


def _folder(write: Callable[[str], object], name: str) -> Files:
    """The files that are written into a folder, by their paths."""
    with tempfile.TemporaryDirectory() as held:
        write(str(Path(held, name)))
        found = sorted(p for p in Path(held).rglob("*") if p.is_file())
        return {p.relative_to(held).as_posix(): p.read_bytes() for p in found}


def _yolo(count: int) -> Sample:
    files = {"data.yaml": b"names: [cat, dog]\n"}
    for side, score, shift in (("p", 0.75, 1.0), ("t", None, 0.0)):
        files |= _folder(partial(box_files.yolo, boxes=_boxes(count, score, shift), size=(32, 32), names=["cat", "dog"]), side)
    return Sample(("detect", "p", "t", "-l", "giou", "--image-size", "32x32", "--names", "data.yaml"), files, "p/im0.txt")


def _voc(count: int) -> Sample:
    files: dict[str, bytes] = {}
    for side, score, shift in (("p", 0.75, 1.0), ("t", None, 0.0)):
        files |= _folder(partial(box_files.voc, boxes=_boxes(count, score, shift)), side)
    return Sample(("detect", "p", "t", "-l", "giou"), files, "p/im0.xml")


def _mot(count: int) -> Sample:
    def lines(shift: float, last: Callable[[int], str]) -> bytes:
        return "".join(
            f"{i + 1},{j + 1},{20 * j + shift},3,8,{9 + i % 3},{last(j)}\n" for i in range(count) for j in range(2)
        ).encode()

    files = {"p/a.txt": lines(1.0, lambda j: f"0.{7 - j},-1,-1,-1"), "t/a/gt/gt.txt": lines(0.0, lambda j: "1,1,0.5")}
    return Sample(("detect", "p", "t", "-l", "giou"), files, "p/a.txt")


FOLDERS = {
    "npy": _arrays,
    "datasets": _dataset,
    "images": _images,
    "nifti": _volumes,
    "mot": _mot,
    "yolo": _yolo,
    "voc": _voc,
}
"""The samples of formats that are not one table with both sides, by the name of the format. Argument: how many rows, or images."""


def of_formats(rows: int = 6) -> dict[str, Sample]:
    """A sample of every format, by its name."""
    found = {FORMATS_OF.get(suffix, suffix): sample for suffix, sample in reversed(tables(rows).items())}
    return found | {name: make(rows) for name, make in FOLDERS.items()}


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _coco(side: str, command: str) -> Sample:
    shape = np.zeros((80, 100), bool)
    shape[10:30, 10:40] = True
    runs = run_lengths.rle(shape)
    points: dict[str, Any] = {"keypoints": [12, 13, 2, 20, 21, 1], "num_keypoints": 2}
    held = coco_files.annotation(0, box=(10, 10, 30, 20), segmentation=runs, **points)
    all_of = run_lengths.rle(np.ones((60, 60), bool), text=False)
    truth = coco_files.truth(held, coco_files.annotation(5, 2, box=(0, 0, 20, 30), iscrowd=1, segmentation=all_of))
    found = [
        coco_files.result(box=(12, 10, 30, 20), segmentation=runs, **points),
        coco_files.result(2, box=(1, 1, 9, 9), score=0.25),
    ]
    if command.startswith("segment"):
        found[1]["segmentation"] = run_lengths.rle(np.eye(60, dtype=bool), text=False)
    return Sample(tuple(command.split()), {"p.json": _json(found), "t.json": _json(truth)}, f"{side}.json")


def _kaggle() -> Sample:
    def rows(seed: int) -> bytes:
        masks = np.random.default_rng(seed).random((3, 6, 8)) < 0.4
        return ("ImageId,EncodedPixels\n" + "".join(f"im{i}.jpg,{run_lengths.starts(m)}\n" for i, m in enumerate(masks))).encode()

    command = ("segment", "p.csv", "t.csv", "-l", "dice", "--image-size", "8x6")
    return Sample(command, {"p.csv": rows(0), "t.csv": rows(1)}, "p.csv")


def _pairs(raw: bytes, name: str) -> Sample:
    people = ["Ann_Lee_0001", "Ann_Lee_0002", "Bo_0001", "Bo_0002"]
    table = "image,e0,e1\n" + "".join(f"{who},{i % 3 / 4 + 0.5},{i / 2}\n" for i, who in enumerate(people))
    command = ("embed", "v.csv", "--pairs", name, "--key", "image", "-l", "contrastive")
    return Sample(command, {"v.csv": table.encode(), name: raw}, name)


def _text_boxes() -> Sample:
    files: dict[str, bytes] = {}
    for side, score, shift in (("p", 0.75, 1.0), ("t", None, 0.0)):
        files |= _folder(partial(box_files.pixels, boxes=_boxes(2, score, shift)), side)
    order = "class,score,x,y,w,h"
    command = ("detect", "p", "t", "-l", "giou", "--yolo-order", f"pred.{order}", "--yolo-order", "target.class,x,y,w,h")
    return Sample(command, files, "p/im0.txt")


def _partitioned() -> Sample:
    files = {f"d/region={r}/part-{i}.parquet": TABLES["parquet"](frame()) for i, r in enumerate(("north", "a%20b"))}
    return Sample(("regress", "d", "-l", "mae", "--by", "region"), files, "d/region=north/part-0.parquet")


def others() -> dict[str, Sample]:
    """Inputs of further readers that are not formats of their own."""
    text = TABLES["csv"](frame(40))
    found = {
        "coco": _coco("t", "detect p.json t.json -l giou --match coco"),
        "coco results": _coco("p", "detect p.json t.json -l giou"),
        "coco masks": _coco("p", "segment p.json t.json -l dice --class-agnostic"),
        "coco crowds": _coco("t", "segment p.json t.json -l dice --class-agnostic"),
        "coco keypoints": _coco("t", "detect p.json t.json -l oks:sigmas=[0.1,0.2]"),
        "kaggle": _kaggle(),
        "pairs": _pairs(b"a,b,same\nAnn_Lee_0001,Ann_Lee_0002,1\nAnn_Lee_0001,Bo_0001,0\n", "pairs.csv"),
        "lfw": _pairs(b"1\t1\nAnn_Lee\t1\t2\nAnn_Lee\t1\tBo\t1\n", "pairs.txt"),
        "box text": _text_boxes(),
        "hive": _partitioned(),
        "tiff": _tiffs(2),
        "list": Sample(("regress", "@l.txt", "-l", "mae"), {"l.txt": b"a.csv\nb.csv\n", "a.csv": text, "b.csv": text}, "l.txt"),
    }
    for suffix, pack in COMPRESS.items():
        name = f"a.csv{suffix}"
        found[suffix[1:]] = Sample(("regress", name, "-l", "mae"), {name: pack(text, "a.csv")}, name)
    return found


@cache
def samples() -> dict[str, Sample]:
    """All of them, by the reader: formats by suffix where several suffixes share one."""
    return {**tables(), **{name: make(6 if name in ("npy", "datasets") else 2) for name, make in FOLDERS.items()}, **others()}
