"""Masks as files hold them: void pixels, masks saved as images, other label numbers, channels and bare arrays."""

from __future__ import annotations

import json
import re
import shlex

import numpy as np
import pytest

import losscli
from tests.support.command import call, cli

RNG = np.random.default_rng(42)
SCORES = RNG.dirichlet([1, 1, 1], (3, 5, 6)).transpose(0, 3, 1, 2)
LABELS = RNG.integers(0, 3, (3, 5, 6))
BINARY = (LABELS == 2).astype(np.uint8)
FOREGROUND = SCORES[:, 2]
VOID = RNG.random((3, 5, 6)) < 0.2


def save(**arrays):
    for name, array in arrays.items():
        np.save(f"{name}.npy", array)


def value(*argv):
    done = call("segment", *argv, "-b")
    assert done.code == 0, done.err
    return float(done.out)


def refused(*argv, code=3, says=()):
    done = call("segment", *argv, "-b")
    assert done.code == code, done.out
    assert all(x in done.err for x in says), done.err
    return done.err


def followed(error, *argv):
    """The value once the option that the error proposes is given."""
    found = re.findall(r"--[a-z-]+ [^ ;]+", error.splitlines()[1])
    return value(*argv, *shlex.split(found[0].rstrip(",")))


def dice_of_the_kept():
    """By hand: the mean over images and classes of 1 - 2 Σpt / Σ(p + t) over the pixels that are not void."""
    hot = np.eye(3)[LABELS].transpose(0, 3, 1, 2)
    kept = ~VOID[:, None]
    both, total = (SCORES * hot * kept).sum((2, 3)), ((SCORES + hot) * kept).sum((2, 3))
    return float((1 - 2 * both / total).mean())


def test_void_pixels_leave_overlap_losses(folder):
    save(p=SCORES, m=np.where(VOID, 255, LABELS).astype(np.uint8), v=VOID)
    np.savez("v.npz", ignored=VOID)
    np.save("whole.npy", LABELS)
    assert value("p.npy", "m.npy", "-l", "dice", "--ignore-index", "255") == pytest.approx(dice_of_the_kept(), rel=1e-14)
    for file in ("v.npy", "v.npz"):
        assert value("p.npy", "whole.npy", "-l", "dice", "--ignore-mask", file) == pytest.approx(dice_of_the_kept(), rel=1e-14)
    both = value("p.npy", "m.npy", "-l", "ce+dice", "--ignore-index", "255")
    own = value("p.npy", "m.npy", "-l", "ce:ignore_index=255", "--ignore-index", "255")
    assert both == pytest.approx(dice_of_the_kept() + own, rel=1e-14)
    assert "--ignore-index 255" in refused("p.npy", "m.npy", "-l", "ce:ignore_index=255+dice", says=("label 255",))


def test_pixels_that_are_ignored_are_counted_once(folder):
    save(p=SCORES, m=np.where(VOID, 255, LABELS), q=FOREGROUND)
    note = f"{int(VOID.sum())} of 90 pixels ignored (label 255)"
    for losses in (("dice",), ("ce", "dice"), ("lovasz_softmax:pool=batch",), ("dice", "topk_ce:pool=batch", "gdl:form=mean")):
        words = [w for x in losses for w in ("-l", x)]
        done = call("segment", "p.npy", "m.npy", *words, "--ignore-index", "255", "-j", "2", "-f", "json")
        assert [w["message"] for w in done.report["warnings"] if "ignored" in w["message"]] == [note], losses
    done = cli("segment", "p.npy", "m.npy", "-l", "dice", "--ignore-index", "255", "-b", cwd=folder)
    assert f"note: {note}" in done.err.splitlines()


def test_the_signature_names_what_is_ignored(folder):
    save(p=SCORES, m=np.where(VOID, 255, LABELS))
    done = call("segment", "p.npy", "m.npy", "-l", "dice", "--ignore-index", "255", "--ignore-index", "-1", "-f", "json")
    assert "|ignored=255,-1|" in json.dumps(done.report)


def test_a_mask_saved_as_an_image(folder):
    save(p=FOREGROUND, m=BINARY, m255=BINARY * 255, f255=BINARY * np.float32(255), p8=(FOREGROUND * 255).round().astype(np.uint8))
    right = value("p.npy", "m.npy", "-l", "bce")
    for name in ("m255.npy", "f255.npy"):
        error = refused("p.npy", name, "-l", "bce", says=("values 0 and 255: a mask saved as an image", "row 1, column ["))
        assert followed(error, "p.npy", name, "-l", "bce") == right
        assert "ignore" not in error
    assert "divide PRED by 255" in refused("p8.npy", "m255.npy", "-l", "dice")
    save(several=(SCORES * 255).round().astype(np.uint8), labels=LABELS)
    assert "divide PRED by 255" in refused("several.npy", "labels.npy", "-l", "dice")
    assert "17 is not one of --mask-values 0,255" in _with_a_stray(17)


