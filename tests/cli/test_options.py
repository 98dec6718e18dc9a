"""Laws over every command: an option is declared once, is had by every command it applies to, and is read alike everywhere."""

from __future__ import annotations

import inspect
import shlex
from typing import Annotated, Any, cast

import pytest

import losscli
from losscli.cli import declarations, evaluate
from losscli.cli.declarations import Command
from losscli.cli.typer_app import COMMANDS
from losscli.core.errors import UsageError
from losscli.core.records import dataclass
from losscli.report.formats import FORMATS
from losscli.run.declared import COLUMNS, GROUPS, Option, from_python, slots, spelled
from losscli.run.file_options import READERS
from losscli.run.options import FACE, RECORDS, OutputOptions
from losscli.run.read_options import ReadOptions
from losscli.spec import loss, registry
from losscli.spec.names import BOX_FORMATS, FAMILIES
from tests.support import option_stubs
from tests.support.command import array, call, refused, table
from tests.support.paths import SAMPLES

READING = (*FAMILIES, *READERS)


def named(command):
    return {slot.name: slot for slot in command.slots}


@pytest.mark.parametrize("name", READING)
def test_every_reading_option_is_in_every_reading_command(name):
    had = named(COMMANDS[name])
    for slot in slots(ReadOptions):
        assert (slot.name in had) == (name in slot.declared.commands), slot.name
        if slot.name in had:
            assert had[slot.name] is slot, "one declaration, not a copy"


@pytest.mark.parametrize("slot", slots(ReadOptions), ids=lambda s: s.name)
def test_what_a_family_reads_every_other_reader_takes(slot):
    # a report of one value has no groups, and a curve is not a report
    no_groups = {"reconcile", "curve"}
    apart = {
        "by": no_groups,
        "bins": no_groups,
        "unit": {*no_groups, "init"},
        **{name: {"curve"} for name in ("gallery", "models", "weights")},
    }
    assert set(READERS) - set(slot.declared.commands) == apart.get(slot.name, set())
    assert slot.declared.families


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
def test_every_option_is_a_sentence_in_a_group(record):
    for slot in slots(record):
        told = slot.declared
        assert told.group in GROUPS
        assert told.help[0].isupper(), told.help
        assert told.help.endswith("."), told.help
        assert slot.switch or told.metavar
        for word in told.choices:
            assert slot.read([word] if slot.many else word) in (word, (word,))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_flag_or_name_is_taken_twice(command):
    flags = [flag for slot in command.slots for flag in slot.declared.flags]
    assert len(flags) == len(set(flags))
    assert len(named(command)) == len(command.slots)


def test_choices_are_listed_once():
    options = {slot.name: tuple(slot.declared.choices) for record in RECORDS for slot in slots(record)}
    assert registry.NAMES == FAMILIES == tuple(evaluate.SUMMARIES) == tuple(evaluate.EXAMPLES)
    assert options["convention"] == loss.CONVENTIONS
    assert options["format"] == ("auto", *FORMATS)
    assert options["box_format"] == options["pred_box_format"] == options["target_box_format"] == BOX_FORMATS


# --- the Python face


def test_the_python_face_has_every_reading_option_with_its_default():
    parameters = inspect.signature(losscli.evaluate).parameters
    for record in FACE:
        for slot in slots(record):
            assert slot.name in parameters
            if slot.name != "losses":
                assert parameters[slot.name].default == slot.default


@pytest.mark.parametrize("slot", [s for s in slots(ReadOptions) if s.declared.choices], ids=lambda s: s.name)
def test_the_python_face_takes_the_same_values(slot):
    family = slot.declared.families[0]
    for word in slot.declared.choices:
        (read,) = from_python([ReadOptions], {slot.name: word.upper()}, family)
        assert getattr(read, slot.name) == ((word,) if slot.many else word)
    with pytest.raises(UsageError, match="unknown value 'nosuch'"):
        losscli.evaluate([1.0], [1.0], family=family, losses="x", **{slot.name: cast(Any, "nosuch")})


def test_the_python_face_refuses_what_the_command_line_refuses():
    data = ([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 2.0, 2.0]])
    with pytest.raises(UsageError, match="unknown argument 'mach', did you mean match"):
        losscli.evaluate(*data, family="detect", losses="iou", mach="greedy")  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="--match key needs a key column"):
        losscli.evaluate(*data, family="detect", losses="iou", match="key")
    with pytest.raises(UsageError, match="box_format is read by detect, not by regress"):
        losscli.evaluate([1.0], [1.0], family="regress", losses="mae", box_format="xywh")
    assert losscli.evaluate([1.0], [1.0], family="regress", losses="mae", match=None, from_logits=False).losses[0].value == 0


