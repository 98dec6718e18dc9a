"""The formats of input files and folders, a line each: reading by suffix, messages and `losscli formats` derive from these lines.

To add a format, add a module with `open_file(file, how, jobs)` (of a folder: `open_folder(folder, how, jobs)`), and a line here.
"""

from __future__ import annotations

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Format:
    """One format. module: of this package, imported on first use. suffixes: of its files, or of the files in its folders.
    extra: the extra that installs the library it needs. folder: whether an input is a folder, not a file. first: the bytes that
    such files begin with. pattern: what the beginning of such a file matches and that of no other does, where no fixed bytes say
    so. members: the names in a zip (`*.npy`: of all its members), any of which tells a container of this format from a file that
    is compressed. text: whether it is lines of text. parts: what `FILE::NAME` names. marks: the files that tell a folder of this
    format whatever else is in it. claims: whether the module of a folder has `claims(paths, how)`, which looks into files of its
    suffixes that are named one by one or by a pattern. images: whether a file is an image, a row
    of its own: several of them, in a folder or of a pattern, are one input."""

    name: str
    module: str
    suffixes: tuple[str, ...]
    summary: str
    extra: str = ""
    folder: bool = False
    first: tuple[bytes, ...] = ()
    pattern: bytes = b""
    members: tuple[str, ...] = ()
    text: bool = False
    parts: str = ""
    marks: tuple[str, ...] = ()
    claims: bool = False
    images: bool = False


ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of formats that are zips."""
_ARROW = (b"ARROW1", b"FEA1", b"\xff\xff\xff\xff")
"""An IPC file, Feather before it was one, and a stream."""
_DATASETS = ("state.json", "dataset_info.json", "dataset_dict.json")
FORMATS = (
    Format("csv", "delimited.table", (".csv", ".tsv", ".txt"), "tables of text, one row per line", text=True),
    Format("jsonl", "json_file", (".jsonl", ".ndjson"), "one JSON object per line", text=True),
    Format(
        "json",
        "json_file",
        (".json",),
        "one JSON document",
        first=(b"{", b"["),
        pattern=rb'\s*(?:\{\s*["}]|\[\s*\{)',
        text=True,
        parts="a key of the top level",
    ),
    Format("parquet", "parquet", (".parquet",), "tables by columns", "arrow", first=(b"PAR1",)),
    Format(
        "excel",
        "spreadsheet",
        (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
        "one sheet of a workbook",
        "excel",
        first=(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", *ZIPPED),
        members=("xl/workbook.xml", "xl/workbook.bin", "content.xml"),
        parts="a sheet",
    ),
    Format("orc", "pandas_file", (".orc",), "tables of Apache ORC", "arrow", first=(b"ORC",)),
    Format("stata", "pandas_file", (".dta",), "data sets of Stata", pattern=rb"<stata_dta>|[\x6c-\x73][\x01\x02]\x01\x00"),
    Format("spss", "pandas_file", (".sav", ".zsav"), "data sets of SPSS", "stats", first=(b"$FL2", b"$FL3")),
    Format("sas", "pandas_file", (".sas7bdat",), "data sets of SAS", first=(bytes(12) + b"\xc2\xea\x81\x60",)),
    Format("xport", "pandas_file", (".xpt",), "transport files of SAS", "stats", pattern=rb"HEADER RECORD\*{7}LIB"),
    Format("xml", "pandas_file", (".xml",), "rows as XML, an element each", first=(b"<?xml",), pattern=rb"\s*<\?xml"),
    Format(
        "html",
        "pandas_file",
        (".html", ".htm"),
        "a table of an HTML page",
        "html",
        first=(b"<!DOCTYPE html", b"<html", b"<table"),
        pattern=rb"(?i)\s*<(?:!doctype html|html|table)\b",
        parts="a table, by its number",
    ),
    Format("feather", "arrow_ipc", (".feather", ".arrow", ".ipc"), "Arrow IPC files and streams", "arrow", first=_ARROW),
    Format("datasets", "hf_folder", (".arrow",), "Hugging Face datasets on disk", "arrow", folder=True, marks=_DATASETS),
    Format("npy", "npy", (".npy",), "one NumPy array", first=(b"\x93NUMPY",)),
    Format("npz", "npz", (".npz",), "several NumPy arrays by name", first=ZIPPED, members=("*.npy",), parts="an array"),
    Format(
        "safetensors", "safetensors", (".safetensors",), "tensors by name", pattern=rb'(?s:.{4})\0{4}\{\s*["}]', parts="a tensor"
    ),
    Format(
        "pt", "torch_file", (".pt", ".pth"), "tensors saved by torch.save", first=ZIPPED, members=("*/data.pkl",), parts="a tensor"
    ),
    Format(
        "hdf5",
        "hdf5",
        (".h5", ".hdf5", ".he5", ".mat"),
        "datasets by path",
        "hdf5",
        first=(b"\x89HDF\r\n\x1a\n", b"MATLAB 7.3 MAT-file"),
        parts="a dataset",
    ),
    Format("yolo", "annotations.yolo", (".txt",), "boxes as text, one file per image", folder=True, claims=True),
    Format("voc", "annotations.voc", (".xml",), "boxes as Pascal VOC's XML, one file per image", folder=True, claims=True),
    Format(
        "images",
        "masks.reader",
        (".png", ".tif", ".tiff", ".bmp", ".gif"),
        "masks as images, one per file; a folder or pattern of them",
        "images",
        first=(b"\x89PNG", b"II*\0", b"MM\0*", b"GIF8"),
        images=True,
    ),
    Format("nifti", "nifti", (".nii", ".nii.gz"), "medical volumes; a folder or pattern of them", "medical", images=True),
)

FILES = {suffix: known for known in FORMATS if not known.folder for suffix in known.suffixes}
"""The formats of files by suffix. Any of them may be compressed (`compression.py`)."""
FOLDERS = {suffix: known for known in FORMATS if known.folder or known.images for suffix in known.suffixes}
"""The formats of folders by the suffix of the files in them."""
