"""Masks that are malformed, or that can be read in more than one way: images, volumes and folders of both."""

from __future__ import annotations

import gzip
import io
import struct
from typing import Any

import numpy as np

from tests.hostile.inputs.row import Table, main
from tests.support import png
from tests.support.png import GREY_ALPHA, PALETTE, RGB, RGB_ALPHA, chunk
from tests.support.png import palette as colours

MASKS = Table()
DICE = "segment p.png t.png -l dice"
GOOD = png.png(np.eye(4, dtype=np.uint8))


def image(name: str, pred: bytes, *says: str, command: str = DICE, target: bytes = GOOD, more: str = "") -> None:
    """more: a file of colours."""
    MASKS.add(name, command, {"p.png": pred, "t.png": target} | ({"c.txt": more} if more else {}), *says)


def huge(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return png.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"x\x9c\x03\x00\x00\x00\x00\x01") + chunk(b"IEND", b"")


def pillow(kind: str, array: np.ndarray, **how: Any) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **how)
    return out.getvalue()


def damaged_strip(array: np.ndarray) -> bytes:
    """A deflated TIFF with another bit in the checksum of its pixels."""
    from PIL import Image

    out = bytearray(pillow("TIFF", array, compression="tiff_adobe_deflate"))
    tags: Any = Image.open(io.BytesIO(out)).getexif()
    out[tags[273] + tags[279] - 1] ^= 1
    return bytes(out)


