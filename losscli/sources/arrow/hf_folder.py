"""Folders of Hugging Face `datasets`: Arrow streams that `state.json` or `dataset_info.json` describe, with the extra `arrow`."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.json_objects import unique
from losscli.core.seen_files import open_noted
from losscli.sources.arrow import ipc
from losscli.sources.files.input_file import is_url, locate
from losscli.sources.folders.folder import Folder
from losscli.sources.folders.shards import Shards
from losscli.sources.side_format import SideFormat

_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"
_PART = re.compile(r"(?:-\d{5,}-of-\d{5,})?\.arrow$")
_SAVE = "ds.flatten_indices().save_to_disk(FOLDER)"


def open_folder(folder: Folder, how: SideFormat, jobs: int) -> Shards:
    """The dataset in a folder."""
    if is_url(folder.shown):
        raise DataError("a dataset is read from a local folder", folder.place, "copy the folder, or name its files: 'URL/*.arrow'")
    files = _files(folder)
    return Shards(folder.shown, [ipc.open_file(locate(file), how, jobs) for file in files], how)


def _files(folder: Folder) -> list[str]:
    """The files with the rows of the dataset, in order."""
    inside = {os.path.dirname(file) for file in folder.files}
    sets = sorted(path for path in inside if path.rstrip("/") != folder.shown.rstrip("/") and _has(path, _STATE))
    if not _has(folder.shown, _STATE):
        if sets or _has(folder.shown, _SPLITS):
            raise _several(folder, sets)
        return _built(folder) if _has(folder.shown, _INFO) else list(folder.files)
    state = _json(os.path.join(folder.shown, _STATE))
    where = Where(os.path.join(folder.shown, _STATE))
    for key in ("_indices_data_files", "_indices_files"):
        if chosen := state.get(key):
            what = f"its rows are a selection, which {some(_names(chosen))} lists: that is not read"
            raise DataError(what, where, f"save the selected rows themselves: {_SAVE}")
    listed = _names(state.get("_data_files", []))
    if not listed:
        raise DataError("lists no files of the dataset", where, "save the dataset again: ds.save_to_disk(FOLDER)")
    own = {os.path.basename(file): file for file in folder.files if os.path.dirname(file).rstrip("/") == folder.shown.rstrip("/")}
    lost = [name for name in listed if name not in own]
    if lost:
        raise DataError(f"lists {some(lost)}, which is not in the folder", where, "copy the whole folder")
    return [own[name] for name in listed]


def _built(folder: Folder) -> list[str]:
    """The files of the one split that was built in a folder of the cache, without the results of `map` and `filter`."""
    rows = [file for file in folder.files if not os.path.basename(file).startswith(("cache-", "tmp"))]
    stems = sorted({_PART.sub("", file) for file in rows})
    if len(stems) > 1:
        told = some([f"'{visible(stem)}*.arrow'" for stem in _tests_first(stems)])
        raise DataError(f"has {len(stems)} splits or datasets", folder.place, f"name one by a pattern: {told}")
    if not rows:
        raise DataError("has no file of rows, only results of map and filter", folder.place, f"save the dataset: {_SAVE}")
    return rows


def _several(folder: Folder, sets: list[str]) -> DataError:
    if not sets:
        return DataError("lists splits, but has none", folder.place, "copy the whole folder")
    names = [path[len(folder.shown) :].strip("/") for path in sets]
    what = f"has the dataset{'s' * (len(names) > 1)} {some(names)}"
    return DataError(what, folder.place, f"name one of them, such as {visible(os.path.join(folder.shown, _tests_first(names)[0]))}")


def _tests_first(names: list[str]) -> list[str]:
    """The names, with that of a test set first, as it is the one that is evaluated most often."""
    return sorted(names, key=lambda name: "test" not in os.path.basename(name))


def _has(folder: str, name: str) -> bool:
    return os.path.isfile(os.path.join(folder, name))


def _json(path: str) -> dict[str, Any]:
    try:
        with open_noted(path, "r", encoding="utf-8") as text:
            found = json.load(text, object_pairs_hook=unique)
    except (OSError, ValueError, RecursionError) as e:
        raise DataError(f"not readable JSON: {visible(e)}", Where(path), "copy the folder again") from None
    if not isinstance(found, dict):
        raise DataError("not a JSON object", Where(path), "copy the folder again")
    return found


def _names(listed: Any) -> list[str]:
    """The file names in a list of state.json."""
    entries = listed if isinstance(listed, list) else [listed]
    return [str(entry.get("filename", "") if isinstance(entry, dict) else entry) for entry in entries]
