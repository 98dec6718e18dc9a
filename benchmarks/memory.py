"""Peak memory of the command on more and more rows of every format that is read row by row: `python -m benchmarks.memory`.

Each run is a process of its own. The table is flat where memory does not grow with the file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.speed import machine
from benchmarks.speed.measure import run

DATA = Path(__file__).resolve().parent / "speed" / "data.py"
KINDS = {
    "npy": "pairs",
    "npz": "archive",
    "safetensors": "tensors",
    "hdf5": "hdf5",
    "parquet": "parquet",
    "feather": "feather",
    "csv": "table",
    "csv.gz": "table_gz",
    "csv, paired by id": "id_tables",
    "jsonl": "objects",
}
"""By format, the kind of data of speed/data.py."""
SIZES = (100_000, 1_000_000, 10_000_000)


def peak(kind: str, rows: int, folder: Path, losscli: str) -> float:
    """The largest resident set in MiB of a report on so many rows."""
    made = subprocess.run([sys.executable, str(DATA), kind, str(rows), str(folder)], check=True, capture_output=True, text=True)
    files = made.stdout.split()
    try:
        return run(f"{losscli} regress {' '.join(files)} -l mse -f json --worst 10", folder).peak
    finally:
        for path in folder.iterdir():
            path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(KINDS), metavar="FORMAT", help=f"some of: {', '.join(KINDS)}")
    parser.add_argument("--rows", nargs="+", type=int, default=list(SIZES), metavar="N", help="the numbers of rows")
    parser.add_argument("--losscli", metavar="COMMAND", help="the tool to measure; default: the one beside the running interpreter")
    asked = parser.parse_args()
    losscli = machine.tool(asked.losscli)
    print("| peak MiB |", " | ".join(f"{n:,} rows" for n in asked.rows), "| last ÷ first |")
    print("| --- |" + " ---: |" * (len(asked.rows) + 1))
    with tempfile.TemporaryDirectory(prefix="losscli-benchmarks-") as folder:
        for name in asked.only or KINDS:
            peaks = [peak(KINDS[name], rows, Path(folder), losscli) for rows in asked.rows]
            print(f"| {name} |", " | ".join(f"{p:.0f}" for p in peaks), f"| {peaks[-1] / peaks[0]:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
