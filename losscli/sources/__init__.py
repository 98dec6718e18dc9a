"""Input files and folders, each read by the module of its format (`formats.py`). Never evaluates anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from losscli.sources.base import Field, Source, with_notes
from losscli.sources.files import compression
from losscli.sources.files.input_file import is_list, is_pattern, is_url, locate, parted
from losscli.sources.formats import FILES, FOLDERS, FORMATS, Format
from losscli.sources.side_format import ANY, SideFormat

__all__ = ["Field", "SideFormat", "Source", "is_list", "is_pattern", "is_url", "open_source", "paths"]


def open_source(path: str | Source, how: SideFormat = ANY, *, jobs: int = 1) -> Source:
    """Open the file or folder at `path` (`-`: stdin), or the files that match a pattern or are listed in `@FILE`, as one source.
    how: how they are written, as far as options say it; jobs: threads used to index a table. A source is returned unchanged."""
    if not isinstance(path, str):
        return path
    if is_list(path) or is_pattern(path):
        from losscli.sources.folders.several import files_of

        files, inside, notes = files_of(path)
        found = _several(path, files, inside, how, jobs)
        return with_notes(found, notes) if notes else found
    if is_folder(path):
        from losscli.sources.folders.folder import locate_folder
        from losscli.sources.folders.several import in_folder

        known, folder = locate_folder(path, how.family)
        if known not in FOLDERS.values():
            return in_folder(folder, how, lambda file: _open(file, how, jobs))
        known = _claimed(folder.files, how, known) or known
        return with_notes(_reader(known).open_folder(folder, how, jobs), folder.notes)
    if os.path.isfile(path) and (claimed := _claimed([path], how)) is not None:
        return _files_of(claimed, path, [path], how, jobs)
    return _open(path, how, jobs)


def paths(path: str) -> list[str]:
    """The local files that `path` names, which outputs must not overwrite."""
    if is_url(path):
        from losscli.sources.files.remote import local_path

        local = local_path(path)
        return paths(local) if local else []
    if is_list(path):
        from losscli.sources.folders.list_file import listed

        return [*([] if is_url(path[1:]) else [path[1:]]), *(parted(file)[0] for file in listed(path) if not is_url(file))]
    if is_pattern(path):
        from losscli.sources.folders.shards import matches

        return matches(path)
    if is_folder(path):
        from losscli.sources.folders.listing import every_file

        return every_file(path)
    return [parted(path)[0]]


def is_folder(path: str) -> bool:
    """Whether a path names a folder: at a URL, one that ends in `/` where files can be listed."""
    return path.endswith("/") and not path.lower().startswith("http") if is_url(path) else os.path.isdir(path)


def _several(path: str, files: list[str], inside: str, how: SideFormat, jobs: int) -> Source:
    """Files as one input: images, and annotations of images, together; other files one after another. inside: the beginning of
    their paths whose parts are not columns."""
    from losscli.sources.folders.several import together

    if (known := _claimed(files, how)) is not None:
        return _files_of(known, path, files, how, jobs)
    if (pictures := _images(files)) is not None:
        from losscli.sources.folders.folder import of_images

        source: Source = _reader(pictures).open_folder(of_images(path, files, pictures), how, jobs)
        return source
    return together(path, files, inside, how, lambda file: _open(file, how, jobs))


def _claimed(found: Sequence[str], how: SideFormat, default: Format | None = None) -> Format | None:
    """The format of folders that files are of, where its module says so. default: that of any other files with their suffix."""
    suffixes = {os.path.splitext(path)[1].lower() for path in found}
    if len(suffixes) != 1 or any(map(is_url, found)):
        return None
    suffix = suffixes.pop()
    asked = (known for known in FORMATS if known.claims and suffix in known.suffixes and known is not default)
    return next((known for known in asked if _reader(known).claims(found, how)), None)


def _images(found: Sequence[str]) -> Format | None:
    """The format of images that the first of several files is of."""
    names = (found[0].lower(), compression.parted(found[0].lower())[0])
    known = next((FILES[suffix] for name in names for suffix in FILES if name.endswith(suffix)), None)
    return known if known is not None and known.images and not is_url(found[0]) else None


def _files_of(known: Format, path: str, found: Sequence[str], how: SideFormat, jobs: int) -> Source:
    from losscli.sources.folders.folder import Folder

    source: Source = _reader(known).open_folder(Folder(path, tuple(found)), how, jobs)
    return source


def _open(path: str, how: SideFormat, jobs: int) -> Source:
    file = locate(path)
    return with_notes(_reader(FILES[file.suffix]).open_file(file, how, jobs), file.notes)


def _reader(known: Format) -> Any:
    return import_module(f"losscli.sources.{known.module}")
