"""What is measured, as data: every task's files, our command lines and the peers'. Measures nothing.

In a command `{losscli}` is the tool, `{python}` an interpreter with the contender's libraries, `{peers}` the folder of the peers'
scripts, `{files}` the data, `{out}` a file to write. A command with `|` or `>` is run by the shell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SCALES = {"full": 1.0, "small": 1e-2, "tiny": 1e-5}
"""By size, the share of a task's full number of rows."""

BEST = "best peer"
"""Stands for whichever peer was the fastest."""

GROUPS = {
    "arrays": ("torch", BEST),
    "batches": ("torch",),
    "tables": ("polars", BEST),
    "gzip": ("zcat into value",),
    "gradients": ("torch", "value"),
    "guards": ("unchecked",),
    "formats": ("library",),
    "scaling": ("torch", BEST),
    "start": (BEST,),
}
"""The tables in their order, each with the columns by which our times are divided."""


@dataclass(frozen=True)
class Contender:
    """One program of a task. Contenders of one column are ways of one library; the fastest of them counts."""

    column: str
    command: str
    role: str = "peer"
    way: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """Contenders that compute the same number from the same files, or from none where `kind` is empty.

    `tolerance`: how far a value may lie from ours, relatively; libraries that compute in float32 are off by more than an ulp.
    """

    name: str
    group: str
    kind: str
    rows: int
    contenders: tuple[Contender, ...]
    tolerance: float = 1e-4
    makers: tuple[str, ...] = ("numpy",)
    """What the data are made with."""


def tasks(size: str) -> list[Task]:
    """All tasks, in the order of their tables, with the number of rows of `size`."""
    scale = SCALES[size]
    lengths = [10**k for k in range(3, 9) if 10**k <= max(1000, 10**8 * scale)]
    sized = [
        replace(task, rows=max(2, round(task.rows * scale))) for task in (*ARRAYS, *TABLES, *GZIPPED, *GRADIENTS, *GUARDS, *FORMATS)
    ]
    # all pairs of rows are compared: a share of the time is the root of that in rows
    batches = [replace(task, rows=max(12, round(task.rows * scale**0.5))) for task in BATCHES]
    return [*sized[: len(ARRAYS)], *batches, *sized[len(ARRAYS) :], *map(scaling, lengths), *START]


def ours(command: str) -> tuple[Contender, ...]:
    """The value alone, and the whole report with the ten worst samples."""
    return (
        Contender("value", f"{{losscli}} {command} -b", "ours"),
        Contender("report", f"{{losscli}} {command} --format json --worst 10", "ours"),
    )


def limit() -> tuple[Contender, ...]:
    """Reading and summing the same bytes."""
    return tuple(
        Contender("limit", f"{{python}} {{peers}}/limit.py {way} {{files}}", "limit", way, ("numpy",)) for way in ("read", "mapped")
    )


def peer(column: str, loss: str) -> tuple[Contender, ...]:
    """A library's ways of evaluating `loss`."""
    script, ways = PEERS[column]
    return tuple(
        Contender(column, f"{{python}} {{peers}}/{script}.py {loss} {way} {{files}}", "peer", way, needs)
        for way, needs in ways.items()
    )


def ways(needs: str, *names: str) -> dict[str, tuple[str, ...]]:
    """Ways that all need the same module."""
    return dict.fromkeys(names, (needs,))


PEERS = {
    "torch": ("by_torch", ways("torch", "whole", "mapped", "chunked")),
    "scikit-learn": ("by_sklearn", ways("sklearn", "whole", "chunked")),
    "optax": ("by_optax", ways("optax", "whole", "chunked")),
    "NumPy": ("by_numpy", ways("numpy", "whole", "mapped", "chunked")),
    "polars": ("by_polars", ways("polars", "whole", "streamed")),
    "duckdb": ("by_duckdb", ways("duckdb", "whole")),
    "pyarrow": ("by_pyarrow", ways("pyarrow", "whole", "streamed")),
    "pandas": ("by_pandas", {**ways("pandas", "whole", "chunked"), "arrow": ("pandas", "pyarrow")}),
    "NumPy loadtxt": ("by_loadtxt", ways("numpy", "whole")),
}
"""By column: the script, and its ways with the modules that each needs."""


def array(name: str, kind: str, rows: int, command: str, *columns: str) -> Task:
    """A loss of NPY files against the libraries that have it."""
    contenders = (*ours(command), *(c for column in columns for c in peer(column, name)), *limit())
    return Task(name, "arrays", kind, rows, contenders)


ARRAYS = (
    array("mse", "pairs", 10**8, "regress {files} -l mse", "torch", "scikit-learn", "optax", "NumPy"),
    array("bce", "binary", 10**8, "classify {files} --from-logits -l bce", "torch", "scikit-learn", "optax", "NumPy"),
    array("focal", "binary", 10**8, "classify {files} --from-logits -l focal:gamma=2", "torch", "optax", "NumPy"),
    array("ce", "classes", 10**6, "classify {files} --from-logits -l ce", "torch", "optax", "NumPy"),
    array("giou", "boxes", 2 * 10**7, "detect {files} -l giou", "torch", "NumPy"),
    array("ciou", "boxes", 2 * 10**7, "detect {files} -l ciou", "torch", "NumPy"),
    array("dice", "masks", 200, "segment {files} -l dice", "torch", "NumPy"),
    array("triplet", "triplets", 10**6, "embed {files} -l triplet:margin=0.2", "torch", "NumPy"),
)


