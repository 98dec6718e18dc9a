"""Tables of other programs that are malformed, or that can be read in more than one way: Parquet to spreadsheets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.hostile.inputs.row import Table, main, whole
from tests.support.samples import TABLES as MAKERS
from tests.support.samples import _arrow, _stream

TABLES = Table()
FRAME = pd.DataFrame({"pred": [1.0, 2.0, 3.0], "target": [1.5, 2.0, 4.0]})
TEXT = FRAME.assign(pred=["1.0", "x", "3.0"])
BLANK = FRAME.assign(pred=[1.0, None, 3.0])
NAMED = FRAME.rename(columns={"pred": "left", "target": "right"})
NONE = FRAME[:0]


ROW2 = "row 2, column pred"
TEXT1 = "row 1, column pred: the text '1.0' where a number is needed"
NAN = "row 2, column pred: nan is not a finite number"
NULL = "row 2, column pred: null where a number is needed"


def alike(suffix: str, cut: str, word: str, missing: str = "", no_rows: str = "") -> None:
    """What goes wrong with tables of any format. The words of the message: of a file cut in half, text among numbers, a missing
    value and of no rows; empty: the format does not write it."""
    made = {
        "empty": (b"", "the file is empty"),
        "cut in half": (main(suffix)[: len(main(suffix)) // 2], cut),
        "a word": (MAKERS[suffix](TEXT), word),
        "columns of other names": (MAKERS[suffix](NAMED), "which column is `pred`? left, right (all numeric)"),
    }
    made |= {"a missing value": (MAKERS[suffix](BLANK), missing)} if missing else {}
    made |= {"no rows": (MAKERS[suffix](NONE), no_rows)} if no_rows else {}
    for name, (content, says) in made.items():
        name += f", {suffix}" * (suffix in ("xlsb", "ods", "arrow"))
        TABLES.add(name, f"regress a.{suffix} -l mae", {f"a.{suffix}": content}, f"a.{suffix}", says)


def parquet(frame: pd.DataFrame) -> bytes:
    return MAKERS["parquet"](frame)


def arrow(table: Any, kind: str) -> bytes:
    from pyarrow import feather, ipc, orc
    from pyarrow import parquet as pq

    def stream(out: Any) -> None:
        with ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table)

    return _stream(
        {
            "parquet": lambda out: pq.write_table(table, out),
            "feather": lambda out: feather.write_feather(table, out),
            "orc": lambda out: orc.write_table(table, out),
            "arrow": stream,
        }[kind]
    )


def flipped_page() -> bytes:
    """A file whose pages carry checksums, with another bit in its values."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    table = pa.table({side: [i / 2 for i in range(100)] for side in ("pred", "target")})
    how: Any = {"write_page_checksum": True, "use_dictionary": False, "compression": "none"}
    out = bytearray(_stream(lambda out: pq.write_table(table, out, **how)))
    out[400] ^= 1
    return bytes(out)


def odd() -> dict[str, tuple[Any, str]]:
    """Arrow tables that no pandas frame is, with the words of their messages."""
    import pyarrow as pa

    two = pa.array([1.0, 2.0])
    bad = pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"\xc3\x28x")])
    columns = {
        "text that is not UTF-8": (bad, "row 1, column pred: not UTF-8 text"),
        "dates": (pa.array([1, 2], pa.date32()), "row 1, column pred: the date or time '1970-01-02' where a number is needed"),
        "bytes": (pa.array([b"1", b"2"]), "mae reads `pred` (PRED), which the inputs do not contain"),
        "lists of unequal lengths": (pa.array([[1.0], [1.0, 2.0]]), f"{ROW2}: a list of 2 values, but the first row has 1"),
        "integers beyond doubles": (pa.array([2**62 + 1, 3]), "row 1, column pred: 4611686018427387905 has no exact double"),
        "objects with two fields of one name": (pa.StructArray.from_arrays([two, two], ["a", "a"]), "two fields of its objects"),
        "categories": (pa.array(["x1", "y2"]).dictionary_encode(), "row 1, column pred: the text 'x1' where a number is needed"),
    }
    made = {name: (pa.table({"pred": column, "target": two}), says) for name, (column, says) in columns.items()}
    twice = pa.table([two, two, two], names=["pred", "pred", "target"])
    return {**made, "two columns of one name": (twice, "two columns are named 'pred'")}