def test_the_types_of_the_keywords_are_what_the_declarations_say():
    assert option_stubs.PATH.read_text(encoding="utf-8") == option_stubs.stub(), "run: python -m tests.support.readme"


# --- a new option is one edit


def test_a_new_reading_option_is_one_edit():
    """A field of the record: the flag, its help, the fast parser, Typer, the echo of `inspect` and the keyword follow."""
    fake = Annotated[str, Option("--fake", "Try it.", choices=("off", "on"), group=COLUMNS, families=("regress",), also=READERS)]

    class Read(ReadOptions):
        fake = "off"

    Read.__annotations__ = {"fake": fake}
    record: Any = dataclass(frozen=True)(Read)
    seen: list[Any] = []

    def body(*, read: ReadOptions) -> int:
        seen.append(read)
        return 0

    body.__annotations__["read"] = record
    command = Command("regress", body, "Test.")
    with pytest.raises(SystemExit) as ended:
        command(fake="ON", strict=True)
    assert ended.value.code == 0
    (read,) = seen
    assert (read.fake, read.strict) == ("on", True)
    assert "--fake" in {flag for s in command.slots for flag in s.declared.flags}
    assert "fake" in inspect.signature(declarations.for_typer(command)).parameters
    assert spelled(read, "regress") == ["--strict", "--fake", "on"]
    assert spelled(read, "detect") == ["--strict"], "another family has no such option"
    (again,) = from_python([record], {"fake": "On"}, "regress")
    assert again.fake == "on"


# --- what was refused before


@pytest.fixture
def boxes(folder):
    table("p.csv", "image_id,label,score,x1,y1,x2,y2", "a,cat,0.9,0,0,10,10", "a,dog,0.8,20,20,30,30", "b,cat,0.7,5,5,9,9")
    table("t.csv", "image_id,label,x1,y1,x2,y2", "a,dog,20,20,31,30", "a,cat,0,0,10,11", "b,cat,50,50,60,60")


def test_inspect_matches_boxes_and_shows_groups(boxes):
    done = call("inspect", "p.csv", "t.csv", "--match", "greedy", "--by", "label")
    assert done.code == 0, done.err
    told = [line.strip() for line in done.out.splitlines()]
    assert "by greedy:iou_threshold=0.5: 2 pairs, 1 missed, 1 spurious" in told
    assert told[told.index("Groups by label") + 1 :][:2] == ["cat: 1 pairs", "dog: 1 pairs"]
    program, *argv = shlex.split(done.out.splitlines()[-1])
    assert (program, argv) == ("losscli", ["detect", "p.csv", "t.csv", "--match", "greedy", "--by", "label", "--loss", "giou"])
    assert call(*argv).code == 0


def test_inspect_and_explain_take_mixed_scales(boxes):
    table("n.csv", "x1,y1,x2,y2", "0,0,0.5,0.5")
    table("g.csv", "x1,y1,x2,y2", "0,0,500,500")
    assert call("detect", "n.csv", "g.csv", "-l", "giou", "--mixed-scale", "keep").code == 0
    assert call("inspect", "n.csv", "g.csv", "--family", "detect", "--mixed-scale", "keep").code == 0
    assert call("explain", "giou", "n.csv", "g.csv", "--row", "1", "--mixed-scale", "keep").code == 0


def test_explain_breaks_down_a_row_of_matched_pairs(boxes):
    run = ("explain", "detect/iou", "p.csv", "t.csv", "--match", "greedy", "--by", "label", "-f", "json", "-q")
    second = call(*run, "--row", "2")
    assert second.code == 0, second.err
    assert (second.report["pred_row"], second.report["target_row"], second.report["groups"]) == (2, 1, {"label": "dog"})
    refused(3, *run, "--row", "3", says=("row 3 of PRED",))


def test_explain_and_reconcile_read_as_an_evaluation(folder):
    table("p.csv", "id,pred,w", "1,1,2", "2,4,0")
    table("t.csv", "id,target", "2,2", "1,1.5")
    run = ("p.csv", "t.csv", "--key", "id", "--weights", "w")
    assert call("explain", "regress/mse", *run, "--row", "2", "-f", "json", "-q").report["value"] == 4
    found = call("reconcile", "regress", *run, "-l", "mse", "-f", "json", "-q")
    assert (found.code, found.err, found.report["value"]) == (0, "", 0.25)


