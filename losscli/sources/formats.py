"""The formats of input files and folders, a line each: reading by suffix, messages and `losscli formats` derive from these lines.

To add a format, add a module with `open_file(file, how, jobs)` (of a folder: `open_folder(folder, how, jobs)`), and a line here.
"""

from __future__ import annotations

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Format:
    """One format."""

    name: str
    module: str
    """Of this package, imported on first use."""
    suffixes: tuple[str, ...]
    """Of its files, or of the files in its folders."""
    summary: str
    """What such files are: a plural, as after "reads"."""
    extra: str = ""
    """The extra that installs the library it needs."""
    also: tuple[tuple[str, str], ...] = ()
    """What such files may contain besides the rows of a table, each with its page of the documentation."""
    partly: tuple[tuple[str, str], ...] = ()
    """Extras that only some of it needs, each with what that is."""
    page: str = ""
    """The page of the documentation."""
    folder: bool = False
    """Whether an input is a folder, not a file."""
    first: tuple[bytes, ...] = ()
    """The bytes that such files begin with."""
    pattern: bytes = b""
    """What the beginning of such a file matches and that of no other does, where no fixed bytes say so."""
    initial: bytes = b""
    """Of a text: the first bytes, blanks aside, that such a match may have."""
    members: tuple[str, ...] = ()
    """The names in a zip (`*.npy`: of all its members), any of which tells it from a file that is compressed."""
    text: bool = False
    """Whether it is lines of text."""
    parts: str = ""
    """What `FILE::NAME` names."""
    marks: tuple[str, ...] = ()
    """The files that tell a folder of this format whatever else is in it."""
    claims: bool = False
    """Whether the module of a folder has `claims(paths, how)`, which looks into files of its suffixes that are named one by one or
    by a pattern, and into those of a folder where a later line has the same suffix."""
    images: bool = False
    """Whether a file is an image, a row of its own: several of them, in a folder or of a pattern, are one input."""
    hidden: tuple[str, ...] = ("_", ".")
    """What the names of files begin with that are not data in a folder: beside a table, those of programs such as `_metadata`."""
    reads: tuple[str, ...] = ()
    """What its reader uses of how files are written, by field of SideFormat."""