TABLES.of("parquet")
alike("parquet", "not a readable Parquet file", TEXT1, NULL, "the table has no rows")
for name, (table, says) in odd().items():
    TABLES.add(name, "regress a.parquet -l mae", {"a.parquet": arrow(table, "parquet")}, "a.parquet", says)
TABLES.add(
    "a damaged footer",
    "regress a.parquet -l mae",
    {"a.parquet": main("parquet")[:-12] + b"\xff\xff\xff\x7f" + b"PAR1".rjust(8, b"\0")},
    "a.parquet: not a readable Parquet file",
)
TABLES.add(
    "a damaged page",
    "regress a.parquet -l mae",
    {"a.parquet": main("parquet")[:60] + bytes(200) + main("parquet")[260:]},
    "a.parquet: cannot be read",
)
TABLES.add(
    "a checksum of a page",
    "regress a.parquet -l mae",
    {"a.parquet": flipped_page()},
    "a.parquet: cannot be read",
    "CRC",
)
TABLES.add(
    "an encrypted file",
    "regress a.parquet -l mae",
    {"a.parquet": b"PARE" + bytes(40) + b"PARE"},
    "a.parquet: not a readable Parquet file",
)
TABLES.add(
    "a part with other columns",
    "regress d -l mae",
    {"d/x=1/0.parquet": parquet(FRAME), "d/x=2/0.parquet": parquet(NAMED)},
    "d/x=2/0.parquet: has the columns left, right, x, but d/x=1/0.parquet has pred, target, x",
)
TABLES.add(
    "a part without its column of the path",
    "regress d -l mae --by x",
    {"d/x=1/0.parquet": parquet(FRAME), "d/0.parquet": parquet(FRAME)},
    "d/x=1/0.parquet: its path gives the column x, but that of d/0.parquet gives no column",
)
TABLES.add(
    "a column of the path that a file has too",
    "regress d -l mae --by x",
    {"d/x=1/0.parquet": parquet(FRAME.assign(x=2))},
    "d/x=1/0.parquet, row 1, column x: '2', but the path of the file has x=1",
)
TABLES.add(
    "a Delta table",
    "regress d -l mae",
    {"d/0.parquet": parquet(FRAME), "d/_delta_log/0.json": "{}"},
    "d: is a Delta table, which also has files that are no longer part of it",
)
TABLES.add(
    "an Iceberg table",
    "regress d -l mae",
    {"d/data/0.parquet": parquet(FRAME), "d/metadata/v1.metadata.json": "{}"},
    "d: is an Iceberg table, which also has files that are no longer part of it",
)

TABLES.of("feather")
alike("feather", "not a readable Arrow file", TEXT1, NULL, "the table has no rows")
alike("arrow", "truncated after row 0 (batch 0)", TEXT1, NULL, "the table has no rows")
for name, (table, says) in odd().items():
    TABLES.add(name, "regress a.arrow -l mae", {"a.arrow": arrow(table, "arrow")}, "a.arrow", says)

TABLES.of("orc")
alike("orc", "not readable as orc", TEXT1, NAN, "a table without rows")

TABLES.of("stata")
alike("dta", "not readable as stata", TEXT1, NAN, "a table without rows")
TABLES.of("spss")
alike("sav", "not readable as spss", TEXT1, NAN)
TABLES.of("xport")
alike("xpt", "not readable as xport", TEXT1, NAN)
TABLES.of("xml")
alike("xml", "line 16: not valid XML", f"{ROW2}: 'x' is not a number", f"{ROW2}: an empty cell where a number is needed")
TABLES.of("html")
alike("html", "the page ends before its table does", f"{ROW2}: 'x' is not a number", NAN, "a table without rows")

TABLES.of("stata")
TABLES.add(
    "another release",
    "regress a.dta -l mae",
    {"a.dta": b"\x60\x01\x01\x00" + main("dta")},
    "a.dta: not readable as stata",
)
TABLES.of("sas")
SAS = bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11"
TABLES.add("empty", "regress a.sas7bdat -l mae", {"a.sas7bdat": b""}, "a.sas7bdat: the file is empty")
TABLES.add(
    "a beginning alone",
    "regress a.sas7bdat -l mae",
    {"a.sas7bdat": SAS},
    "a.sas7bdat: not readable as sas",
)
TABLES.add(
    "zeros after the beginning",
    "regress a.sas7bdat -l mae",
    {"a.sas7bdat": SAS + bytes(4096)},
    "a.sas7bdat: not readable as sas",
)