def _with_a_stray(number):
    stray = BINARY * 255
    stray[1, 2, 3] = number
    save(stray=stray)
    return refused("p.npy", "stray.npy", "-l", "dice", "--mask-values", "0,255", says=("row 2, column [2, 3]",))


def test_hard_masks_on_both_sides_saved_as_images(folder):
    hard = (FOREGROUND > 0.4).astype(np.uint8)
    save(p=hard, m=BINARY, p255=hard * 255, m255=BINARY * 255)
    right = value("p.npy", "m.npy", "-l", "dice")
    assert value("p255.npy", "m255.npy", "-l", "dice", "--mask-values", "0,255") == right
    assert value("p.npy", "m255.npy", "-l", "dice", "--mask-values", "0,255") == right


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32"])
def test_classes_are_named_by_numbers(folder, kind):
    save(p=SCORES, m=LABELS, one=(LABELS + 1).astype(kind), far=np.array([0, 44, 46])[LABELS].astype(kind))
    right = value("p.npy", "m.npy", "-l", "ce")
    error = refused("p.npy", "one.npy", "-l", "ce", says=("labels count from 1",))
    assert followed(error, "p.npy", "one.npy", "-l", "ce") == right
    assert "ignore" not in error
    error = refused("p.npy", "far.npy", "-l", "ce", says=("label 4",))
    assert followed(error, "p.npy", "far.npy", "-l", "ce") == right
    assert value("p.npy", "far.npy", "-l", "ce", "--classes", "0,44,46") == right
    refused("p.npy", "m.npy", "-l", "ce", "--classes", "1,2,3", says=("0 is not one of the classes 1,2,3",))


def test_labels_in_pred_need_their_number(folder):
    save(p=RNG.integers(0, 91, (2, 9, 9)), m=RNG.integers(0, 91, (2, 9, 9)))
    error = refused("p.npy", "m.npy", "-l", "dice", says=("--num-classes",))
    assert followed(error, "p.npy", "m.npy", "-l", "dice") > 0
    named = value("p.npy", "m.npy", "-l", "dice", "--classes", ",".join(map(str, range(91))))
    assert value("p.npy", "m.npy", "-l", "dice", "--num-classes", "91") == named
    refused("p.npy", "m.npy", "-l", "dice", "--num-classes", "91", "--classes", "a,b", code=2, says=("names 2 classes",))


def test_channels_last(folder):
    last, hot = np.moveaxis(SCORES, 1, -1), np.eye(3)[LABELS]
    save(p=SCORES, last=last, m=LABELS, hot=hot, one=last[0], m1=LABELS[0])
    right = value("p.npy", "m.npy", "-l", "dice")
    for mask in ("m.npy", "hot.npy"):
        error = refused("last.npy", mask, "-l", "dice", says=("--channels last",))
        assert followed(error, "last.npy", mask, "-l", "dice") == right
    error = refused("one.npy", "m1.npy", "-l", "dice", says=("3 channels on the last axis",))
    assert followed(error, "one.npy", "m1.npy", "-l", "dice") == call_on(SCORES[:1], LABELS[:1])
    call("segment", "last.npy", "m.npy", "-l", "ce", "--channels", "last", "--gradients", "g.npy", "-b")
    call("segment", "p.npy", "m.npy", "-l", "ce", "--gradients", "h.npy", "-b")
    np.testing.assert_array_equal(np.load("g.npy"), np.moveaxis(np.load("h.npy"), 1, -1))


def call_on(pred, target, **options):
    return losscli.evaluate(pred, target, family="segment", losses="dice", **options).line("dice").value


def test_a_place_in_a_file_with_channels_last(folder):
    bad = np.moveaxis(SCORES, 1, -1).copy()
    bad[1, 2, 3, 1] = 1.5
    save(bad=bad, m=LABELS)
    refused("bad.npy", "m.npy", "-l", "dice", "--channels", "last", says=("row 2, column [2, 3, 1]: 1.5",))


@pytest.mark.parametrize("multilabel", [False, True])
def test_a_single_channel_is_a_binary_image(multilabel):
    right = call_on(FOREGROUND, BINARY)
    for pred in (FOREGROUND, FOREGROUND[:, None]):
        for target in (BINARY, BINARY[:, None]):
            assert call_on(pred, target, multilabel=multilabel) == right


