"""Folders of tables: their files in natural order, the columns of their paths, and every layout that is not one table refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet

from losscli.core.errors import DataError
from losscli.sources import open_source, paths
from losscli.sources.base import notes_of, partitions_of
from losscli.sources.folders.natural_order import natural
from tests.support.command import call, cli, mine, refused


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path, **columns):
    """Write one file, in the format of its suffix."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(columns)
    if path.endswith(".parquet"):
        frame.to_parquet(path)
    elif path.endswith(".feather"):
        feather.write_feather(pa.table(frame), path)
    elif path.endswith(".npy"):
        np.save(path, frame.to_numpy()[:, 0])
    else:
        frame.to_csv(path, index=False)


VALUES = st.one_of(
    st.none(),
    st.integers(-5, 2030).map(str),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=5),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.tuples(VALUES, VALUES, st.integers(1, 4)), min_size=1, max_size=6, unique_by=lambda x: x[:2]),
    suffix=st.sampled_from([".parquet", ".feather", ".csv"]),
)
def test_the_columns_of_paths(tmp_path_factory, parts, suffix):
    root = str(tmp_path_factory.mktemp("t"))
    kept = {}
    for i, (one, two, rows) in enumerate(parts):
        spelt = ["__HIVE_DEFAULT_PARTITION__" if v is None else quote(v, safe="") for v in (one, two)]
        path = f"{root}/a={spelt[0]}/other/b c={spelt[1]}/part-{i}{suffix}"
        put(path, x=np.arange(rows) + 10.0 * i, k=[f"k{j}" for j in range(rows)])
        kept[path] = (one or "", two or "", np.arange(rows) + 10.0 * i)
    order = sorted(kept, key=natural)
    for named, inside in ((root, root), (f"{root}/*/other/**/*{suffix}", root)):
        source = pickle.loads(pickle.dumps(open_source(named)))
        assert source.names == ("x", "k", "a", "b c")
        assert source.numeric() == ("x",)
        assert partitions_of(source) == ("a", "b c")
        rows = source.rows
        assert source.text("a").read(0, rows).tolist() == [kept[p][0] for p in order for _ in kept[p][2]]
        assert source.text("b c").read(0, rows).tolist() == [kept[p][1] for p in order for _ in kept[p][2]]
        assert source.numbers(("x",)).read(0, rows).tolist() == [v for p in order for v in kept[p][2]]
        assert source.text("b c").where(rows - 1).path.startswith(inside)


@pytest.mark.parametrize("jobs", ["1", "2", "3", "4"])
def test_the_report_of_the_table_that_was_partitioned(jobs):
    rng = np.random.default_rng(1)
    years, cities = np.repeat(["2019", "2020"], 150), np.tile(["a b", "ü/x", "50%"], 100)
    table = pa.table({"pred": rng.normal(size=300), "target": rng.normal(size=300), "year": years, "city": cities})
    pa.dataset.write_dataset(
        table, "t", format="parquet", partitioning=["year", "city"], partitioning_flavor="hive", max_rows_per_group=40
    )
    Path("t/_SUCCESS").touch()
    Path("t/.part.crc").touch()
    read = pa.dataset.dataset(sorted(map(str, Path("t").rglob("*.parquet")), key=natural), partitioning="hive").to_table()
    parquet.write_table(read, "whole.parquet")
    for by in ("year", "city"):
        one, many = (
            call("regress", path, "-l", "mse", "-l", "mae", "--by", by, "-j", jobs, "-f", "csv") for path in ("whole.parquet", "t")
        )
        assert one.code == 0, one.err
        assert many.out == one.out
    assert notes_of(open_source("t")) == ()


def test_roles_are_never_filled_by_a_guess():
    put("p/species=cat/x.csv", target=[1.0, 2.0], value=[1.0, 3.0])
    put("p/species=dog/x.csv", target=[4.0], value=[4.0])
    found = call("regress", "p", "--col", "pred=value", "-l", "mae", "-f", "json").report["inputs"]["pred"]
    assert found["left_out"] == [{"column": "species", "why": "from the paths of the files"}]
    put("q/label=0/x.csv", p=[0.25])
    put("q/label=1/x.csv", p=[0.5])
    assert float(call("classify", "q", "-l", "brier", "-b").out) == pytest.approx((0.25**2 + 0.5**2) / 2)
    put("w/w=1/x.csv", pred=[1.0], target=[2.0])
    put("w/w=3/x.csv", pred=[1.0], target=[1.0])
    assert float(call("regress", "w", "-l", "mae", "--weights", "w", "-b").out) == 0.25