TABLES.of("xml")


def xml(name: str, content: str, *says: str) -> None:
    TABLES.add(name, "regress a.xml -l mae", {"a.xml": '<?xml version="1.0"?>' + content}, *says)


LOL = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {y} '{f'&{x};' * 10}'>" for x, y in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
xml(
    "entities that grow",
    LOL + "<r><w><pred>&i;</pred><target>1</target></w></r>",
    "a.xml, line 1: has a DOCTYPE, which is not read",
)
xml(
    "an entity of a file",
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><w><pred>&a;</pred><target>1</target></w></r>',
    "a.xml, line 1: has a DOCTYPE, which is not read",
)
xml("elements that never close", "<r><w><pred>1</pred>", "a.xml, line 1: not valid XML at character 42")
xml("no rows", "<r/>", "a.xml: contains no rows")
xml(
    "a record that is short",
    "<r><w><pred>1</pred><target>2</target></w><w><pred>1</pred></w></r>",
    "a.xml, row 2, column target: an empty cell where a number is needed",
)
TABLES.of("html")


def html(name: str, content: str, *says: str, part: str = "") -> None:
    TABLES.add(name, f"regress a.html{part} -l mae", {"a.html": content}, *says)


GRID = "<table><tr><th>pred</th><th>target</th></tr><tr><td>{}</td><td>2</td></tr></table>"
html("no table", "<html><body><p>Sign in</p></body></html>", "a.html: contains no table")
html("two tables", "<html>" + GRID.format(1) + GRID.format(3) + "</html>", "a.html: has 2 tables")
html("a table that is not there", "<html>" + GRID.format(1) + "</html>", "a.html::7: no table '7'", part="::7")
html("thousands", "<html>" + GRID.format("1,234") + "</html>", "a.html, row 1, column pred: '1,234' is written with a comma")

TABLES.of("datasets")


def dataset(name: str, *says: str, **files: Any) -> None:
    found = dict(whole("datasets").files)
    for key, content in files.items():
        path = {"first": "ds/data-00000-of-00002.arrow", "second": "ds/data-00001-of-00002.arrow", "state": "ds/state.json"}.get(
            key, key
        )
        found |= {path: content}
    TABLES.add(name, "regress ds -l mae", {k: v for k, v in found.items() if v is not None}, *says)


dataset("an empty file of data", "ds/data-00000-of-00002.arrow: the file is empty", first=b"")
dataset(
    "a file cut",
    "ds/data-00000-of-00002.arrow: truncated after row 2 (batch 2)",
    first=main("datasets")[:-200],
)
dataset("a file missing", "ds: has 1 of 2 files; data-00001-of-00002.arrow is missing", second=None)
dataset(
    "a state that is not JSON",
    "ds/state.json: not readable JSON",
    state="{",
)
dataset("a state of another shape", "ds/state.json: not a JSON object", state="[1]")
dataset(
    "a file outside the folder",
    "ds/state.json: lists ../x.arrow, which is not in the folder",
    state='{"_data_files": [{"filename": "../x.arrow"}]}',
    **{"x.arrow": _arrow(FRAME, stream=True)},
)
dataset(
    "an absolute path",
    "ds/state.json: lists /etc/passwd, which is not in the folder",
    state='{"_data_files": [{"filename": "/etc/passwd"}]}',
)
dataset(
    "files with other columns",
    "ds/data-00001-of-00002.arrow: has the columns left, right, but ds/data-00000-of-00002.arrow has id,",
    second=_arrow(NAMED, stream=True),
)
TABLES.add(
    "several splits",
    "regress d -l mae",
    {"d/dataset_dict.json": '{"splits": ["train", "test"]}'}
    | {f"d/{split}/{name.removeprefix('ds/')}": x for split in ("train", "test") for name, x in whole("datasets").files.items()},
    "d: has the datasets test, train",
)
dataset(
    "rows chosen by an index",
    "ds/state.json: its rows are a selection, which i.arrow lists: that is not read",
    state='{"_data_files": [{"filename": "data-00000-of-00002.arrow"}], "_indices_data_files": [{"filename": "i.arrow"}]}',
)