def test_a_bare_array_is_one_image(folder):
    save(p=FOREGROUND[0], m=BINARY[0], q=SCORES[0], k=LABELS[0], v=VOID[0])
    done = call("segment", "p.npy", "m.npy", "-l", "dice")
    assert "1 image ·" in done.out
    assert "a bare array is one image of 5 × 6 pixels" in done.err
    assert value("p.npy", "m.npy", "-l", "dice") == call_on(FOREGROUND[:1], BINARY[:1])
    rows = value("p.npy", "m.npy", "-l", "dice", "--rows-are-images")
    assert rows == call_on(FOREGROUND[0][:, None], BINARY[0][:, None])
    assert value("q.npy", "k.npy", "-l", "dice") == call_on(SCORES[:1], LABELS[:1])
    left = value("q.npy", "k.npy", "-l", "dice", "--ignore-mask", "v.npy")
    assert left == call_on(SCORES[:1], LABELS[:1], ignore_mask=VOID[:1])


def test_files_of_bare_arrays_are_images(folder):
    for i in range(3):
        save(**{f"p{i}": FOREGROUND[i], f"m{i}": BINARY[i], f"v{i}": VOID[i]})
    assert value("p?.npy", "m?.npy", "-l", "dice") == call_on(FOREGROUND, BINARY)
    assert value("p?.npy", "m?.npy", "-l", "dice", "--ignore-mask", "v?.npy") == call_on(FOREGROUND, BINARY, ignore_mask=VOID)


def test_a_bare_array_goes_with_a_single_image():
    for pred, target in ((FOREGROUND[0], BINARY[:1]), (FOREGROUND[:1], BINARY[0])):
        assert call_on(pred, target) == call_on(FOREGROUND[:1], BINARY[:1])
    assert call_on(SCORES[:1], LABELS[0]) == call_on(SCORES[:1], LABELS[:1])
    assert call_on(np.moveaxis(SCORES[:1], 1, -1), LABELS[0], channels="last") == call_on(SCORES[:1], LABELS[:1])
    with pytest.raises(losscli.DataError):
        call_on(SCORES[:2], LABELS[0])


def test_an_array_to_ignore_follows_the_rows_of_target(folder):
    np.savez("p.npz", scores=SCORES[[2, 0, 1]], id=np.array([12, 10, 11]))
    np.savez("m.npz", mask=LABELS, id=np.array([10, 11, 12]))
    save(v=VOID)
    assert value("p.npz", "m.npz", "--key", "id", "-l", "dice", "--ignore-mask", "v.npy") == pytest.approx(
        dice_of_the_kept(), rel=1e-14
    )


def test_rows_of_a_table_are_images(folder):
    lines = [",".join(f"x{i}" for i in range(30))]
    for name, array in (("p", FOREGROUND), ("m", BINARY)):
        rows = [",".join(map(repr, row)) for row in array.reshape(3, -1).tolist()]
        (folder / f"{name}.csv").write_text("\n".join(lines + rows))
    assert value("p.csv", "m.csv", "-l", "dice") == call_on(FOREGROUND, BINARY)
    header, first, *rest = (folder / "m.csv").read_text().splitlines()
    (folder / "v.csv").write_text("\n".join([header, "255" + first[1:], *rest]))
    done = call("segment", "p.csv", "v.csv", "-l", "dice", "--ignore-index", "255", "-b")
    assert "1 of 90 pixels ignored" in done.err


def test_an_array_to_ignore_must_fit(folder):
    save(p=SCORES, m=LABELS, hot=np.eye(3)[LABELS].transpose(0, 3, 1, 2), few=VOID[:2], wide=np.zeros((3, 5, 7)), v=VOID)
    refused("p.npy", "m.npy", "-l", "dice", "--ignore-mask", "few.npy", code=3, says=("(2, 5, 6)", "3 masks"))
    refused("p.npy", "m.npy", "-l", "dice", "--ignore-mask", "wide.npy", code=3, says=("(5, 7)", "(5, 6)"))
    refused("p.npy", "hot.npy", "-l", "dice", "--ignore-index", "255", code=2, says=("one number per class", "--ignore-mask"))
    assert value("p.npy", "hot.npy", "-l", "dice", "--ignore-mask", "v.npy") == pytest.approx(dice_of_the_kept(), rel=1e-14)


def test_options_from_python():
    void = np.where(VOID, 255, LABELS)
    one = call_on(SCORES, void, ignore_index=255)
    assert one == call_on(SCORES, void, ignore_index=[255, 254]) == call_on(SCORES, LABELS, ignore_mask=VOID)
    assert call_on(FOREGROUND, BINARY * 255, mask_values=[0, 255]) == call_on(FOREGROUND, BINARY)
    with pytest.raises(losscli.UsageError, match="read by segment"):
        losscli.evaluate([0.5], [1], family="classify", losses="bce", ignore_index=255)


