"""Small files that announce, or expand to, far more than a computer holds: made by hand, as libraries refuse to write them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from losscli.sources.files.compression import FREE
from tests.support import coco_files, png, sheets
from tests.support.compressed import zstd
from tests.support.samples import Sample, samples

HUGE = 1 << 40
_ZEROS = bytes(16 << 20)
_ENOUGH = FREE // len(_ZEROS) + 1
"""Blocks of zeros that are more than any file may expand to."""
_TABLE = b"pred,target\n1,2\n"


@dataclass(frozen=True)
class Bomb:
    """format: of the table of formats, or a compression. says: what stands in the message."""

    format: str
    command: tuple[str, ...]
    files: Mapping[str, bytes]
    says: str


@cache
def bombs() -> dict[str, Bomb]:
    found: dict[str, Bomb] = {}

    def add(name: str, known: str, command: str, says: str, files: Mapping[str, bytes]) -> None:
        found[name] = Bomb(known, tuple(command.split()), files, says)

    def one(name: str, known: str, suffix: str, raw: bytes, says: str) -> None:
        add(name, known, f"regress a.{suffix} -l mae", says, {f"a.{suffix}": raw})

    def images(name: str, known: str, suffix: str, raw: bytes, says: str, more: str = "") -> None:
        add(name, known, f"segment p t -l dice {more}", says, {f"{side}/a.{suffix}": raw for side in "pt"})

    for suffix, (method, pack) in _COMPRESS.items():
        one(f"zeros in {method}", method, f"csv.{suffix}", pack(_TABLE) + pack(_ZEROS) * _ENOUGH, "expands to more than 1000 times")
    for name, code in {"zip": zipfile.ZIP_DEFLATED, "zip by bzip2": zipfile.ZIP_BZIP2, "zip by LZMA": zipfile.ZIP_LZMA}.items():
        packed = _zip({"a.csv": [_TABLE, *[_ZEROS] * _ENOUGH]}, code)
        one(f"zeros in {name}", "zip", "csv.zip", packed, "expands to more than 1000 times")

    one("digits of CSV", "csv", "csv", b"pred,target\n" + b"1" * 1_000_000 + b",1\n", "has no exact double")
    one("one line", "csv", "csv", b"x" * 70_000_000, "a line of more than")
    one("a quoted cell without an end", "csv", "csv", b'pred,target\n"' + b"1,1\n" * 1_000_000, "never closed")
    deep = b"[" * 100_000 + b"]" * 100_000
    one("nested JSON", "json", "json", b'{"pred":' + deep + b"}", "nested too deeply")
    one("nested JSON Lines", "jsonl", "jsonl", b'{"pred":' + deep + b"}\n", "nested too deeply")
    one("digits of JSON", "json", "json", b'[{"pred":' + b"1" * 100_000 + b"}]", "too many digits")
    runs: dict[str, tuple[int, Any]] = {"counts": (10**6, [0, 10**12]), "text": (10**9, "ooo0")}
    for name, (side, counts) in runs.items():
        mask = {"size": [side, side], "counts": counts}
        add(f"{name} of COCO", "json", _COCO, "more than --max-pixels", _coco(mask, side))
    zigzag = [[1, 1, *[99, 1, 1, 99] * 200_000]]
    add("an outline of COCO", "json", _COCO, "pixels long", _coco(zigzag, 100))
    add("points of COCO far away", "json", _COCO, "in an image of 100 × 100", _coco([[1, 1, 1e9, 1, 1e9, 1e9]], 100))
    add(
        "a run of Kaggle",
        "csv",
        "segment p.csv t.csv -l dice --image-size 8x6",
        "of an image of 48",
        {"p.csv": b"ImageId,EncodedPixels\na.jpg,1 1000000000000\n", "t.csv": b"ImageId,EncodedPixels\na.jpg,1 4\n"},
    )

    one("rows of Parquet", "parquet", "parquet", _parquet(HUGE), "more than a thousand times")
    one("most rows of Parquet", "parquet", "parquet", _parquet((1 << 63) - 1), "more than a thousand times")
    one("rows of Feather", "feather", "feather", _arrow(stream=False), "more than a thousand times")
    one("rows of a stream of Arrow", "feather", "arrow", _arrow(stream=True), "more than a thousand times")
    dataset = samples()["datasets"]
    add("rows of a dataset", "datasets", "regress ds -l mae", "ds/", {**dataset.files, dataset.main: _arrow(stream=True)})

    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    one("a cell far away", "excel", "xlsx", _xlsx(far), "1048576 rows and 16384 columns is too large")
    wide = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c><c r="XFD%d"><v>1</v></c></row>' % (i, i, i) for i in range(8, 9000))
    one("wide rows", "excel", "xlsx", _xlsx(wide), "is too large")
    one("a sheet of zeros", "excel", "xlsx", _xlsx(bytes(64 << 20)), "would expand")
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = f'<table:table-row table:number-rows-repeated="99999999999">{blank}{sheets.cell(1)}</table:table-row>'
    one("repeated rows", "excel", "ods", sheets.document(rows), "is too large")
    data = samples()["dta"].files["a.dta"]
    at = data.index(b"<N>") + 3
    one("rows of Stata", "stata", "dta", data[:at] + struct.pack("<Q", HUGE) + data[at + 8 :], "not readable as stata")
    data = samples()["xpt"].files["a.xpt"]
    at = data.index(b"NAMESTR HEADER")
    one("columns of XPORT", "xport", "xpt", data[:at] + data[at:].replace(b"0003", b"9999", 1), "not readable as xport")

    head = b'<?xml version="1.0"?>'
    one("entities of XML", "xml", "xml", head + _LAUGHS + b"<data><row><pred>&j;</pred></row></data>", "DOCTYPE")
    wide = b" ".join(b'a%d="1"' % i for i in range(100_000))
    one("attributes of XML", "xml", "xml", head + b"<data><row " + wide + b"/></data>", "100000 attributes")
    one("nested XML", "xml", "xml", head + b"<a>" * 100_000 + b"</a>" * 100_000, "a.xml")
    voc = head + _LAUGHS + b"<annotation><object><name>&j;</name></object></annotation>"
    add("entities of VOC", "voc", "detect p p -l giou", "DOCTYPE", {"p/a.xml": voc})
    for span in ("colspan", "rowspan"):
        page = b"<table><tr><th>pred</th></tr><tr><td %s=1000000000>1</td></tr></table>" % span.encode()
        one(f"{span} of HTML", "html", "html", page, "merged cells")
    one("nested HTML", "html", "html", b"<table><tr><td>" * 100_000, "ends before its table does")
    yolo = samples()["yolo"]
    found["anchors of YAML"] = Bomb("yolo", yolo.command, {**yolo.files, "data.yaml": _ANCHORS}, "is not text")
    add(
        "an outline of YOLO",
        "yolo",
        "segment p t -l dice --image-size 100x100 --class-agnostic",
        "pixels long",
        {f"{side}/a.txt": b"0" + b" 0.1 0.1 0.9 0.1 0.1 0.9" * 70_000 + b"\n" for side in "pt"},
    )

    one(
        "zeros in NPZ", "npz", "npz", _zip({"pred.npy": [_npy((20 << 21,)), *[_ZEROS] * 20], "target.npy": [_npy((0,))]}), "expands"
    )
    one("shapes of NPZ", "npz", "npz", _zip({f"{x}.npy": [_npy((HUGE,))] for x in ("pred", "target")}), "truncated")
    for name, shape in {"shape": (HUGE,), "product": (1 << 62,) * 2, "axes": (1,) * 5000}.items():
        add(f"{name} of NPY", "npy", "regress p.npy p.npy -l mae", "p.npy", {"p.npy": _npy(shape)})
    tensors = {name: {"dtype": "F64", "shape": [HUGE], "data_offsets": [0, 8 * HUGE]} for name in ("pred", "target")}
    one("shapes of safetensors", "safetensors", "safetensors", _safetensors(json.dumps(tensors).encode()), "truncated")
    one("a header of safetensors", "safetensors", "safetensors", struct.pack("<Q", 1 << 60) + b'{"', "are the most")
    one("nested safetensors", "safetensors", "safetensors", _safetensors(b'{"a":' + deep + b"}"), "nested too deeply")
    one("shapes of HDF5", "hdf5", "h5", _hdf5(HUGE, 1 << 16), "more than a thousand times")
    one("a chunk of HDF5", "hdf5", "h5", _hdf5(1 << 28, 1 << 28), "chunks of more than")

    for known, more, says in (
        ("", "", "--max-pixels 268435456"),
        (" that are allowed", "--max-pixels 99999999999", "a thousand times"),
    ):
        side = 1 << 17
        images(f"pixels of PNG{known}", "images", "png", _png(side), says, more)
        images(f"pixels of TIFF{known}", "images", "tif", _tiff(side), says, more)
        images(f"pixels of BMP{known}", "images", "bmp", _bmp(side), says, more)
        images(f"pixels of GIF{known}", "images", "gif", _gif(65535), says, more)
    text = b"k\0\0" + zlib.compress(bytes(64 << 20))
    images("text of PNG", "images", "png", png.png(np.eye(4, dtype=np.uint8), more=[(b"zTXt", text)]), "cannot be decoded")
    for suffix, pack in _NIFTI.items():
        volume = pack(_nifti(32767))
        images(f"voxels of {suffix}", "nifti", suffix, volume, "--max-pixels 268435456")
        images(f"voxels of {suffix} that are allowed", "nifti", suffix, volume, "truncated", f"--max-pixels {10**15}")
    return found


_COMPRESS: dict[str, Any] = {
    "gz": ("gzip", gzip.compress),
    "bz2": ("bzip2", bz2.compress),
    "xz": ("xz", lambda raw: lzma.compress(raw, preset=0)),
    "zst": ("zstd", zstd.compress),
}
_NIFTI: dict[str, Any] = {"nii": bytes, "nii.gz": gzip.compress}
_COCO = "segment p.json t.json -l dice --class-agnostic"
_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
_LAUGHS += b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)) + b"]>"
_ANCHORS = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
_ANCHORS += b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10)) for i in range(9)) + b"names: *j\n"


def _zip(members: Mapping[str, Sequence[bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, blocks in members.items():
            with archive.open(name, "w", force_zip64=True) as member:
                for block in blocks:
                    member.write(block)
    return out.getvalue()


def _npy(shape: tuple[int, ...]) -> bytes:
    text = str({"descr": "<f8", "fortran_order": False, "shape": shape}).encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


def _safetensors(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(64)


def _hdf5(rows: int, chunk: int) -> bytes:
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        for name in ("pred", "target"):
            file.create_dataset(name, shape=(rows,), chunks=(chunk,), dtype="f8")
    return out.getvalue()


_ROWS = 77_777
"""A number that occurs in a file only where rows are counted."""


def _zeros() -> Any:
    import pyarrow as pa

    return pa.table({name: np.zeros(_ROWS) for name in ("pred", "target")})


def _varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + _varint(number >> 7) if number > 127 else bytes([number])


def _parquet(rows: int) -> bytes:
    """Another number of rows in the footer, as Thrift's compact protocol writes it."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(_zeros(), out, store_schema=False)
    raw = out.getvalue()
    size = int.from_bytes(raw[-8:-4], "little")
    footer = raw[-8 - size : -8].replace(_varint(2 * _ROWS), _varint(2 * rows))
    return raw[: -8 - size] + footer + struct.pack("<I", len(footer)) + b"PAR1"