def test_keys_of_paths():
    put("p/day=1/x.csv", k=["a", "b"], pred=[1.0, 2.0])
    put("p/day=2/x.csv", k=["c"], pred=[3.0])
    put("t.csv", day=[2, 1, 1], k=["c", "b", "a"], target=[3.0, 2.5, 1.0])
    assert float(call("regress", "p", "t.csv", "--key", "k", "-l", "mae", "-b").out) == pytest.approx(0.5 / 3)
    refused(3, "regress", "p", "t.csv", "--key", "day", "-l", "mae", says=("1",))
    put("one/day=1/x.csv", pred=[1.0])
    put("one/day=2/x.csv", pred=[5.0])
    put("goal.csv", day=[2, 1], target=[5.0, 2.0])
    assert float(call("regress", "one", "goal.csv", "--key", "day", "-l", "mae", "-b").out) == 0.5


def test_a_column_of_the_path_that_the_file_has_too():
    put("same/year=2020/x.csv", pred=[1.0], target=[2.0], year=[2020])
    put("same/year=2021/x.csv", pred=[1.0], target=[2.0], year=["2021.0"])
    put("same/year=__HIVE_DEFAULT_PARTITION__/x.csv", pred=[1.0], target=[2.0], year=[None])
    assert open_source("same").names == ("pred", "target", "year")
    for suffix in ("csv", "parquet"):
        put(f"other/year=2020/x.{suffix}", pred=[1.0] * 3, target=[2.0] * 3, year=[2020, 2020, 2019])
        says = (f"other/year=2020/x.{suffix}, row 3", "column year: '2019', but the path of the file has year=2020")
        refused(3, "regress", "other", "-l", "mse", says=says)
        os.remove(f"other/year=2020/x.{suffix}")


def test_paths_that_differ():
    put("t/a=1/x.csv", pred=[1.0], target=[1.0])
    put("t/x.csv", pred=[1.0], target=[1.0])
    refused(3, "regress", "t", "-l", "mse", says=("t/x.csv: its path gives no column, but that of t/a=1/x.csv gives the column a",))
    put("u/a=1/a=2/x.csv", pred=[1.0], target=[1.0])
    refused(3, "regress", "u", "-l", "mse", says=("its path has a=1 and a=2",))
    assert open_source("t/a=1/*.csv").names == ("pred", "target")
    assert open_source("t/a=1").names == ("pred", "target")
    assert open_source("t/a=[1]/*.csv").names == ("pred", "target", "a")


def test_a_path_that_is_not_a_number():
    put("t/a=x/1.csv", pred=[1.0], target=[1.0])
    says = ("t/a=x/1.csv, column a: 'x', which the path of the file gives, is not a number",)
    refused(3, "regress", "t", "-l", "mse", "--weights", "a", says=says)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather", ".npy"])
def test_a_folder_is_the_pattern_of_all_its_files(suffix):
    for i in (1, 2, 10):
        put(f"f/{i % 2}/part-{i}{suffix}", target=[float(i)] * i)
    two: Any = open_source(f"f/**/*{suffix}")
    put(f"f/_old/x{suffix}", target=[9.0])
    put(f"f/.x{suffix}", target=[9.0])
    one: Any = open_source("f")
    assert [s.path for s in one.shards] == [f"f/{i % 2}/part-{i}{suffix}" for i in (2, 10, 1)] == [s.path for s in two.shards]
    assert [s.rows for s in one.shards] == [2, 10, 1]
    assert set(paths("f")) == {str(p) for p in Path("f").rglob("*") if p.is_file()}
    refused(2, "regress", "f", "f", "-l", "mse", "-o", f"csv=f/1/part-1{suffix}", says=("is an input",))


def test_what_is_left_out_is_said():
    put("f/x.csv", pred=[1.0], target=[3.0])
    Path("f/README.md").write_text("no table")
    os.mkfifo("f/pipe.csv")
    put("elsewhere/y.csv", pred=[9.0], target=[3.0])
    Path("f/link.csv").symlink_to("../elsewhere/y.csv")
    Path("f/again.csv").symlink_to("x.csv")
    Path("f/there").symlink_to("../elsewhere")
    done = cli("regress", "f", "-l", "mae", "-b")
    assert (done.code, done.out) == (0, "2\n")
    for words in (
        "left out links out of the folder (there, link.csv)",
        "(again.csv)",
        "what is not a file (pipe.csv)",
        "(README.md)",
    ):
        assert words in done.err, done.err


