"""Pictures as the content of files, by the kind that a suffix or a word names. Opens and writes no file."""

from __future__ import annotations

from losscli.core.errors import UsageError, install, visible
from losscli.core.extras import installed
from losscli.pictures.model import Picture

KINDS = ("svg", "png", "pdf")


def check(path: str) -> str:
    """The kind of picture that a file's suffix names. Raises UsageError for another one, or where its extra is missing."""
    kind = path.rpartition(".")[2].lower() if "." in path else ""
    if kind not in KINDS:
        raise UsageError(f"{visible(path)} is not named as a picture", fix=f"end its name with {', '.join(f'.{k}' for k in KINDS)}")
    ready(kind)
    return kind


def ready(kind: str) -> None:
    """Raise UsageError where the extra of a kind is missing: called before anything is read."""
    if kind != "svg" and not installed("plot"):
        raise UsageError(f"{kind.upper()} pictures need matplotlib, which is not installed", fix=install("plot"))


def content(picture: Picture, kind: str) -> bytes:
    """The bytes of a file of this kind; the same picture gives the same bytes."""
    if kind == "svg":
        from losscli.pictures.svg import document

        return document(picture).encode()
    from losscli.pictures.raster import image

    return image(picture, kind)