def test_ignored_nan_is_not_read(folder):
    """With --nonfinite keep, which lets it through; by default every NaN is refused."""
    broken = np.where(VOID[:, None], np.nan, SCORES)
    save(p=broken, last=np.moveaxis(broken, 1, -1), m=LABELS, v=VOID)
    run = ("-l", "dice+boundary", "--ignore-mask", "v.npy", "--nonfinite", "keep")
    save(whole=SCORES)
    right = value("whole.npy", "m.npy", *run)
    assert value("p.npy", "m.npy", *run) == right
    assert value("last.npy", "m.npy", *run, "--channels", "last") == right
    refused("p.npy", "m.npy", "-l", "dice", "--ignore-mask", "v.npy", says=("is not a finite number",))


def test_a_loss_of_whole_images_cannot_ignore_pixels(folder):
    (folder / "own.py").write_text("def capped(scores, mask):\n    return abs(scores - mask).reshape(len(mask), -1).mean(1)\n")
    save(p=FOREGROUND, m=BINARY, v=VOID)
    run = ("segment", "p.npy", "m.npy", "--loss-file", "own.py:capped", "-l", "capped", "-b")
    assert cli(*run, cwd=folder).code == 0
    done = cli(*run, "--ignore-mask", "v.npy", cwd=folder)
    assert done.code == 2
    assert "capped reads whole images" in done.err


def test_remedies_fit_what_was_found(folder):
    colours, hot = RNG.integers(0, 256, (3, 5, 6, 3)), np.eye(3)[LABELS]
    four, one = RNG.integers(0, 4, (3, 5, 6)), (LABELS + 1).astype(np.uint8)
    save(
        p=SCORES,
        b=FOREGROUND,
        m=LABELS,
        k=BINARY,
        rgb=colours,
        hot=hot,
        four=four,
        v=np.where(VOID, 255, one),
        logits=np.log(SCORES),
    )
    save(h255=np.moveaxis(hot, -1, 1).astype(np.uint8) * 255, negative=np.where(VOID, -1, BINARY.astype(int)))
    for pred in ("p.npy", "b.npy"):
        refused(pred, "rgb.npy", "-l", "dice", says=("3 colours per pixel",))
    refused("p.npy", "hot.npy", "-l", "dice", says=("numpy.moveaxis",))
    refused("p.npy", "m.npy", "-l", "dice", "--channels", "last", says=("omit --channels last",))
    assert "--mask-values" not in refused("p.npy", "four.npy", "-l", "dice", says=("TARGET more labels",))
    assert "ignore" not in refused("p.npy", "logits.npy", "-l", "dice")
    error = refused("p.npy", "h255.npy", "-l", "dice", says=("saved as an image",))
    assert followed(error, "p.npy", "h255.npy", "-l", "dice") == value("p.npy", "m.npy", "-l", "dice")
    error = refused("b.npy", "negative.npy", "-l", "dice", says=("--ignore-index -1",))
    assert followed(error, "b.npy", "negative.npy", "-l", "dice") == call_on(FOREGROUND, BINARY, ignore_mask=VOID)
    refused("p.npy", "v.npy", "-l", "dice", says=("use --classes 1,2,3 --ignore-index 255",))
    said = value("p.npy", "v.npy", "-l", "dice", "--classes", "1,2,3", "--ignore-index", "255")
    assert said == call_on(SCORES, LABELS, ignore_mask=VOID)
    refused("p.npy", "p.npy", "-l", "lovasz_softmax", says=("reads one class per pixel",))
    assert "mode=" not in refused("p.npy", "p.npy", "-l", "lovasz_softmax")
    assert "mode=ovr" in refused("p.npy", "p.npy", "-l", "focal")
    assert value("p.npy", "p.npy", "-l", "focal:mode=ovr") > 0


def test_masks_without_a_border_are_counted(folder):
    """hausdorff_dt and boundary have no distance to measure there, which makes the loss of a poor prediction small."""
    empty = BINARY.copy()
    empty[1] = 0
    save(p=FOREGROUND, m=BINARY, e=empty)
    note = "1 of 3 regions of the masks are empty or fill the image"
    for loss in ("hausdorff_dt", "log_hausdorff_dt:power=mean", "boundary", "boundary+dice"):
        done = call("segment", "p.npy", "e.npy", "-l", loss, "-b")
        assert done.err.count(note) == 1, done.err
        assert "border" not in call("segment", "p.npy", "m.npy", "-l", loss, "-b").err