_DOTTED = (".",)
_TEXT = ("header", "delimiter", "comment", "decimal", "thousands", "encoding")
_IMAGES = ("stem", "max_pixels")
ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of formats that are zips."""
_ARROW = (b"ARROW1", b"\xff\xff\xff\xff")
"""An IPC file, and a stream."""
_DTA = tuple(bytes((release, order, 1, 0)) for release in range(0x6C, 0x74) for order in (1, 2))
_DATASETS = ("state.json", "dataset_info.json", "dataset_dict.json")
_OTHERS = "spreadsheets.md#other-formats-of-tables"
FORMATS = (
    Format(
        "csv",
        "delimited.table",
        (".csv", ".tsv", ".txt"),
        "tables of text, one row per line",
        also=(
            ("masks as runs", "objects.md#tables-of-runs"),
            ("lists of pairs, those of LFW too", "pairs.md#by-a-list-of-ids"),
            ("word vectors", "tables.md"),
        ),
        page="tables.md",
        text=True,
        reads=_TEXT,
    ),
    Format("jsonl", "json.file", (".jsonl", ".ndjson"), "JSON objects, one per line", page="json.md", text=True),
    Format(
        "json",
        "json.file",
        (".json",),
        "JSON documents: rows or columns",
        also=(("annotations and results of COCO", "annotations.md#coco"),),
        partly=(("coco", "polygons"),),
        page="json.md",
        first=(b"{", b"["),
        pattern=rb'\s*(?:\{\s*["}]|\[\s*\{)',
        initial=b"{[",
        text=True,
        parts="a key of the top level",
        reads=("encoding",),
    ),
    Format("parquet", "arrow.parquet", (".parquet", ".pq"), "Parquet tables", "arrow", page="tables.md#folders", first=(b"PAR1",)),
    Format(
        "excel",
        "spreadsheets.workbook",
        (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
        "sheets of Excel and OpenDocument",
        "excel",
        page="spreadsheets.md",
        first=(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", *ZIPPED),
        members=("xl/workbook.xml", "xl/workbook.bin", "content.xml"),
        parts="a sheet",
        reads=("header",),
    ),
    Format("orc", "frames.pandas_file", (".orc",), "ORC tables", "arrow", page=_OTHERS, first=(b"ORC",)),
    Format(
        "stata",
        "frames.pandas_file",
        (".dta",),
        "Stata data sets",
        page=_OTHERS,
        first=(b"<stata_dta>", *_DTA),
    ),
    Format("spss", "frames.pandas_file", (".sav", ".zsav"), "SPSS data sets", "stats", page=_OTHERS, first=(b"$FL2", b"$FL3")),
    Format(
        "sas",
        "frames.pandas_file",
        (".sas7bdat",),
        "SAS data sets",
        page=_OTHERS,
        first=(bytes(12) + b"\xc2\xea\x81\x60",),
        reads=("encoding",),
    ),
    Format(
        "xport",
        "frames.pandas_file",
        (".xpt",),
        "SAS transport files",
        "stats",
        page=_OTHERS,
        pattern=rb"HEADER RECORD\*{7}LIB",
        initial=b"H",
    ),
    Format(
        "xml",
        "frames.pandas_file",
        (".xml",),
        "XML documents, one element per row",
        page=_OTHERS,
        first=(b"<?xml",),
        pattern=rb"\s*<\?xml",
        initial=b"<",
        reads=("decimal", "thousands"),
    ),
    Format(
        "html",
        "frames.pandas_file",
        (".html", ".htm"),
        "tables of HTML pages",
        "html",
        page=_OTHERS,
        first=(b"<!DOCTYPE html", b"<html", b"<table"),
        pattern=rb"(?i)\s*<(?:!doctype html|html|table)\b",
        initial=b"<",
        parts="a table, by its number",
        reads=("header", "decimal", "thousands", "encoding"),
    ),
    Format(
        "feather",
        "arrow.ipc",
        (".feather", ".arrow", ".ipc"),
        "Arrow IPC files and streams",
        "arrow",
        page="tables.md#folders",
        first=_ARROW,
    ),
    Format(
        "datasets",
        "arrow.hf_folder",
        (".arrow",),
        "Hugging Face datasets",
        "arrow",
        page="tables.md#folders",
        folder=True,
        marks=_DATASETS,
    ),
    Format("npy", "arrays.npy", (".npy",), "NumPy arrays, one per file", page="arrays.md", first=(b"\x93NUMPY",)),
    Format(
        "npz",
        "arrays.npz",
        (".npz",),
        "NumPy arrays by name",
        page="arrays.md",
        first=ZIPPED,
        members=("*.npy",),
        parts="an array",
    ),
    Format(
        "safetensors",
        "arrays.safetensors",
        (".safetensors",),
        "safetensors' tensors by name",
        page="arrays.md",
        pattern=rb'(?s:.{4})\0{4}\{\s*["}]',
        parts="a tensor",
    ),
    Format(
        "pt",
        "arrays.torch_file",
        (".pt", ".pth"),
        "tensors saved by torch.save",
        page="arrays.md",
        first=ZIPPED,
        members=("*/data.pkl",),
        parts="a tensor",
    ),
    Format(
        "hdf5",
        "arrays.hdf5",
        (".h5", ".hdf5", ".he5", ".mat"),
        "HDF5 datasets by path; MATLAB 7.3",
        "hdf5",
        page="arrays.md#hdf5",
        first=(b"\x89HDF\r\n\x1a\n", b"MATLAB 7.3 MAT-file"),
        parts="a dataset",
    ),
    Format(
        "mot",
        "annotations.mot",
        (".txt",),
        "MOTChallenge boxes, one file per sequence of frames",
        page="annotations.md#motchallenge",
        folder=True,
        claims=True,
        hidden=_DOTTED,
        reads=("encoding",),
    ),
    Format(
        "yolo",
        "annotations.yolo",
        (".txt",),
        "YOLO labels and other boxes as text, one file per image",
        partly=(("images", "sizes from --images"), ("yaml", "names from data.yaml"), ("coco", "masks of polygons")),
        page="annotations.md#yolo",
        folder=True,
        claims=True,
        hidden=_DOTTED,
        reads=("comment", "encoding", "yolo_order", "yolo_obb", "yolo_kpt_shape"),
    ),
    Format(
        "voc",
        "annotations.voc",
        (".xml",),
        "Pascal VOC annotations, one file per image",
        page="annotations.md#pascal-voc",
        folder=True,
        claims=True,
        hidden=_DOTTED,
    ),
    Format(
        "images",
        "images.masks",
        (".png", ".tif", ".tiff", ".bmp", ".gif"),
        "masks as images, one per file",
        "images",
        page="masks.md",
        first=(b"\x89PNG", b"II*\0", b"MM\0*", b"GIF8"),
        images=True,
        hidden=_DOTTED,
        reads=(*_IMAGES, "palette"),
    ),
    Format(
        "nifti",
        "images.nifti",
        (".nii", ".nii.gz"),
        "NIfTI volumes, one per file",
        "medical",
        page="masks.md#volumes",
        images=True,
        hidden=_DOTTED,
        reads=_IMAGES,
    ),
)

FILES = {suffix: known for known in FORMATS if not known.folder for suffix in known.suffixes}
"""The formats of files by suffix. Any of them may be compressed (`compression.py`)."""
FOLDERS = {suffix: known for known in FORMATS if known.folder or known.images for suffix in known.suffixes}
"""The formats of folders by the suffix of the files in them: of several, the last is that of any other files."""