EYE = np.eye(4, dtype=np.uint8)
RGB_EYE = np.stack([EYE * 200, EYE * 10, EYE], axis=-1)
MASKS.of("images")
image("empty", b"", "p.png: the file is empty")
image("a signature alone", png.SIGNATURE, "p.png: cannot be decoded")
image("cut", GOOD[:-30], "p.png: cannot be decoded")
image(
    "a wrong checksum",
    GOOD[:-20] + bytes([GOOD[-20] ^ 1]) + GOOD[-19:],
    "p.png: cannot be decoded",
)
image("text", b"this is not an image\n", "p.png: not an image of a known kind")
image("a bomb by its header", huge(1 << 14, (1 << 14) + 1), "p.png: 16385 × 16384 pixels are more than --max-pixels 268435456")
image("no pixels", huge(4, 4), "p.png: cannot be decoded")
image("no size", huge(0, 4), "p.png: an image without pixels")
image("colours without a palette", png.png(RGB_EYE, colour=RGB), "p.png: an RGB image, whose colours are not class numbers")
image(
    "colours that the palette does not have",
    png.png(RGB_EYE, colour=RGB),
    "p.png: pixel [0, 0] has the colour 200 10 1, which is not in c.txt; the nearest there is 255 0 0",
    command=DICE + " --palette c.txt",
    more="0 0 0 ground\n255 0 0 thing\n",
)
image(
    "a palette that is none",
    png.png(RGB_EYE, colour=RGB),
    "c.txt, line 1: 'red thing' is not a colour with a name",
    command=DICE + " --palette c.txt",
    more="red thing\n",
)
image(
    "a palette that is not there",
    png.png(RGB_EYE, colour=RGB),
    "nope.txt: --palette cannot be read: No such file or directory",
    command=DICE + " --palette nope.txt",
)
image(
    "16-bit colours",
    png.png(RGB_EYE.astype(np.uint16) * 200, colour=RGB, bits=16),
    "p.png: an RGB image of 16 bits per channel, which is read as 8 bits by most libraries",
)
image(
    "transparent pixels",
    png.png(np.stack([EYE, EYE * 100], axis=-1), colour=GREY_ALPHA),
    "p.png: pixel [0, 0] is transparent, which is not a class",
)
image(
    "transparent colours",
    png.png(np.concatenate([RGB_EYE, EYE[..., None]], axis=-1), colour=RGB_ALPHA),
    "p.png: an RGB image, whose colours are not class numbers",
)
image(
    "an index beyond the palette",
    png.png(EYE * 3, colour=PALETTE, more=[colours(np.zeros((2, 3)))]),
    "p.png, column [0, 0]: 3 is not a probability: it is outside 0…1",
)
image(
    "another size",
    png.png(np.eye(5, dtype=np.uint8)),
    "t.png, column [0, 0]: shapes differ: PRED (1, 5, 5), TARGET (1, 4, 4); arrays are not broadcast",
)
image(
    "drawn in white",
    GOOD,
    "t.png, column [0, 0]: label 255 is outside 0…1 (values 0 and 255: a mask saved as an image)",
    target=png.png(EYE * 255),
)
image(
    "values between black and white",
    png.png(EYE * 128),
    "p.png, column [0, 0]: 128 is not a probability: it is outside 0…1 (values 0 and 128: a mask saved",
)
image(
    "a class beyond the classes",
    GOOD,
    "t.png, column [0, 0]: label 7 is outside 0…1 (values 0 and 7: a mask saved as an image)",
    target=png.png(EYE * 7),
    command="segment p.png t.png -l dice --classes a,b",
)
MASKS.add(
    "JPEG",
    "segment p t -l dice",
    {"p/a.jpg": pillow("JPEG", EYE * 255), "t/a.png": GOOD},
    "p: has images with lossy compression, which changes pixels, so that a class 7 may be read as 4",
)
MASKS.add(
    "no common stem",
    "segment p t -l dice",
    {"p/a.png": GOOD, "t/b.png": GOOD},
    "p and t have no name of an image in common: the first begins with a, the second with b",
)
MASKS.add(
    "stems with a suffix",
    "segment p t -l dice",
    {"p/a.png": GOOD, "t/a_mask.png": GOOD},
    "p and t have no name of an image in common: the first begins with a, the second with a_mask",
)
MASKS.add(
    "more predictions than masks",
    "segment p t -l dice",
    {"p/a.png": GOOD, "p/b.png": GOOD, "t/a.png": GOOD},
    "1 of 2 predictions have no target: b",
)
MASKS.add(
    "more masks than predictions",
    "segment p t -l dice",
    {"p/a.png": GOOD, "t/b.png": GOOD, "t/a.png": GOOD},
    "1 of 2 targets have no prediction: b",
)
MASKS.add(
    "two files of one stem",
    "segment p t -l dice",
    {"p/a.png": GOOD, "p/a.bmp": pillow("BMP", EYE), "t/a.png": GOOD},
    "two images are named a: p/a.bmp and p/a.png",
)
MASKS.add(
    "a folder without images",
    "segment p t -l dice",
    {"p/readme.md": "none", "t/a.png": GOOD},
    "p: is a folder without files of a known format: readme.md",
)
MASKS.add(
    "an image cut in a folder",
    "segment p t -l dice",
    {"p/a.png": GOOD, "p/b.png": GOOD[:40], "t/a.png": GOOD, "t/b.png": GOOD},
    "p/b.png: cannot be decoded",
)
MASKS.add(
    "a TIFF cut",
    "segment p.tif t.tif -l dice",
    {"p.tif": pillow("TIFF", EYE)[:60], "t.tif": pillow("TIFF", EYE)},
    "p.tif: cannot be decoded",
)
MASKS.add(
    "a checksum of a TIFF",
    "segment p.tif t.tif -l dice",
    {"p.tif": damaged_strip(EYE), "t.tif": pillow("TIFF", EYE)},
    "p.tif: cannot be decoded: Error -3 while decompressing data: incorrect data check",
)
MASKS.add(
    "a GIF cut",
    "segment p.gif t.gif -l dice",
    {"p.gif": pillow("GIF", EYE)[:20], "t.gif": pillow("GIF", EYE)},
    "p.gif: cannot be decoded",
)
MASKS.add(
    "fractions in a TIFF",
    "segment p.tif t.tif -l dice",
    {"p.tif": pillow("TIFF", EYE * np.float32(7.5)), "t.tif": pillow("TIFF", EYE)},
    "p.tif, column [0, 0]: 7.5 is not a probability: it is outside 0…1",
)