def _arrow(*, stream: bool) -> bytes:
    from pyarrow import ipc

    out, table = io.BytesIO(), _zeros()
    with (ipc.new_stream if stream else ipc.new_file)(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue().replace(struct.pack("<q", _ROWS), struct.pack("<q", HUGE))


def _xlsx(rows: bytes) -> bytes:
    out, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(samples()["xlsx"].files["a.xlsx"]))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            raw = source.read(name)
            archive.writestr(name, raw.replace(b"</sheetData>", rows + b"</sheetData>"))
    return out.getvalue()


def _coco(mask: Any, side: int) -> Mapping[str, bytes]:
    truth = coco_files.truth(coco_files.annotation(0, segmentation=mask))
    for image in truth["images"]:
        image["width"] = image["height"] = side
    return {"t.json": json.dumps(truth).encode(), "p.json": json.dumps([coco_files.result(segmentation=mask)]).encode()}


def _png(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(2))), (b"IEND", b""))
    return png.SIGNATURE + b"".join(png.chunk(*part) for part in parts)


def _tiff(side: int) -> bytes:
    tags = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: side, 279: (1 << 32) - 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def _bmp(side: int) -> bytes:
    palette = 1024
    head = b"BM" + struct.pack("<IHHI", 54 + palette, 0, 0, 54 + palette)
    return head + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 0, 0, 0, 0, 256, 0) + bytes(palette)


def _gif(side: int) -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\0;"
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + frame


def _nifti(side: int) -> bytes:
    sample: Sample = samples()["nifti"]
    raw = bytearray(sample.files[sample.main])
    struct.pack_into("<4h", raw, 40, 3, side, side, side)
    return bytes(raw)
