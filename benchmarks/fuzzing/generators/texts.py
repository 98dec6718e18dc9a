"""Text that is not a table: broken rows, quotes, bytes, lines and headers of CSV, TSV, JSON and JSON Lines, in many dialects."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from benchmarks.fuzzing.case import Case, Words
from benchmarks.fuzzing.generators.kinds import kind
from tests.support.compressed import COMPRESS

DELIMITERS = {"csv": (",", ";", "|"), "tsv": ("\t",), "txt": (" ",)}
ENDS = ("\n", "\r\n")
MARKS = ("", "", "", "\ufeff")
NOT_UTF8 = (
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xc0\xaf",
    b"caf\xe9",
    b"\x80",
    b"\xf5\x80\x80\x80",
    b"\xe2\x82",
)


class Table:
    """Lines of a table of text in some dialect. line(r): where the data row r, counted from 0, begins."""

    def __init__(self, rng: random.Random, suffix: str | None = None) -> None:
        self.suffix = suffix or rng.choice(list(DELIMITERS))
        self.mark, self.end, self.between = rng.choice(MARKS), rng.choice(ENDS), rng.choice(DELIMITERS[self.suffix])
        self.wide = rng.randrange(3)
        count = rng.randrange(2, 40) if rng.random() < 0.93 else rng.choice((1500, 5000, 20000))
        names = ["pred", "target", *(f"m{i}" for i in range(self.wide))]
        self.rows = [names, *([f"{rng.randrange(999) / 8}" for _ in names] for _ in range(count))]
        self.lines = [self.between.join(row) for row in self.rows]
        self.row = rng.randrange(1, len(self.rows))
        """The row that is spoilt; its number in messages."""

    def told(self, words: Words) -> Words:
        """What a message says of a broken row, unless a rare delimiter is not told from it."""
        return words if self.between in (",", "\t") else "a."

    def case(
        self, rng: random.Random, *says: Words, raw: bytes | None = None, more: Sequence[str] = (), codes: tuple[int, ...] = (3,)
    ) -> Case:
        raw = (self.mark + self.end.join(self.lines) + self.end).encode() if raw is None else raw
        pack = rng.choice(list(COMPRESS)) if rng.random() < 0.1 else ""
        name = f"a.{self.suffix}{pack}"
        data = COMPRESS[pack](raw, f"a.{self.suffix}") if pack else raw
        loss = rng.choice(("mae", "mse", "rmse", "huber:delta=1"))
        if not pack and self.suffix == "csv" and rng.random() < 0.15:
            return Case(("regress", "-", "-l", loss, *more), {}, tuple(w for w in says if w != "a."), codes, stdin=raw)
        jobs = ("--jobs", str(rng.randrange(1, 8))) if rng.random() < 0.3 else ()
        return Case(("regress", name, "-l", loss, *more, *jobs), {name: data}, (*says, name), codes)

    def bytes_with(self, piece: bytes) -> bytes:
        """The text with some bytes inside the row that is spoilt."""
        line = self.lines[self.row].encode()
        at = self.row % (len(line) + 1)
        lines = [x.encode() for x in self.lines]
        lines[self.row] = line[:at] + piece + line[at:]
        return self.mark.encode() + self.end.encode().join(lines) + self.end.encode()


@kind
def a_row_of_another_length(rng: random.Random) -> Case:
    made = Table(rng, rng.choice(("csv", "tsv")))
    cells = made.rows[made.row]
    change = rng.choice((-1, 1, 2, 5))
    found = max(1, len(cells) + change)
    made.lines[made.row] = made.between.join((cells + ["7"] * 9)[:found])
    return made.case(rng, made.told(f"row {made.row}"), made.told(f"found {found} field"))


@kind
def a_quote_that_is_never_closed(rng: random.Random) -> Case:
    made = Table(rng, rng.choice(("csv", "tsv")))
    made.lines[made.row] = f'"{made.lines[made.row]}'
    return made.case(rng, made.told(("never closed", "broken", "quoted")))


@kind
def text_after_a_quote(rng: random.Random) -> Case:
    made = Table(rng, rng.choice(("csv", "tsv")))
    cells = list(made.rows[made.row])
    cells[0] = f'"{cells[0]}"' + rng.choice(("x", "1", "\u00e9", "[", "'"))
    made.lines[made.row] = made.between.join(cells)
    return made.case(rng, made.told(f"row {made.row}"))


@kind
def bytes_that_are_not_text(rng: random.Random) -> Case:
    made = Table(rng)
    return made.case(rng, "not UTF-8", raw=made.bytes_with(rng.choice(NOT_UTF8)))


@kind
def a_nul_in_text(rng: random.Random) -> Case:
    made = Table(rng)
    return made.case(rng, "NUL", raw=made.bytes_with(b"\0" * rng.choice((1, 2, 100))))


@kind
def a_column_name_twice(rng: random.Random) -> Case:
    made = Table(rng)
    names = list(made.rows[0])
    names[rng.randrange(1, len(names))] = names[0]
    made.lines[0] = made.between.join(names)
    return made.case(rng, "duplicate column")


@kind
def text_of_half_an_encoding(rng: random.Random) -> Case:
    made = Table(rng)
    raw = made.end.join(made.lines).encode(rng.choice(("utf-16", "utf-32")))
    return made.case(rng, raw=raw[: rng.choice((1, 3, 5))] if rng.random() < 0.3 else raw[:-1])


@kind
def an_encoding_that_is_not_that_of_the_file(rng: random.Random) -> Case:
    made = Table(rng)
    made.lines[0] += made.between + "caf\u00e9"
    made.lines[1:] = [line + made.between + "\u20ac\u00e9" for line in made.lines[1:]]
    raw = made.end.join(made.lines).encode()
    return made.case(rng, raw=raw, more=("--encoding", rng.choice(("ascii", "utf-16", "utf-32", "euc_kr", "gb2312"))))


@kind
def other_things_than_tables(rng: random.Random) -> Case:
    made = Table(rng)
    raw = rng.choice(
        (
            b"",
            b"\n" * rng.randrange(1, 50),
            b" ",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"pred,target\n",
            b"pred,target",
            b"{}",
            b"[]",
            b"null",
            b"%PDF-1.4\n%\xe2\xe3",
            b"\x7fELF\x02\x01\x01",
            b"MZ\x90\0",
            b"<html></html>",
            b"\x1b[31mpred\n1\n",
            b"---\na: 1\n",
            b"\x80\x04\x95",
            b"GIF89a",
            b"\xff\xd8\xff\xe0",
            b"PK\x05\x06" + bytes(18),
            b"pred;target\r1;2\r",
            b"\r" * 20,
            b"," * 50,
            b'"',
            b'""',
            b"pred target\n" * 3,
            b"# c\n# d\n",
            b"sep=,\npred\n1\n",
            b"\0" * 100,
            b"-" * 300 + b"\n",
        )
    )
    return made.case(rng, raw=raw + (b"" if len(raw) > 40 or rng.random() < 0.5 else b" " * rng.randrange(9)))


@kind
def a_broken_line_of_json(rng: random.Random) -> Case:
    count = rng.randrange(2, 30) if rng.random() < 0.9 else 4000
    lines = [json.dumps({"pred": rng.randrange(99) / 4, "target": rng.randrange(99) / 4}) for _ in range(count)]
    at = rng.randrange(count)
    good = lines[at]
    lines[at] = rng.choice(
        (
            good[:-1],
            good[1:],
            good[: len(good) // 2],
            good + "x",
            good.replace(":", "=", 1),
            good.replace('"', "'"),
            "x",
            "[1,2",
            "{",
            "}",
            '{"pred":}',
            '{"pred":1,}',
            "{pred:1}",
            '{"pred":01,"target":2}',
            '{"pred":.5,"target":2}',
            '{"pred":1.,"target":2}',
            '{"pred":+1,"target":2}',
            '{"pred":0x1,"target":2}',
            '{"a":"\\x"}',
            '{"a":"\t"}',
            '{"a":"\\ud800',
            '{"pred":True,"target":2}',
            "{'pred':1}",
            good + good,
            "//" + good,
            "\ufeff" + good if at else "x",
            "[" * 3000,
            '{"a":' * 2000,
        )
    )
    raw = "\n".join(lines).encode() + b"\n"
    return Case(("regress", "a.jsonl", "-l", "mae"), {"a.jsonl": raw}, ("a.jsonl", f"line {at + 1}"))


@kind
def a_row_of_json_with_another_value(rng: random.Random) -> Case:
    count = rng.randrange(2, 30) if rng.random() < 0.9 else 3000
    rows: list[Any] = [{"pred": rng.randrange(99) / 4, "target": rng.randrange(99) / 4} for _ in range(count)]
    at = rng.randrange(count)
    value = rng.choice((None, True, "x", [1], [1, 2], {}, {"a": 1}, "", [], "1,5", [[1]], "\x1b[31m", "nan", 10**400, -(10**309)))
    row = dict(rows[at])
    rows[at] = rng.choice(({**row, "pred": value}, {**row, "target": value}, {"target": 1}, {}, 1, "x", [], None))
    suffix = rng.choice(("jsonl", "json"))
    raw = "".join(json.dumps(r) + "\n" for r in rows) if suffix == "jsonl" else json.dumps(rows)
    return Case(("regress", f"a.{suffix}", "-l", rng.choice(("mae", "mse"))), {f"a.{suffix}": raw.encode()}, (f"a.{suffix}",))


@kind
def a_document_of_json_that_is_no_table(rng: random.Random) -> Case:
    def made(depth: int) -> object:
        kinds = (
            lambda: rng.randrange(9),
            lambda: "x",
            lambda: None,
            lambda: True,
            lambda: [made(depth - 1) for _ in range(rng.randrange(3))],
            lambda: {k: made(depth - 1) for k in "abc"[: rng.randrange(4)]},
        )
        return rng.choice(kinds[: 4 if depth < 1 else 6])()

    return Case(("regress", "a.json", "-l", "mae"), {"a.json": json.dumps(made(4)).encode()}, ("a.json",))
