"""`transform`: scores in, scores out. Reads one file, maps it, writes an array or a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from losscli import sources
from losscli.core.errors import DataError, UsageError, applies_only, some, visible
from losscli.core.records import replace
from losscli.numerics.stable import Floats
from losscli.output.files import STDOUT, Outputs
from losscli.output.spreadsheet import safe
from losscli.reading.column_facts import ColumnFacts
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.run.unused import refuse_unread
from losscli.sources.base import Field, Source, not_finite
from losscli.sources.side_format import side_format
from losscli.spec import maps, registry


def transform(text: str, path: str, output: str | None, options: ReadOptions) -> str:
    """What goes to stdout: CSV, or nothing where a file is written."""
    nonfinite = options.nonfinite
    if nonfinite == "drop":
        raise UsageError("transform keeps every row: --nonfinite takes error or keep here")
    chosen, params = maps.find(text)
    kind, file = _output(output)
    source = sources.open_source(path, side_format(options.formats))
    refuse_unread(Request("", path, formats=options.formats), source, None)
    field = _scores(source, options.col)
    array = np.ascontiguousarray(field.read(0, field.rows), dtype=np.float64)
    _finite(array, field, nonfinite)
    mapped = maps.apply(chosen, array, params, nonfinite, lambda row: replace(field.where(row), column=None))
    if not kind or (kind == "csv" and file in STDOUT):
        return _csv(mapped, field.names)
    with Outputs(sources.paths(path)) as out:
        out.open(file).write(_npy(mapped) if kind == "npy" else _csv(mapped, field.names))
        out.commit()
    return ""


def _output(text: str | None) -> tuple[str, str]:
    if text is None:
        return "", ""
    kind, equals, file = text.partition("=")
    if equals and file and kind in ("npy", "csv"):
        return kind, file
    suffix = text.lower().rpartition(".")[2]
    if suffix in ("npy", "csv"):
        return suffix, text
    raise UsageError(f"--output {visible(text)!r} names no format", fix="use npy=FILE, csv=FILE, or a file ending in .npy or .csv")


def _scores(source: Source, cols: Sequence[str]) -> Field:
    """The columns that --col names, or every numeric one; a bare array as it is."""
    if not source.names:
        if cols:
            raise applies_only("--col", "to columns and keys", f"omit it: {visible(source.path)} is one array")
        return source.numbers(())
    for role in (text.rpartition("=")[0] for text in cols):
        if role and role.removeprefix("pred.") not in _roles():
            raise UsageError(f"transform has no role {visible(role)!r}", fix="name the columns with --col scores=NAME,…")
    names = tuple(name for text in cols for name in text.rpartition("=")[2].split(","))
    gone = [n for n in names if n not in source.names]
    if gone:
        raise DataError(f"{visible(source.path)} has no column {visible(gone[0])!r}", fix=f"its columns: {some(source.names)}")
    chosen = names or _data(source)
    if not chosen:
        raise DataError(f"{visible(source.path)} has no numeric column")
    if not source.is_table and len(chosen) > 1:
        raise DataError(f"{visible(source.path)} has several arrays: {some(chosen)}", fix="choose one with --col scores=NAME")
    return source.numbers(chosen)


def _roles() -> set[str]:
    """The roles of predictions, in any family."""
    return {role.key for name in registry.NAMES for role in registry.load(name).roles if role.side == "pred"}


def _data(source: Source) -> tuple[str, ...]:
    """The numeric columns that neither count nor identify the rows."""
    facts = ColumnFacts(source)
    return tuple(n for n in facts.names if facts.numeric(n) and not facts.identifies(n))


def _finite(array: Floats, field: Field, nonfinite: str) -> None:
    bad = ~np.isfinite(array)
    if nonfinite == "keep" or not bad.any():
        return
    row, item = divmod(int(np.argmax(bad)), max(1, array[0].size))
    raise not_finite(field, row, item, "keep it with --nonfinite keep")


def _npy(array: Floats) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _csv(array: Floats, names: Sequence[str]) -> str:
    """One row per sample; doubles that round-trip."""
    flat = array.reshape(len(array), -1)
    header = list(names) if len(names) == flat.shape[1] else [f"c{i}" for i in range(flat.shape[1])]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([safe(n) for n in header])
    writer.writerows([[repr(x) for x in row] for row in flat.tolist()])
    return out.getvalue()
