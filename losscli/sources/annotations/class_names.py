"""The names of numbered classes: an option's list or file, else data.yaml or classes.txt beside or above the annotations."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.core.json_objects import Twice, unique
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted
from losscli.core.values import is_whole

FILES = ("data.yaml", "data.yml", "classes.txt", "obj.names")
"""Where names are looked for: in a folder of annotations and in the two folders above it."""
LISTS = ("classes.txt", "predefined_classes.txt")
"""Text files that name classes; they are never annotations of an image."""
NONE = "none"
_YAML = (".yaml", ".yml")
_HOW = "give the names in order: --names FILE with one per line, or --names a,b,c"


@dataclass(frozen=True)
class Names:
    """The names by number, empty where none are known; the file they are from; what to say of them."""

    by_number: Mapping[int, str]
    file: str = ""
    note: str = ""
    unread: UsageError | None = None
    """Why a file that has names was not read."""


def names_of(option: str | None, folder: str) -> Names:
    """The names that --names states, else those of a file beside or above a folder. Raises an error at a bad file."""
    if option == NONE:
        return Names({})
    if option is None:
        return _found(folder)
    if not os.path.exists(option) and ("," in option or not os.path.splitext(option)[1]):
        listed = [name.strip() for name in option.split(",")]
        _refuse_bad(listed, None, f"--names {visible(option)}")
        return Names(dict(enumerate(listed)), "--names")
    found = _read(option)
    return Names(found, option, f"classes named by {visible(option)}")


def names_in(path: str) -> tuple[str, ...]:
    """The names of classes 0, 1 and so on in a file: one per line, YAML, or JSON: a list, or the `id2label` of a config.json.

    Raises DataError where a number is left out.
    """
    found = _of_json(path) if path.lower().endswith(".json") else _read(path)
    lost = next((i for i in range(len(found)) if i not in found), None)
    if lost is not None:
        raise DataError(f"no name for class {lost}", Where(path), "name the classes in their order with --classes a,b,c")
    return tuple(found[i] for i in range(len(found)))


def _of_json(path: str) -> dict[int, str]:
    try:
        with open_noted(path, "r", encoding="utf-8-sig") as file:
            held: Any = json.load(file, object_pairs_hook=unique)
    except (OSError, ValueError, RecursionError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e) if isinstance(e, Twice) else "not valid JSON"
        raise DataError(f"cannot be read: {reason}", Where(path), "name the classes with --classes a,b,c") from None
    names = held.get("id2label", held.get("names")) if isinstance(held, dict) else held
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names or not all(is_whole(str(k)) and int(k) >= 0 for k in names):
        raise DataError("has no list of names and no `id2label`", Where(path), "name the classes with --classes a,b,c")
    found = {int(k): str(v) for k, v in names.items()}
    if len(found) < len(names):
        raise DataError("two names for one class", Where(path), "number the classes 0, 1, …")
    _refuse_bad(list(found.values()), path, path)
    return found


def _found(folder: str) -> Names:
    path = next(_beside(folder), None)
    return Names({}) if path is None else _implied(path)


def _beside(folder: str) -> Iterator[str]:
    """The files of names in a folder and in the two above it."""
    above = os.path.abspath(folder)
    for _ in range(3):
        for path in (os.path.join(above, name) for name in FILES):
            if os.path.isfile(path):
                yield os.path.relpath(path) if not os.path.isabs(folder) else path
        above = os.path.dirname(above)


def _implied(path: str) -> Names:
    """The names of a file that no option states; none where it is YAML and no library reads it."""
    try:
        found = _read(path)
    except UsageError as e:
        return Names({}, note=f"classes stay numbers: {e.what}; {e.fix}", unread=e)
    return Names(found, path, f"classes named by {visible(path)} (--names none keeps their numbers)")


def _read(path: str) -> dict[int, str]:
    try:
        with open_noted(path, "r", encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else "not UTF-8"
        raise DataError(f"cannot be read: {reason}", Where(path), _HOW) from None
    if path.lower().endswith(_YAML):
        return _of_yaml(text, path)
    lines = [line.strip() for line in text.rstrip().split("\n")]
    _refuse_bad(lines, path, path)
    return dict(enumerate(lines))


def keypoint_shape(option: str | None, folder: str) -> tuple[int, int] | None:
    """The `kpt_shape` of the data.yaml that an option names, or of one beside or above a folder; None where there is none."""
    paths = [option] if option and option.lower().endswith(_YAML) else list(_beside(folder))
    path = next((x for x in paths if x.lower().endswith(_YAML) and os.path.isfile(x)), None)
    if path is None:
        return None
    try:
        with open_noted(path, "r", encoding="utf-8-sig") as file:
            held = _loaded(file.read(), path)
    except (OSError, UnicodeDecodeError, UsageError, DataError):
        return None  # the reader of its names reports what is wrong with it
    shape = held.get("kpt_shape") if isinstance(held, dict) else None
    if shape is None:
        return None
    if not isinstance(shape, list) or len(shape) != 2 or type(shape[0]) is not int or shape[0] < 1 or shape[1] not in (2, 3):
        raise DataError(
            f"kpt_shape: {visible(shape, 40)} is not [K, 2] or [K, 3]", Where(path), "give it with --yolo-kpt-shape 17,3"
        )
    return shape[0], shape[1]


def _of_yaml(text: str, path: str) -> dict[int, str]:
    held = _loaded(text, path)
    names = held.get("names") if isinstance(held, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names:
        raise DataError("has no list or map `names`", Where(path), _HOW)
    if bad := next((k for k in names if not isinstance(k, int) or isinstance(k, bool) or k < 0), None):
        raise DataError(f"names: {visible(bad, 40)!r} is not the number of a class", Where(path), _HOW)
    if (nested := next((k for k, v in names.items() if isinstance(v, (list, dict, set))), None)) is not None:
        raise DataError(f"names: that of class {nested} is not text", Where(path), _HOW)
    found = {int(k): str(v).strip() for k, v in names.items()}
    _refuse_bad(list(found.values()), path, path)
    return found


def _loaded(text: str, path: str) -> Any:
    """The contents of a YAML file."""
    try:
        import yaml
    except ImportError:
        raise UsageError(f"{visible(path)} needs PyYAML, which is not installed", fix=f"{install('yaml')}, or {_HOW}") from None
    try:
        return yaml.load(text, _unique(yaml.SafeLoader, path))
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        mark = getattr(e, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise DataError("is not valid YAML", Where(path, line=line), _HOW) from None


def _unique(loader: Any, path: str) -> Any:
    """A YAML loader that refuses a key that occurs twice in a map."""

    class Unique(loader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _ in node.value:
                name = self.construct_object(key, deep=True) if key.tag != "tag:yaml.org,2002:merge" else key
                if isinstance(name, Hashable) and name in seen:
                    what = f"the key {visible(name, 60)!r} occurs twice"
                    raise DataError(what, Where(path, line=key.start_mark.line + 1), "write every key once")
                seen |= {name} if isinstance(name, Hashable) else set()
            return super().construct_mapping(node, deep)

    return Unique


def _refuse_bad(names: list[str], path: str | None, told: str) -> None:
    """Raise an error for names that are empty or not distinct."""
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        what = "an empty name" if not name else f"class name {visible(name, 40)!r} twice" if name in seen else ""
        if what and path is not None:
            raise DataError(what, Where(path, line=i + 1 if not path.lower().endswith(_YAML) else None), _HOW)
        if what:
            raise UsageError(f"{told}: {what}", fix=_HOW)
        seen[name] = i
