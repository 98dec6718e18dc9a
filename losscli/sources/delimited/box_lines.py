"""Tables of numbers without a header that may be boxes: those of MOT, and YOLO's labels. Names the options that read them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from losscli.sources.side_format import BLANKS, SideFormat

_MOT = ("gt.txt", "det.txt")
_WIDTHS = range(7, 11)


def options_for_boxes(path: str, record: Sequence[str], mark: str, text: SideFormat) -> str:
    """The options under which a first line of numbers is a box; empty where it does not look like one."""
    cells = [cell.strip() for cell in record]
    if mark == "," and len(cells) in _WIDTHS and (os.path.basename(path) in _MOT or cells[-1] == "-1"):
        side = f"{text.side}." if text.side else ""
        cols = f"--col {side}image_id=c0 --col {side}box=c2,c3,c4,c5"
        cols += "" if text.side == "target" else f" --col {side}score=c6"
        form = f"--{side.replace('.', '-')}box-format xywh"
        left = " (without the rows of 0 in the seventh column, which do not count)" if text.side == "target" else ""
        return f"boxes of MOT{left}: detect {text.flag('--header', 'none')} {cols} {form} --match greedy"
    if mark == BLANKS and len(cells) in (5, 6) and cells[0].isdigit() and path.lower().endswith(".txt"):
        words = "class,cx,cy,w,h" if len(cells) == 5 else "class,score,cx,cy,w,h"
        return f"boxes, one file per image: detect {text.flag('--yolo-order', words)}"
    return ""
