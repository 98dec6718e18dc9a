"""`--images` with a page: the worst samples on their images, read back pixel by pixel, and notes for those that cannot be drawn."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from losscli.core.errors import DataError, UsageError
from losscli.run import drawn_samples
from losscli.sources.images.photos import Photos
from tests.support.command import call, refused, table
from tests.support.judges import pages
from tests.support.png import png

BLUE, RED, GREY = (0, 0x72, 0xB2), (0xD5, 0x5E, 0), (128, 128, 128)
ARGV = ("detect", "found.csv", "truth.csv", "--key", "id", "-l", "giou", "--worst", "9", "--ci", "none", "--images", "photos")


def photo(path: str, size: tuple[int, int], turned: bool = False) -> None:
    """A grey image; turned: stored on its side, with the EXIF orientation that sets it upright."""
    Path(path).parent.mkdir(exist_ok=True)
    image = Image.new("RGB", size[::-1] if turned else size, GREY)
    exif = Image.Exif()
    if turned:
        exif[274] = 6
    image.save(path, quality=95, exif=exif)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three boxes in three images: one upright, one turned by its EXIF, one smaller than its annotation says."""
    monkeypatch.chdir(tmp_path)
    head = "id,image,label,width,height,x1,y1,x2,y2"
    table(
        "truth.csv", head, "a,a.jpg,cat,400,300,100,60,200,160", "b,b,dog,400,300,50,50,150,250", "c,c.jpg,cat,400,300,10,10,50,50"
    )
    rows = ("a,a.jpg,cat,0.9,100,60,220,200", "b,b,dog,0.75,300,50,390,250", "c,c.jpg,cat,0.5,10,10,60,60")
    table("found.csv", "id,image,label,score,x1,y1,x2,y2", *rows)
    photo("photos/a.jpg", (400, 300))
    photo("photos/b.jpg", (400, 300), turned=True)
    photo("photos/c.jpg", (200, 150))
    return tmp_path


