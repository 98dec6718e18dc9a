"""Curves as files and as text for stdout: a picture for people, CSV for programs, images by suffix."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import UsageError, nearest, visible
from losscli.output.files import Outputs, Stream
from losscli.pictures import files
from losscli.pictures.model import Picture
from losscli.run.curves.curve import Curves
from losscli.run.curves.picture import table

KINDS = (*files.KINDS, "csv")


def named(text: str) -> tuple[str, str]:
    """The kind and the file of `-o [KIND=]FILE`. Raises UsageError for an unknown kind, or where its extra is missing."""
    head, equals, tail = text.partition("=")
    kind, path = (head, tail) if equals and head in KINDS else (text.rpartition(".")[2].lower() if "." in text else "", text)
    if kind not in KINDS or not path:
        word = head if equals else kind
        raise UsageError(
            f"--output {visible(text)}: not a kind of picture{nearest(word, KINDS) if word else ''}",
            fix=f"write KIND=FILE, or end FILE with the kind: {', '.join(KINDS)}",
        )
    if kind != "csv":
        files.ready(kind)
    return kind, path


def write(asked: Sequence[tuple[str, str]], inputs: Sequence[str], curves: Curves, drawn: Picture, stdout: Stream) -> None:
    """Write every file, or none of them."""
    with Outputs(inputs, stdout) as out:
        for kind, file in [(kind, out.open(path)) for kind, path in asked]:
            file.write(content(kind, curves, drawn))
        out.commit()


def content(kind: str, curves: Curves, drawn: Picture) -> str | bytes:
    """The content of a file of this kind."""
    if kind == "csv":
        return table(curves)
    found = files.content(drawn, kind)
    return found.decode() if kind == "svg" else found