def batch(name: str, loss: str) -> Task:
    """A loss over all pairs of rows of one batch, which torch holds whole."""
    torch = Contender("torch", f"{{python}} {{peers}}/by_torch.py {name} whole {{files}}", needs=("torch",))
    return Task(name, "batches", "embeddings", 16_000, (*ours(f"embed {{files}} -l {loss}"), torch), tolerance=1e-3)


BATCHES = (batch("nt_xent", "nt_xent"), batch("supcon", "supcon"), batch("mined_triplet", "triplet:mining=hard"))

SIDES = "--col pred.box=x1,y1,x2,y2 --col target.box=tx1,ty1,tx2,ty2"
TABLE_PEERS = ("polars", "duckdb", "pyarrow", "pandas", "NumPy loadtxt")


def table(name: str, kind: str, command: str) -> Task:
    """A loss of one table that contains both sides."""
    loss = name.removeprefix("csv-")
    contenders = (*ours(command), *(c for column in TABLE_PEERS for c in peer(column, loss)), *limit())
    return Task(name, "tables", kind, 10**7, contenders, tolerance=1e-9)


TABLES = (
    table("csv-mse", "table", "regress {files} -l mse"),
    table("csv-giou", "box_table", f"detect {{files}} {SIDES} -l giou"),
)


def gzipped(name: str, plain: Task) -> Task:
    """The same table gzipped, read by the tool itself or through a pipe from zcat."""
    own = tuple(c for c in plain.contenders if c.role == "ours")
    piped = (
        Contender("zcat into value", "gzip -dc {files} | " + own[0].command.format(losscli="{losscli}", files="-")),
        Contender("zcat alone", "gzip -dc {files} > /dev/null", "limit"),
    )
    return Task(name, "gzip", f"{plain.kind}_gz", plain.rows, (*own, *piped), tolerance=0)


GZIPPED = (gzipped("gz-mse", TABLES[0]), gzipped("gz-giou", TABLES[1]))


def gradients(plain: Task) -> Task:
    """The gradient written to a file, against the value alone, and against torch, forward and backward, with numpy.save."""
    value = replace(plain.contenders[0], role="peer", column="value")
    written = Contender("gradients", f"{value.command} --gradients {{out}}.npy", "ours")
    script = "{python} {peers}/gradients_by_torch.py"
    torch = tuple(
        Contender("torch", f"{script} {plain.name} {way} {{out}}.npy {{files}}", "peer", way, needs)
        for way, needs in ways("torch", "whole", "chunked").items()
    )
    return replace(plain, name=f"gradients-{plain.name}", group="gradients", contenders=(written, value, *torch))


GRADIENTS = tuple(map(gradients, ARRAYS))


def guarded(name: str, kind: str, rows: int, command: str) -> Task:
    """Two tables with an id each, whose agreement is checked in every row, against the same without the check."""
    checked = Contender("checked", f"{{losscli}} {command} -b", "ours")
    free = Contender("unchecked", f"{{losscli}} {command} -b --pair position")
    return Task(name, "guards", kind, rows, (checked, free), tolerance=0)


GUARDS = (
    guarded("ids-mse", "id_tables", 10**7, "regress {files} -l mse"),
    guarded("ids-ce", "id_classes", 10**7, "classify {files} --from-logits -l ce"),
)


def of_format(name: str, kind: str, rows: int, command: str, *needs: str, made_with: tuple[str, ...] = ()) -> Task:
    """A loss of files of a format, against the shortest script with the library that is usual for it."""
    library = Contender("library", f"{{python}} {{peers}}/by_format.py {name} whole {{files}}", "peer", "", ("numpy", *needs))
    return Task(f"format-{name}", "formats", kind, rows, (*ours(command), library), makers=("numpy", *made_with))


MSE = "regress {files} -l mse"
FORMATS = (
    of_format("safetensors", "tensors", 10**8, MSE, "safetensors"),
    of_format("parquet", "parquet", 10**8, MSE, "pyarrow", made_with=("pyarrow",)),
    of_format("feather", "feather", 10**8, MSE, "pyarrow", made_with=("pyarrow",)),
    of_format("hdf5", "hdf5", 10**8, MSE, "h5py", made_with=("h5py",)),
    of_format("coco", "coco", 10**6, "detect {files} --match coco -l giou", "pycocotools"),
)


def scaling(rows: int) -> Task:
    """Squared error of more and more rows."""
    contenders = (*ours("regress {files} -l mse"), *peer("torch", "mse"), *peer("NumPy", "mse"))
    return Task(f"scaling-1e{len(str(rows)) - 1}", "scaling", "pairs", rows, contenders)


BARE = Contender("bare interpreter", "{python} -c pass", "limit", needs=("numpy",))
TYPER = Contender("import typer", "{python} -c 'import typer'", needs=("typer",))
NUMPY = Contender("NumPy script", "{python} {peers}/bare_numpy.py {files}", needs=("numpy",))
PANDAS = Contender("pandas script", "{python} {peers}/bare_pandas.py {files}", needs=("pandas",))


def start(name: str, kind: str, command: str, *others: Contender) -> Task:
    """A small run, of which nearly all is start-up."""
    rows = 1000 if kind else 0
    return Task(f"start-{name}", "start", kind, rows, (Contender("losscli", f"{{losscli}} {command}", "ours"), *others, BARE))


START = (
    start("help", "", "--help", TYPER),
    start("version", "", "--version", TYPER),
    start("npy-json", "pairs", "regress {files} -l mse --format json", NUMPY),
    start("csv-json", "table", "regress {files} -l mse --format json", PANDAS),
)