def shown(path: str) -> list[tuple[str, np.ndarray]]:
    """The text in place of each image of a page, and the image."""
    found = []
    for x in pages.document(Path(path).read_text()).iter("img"):
        raw = base64.b64decode(x.get("src").removeprefix("data:image/jpeg;base64,"), validate=True)
        found.append((x.get("alt"), np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"))))
    return found


def like(pixels: np.ndarray, color: tuple[int, int, int]) -> Any:
    """Which pixels have about a colour, as JPEG keeps it."""
    return (np.abs(pixels.astype(int) - color).sum(-1)) < 90


def test_boxes_are_drawn_in_pixels_of_the_upright_image(project: Path) -> None:
    done = call(*ARGV, "-o", "r.html", "-f", "json")
    assert done.code == 0, done.err
    (first, b), (second, a) = shown("r.html")
    assert first == "Boxes: target dog and prediction dog 0.75, IoU 0, in b.jpg"
    assert second == "Boxes: target cat and prediction cat 0.9, IoU 0.595, in a.jpg"
    assert a.shape == b.shape == (300, 400, 3)
    for image, target, pred in ((b, (50, 50, 150, 250), (300, 50, 390, 250)), (a, (100, 60, 200, 160), (100, 60, 220, 200))):
        _, y1, x2, y2 = target
        assert like(image[(y1 + y2) // 2, x2 - 1 : x2 + 2], BLUE).any()
        assert like(image[y1 + 30 : y2 - 20, x2], BLUE).mean() > 0.8  # solid
        _, y1, x2, y2 = pred
        assert 0.3 < like(image[y1 + 20 : y2 - 20, x2], RED).mean() < 0.8  # dashed
        assert like(image[y1 + 20 : y2 - 20, x2 + 8 : x2 + 9], GREY).all()
    assert [w["key"]["id"] for w in done.report["worst"]] == ["b", "a", "c"]
    assert done.err.splitlines()[-1].startswith("note: id c (pred row 3, target row 3) is not drawn: photos")
    assert "is 200 × 150 pixels, but 400 × 300 in truth.csv" in done.err
    assert "is 200 × 150 pixels, but 400 × 300 in truth.csv" in Path("r.html").read_text()


def test_a_folder_has_the_images_as_files(project: Path) -> None:
    assert call(*ARGV, "-o", "html=site/", "-o", "r.html", "-q", "-b").code == 0
    page = pages.document(Path("site/index.html").read_text())
    assert [x.get("src") for x in page.iter("img")] == ["images/1.jpg", "images/2.jpg"]
    within = re.findall(r'src="data:image/jpeg;base64,([^"]*)"', Path("r.html").read_text())
    assert [base64.b64encode(Path("site", x.get("src")).read_bytes()).decode() for x in page.iter("img")] == within
    captions = [pages.words(x) for x in page.iter("figcaption")]
    assert captions[0].startswith("id b (pred row 2, target row 2): rank 1 by giou: 1.")


def test_images_that_are_missing_or_damaged_are_notes(project: Path) -> None:
    Path("photos/a.jpg").unlink()
    Path("photos/b.jpg").write_bytes(b"\xff\xd8\xff not an image")
    done = call(*ARGV, "-o", "r.html", "-f", "json")
    assert done.code == 0
    assert len(done.report["worst"]) == 3
    assert shown("r.html") == []
    found = pages.texts(Path("r.html").read_text())
    for said in ("id a (pred row 1, target row 1) is not drawn: photos: no image named a.jpg", "photos/b.jpg: cannot be decoded"):
        assert any(said in x for x in found), said
        assert said in done.err


def test_the_report_is_the_same_without_images(project: Path) -> None:
    reports = [call(*ARGV[:-2], *more, "-o", "r.html", "-f", "json").report for more in ((), ARGV[-2:])]
    for report in reports:
        report["options"].pop("images", None)
    assert reports[0] == reports[1]
    assert call("report", "r.html", "-f", "json").report["worst"] == reports[0]["worst"]


def test_what_cannot_be_drawn_at_all_is_said_before_anything_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(2, *ARGV[:-1], "nosuch", "-o", "r.html", says=("--images nosuch: no such folder",))
    monkeypatch.setattr(drawn_samples, "installed", lambda extra: False)
    refused(2, "detect", "nosuch.csv", *ARGV[2:], "-o", "r.html", says=("Pillow", "pip install '.[images]'"))
    assert call(*ARGV, "-b").code == 0  # nothing to draw


def test_a_page_has_no_more_images_than_fit(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(*ARGV, "-o", "html=site/", "-q").code == 0
    monkeypatch.setattr(drawn_samples, "MOST_BYTES", Path("site/images/1.jpg").stat().st_size)
    assert call(*ARGV, "-o", "r.html", "-q").code == 0
    assert len(shown("r.html")) == 1
    assert "2 more samples are not drawn, as the page would be too large" in Path("r.html").read_text()


def test_masks_are_outlines_and_hatches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target, pred = np.zeros((2, 400, 400), np.uint8)
    target[100:300, 100:300] = 1
    pred[150:350, 150:350] = 1
    for side, mask in (("truth", target), ("found", pred)):
        Path(side).mkdir()
        for name in ("one", "two"):
            Path(side, f"{name}.png").write_bytes(png(mask))
    photo("photos/one.jpg", (400, 400))
    photo("photos/two.jpg", (300, 400))
    argv = ("segment", "found", "truth", "--num-classes", "2", "-l", "dice", "--worst", "2", "--ci", "none", "--images", "photos")
    done = call(*argv, "-o", "r.html")
    assert done.code == 0, done.err
    ((alt, image),) = shown("r.html")
    assert alt == "Masks: 1 IoU 0.391, in one.jpg"
    assert "photos/two.jpg: is 300 × 400 pixels, but its mask is 400 × 400" in done.err
    drawn = like(image, BLUE)
    assert drawn[110:140, 100:102].mean() > 0.8  # the outline
    assert 0.15 < drawn[310:340, 310:340].mean() < 0.45  # the hatch of the prediction alone
    assert not drawn[110:140, 110:140].any()  # the target alone
    assert like(image[20:80, 20:80], GREY).all()


def test_images_are_found_by_path_name_stem_and_number(tmp_path: Path) -> None:
    for name in ("x/007.png", "x/b.jpeg", "y/b.png", "000000000042.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    photos = Photos.below(str(tmp_path))
    found = {word: Path(photos.find([word])).name for word in ("x/007.png", "other/007.png", "007", "7", "42", "b.png", "y/b.png")}
    assert found == {
        "x/007.png": "007.png",
        "other/007.png": "007.png",
        "007": "007.png",
        "7": "007.png",
        "42": "000000000042.jpg",
        "b.png": "b.png",
        "y/b.png": "b.png",
    }
    with pytest.raises(DataError, match="several images are named b"):
        photos.find(["b"])
    with pytest.raises(DataError, match="no image named c"):
        photos.find(["c", "d"])
    assert photos.find(["c", "7"]).endswith("007.png")
    with pytest.raises(UsageError, match="no such folder"):
        Photos.below(str(tmp_path / "nosuch"))


def test_coco_names_the_files_of_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    image = {"id": 9, "file_name": "street <b>.jpg", "width": 400, "height": 300}
    box = {"id": 1, "image_id": 9, "category_id": 1, "bbox": [10, 20, 100, 100], "area": 1e4, "iscrowd": 0}
    truth = {"images": [image], "annotations": [box], "categories": [{"id": 1, "name": '"><script>'}]}
    Path("truth.json").write_text(json.dumps(truth))
    Path("found.json").write_text(json.dumps([{"image_id": 9, "category_id": 1, "bbox": [10, 20, 100, 120], "score": 0.5}]))
    photo("photos/street <b>.jpg", (400, 300))
    assert call("detect", "found.json", "truth.json", "-l", "iou", "--worst", "1", "--images", "photos", "-o", "r.html").code == 0
    ((alt, _),) = shown("r.html")
    assert alt == 'Boxes: target "><script> and prediction "><script> 0.5, IoU 0.833, in street <b>.jpg'