def test_links():
    put("elsewhere/y.csv", pred=[9.0], target=[3.0])
    os.mkdir("f")
    Path("f/link.csv").symlink_to("../elsewhere/y.csv")
    refused(3, "regress", "f", "-l", "mae", says=("f: has only links out of the folder: f/link.csv", "'f/*'"))
    assert call("regress", "f/*", "-l", "mae", "-b").out == "6\n"
    Path("f/broken.csv").symlink_to("nosuch.csv")
    refused(3, "regress", "f", "-l", "mae", says=("f/broken.csv: is a link to a file that does not exist",))
    os.remove("f/broken.csv")
    Path("f/round").symlink_to(".")
    refused(3, "regress", "f", "-l", "mae", says=("has only links",))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("_delta_log/0.json", "a Delta"),
        ("metadata/v1.metadata.json", "an Iceberg"),
        ("metadata/v1.metadata.json.gz", "an Iceberg"),
        ("metadata/v1.gz.metadata.json", "an Iceberg"),
        (".hoodie/x", "a Hudi"),
        ("_spark_metadata/0", "a Spark"),
    ],
)
def test_tables_with_versions(name, kind):
    put("lake/t/part-0.parquet", pred=[1.0], target=[1.0])
    put("lake/t/data/part-1.parquet", pred=[1.0], target=[1.0])
    put(f"lake/t/{name}.csv", x=[1])
    os.rename(f"lake/t/{name}.csv", f"lake/t/{name}")
    for path in ("lake/t", "lake/t/", "lake", "lake/t/*.parquet", "lake/**/*.parquet", "lake/t/data", "lake/*/data/*"):
        refused(3, "regress", path, "-l", "mse", says=(f"is {kind}", "no longer part of it", "@files.txt"))
    assert call("regress", "lake/t/part-0.parquet", "-l", "mse", "-b").out == "0\n"


def test_a_table_with_versions_by_the_list_of_its_files():
    put("lake/seed=3/t/year=2020/a.parquet", pred=[1.0], target=[1.0])
    put("lake/seed=3/t/year=2020/old.parquet", pred=[9.0], target=[1.0])
    put("lake/seed=3/t/year=2021/b.parquet", pred=[2.0], target=[1.0])
    Path("lake/seed=3/t/_delta_log").mkdir()
    for files in (("year=2020/a", "year=2021/b"), ("year=2020/a",)):
        Path("files.txt").write_text("".join(f"lake/seed=3/t/{name}.parquet\n" for name in files))
        assert partitions_of(open_source("@files.txt")) == ("year",)
    done = call("regress", "@files.txt", "-l", "mae", "--by", "year", "-f", "csv")
    assert done.code == 0, done.err


def test_metadata_that_is_not_of_iceberg():
    put("t/x.parquet", pred=[1.0], target=[1.0])
    put("t/metadata/x.parquet", pred=[1.0], target=[1.0])
    assert open_source("t").rows == 2


def test_folders_without_one_format():
    os.mkdir("empty")
    refused(3, "regress", "empty", "-l", "mse", says=("empty: is a folder without files",))
    put("deep/a/b/.x.csv", pred=[1.0])
    refused(3, "regress", "deep", "-l", "mse", says=("deep: is a folder without files",))
    Path("odd").mkdir()
    Path("odd/x.odd").touch()
    refused(3, "regress", "odd", "-l", "mse", says=("without files of a known format: x.odd", ".parquet"))
    put("two/x.csv", pred=[1.0])
    put("two/x.parquet", pred=[1.0])
    refused(3, "regress", "two", "-l", "mse", says=("several formats: .csv, .parquet", "'two/**/*.csv', 'two/**/*.parquet'"))
    assert open_source("two/**/*.csv").rows == 1


def test_a_file_that_is_missing_from_a_numbered_series():
    for i in (0, 2):
        put(f"t/x-0000{i}-of-00003.csv", pred=[1.0], target=[1.0])
    refused(3, "regress", "t", "-l", "mse", says=("t: has 2 of 3 files; x-00001-of-00003.csv is missing",))
    assert call("regress", "t/x-*.csv", "-l", "mse", "-b").out == "0\n"


def test_a_folder_that_cannot_be_listed(monkeypatch):
    put("t/x.csv", pred=[1.0], target=[1.0])

    def walk(folder, onerror):
        onerror(PermissionError(13, "Permission denied", f"{folder}/closed"))

    monkeypatch.setattr(os, "walk", walk)
    with pytest.raises(DataError, match="t/closed: cannot be read: Permission denied"):
        open_source("t")


def test_nothing_is_left_behind():
    put("t/a=1/x.csv", pred=[1.0], target=[1.0])
    call("regress", "t", "-l", "mse", "-b")
    assert mine() == ["t"]
