"""The options of how files are written, each declared once: text, annotations, images and folders.

Loads nothing heavy. Annotations are evaluated as the module loads, for `slots` to read.
"""

from functools import partial
from typing import Annotated

from losscli.core.records import dataclass
from losscli.run.declared import FILES, TEXT, Option, slots

READERS = ("inspect", "explain", "reconcile", "init", "compare", "curve")
"""The commands, other than the families, that read predictions and targets."""
TABLES = (*READERS, "transform")
DETECT, EMBED, SEGMENT = ("detect",), ("embed",), ("segment",)
BOXES = ("names", "images", "image_size", "stem", "keep_difficult")
"""The options that say something of boxes, whatever the format of their file."""
_text = partial(Option, group=TEXT, also=TABLES)
_file = partial(Option, group=FILES, also=READERS)


@dataclass(frozen=True)
class FileOptions:
    """How the files of each side are written."""

    header: Annotated[
        tuple[str, ...],
        _text(
            "--header names|none",
            "Whether the first line contains column names (default: by its cells); without names they are c0, c1, …; "
            "pred.none or target.none for one side; repeatable.",
        ),
    ] = ()
    no_header: Annotated[bool, _text("-H, --no-header", "The same as --header none.")] = False
    delimiter: Annotated[
        tuple[str, ...],
        _text(
            "-d, --delimiter CHAR",
            "Delimiter: a character, `tab`, or `blank` for runs of blanks (default: by suffix and first lines); by side "
            "as --header.",
        ),
    ] = ()
    comment: Annotated[tuple[str, ...], _text("--comment MARK", "Skip the lines that begin with this; by side as --header.")] = ()
    decimal: Annotated[
        tuple[str, ...],
        _text(
            "--decimal CHAR",
            "Decimal mark: . or , (default: comma where the delimiter is ; and the first numbers have one); by side as --header.",
        ),
    ] = ()
    thousands: Annotated[
        tuple[str, ...],
        _text("--thousands CHAR", "Separator of thousands: , . ' _ or `blank` (default: none); by side as --header."),
    ] = ()
    encoding: Annotated[
        tuple[str, ...],
        _text(
            "--encoding NAME",
            "Encoding, such as cp1252 (default: UTF-8, or that of the byte order mark); by side as --header.",
        ),
    ] = ()
    stem: Annotated[
        tuple[str, ...],
        _file(
            "--stem s/PATTERN/TEXT/",
            "Change the names of files before they pair, as sed does: 's/_mask$//' removes _mask at the end; by side as --header.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = ()
    names: Annotated[
        tuple[str, ...],
        _file(
            "--names FILE|A,B,C",
            "Names of numbered classes: a list, a text file with one per line, or data.yaml (default: data.yaml or classes.txt "
            "beside or above a folder of labels; none keeps the numbers); by side as --header.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = ()
    images: Annotated[
        tuple[str, ...],
        _file(
            "--images DIR",
            "The folder of the images that annotations belong to. Images without a file of boxes have no boxes, boxes in 0…1 "
            "become pixels, masks of objects have the sizes of these images, and reports as pages of HTML draw the samples of "
            "--worst on them; by side as --header.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = ()
    image_size: Annotated[
        tuple[str, ...],
        _file("--image-size WxH", "Width and height of every image in pixels; by side as --header.", families=(*DETECT, *SEGMENT)),
    ] = ()
    yolo_order: Annotated[
        tuple[str, ...],
        _file(
            "--yolo-order WORDS",
            "The order of the words in a line of box text, such as class,score,cx,cy,w,h or class,left,top,right,bottom; "
            "by side as --header.",
            families=(*DETECT, *SEGMENT),
        ),
    ] = ()
    yolo_obb: Annotated[bool, _file("--yolo-obb", "Read lines of four corners as rotated boxes, for probiou.", families=DETECT)] = (
        False
    )
    yolo_kpt_shape: Annotated[
        tuple[str, ...],
        _file(
            "--yolo-kpt-shape K,D",
            "Read lines of box text as a box and K keypoints of D numbers, 2 or 3, such as 17,3 (default: kpt_shape of data.yaml); "
            "by side as --header.",
            families=DETECT,
        ),
    ] = ()
    keep_difficult: Annotated[
        bool,
        _file(
            "--keep-difficult", "Count the objects that annotations, or a column of a table, mark as difficult.", families=DETECT
        ),
    ] = False
    palette: Annotated[
        tuple[str, ...],
        _file(
            "--palette FILE",
            "Read the colours of RGB masks as classes: a FILE of lines `r g b name`; `id` for R + 256·G + 65536·B; `grey` for grey "
            "levels; `indices` for those of palettes, whatever their colours; by side as --header.",
            families=SEGMENT,
        ),
    ] = ()
    max_pixels: Annotated[
        tuple[str, ...],
        _file("--max-pixels N", "Refuse images of more than N pixels (default: 2^28); by side as --header.", families=SEGMENT),
    ] = ()
    rle_order: Annotated[
        tuple[str, ...],
        _file(
            "--rle-order columns|rows",
            "Whether masks given as runs count pixels down the columns (the default) or along the rows; by side as --header.",
            families=SEGMENT,
        ),
    ] = ()

    @property
    def formats(self) -> dict[str, tuple[str, ...]]:
        """How the files of a side are written, as typed, by option; `yes` for a switch."""
        found = {slot.name: getattr(self, slot.name) for slot in slots(FileOptions)}
        header = ("none",) if found.pop("no_header") else ()
        said = {name: value if isinstance(value, tuple) else ("yes",) * value for name, value in found.items()}
        return {**said, "header": (*said["header"], *header)}
