"""Tables of text and JSON that are malformed, or that can be read in more than one way."""

from __future__ import annotations

from tests.hostile.inputs.row import Table

TEXT = Table()
ONE = "regress a.csv -l mae"
TWO = "regress p.csv t.csv -l mae"
GOOD = "pred,target\n1,2\n3,4\n"


def one(name: str, content: str | bytes, *says: str, more: str = "") -> None:
    TEXT.add(name, f"{ONE} {more}", {"a.csv": content}, *says)


TEXT.of("csv")
one("empty", b"", "a.csv: the file is empty")
one("blank lines", "\n\n\n", "a.csv, line 1: the first line is empty")
one("carriage returns alone", b"pred,target\r1,2\r3,4\r", "a.csv, line 1: carriage returns without line feeds", "tr '\\r' '\\n'")
one("a header alone", "pred,target\n", "a.csv: the file has a header but no rows")
one("a word in a column of numbers", "pred,target\n1,2\nx,3\n", "a.csv, row 2, line 3, column pred: 'x' is not a number")
one(
    "a word far down",
    "pred,target\n" + "1,2\n" * 5000 + "1,two\n",
    "a.csv, row 5001, line 5002, column target: 'two' is not a number",
)
one("an empty cell", "pred,target\n1,2\n,3\n", "a.csv, row 2, line 3, column pred: an empty cell where a number is needed")
one("a missing value by name", "pred,target\n1,2\n1,N/A\n", "a.csv, row 2, line 3, column target: 'N/A' where a number is needed")
one("infinity", "pred,target\n1,2\n1,-inf\n", "a.csv, row 2, line 3, column target: -inf is not a finite number")
one("a row too short", "pred,target\n1,2\n3\n", "a.csv, row 2, line 3: found 1 field, expected 2")
one("a row too long", "pred,target\n1,2\n3,4,5\n", "a.csv, row 2, line 3: found 3 fields, expected 2")
one("a quote that never closes", 'pred,target\n1,2\n"3,4\n5,6\n', "a.csv, line 3: a quoted field is never closed")
one("text after a quote", 'pred,target\n"1"x,2\n', "a.csv, row 1, line 2: broken record")
one("a NUL", b"pred,target\n1,2\n3\x00,4\n", "a.csv, line 3: a NUL byte in a text file")
one("not UTF-8", b"pred,target,name\n1,2,caf\xe9\n", "a.csv, line 2: not UTF-8 text: byte 0xe9")
one("not UTF-8 in the header", b"pred,target,caf\xe9\n1,2,x\n", "a.csv, line 1: not UTF-8 text: byte 0xe9")
one("a lone surrogate", b"pred,target\n1,2\n\xed\xa0\x80,4\n", "a.csv, line 3: not UTF-8 text: byte 0xed")
one("UTF-16 without its second half", "pred,target\n1,2\n".encode("utf-16")[:-1], "a.csv: not utf-16 text")
one("two columns of one name", "pred,pred,target\n1,2,3\n", "a.csv, line 1, column pred: duplicate column name: fields 1 and 2")
one("a decimal comma", "pred;target\n1,5;2\n2,5;3,1 m\n", "a.csv, row 2, line 3, column target: '3,1 m' is not a number")
one(
    "a decimal comma in quotes",
    'pred,target\n"1,5",2\n"2,5",3\n',
    "a.csv, row 1, line 2, column pred: '1,5' is a number with a decimal comma",
)
one(
    "decimal points and commas",
    "pred;target\n1,5;2.5\n2,5;3.5\n",
    "a.csv, row 1, line 2, column pred: '1,5' is a number with a decimal comma",
)
one(
    "thousands",
    'pred,target\n"1,000","1,100"\n"12,500","12,400"\n',
    "a.csv, row 1, line 2, column pred: '1,000' is written with a comma",
)
one(
    "thousands with points",
    "pred;target\n1.000,5;1.100,5\n12.500,1;12.400,2\n",
    "a.csv, row 1, line 2, column pred: '1.000,5' is a number with separated thousands",
)
one("percentages", "pred,target\n10%,12%\n20%,22%\n", "a.csv, row 1, line 2, column pred: '10%' is a percentage")
one("currency", "pred,target\n$10,12\n$20,22\n", "a.csv, row 1, line 2, column pred: '$10' is a number with a currency sign")
one("units", "pred,target\n10 kg,12\n20 kg,22\n", "a.csv, row 1, line 2, column pred: '10 kg' is not a number")
one("a date", "pred,target\n2024-05-01,12\n2024-05-02,22\n", "a.csv, row 1, line 2, column pred: '2024-05-01' is not a number")
one("hexadecimal", "pred,target\n0x10,12\n0x11,22\n", "a.csv, row 1, line 2, column pred: '0x10' is not a number")
one(
    "an underscore in a number",
    "pred,target\n1_000,12\n2_000,22\n",
    "a.csv, row 1, line 2, column pred: '1_000' is a number with separated thousands",
)
one("Eastern digits", "pred,target\n١٢,12\n١٣,22\n", "a.csv, row 1, line 2, column pred: '١٢' is not a number")
one(
    "a minus of typography",
    "pred,target\n−1,1\n−2,2\n",
    "a.csv, row 1, line 2, column pred: '−1' is a number with a minus sign U+2212",
)
one("no header", "1,2\n3,4\n", "a.csv, line 1: the first line contains numbers, not column names")
one("a comment in front", "# made by hand\npred,target\n1,2\n", "a.csv, line 1: the first line is a comment, not column names")
one("a comment in between", "pred,target\n1,2\n# half way\n3,4\n", "a.csv, row 2, line 3: found 1 field, expected 2")
one(
    "lines of a title in front",
    "Results of May\n\npred,target\n1,2\n3,4\n",
    "mae reads `pred` (PRED) and `target` (TARGET), which the inputs do not contain; a.csv has Results",
)
one("a sum at the end", "pred,target\n1,2\n3,4\ntotal,6\n", "a.csv, row 3, line 4, column pred: 'total' is not a number")
one(
    "a header again in the middle",
    "pred,target\n1,2\npred,target\n3,4\n",
    "a.csv, row 2, line 3, column pred: 'pred' is not a number",
)
one(
    "merge marks",
    "pred,target\n<<<<<<< HEAD\n1,2\n=======\n1,3\n>>>>>>> other\n",
    "a.csv, row 1, line 2: found 1 field, expected 2",
)
one(
    "HTML of a page that asks to log in",
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>please</body></html>\n",
    "a.csv: contains no table",
)
one(
    "a pointer of Git LFS",
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "a.csv: is a Git LFS pointer, which is not read",
)
one("a formula", "pred,target\n=1+1,2\n=2+2,4\n", "a.csv, row 1, line 2, column pred: '=1+1' is not a number")
one(
    "an integer that doubles do not hold",
    "pred,target\n9007199254740993,1\n2,3\n",
    "a.csv, row 1, line 2, column pred: 9007199254740993 has no exact double",
)
one("a number too large", "pred,target\n1e400,1\n2,3\n", "a.csv, row 1, line 2, column pred: inf is not a finite number")
one(
    "a delimiter that differs from the one given",
    "pred;target\n1;2\n3;4\n",
    "mae reads `pred` (PRED) and `target` (TARGET), which the inputs do not contain; a.csv has",
    more="--delimiter ,",
)
one("columns of other names", "left,right\n1,2\n3,4\n", "a.csv: which column is `pred`? left, right (all numeric)")
one("several candidates", "a,b,c\n1,2,3\n3,4,6\n", "a.csv: which column is `pred`? a, b, c (all numeric)")
TEXT.add(
    "ids in another order",
    TWO,
    {"p.csv": "id,pred\na,1\nb,2\nc,3\n", "t.csv": "id,target\nc,3\na,1\nb,2\n"},
    "row 1 is id a in p.csv and c in t.csv: the same values in another order",
)
TEXT.add(
    "ids that differ",
    TWO,
    {"p.csv": "id,pred\na,1\nb,2\nc,3\n", "t.csv": "id,target\na,1\nb,2\nd,3\n"},
    "row 3 is id c in p.csv and d in t.csv; 2 of 3 values are on both sides",
)
TEXT.add(
    "a key twice",
    TWO + " --key id",
    {"p.csv": "id,pred\na,1\na,2\n", "t.csv": "id,target\na,1\nb,2\n"},
    "p.csv, row 2, line 3, column id: duplicate key a (rows 1 and 2)",
)
TEXT.add(
    "a blank key",
    TWO + " --key id",
    {"p.csv": "id,pred\na,1\n,2\n", "t.csv": "id,target\na,1\nb,2\n"},
    "p.csv, row 2, line 3, column id: a missing key",
)
TEXT.add(
    "a key without cells",
    TWO + " --key id",
    {"p.csv": "id,pred\n,1\n,2\n", "t.csv": "id,target\n,1\n,2\n"},
    "t.csv, row 1, line 2, column id: a missing key",
)
TEXT.add(
    "keys with and without a suffix",
    TWO + " --key id",
    {"p.csv": "id,pred\na.png,1\nb.png,2\n", "t.csv": "id,target\na,1\nb,2\n"},
    "p.csv and t.csv have no key in common: the first begins with a.png, b.png, the second with a, b",
)
TEXT.add(
    "unequal lengths",
    TWO,
    {"p.csv": "pred\n1\n2\n3\n", "t.csv": "target\n1\n2\n"},
    "3 predictions in p.csv, but 2 targets in t.csv",
)
TEXT.add(
    "sides swapped",
    TWO,
    {"p.csv": "target\n1\n2\n", "t.csv": "pred\n1\n2\n"},
    "PRED and TARGET look swapped: t.csv has pred, p.csv has target",
)
TEXT.add(
    "sides swapped, named after one thing",
    TWO,
    {"p.csv": "id,price\n1,1\n2,2\n", "t.csv": "id,predicted price\n1,1\n2,3\n"},
    "PRED and TARGET look swapped: t.csv has predicted price, p.csv has price",
)
TEXT.add(
    "one file twice",
    "regress p.csv p.csv -l mae",
    {"p.csv": "pred\n1\n2\n"},
    "mae reads `target` (TARGET), which the inputs do not contain; p.csv has pred",
)
TEXT.add(
    "several files whose columns differ",
    "regress 'p*.csv' -l mae",
    {"p1.csv": GOOD, "p2.csv": "pred,truth\n1,2\n"},
    "p2.csv: has the columns pred, truth, but p1.csv has pred, target",
)
TEXT.add(
    "several files of one name in several folders",
    "regress @l.txt -l mae",
    {"l.txt": "a/x.csv\na/x.csv\n", "a/x.csv": GOOD},
    "l.txt, line 2: a/x.csv is in line 1 already",
)
TEXT.add(
    "a word with a comma for the decimal",
    f"{TWO} --decimal ,",
    {"p.csv": "pred\n1.5\n2.5\n", "t.csv": "target\n1\n2\n"},
    "p.csv, row 1, line 2, column pred: '1.5' is written with a decimal point, unlike the numbers with a",
)
TEXT.add(
    "probabilities that do not sum to one",
    "classify p.csv t.csv -l ce",
    {"p.csv": "cat,dog\n.7,.2\n.3,.4\n", "t.csv": "label\ncat\ndog\n"},
    "p.csv, row 1, line 2, column cat: the 2 scores sum to 0.9, not to 1",
)
TEXT.add(
    "labels beyond the classes",
    "classify p.csv t.csv -l ce",
    {"p.csv": "p0,p1\n.7,.3\n.4,.6\n", "t.csv": "label\n0\n2\n"},
    "t.csv, row 2, line 3, column label: label 2 is outside 0…1",
)
TEXT.add(
    "labels from 1",
    "classify p.csv t.csv -l ce",
    {"p.csv": "p0,p1\n.7,.3\n.4,.6\n", "t.csv": "label\n1\n2\n"},
    "t.csv, row 2, line 3, column label: label 2 is outside 0…1: labels count from 1",
)
TEXT.add(
    "negative labels",
    "classify p.csv t.csv -l ce",
    {"p.csv": "p0,p1\n.7,.3\n.4,.6\n", "t.csv": "label\n-1\n1\n"},
    "t.csv, row 1, line 2, column label: label -1 is outside 0…1: labels are -1 and +1",
)
TEXT.add(
    "fractions for labels",
    "classify p.csv t.csv -l ce",
    {"p.csv": "p0,p1\n.7,.3\n.4,.6\n", "t.csv": "label\n0.5\n1\n"},
    "t.csv, row 1, line 2, column label: 0.5 is not a class number",
)
TEXT.add(
    "a missing label",
    "classify p.csv t.csv -l ce",
    {"p.csv": "cat,dog\n.7,.3\n.4,.6\n.5,.5\n", "t.csv": "label\ncat\nNA\ndog\n"},
    "t.csv, row 2, line 3, column label: a missing label",
)
TEXT.add(
    "logits",
    "classify p.csv t.csv -l bce",
    {"p.csv": "prob\n-2\n3\n", "t.csv": "label\n0\n1\n"},
    "p.csv, row 1, line 2, column prob: -2 is not a probability",
)
TEXT.add(
    "vectors of unequal lengths",
    "embed a.csv -l contrastive",
    {"a.csv": 'embedding,label\n"[1,2]",a\n"[1,2,3]",a\n'},
    "a.csv, row 2, line 3, column embedding: a list of 3 values, but the first row has 2",
)
TEXT.add(
    "boxes with their corners turned",
    "detect p.csv t.csv -l iou",
    {"p.csv": "x1,y1,x2,y2\n9,0,1,5\n", "t.csv": "x1,y1,x2,y2\n1,0,9,5\n"},
    "p.csv, row 1, line 2, column x1: inverted box (9, 0, 1, 5): x2 < x1 or y2 < y1",
)
TEXT.add(
    "boxes that may be two things",
    "detect p.csv t.csv -l iou",
    {"p.csv": "a,b,c,d\n1,0,9,5\n", "t.csv": "x1,y1,x2,y2\n1,0,9,5\n"},
    "iou reads `box` (PRED), which the inputs do not contain; p.csv has a, b, c, d; t.csv has x1, y1,",
)
TEXT.add(
    "boxes in pixels and shares",
    "detect p.csv t.csv -l giou",
    {"p.csv": "x1,y1,x2,y2\n.1,.1,.2,.3\n.2,.2,.5,.5\n", "t.csv": "x1,y1,x2,y2\n64,48,128,144\n128,96,320,240\n"},
    "TARGET has boxes in pixels (up to 320), PRED has normalised boxes (within 0.1 … 0.5)",
)
TEXT.add(
    "runs without the size of the image",
    "segment p.csv t.csv -l dice",
    {f"{s}.csv": "ImageId,EncodedPixels\na,1 3 9 2\n" for s in "pt"},
    "p.csv, image a: the size of the image is not known",
)
TEXT.add(
    "a run beyond the image",
    "segment p.csv t.csv -l dice --image-size 4x4",
    {f"{s}.csv": "ImageId,EncodedPixels\na,1 3 15 9\n" for s in "pt"},
    "p.csv, row 1, line 2, column EncodedPixels: the 2nd run has pixels 15 to 23 of an image of 16",
)
TEXT.add(
    "runs that overlap",
    "segment p.csv t.csv -l dice --image-size 4x4",
    {f"{s}.csv": "ImageId,EncodedPixels\na,1 3 2 2\n" for s in "pt"},
    "p.csv, row 1, line 2, column EncodedPixels: the runs 1 3 and 2 2 overlap",
)
TEXT.add(
    "a run without its length",
    "segment p.csv t.csv -l dice --image-size 4x4",
    {f"{s}.csv": "ImageId,EncodedPixels\na,1 3 5\n" for s in "pt"},
    "p.csv, row 1, line 2, column EncodedPixels: 3 numbers, where runs are pairs of a start and a length",
)
TEXT.add(
    "a pair of an unknown id",
    "embed v.csv --pairs l.csv -l contrastive",
    {"v.csv": "id,e0,e1\na,1,2\nb,2,3\n", "l.csv": "a,b,same\na,c,1\n"},
    "l.csv, row 1, line 2, column b: 1 id of the list not among `id` of v.csv: c",
)
TEXT.add(
    "a pair that is neither",
    "embed v.csv --pairs l.csv -l contrastive",
    {"v.csv": "id,e0,e1\na,1,2\nb,2,3\n", "l.csv": "a,b,same\na,b,2\n"},
    "l.csv, row 1, line 2, column same: 2.0 is neither 1 (same) nor 0 (different)",
)
TEXT.add(
    "a list of pairs without their columns",
    "embed v.csv --pairs l.csv -l contrastive",
    {"v.csv": "id,e0,e1\na,1,2\nb,2,3\n", "l.csv": "x,y\na,b\n"},
    "l.csv: no columns of ids for pairs (a, b) or triplets (anchor, positive, negative); its columns are",
)
TEXT.add(
    "lines of LFW too short",
    "embed v.csv --pairs l.txt -l contrastive",
    {"v.csv": "id,e0,e1\na_0001,1,2\nb_0001,2,3\n", "l.txt": "1\t1\na\t1\n"},
    "l.txt, line 1: the first line contains numbers, not column names",
)