# --- spelling


@pytest.mark.parametrize(
    "argv",
    [
        ("--nonfinite", "DROP"),
        ("--reduction", "Mean"),
        ("-f", "JSON"),
        ("--convention", "PyTorch"),
        ("-l", "MeanSquaredError", "--convention", "scikit-learn"),
    ],
)
def test_choices_are_read_in_any_spelling(folder, argv):
    table("p.csv", "pred,target", "1,2")
    assert call("regress", "p.csv", "-l", "mae", *argv).code == 0


def test_short_flags(folder):
    table("p.txt", "1;2", "3;5")
    done = call("regress", "p.txt", "-d", ";", "-H", "--col", "pred=c0", "--col", "target=c1", "-l", "l1 loss", "-j", "1", "-b")
    assert done.out == "1.5\n", done.err


@pytest.mark.parametrize(
    ("output", "begins"),
    [("r.json", "{"), ("r.csv", "loss"), ("r.md", "#"), ("r.TXT", "loss"), ("JSON=r.any", "{"), ("./a=b.json", "{")],
)
def test_a_suffix_names_the_format(folder, output, begins):
    table("p.csv", "pred,target", "1,2")
    assert call("regress", "p.csv", "-l", "mse", "-o", output).code == 0
    path = "a=b.json" if output == "./a=b.json" else output.rpartition("=")[2]
    assert (folder / path).read_text(encoding="utf-8").lstrip("\n").startswith(begins)


def test_a_suffix_names_the_format_of_a_transform(folder):
    array("p.npy", [[0.0, 1.0]], float)
    assert call("transform", "softmax", "p.npy", "-o", "q.npy").code == 0
    assert call("inspect", "q.npy").code == 0
    refused(2, "transform", "softmax", "p.npy", "-o", "q.txt", says=("names no format", "npy=FILE"))
    refused(2, "transform", "softmax", "p.npy", "--nonfinite", "drop", says=("transform keeps every row",))


def test_the_facts_of_a_format_are_in_one_place():
    assert {name for name, f in FORMATS.items() if f.machine} >= {"json", "csv", "md"}
    assert {name for name, f in FORMATS.items() if f.sentences} >= {"table", "plain", "md"}
    assert not FORMATS["json"].sentences
    assert not FORMATS["csv"].sentences
    (option,) = [s for s in slots(OutputOptions) if s.name == "outputs"]
    assert all(suffix in option.declared.help for f in FORMATS.values() for suffix in f.suffixes)


def test_losses_can_be_searched():
    found = call("losses", "generalized iou").out
    assert "giou" in found
    assert "huber" not in found
    refused(2, "losses", "nosuchloss", says=("no loss matches 'nosuchloss'",))
    assert [x["name"] for x in call("losses", "focal", "--family", "segment", "-f", "json").report] == sorted(
        x["name"] for x in call("losses", "focal", "--family", "segment", "-f", "json").report
    )


# --- help


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_work_among_the_samples(name, monkeypatch, folder):
    import shutil

    for path in SAMPLES.iterdir():
        if path.suffix in (".csv", ".npy", ".npz", ".toml"):
            shutil.copy(path, folder)
    for example in COMMANDS[name].examples:
        program, *argv = shlex.split(example)
        done = call(*argv)
        assert program == "losscli"
        assert done.code == (0 if name != "check" or "boxes" in argv else 1), done.err or done.out  # a check of the samples fails


@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_lists_what_the_family_reads_and_nothing_else(family, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    page = call(family, "--help").out
    for record in RECORDS:
        for slot in slots(record):
            listed = any(f"{slot.spelled} " in f"{line} " for line in page.splitlines())
            assert listed == (family in slot.declared.families), slot.name
    headings = [line.removesuffix(":") for line in page.splitlines() if line.removesuffix(":") in GROUPS]
    own = {slot.declared.group for record in RECORDS for slot in slots(record) if family in slot.declared.families}
    assert headings == [group for group in GROUPS if group in own]
    assert page.count(f"  losscli {family} ") == 3


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("100", 100), ("200", 120)])
def test_pages_are_as_wide_as_the_terminal(columns, widest, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    for name in ("detect", "explain"):
        lines = [line for line in call(name, "--help").out.splitlines() if not line.startswith("  losscli ")]
        assert widest - 25 <= max(map(len, lines)) <= widest
    assert "..." not in call("--help").out.partition("Commands:")[2], "no summary is cut"
