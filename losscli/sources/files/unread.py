"""Kinds of files that are not read, a line each, with the command that converts one."""

from __future__ import annotations

import os
import re

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.sources.files.first_bytes import is_text


@dataclass(frozen=True)
class Unread:
    """One kind. name: with its article, after "is". suffixes, first: how it is recognised; at: where its first bytes are.
    text: whether it may be text. folder: whether it is a folder.

    code: what converts it, run by `by`; or shell: a command that does. In both, {path}, {npy}, {npz}, {nii} and {csv} are the
    user's own path and the path with that suffix. remark: before it.
    """

    name: str
    suffixes: tuple[str, ...]
    first: tuple[bytes, ...] = ()
    at: int = 0
    text: bool = False
    folder: bool = False
    code: str = ""
    by: str = "python -c"
    shell: str = ""
    remark: str = ""


_PICKLE = "a pickle runs code, so convert only what you trust"
_NO_DATA = "give a table or arrays: .csv .jsonl .parquet .npy .npz"
_PIL = "import numpy; from PIL import Image; numpy.save({npy}, numpy.asarray(Image.open({path}))[None])"
_ITK = "import SimpleITK as itk; itk.WriteImage(itk.ReadImage({path}), {nii})"
UNREAD = (
    Unread("a joblib file", (".joblib",), (), code="import joblib, numpy; numpy.save({npy}, joblib.load({path}))", remark=_PICKLE),
    Unread(
        "a file in the format before torch 1.6",
        (),
        (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",),
        code="import torch; torch.save(torch.load({path}, map_location='cpu'), 'new.pt')",
        remark=_PICKLE,
    ),
    Unread(
        "a pickle",
        (".pkl", ".pickle", ".p"),
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
        code="import pickle, numpy; numpy.save({npy}, pickle.load(open({path}, 'rb')))",
        remark=f"{_PICKLE} (a data frame: pandas.read_pickle, then to_csv)",
    ),
    Unread(
        "a MATLAB file",
        (),
        (b"MATLAB 5.0 MAT-file",),
        code="import scipy.io, numpy; numpy.savez({npz}, **{k: v for k, v in scipy.io.loadmat({path}).items() "
        "if not k.startswith('__')})",
    ),
    Unread(
        "a Feather file of the first version",
        (),
        (b"FEA1",),
        code="from pyarrow import feather; feather.write_feather(feather.read_table({path}), 'new.feather')",
        remark="pyarrow does not check such files and can crash, so convert only what you trust",
    ),
    Unread("an R object", (".rds",), (b"X\n\0\0\0",), code="write.csv(readRDS({path}), {csv}, row.names=FALSE)", by="Rscript -e"),
    Unread(
        "an R workspace",
        (".rdata", ".rda"),
        (b"RDX2\n", b"RDX3\n"),
        code="x <- load({path}); write.csv(get(x[1]), {csv}, row.names=FALSE)",
        by="Rscript -e",
    ),
    Unread(
        "a TFRecord file",
        (".tfrecord", ".tfrecords"),
        (),
        code="import numpy, tensorflow as tf; numpy.save({npy}, [tf.train.Example.FromString(r.numpy()).features.feature['NAME']"
        ".float_list.value for r in tf.data.TFRecordDataset({path})])",
        remark="NAME is the feature to save",
    ),
    Unread(
        "an SQLite database",
        (".db", ".sqlite", ".sqlite3"),
        (b"SQLite format 3\0",),
        code="import pandas, sqlite3; pandas.read_sql('SELECT * FROM NAME', sqlite3.connect({path})).to_csv({csv}, index=False)",
        remark="NAME is the table to save",
    ),
    Unread(
        "a tar archive",
        (".tar", ".tgz"),
        (b"ustar",),
        at=257,
        text=True,
        shell="tar -xf {path}",
        remark="unpack it, and name the files or a quoted pattern",
    ),
    Unread("a 7z archive", (".7z",), (b"7z\xbc\xaf\x27\x1c",), shell="7z x {path}", remark="unpack it, and name the file"),
    Unread("a RAR archive", (".rar",), (b"Rar!\x1a\x07",), shell="unrar x {path}", remark="unpack it, and name the file"),
    Unread(
        "a JPEG image",
        (".jpg", ".jpeg"),
        (b"\xff\xd8\xff",),
        code=_PIL,
        remark="JPEG changes the values of masks; as an array of one row",
    ),
    Unread(
        "a WebP image",
        (".webp",),
        (b"WEBP",),
        at=8,
        code=_PIL,
        remark="WebP changes the values of masks unless it was saved without loss; as an array of one row",
    ),
    Unread(
        "a DICOM file",
        (".dcm", ".dicom"),
        (b"DICM",),
        at=128,
        code="import numpy, pydicom; numpy.save({npy}, pydicom.dcmread({path}).pixel_array)",
        remark="a series as one volume: dcm2niix; one image",
    ),
    Unread("an NRRD file", (".nrrd", ".nhdr"), (b"NRRD000",), text=True, code=_ITK),
    Unread("a MetaImage file", (".mha", ".mhd"), (b"ObjectType = Image",), text=True, code=_ITK),
    Unread(
        "a video",
        (".mp4", ".avi", ".mov", ".mkv", ".webm"),
        shell="mkdir frames && ffmpeg -i {path} frames/%06d.png",
        remark="most videos change the values of masks; its frames as images",
    ),
    Unread(
        "a Git LFS pointer",
        (),
        (b"version https://git-lfs.github.com/spec/",),
        text=True,
        shell="git lfs pull --include {path}",
        remark="download the data",
    ),
    Unread(
        "a Zarr array",
        (".zarr",),
        folder=True,
        code="import numpy, zarr; numpy.save({npy}, zarr.open({path})[:])",
    ),
    Unread("a PDF document", (".pdf",), (b"%PDF-",), text=True, remark=_NO_DATA),
    Unread("an executable", (".exe", ".so", ".dll"), (b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe"), remark=_NO_DATA),
    Unread("Python bytecode", (".pyc",), (), remark=_NO_DATA),
)


def by_bytes(head: bytes) -> Unread | None:
    """The kind of a file that begins with these bytes."""
    text = is_text(head)
    return next(
        (known for known in UNREAD if known.first and head.startswith(known.first, known.at) and (known.text or not text)), None
    )


def by_name(name: str, *, folder: bool = False) -> Unread | None:
    """The kind of a file of that name, or of a folder."""
    return next((known for known in UNREAD if known.folder == folder and name.lower().endswith(known.suffixes or "/")), None)


def refusal(known: Unread, shown: str, name: str, before: str = "") -> DataError:
    """The error of such a file; before: the command to run first, if any. A joblib file begins like any pickle."""
    named = by_name(name)
    known = named if named is not None and named.name == "a joblib file" and known.name == "a pickle" else known
    command = " && ".join(x for x in (before, _command(known, name)) if x)
    return DataError(f"is {known.name}, which is not read", Where(shown), ": ".join(x for x in (known.remark, command) if x))


def _command(known: Unread, name: str) -> str:
    """The command that converts a file of that name."""
    if not known.code and not known.shell:
        return ""
    here = name if name not in ("", "-") and "://" not in name else "FILE" + (known.suffixes or ("",))[0]
    from shlex import quote  # late: for messages

    stem = os.path.splitext(here)[0]
    names = {"path": here, **{suffix: f"{stem}.{suffix}" for suffix in ("npy", "npz", "nii", "csv")}}
    if not known.code:
        return _filled(known.shell, {key: quote(value) for key, value in names.items()})
    code = _filled(known.code, {key: repr(value) for key, value in names.items()})
    return f"{known.by} {_quoted(code)}"


def _filled(template: str, names: dict[str, str]) -> str:
    """A template with its names; other braces are its own."""
    return re.sub(r"\{(path|npy|npz|nii|csv)\}", lambda found: names[found[1]], template)


def _quoted(code: str) -> str:
    """Code as one word of a shell, in double quotes where none of its characters mean something in them."""
    from shlex import quote

    return quote(code) if re.search(r'["$`\\!]', code) else f'"{code}"'