MASKS.of("nifti")


def volume(array: np.ndarray, affine: Any = None, change: Any = None) -> bytes:
    import nibabel as nib

    made = nib.Nifti1Image(array, np.eye(4) if affine is None else affine)
    if change:
        change(made.header)
    return made.to_bytes()


CUBE = np.random.default_rng(0).integers(0, 2, (3, 4, 5), np.uint8)
WHOLE = volume(CUBE)


def nifti(name: str, pred: bytes, *says: str, target: bytes = WHOLE, command: str = "segment p.nii t.nii -l dice") -> None:
    MASKS.add(name, command, {"p.nii": pred, "t.nii": target}, *says)


nifti("empty", b"", "p.nii: the file is empty")
nifti("cut in the header", WHOLE[:100], "p.nii: not a NIfTI volume")
nifti("cut in the data", WHOLE[:-10], "p.nii: truncated: the header announces 412 bytes, the file has 402")
nifti("text", b"a volume\n" * 60, "p.nii: not a NIfTI volume")
nifti(
    "dimensions of 2^15",
    WHOLE[:40] + struct.pack("<8h", 3, *[32767] * 3, 1, 1, 1, 1) + WHOLE[56:],
    "p.nii: 32767 × 32767 × 32767 voxels are more than --max-pixels 268435456",
)
nifti(
    "a negative dimension",
    WHOLE[:40] + struct.pack("<8h", 3, -3, 4, 5, 1, 1, 1, 1) + WHOLE[56:],
    "p.nii: has the shape -3 × 4 × 5; a volume has two or three axes, and perhaps one of classes",
)
nifti(
    "an unknown type",
    WHOLE[:70] + struct.pack("<h", 9999) + WHOLE[72:],
    "p.nii: broken NIfTI header",
)
nifti(
    "an offset beyond the end",
    WHOLE[:108] + struct.pack("<f", 1e9) + WHOLE[112:],
    "p.nii: broken NIfTI header: its values begin at byte 1000000000",
)
nifti(
    "another grid",
    volume(CUBE, np.diag([2.0, 1, 1, 1])),
    "p.nii and t.nii lie in different places: affine [2 0 0 0] [0 1 0 0] [0 0 1 0] and [1 0 0 0] [0 1 0",
)
nifti(
    "another origin",
    volume(CUBE, np.array([[1, 0, 0, 9], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])),
    "p.nii and t.nii lie in different places: affine [1 0 0 9] [0 1 0 0] [0 0 1 0] and [1 0 0 0] [0 1 0",
)
nifti(
    "another size",
    volume(CUBE[:2]),
    "t.nii, column [0, 0, 0]: shapes differ: PRED (1, 2, 4, 5), TARGET (1, 3, 4, 5); arrays are not",
)
nifti(
    "fractions for labels",
    WHOLE,
    "p.nii, column [0, 0, 0]: PRED contains whole numbers, shape (1, 3, 4, 5), and TARGET fractions,",
    target=volume(CUBE * np.float32(0.5)),
)
nifti(
    "colours",
    volume(np.zeros((3, 4, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])),
    "p.nii: contains values of type [('R', 'u1'), ('G', 'u1'), ('B', 'u1')], not numbers",
)
MASKS.add(
    "a folder with one cut",
    "segment p t -l dice",
    {"p/a.nii": WHOLE[:-10], "t/a.nii": WHOLE},
    "p/a.nii: truncated: the header announces 412 bytes, the file has 402",
)
MASKS.add(
    "no common stem",
    "segment p t -l dice",
    {"p/a.nii": WHOLE, "t/b.nii": WHOLE},
    "p and t have no name of an image in common: the first begins with a, the second with b",
)
MASKS.add(
    "a gzip cut",
    "segment p.nii.gz t.nii -l dice",
    {"p.nii.gz": gzip.compress(main("nifti"))[:-20], "t.nii": main("nifti")},
    "p.nii.gz: not a complete gzip file: the data end at byte 66",
)
