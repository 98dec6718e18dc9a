"""JSON that is malformed, or that can be read in more than one way."""

from __future__ import annotations

from tests.hostile.inputs.row import Table

JSON = Table()
JSON.of("jsonl")


def lines(name: str, content: str | bytes, *says: str) -> None:
    JSON.add(name, "regress a.jsonl -l mae", {"a.jsonl": content}, *says)


GOOD_LINE = '{"pred": 1, "target": 2}\n'
lines("empty", "", "a.jsonl: the file is empty")
lines(
    "a broken line",
    GOOD_LINE + '{"pred": 1, "target": \n',
    "a.jsonl, row 2, line 2: not a JSON object",
)
lines("a line that is an array", GOOD_LINE + "[1, 2]\n", "a.jsonl, row 2, line 2: [1, 2] is not a JSON object")
lines(
    "a key twice",
    GOOD_LINE + '{"pred": 1, "pred": 3, "target": 2}\n',
    "a.jsonl, row 2, line 2: the key 'pred' occurs twice in an object",
)
lines("a key missing", GOOD_LINE + '{"pred": 1}\n', "a.jsonl, row 2, line 2, column target: this row has no such column")
lines("null", GOOD_LINE + '{"pred": null, "target": 1}\n', "a.jsonl, row 2, line 2, column pred: null where a number is needed")
lines("text", GOOD_LINE + '{"pred": "high", "target": 1}\n', 'a.jsonl, row 2, line 2, column pred: "high" is not a number')
lines(
    "an object in place of a number",
    GOOD_LINE + '{"pred": {"mean": 1}, "target": 1}\n',
    'a.jsonl, row 2, line 2, column pred: {"mean": 1} is not a number',
)
lines(
    "a list in place of a number",
    GOOD_LINE + '{"pred": [1, 2], "target": 1}\n',
    "a.jsonl, row 2, line 2, column pred: [1, 2] is not a number",
)
lines("NaN", GOOD_LINE + '{"pred": NaN, "target": 1}\n', "a.jsonl, row 2, line 2, column pred: nan is not a finite number")
lines(
    "a number too large",
    GOOD_LINE + '{"pred": 1e999, "target": 1}\n',
    "a.jsonl, row 2, line 2, column pred: inf is not a finite number",
)
lines(
    "an integer of 5,000 digits",
    GOOD_LINE + '{"pred": ' + "9" * 5000 + ', "target": 1}\n',
    "a.jsonl, row 2, line 2: contains a whole number of too many digits",
)
lines("nested a thousandfold", "[" * 100000, "a.jsonl, line 1: not valid JSON at character 2: nested too deeply")
lines(
    "lone surrogates",
    GOOD_LINE + '{"pred": "\\ud800", "target": 1}\n',
    'a.jsonl, row 2, line 2, column pred: "\\ud800" is not a number',
)
lines(
    "two objects on a line",
    GOOD_LINE + '{"pred": 1, "target": 2} {"pred": 2, "target": 2}\n',
    "a.jsonl, row 2, line 2: not a JSON object",
)
lines(
    "a comma after each line",
    '{"pred": 1, "target": 2},\n{"pred": 2, "target": 2},\n',
    "a.jsonl, row 1, line 1: not a JSON object",
)
lines(
    "single quotes",
    "{'pred': 1, 'target': 2}\n",
    "a.jsonl, row 1, line 1: not a JSON object",
)
JSON.add(
    "lists of unequal lengths",
    "classify a.jsonl -l ce",
    {"a.jsonl": '{"probs": [0.5, 0.5], "label": 0}\n{"probs": [0.2, 0.3, 0.5], "label": 1}\n'},
    "a.jsonl, row 2, line 2, column probs: a list of 3 values, but the first row has 2",
)

JSON.of("json")


def document(name: str, content: str | bytes, *says: str, command: str = "regress a.json -l mae") -> None:
    JSON.add(name, command, {"a.json": content}, *says)


document("empty", "", "a.json: the file is empty")
document("cut", '[{"pred": 1, "target": 2}, {"pred"', "a.json, line 1: the file ends before the document does")
document("an empty array", "[]", "a.json: contains no rows")
document("an empty object", "{}", "a.json: contains no rows")
document("a number", "1", "a.json, line 1: not valid JSON at character 1: an object or an array is expected")
document("text", '"pred"', "a.json, line 1: not valid JSON at character 1: an object or an array is expected")
document(
    "text behind the end",
    '[{"pred": 1, "target": 2}] x',
    "a.json, line 1: not valid JSON at character 28: more text follows the end of the document",
)
document("columns of unequal lengths", '{"pred": [1, 2, 3], "target": [1, 2]}', "a.json: `pred` has 3 rows, `target` has 2")
document(
    "a key twice",
    '[{"pred": 1, "target": 2}, {"pred": 1, "pred": 2, "target": 2}]',
    "a.json, line 1: not valid JSON at character 28: the key 'pred' occurs twice in an object",
)
document(
    "a column twice",
    '{"pred": [1, 2], "pred": [3, 4], "target": [1, 2]}',
    "a.json, line 1: not valid JSON at character 26: the key 'pred' occurs twice in an object",
)
document("null in place of a row", '[{"pred": 1, "target": 2}, null]', "a.json, row 2, line 1: null is not a JSON object")
document(
    "null in place of a number",
    '[{"pred": 1, "target": 2}, {"pred": null, "target": 2}]',
    "a.json, row 2, line 1, column pred: null where a number is needed",
)
document(
    "text in place of a number",
    '[{"pred": 1, "target": 2}, {"pred": "x", "target": 2}]',
    'a.json, row 2, line 1, column pred: "x" is not a number',
)
document(
    "two tables",
    '{"train": [{"pred": 1, "target": 2}], "test": [{"pred": 1, "target": 2}]}',
    "a.json: several keys have records: train, test",
)
document(
    "a part that is not there",
    '{"test": [{"pred": 1, "target": 2}]}',
    "a.json::train: no key 'train'",
    command="regress a.json::train -l mae",
)
document(
    "settings, not rows",
    '{"name": "run", "epochs": 3}',
    "mae reads `target` (TARGET), which the inputs do not contain; a.json has name, epochs",
)
document("trailing commas", '[{"pred": 1, "target": 2},]', "a.json, line 1: not valid JSON at character 27: expecting value")
document(
    "a comment",
    '// rows\n[{"pred": 1, "target": 2}]',
    "a.json, line 1: not valid JSON at character 1: an object or an array is expected",
)
document(
    "rows by name", '{"a": {"pred": 1, "target": 2}, "b": {"pred": 2}}', "a.json, row 2, column target: this row has no such column"
)
