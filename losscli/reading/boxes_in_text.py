"""Tables with the boxes of an image in one cell of text: the command that writes a row per object of them. Reads no box."""

from __future__ import annotations

import shlex

from losscli.core.errors import visible
from losscli.sources.base import Source
from losscli.spec.column_names import fold

_WORDS = {6: "label,score,xmin,ymin,xmax,ymax", 5: "score,x,y,w,h"}
"""What the words of an object are, by their number: OpenImages' and those of boxes of one class."""


def remedy(source: Source) -> str:
    """How to make rows of objects of a table of such text; empty for any other."""
    names = {fold(name): name for name in source.names}
    if "regionshapeattributes" in names:
        return f"{visible(source.path)} is a table of VIA, which is not read: export as COCO or as JSON instead"
    name = names.get("predictionstring")
    if name is None or source.kind(name) != "U" or not source.rows:
        return ""
    cells = [str(x).split() for x in source.text(name).read(0, min(source.rows, 64)).tolist()]
    words = next((cell for cell in cells if cell), [])
    width = 6 if len(words) % 6 == 0 and len(words) % 5 else 5 if len(words) % 5 == 0 and len(words) % 6 else 0
    width = width or (5 if words and _is_number(words[0]) else 6)
    place = source.names.index(name) + 1
    picked = ", ".join(f"w[i+{k}]" if k else "w[i]" for k in range(width))
    program = f'NR > 1 {{n = split(${place}, w, " "); for (i = 1; i < n; i += {width}) print $1, {picked}}}'
    shown = visible(shlex.quote(source.path))
    return f"write a row per object: (echo image_id,{_WORDS[width]}; awk -F, -v OFS=, {shlex.quote(program)} {shown}) > rows.csv"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
