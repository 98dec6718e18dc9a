"""Options that nothing of a request reads, which are refused: what is asked is used, or the command says that it is not.

Each says what it applies to: formats say what their readers use, losses what roles they read, and the options of statistics are
listed here with what reads them. Options that settings of several commands give may apply to another of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from losscli.core.errors import applies_only, raise_all, visible
from losscli.run.declared import slots
from losscli.run.file_options import BOXES, FileOptions
from losscli.run.options import OutputOptions, ScoreOptions
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.run.statistics_options import StatisticsOptions
from losscli.sources.base import IN_MEMORY, Source
from losscli.sources.formats import FILES, FORMATS, Format
from losscli.sources.side_format import SIDES, split_side
from losscli.spec import registry

TABLES = {"detect": BOXES, "segment": ("names", "images", "image_size", "stem", "max_pixels", "rle_order")}
"""What is read of any table, by family: as one of boxes, or of masks as runs."""
_NAMES = {x.name: x for x in FORMATS}
_KINDS = {"coco": _NAMES["json"], "boxes": _NAMES["yolo"]}
"""The formats of sources that have a name of their own."""


def refuse_unread(request: Request, pred: Source, target: Source | None) -> None:
    """Raise UsageError for options of how files are written that no file of their side is read by."""
    if not any(request.formats.values()) or _other_baseline(request):
        return
    sides = dict(zip(SIDES, (pred, target), strict=True))
    given = {side: source for side, source in sides.items() if source is not None}
    flags = {slot.name: slot.spelled for slot in slots(FileOptions)}
    errors = []
    for name, texts in request.formats.items():
        if not texts or {name, f"no_{name}"} & request.shared or _elsewhere(request, name, given.values()):
            continue
        for side in dict.fromkeys(split_side(text)[0] for text in texts):
            read_by = [given[side]] if side in given else list(given.values())
            if not any(_reads(source, name) for source in read_by):
                flag = flags[name] + (f" {side}.…" if side else "")
                are = " and ".join(f"{key.upper()} is {visible(x.format)}" for key, x in given.items() if side in ("", key))
                errors.append(applies_only(flag, f"to {_readers(name)}", f"omit it: {are}"))
    raise_all(errors)


def _other_baseline(request: Request) -> bool:
    """Whether the options may be for a baseline of predictions, whose file has another suffix than PRED, or is PRED now."""
    if request.baseline is None:
        return False
    from losscli.run.baseline_files import PREDICTIONS, kind_of  # late: most runs have no baseline

    same = request.pred is not request.baseline and _suffix(request.pred) == _suffix(request.baseline)
    return kind_of(request.baseline) == PREDICTIONS and not same


def one_suffix(paths: Iterable[object]) -> bool:
    """Whether all files have the same suffix, so that options of how they are written are for all or none."""
    return len({_suffix(path) for path in paths}) == 1


def _suffix(path: object) -> str:
    return os.path.splitext(path)[1].lower() if isinstance(path, str) else ""


def _elsewhere(request: Request, name: str, given: Iterable[Source]) -> bool:
    """Whether something else than the readers of PRED and TARGET reads the option: what pairs tables of boxes or masks with another
    file, the files of --ignore-mask, or drawn samples."""
    tables = any(source.is_table for source in given)
    if tables and any(name in TABLES.get(family, ()) for family in _families(request.family)):
        return True
    return (isinstance(request.ignore_mask, str) and name in ("stem", "max_pixels")) or (name == "images" and request.worst > 0)


def _reads(source: Source, name: str) -> bool:
    if name == "stem" and hasattr(source, "shards"):
        return True
    known = _format(source)
    return name in known.reads if known is not None else source.format not in IN_MEMORY


def _format(source: Source) -> Format | None:
    found = _KINDS.get(source.format) or _NAMES.get(source.format)
    return found or FILES.get(f".{source.format}")


def _families(family: str) -> Sequence[str]:
    return (family,) if family else registry.NAMES


def _readers(name: str) -> str:
    """What an option applies to, in words."""
    found = [x.name for x in FORMATS if name in x.reads]
    tables = any(name in names for names in TABLES.values())
    words = f"the format{'s' * (len(found) > 1)} {', '.join(found)}" if found else ""
    return " and to ".join(filter(None, [words, "tables" if tables else ""]))


_SCORES = frozenset({"scores", "heat"})
_ROLES: Mapping[str, tuple[str, frozenset[str]]] = {
    "from_logits": ("scores", _SCORES),
    "multilabel": ("scores", _SCORES),
    "renormalize": ("scores", _SCORES),
    "class_weights": ("class weights", frozenset({"class-weights"})),
    "centers": ("centres", frozenset({"centers"})),
}
"""Options of values, with what the losses that they are for read, in words and by the keys of roles."""


def refuse_unwanted(request: Request, roles: Iterable[str]) -> None:
    """Raise UsageError for options of values of roles that nothing of a request reads."""
    given = {**vars(request.conventions), "class_weights": request.class_weights, "centers": request.centers}
    asked = {x: read for x, read in _ROLES.items() if given[x] is not None and given[x] is not False and x not in request.shared}
    if not asked:
        return
    family = registry.load(request.family)
    keys = {family.role(name).key for name in roles}
    flags = {slot.name: slot.spelled for slot in slots(ReadOptions)}
    fix = "omit it, or evaluate such a loss"
    raise_all([applies_only(flags[x], f"to losses of {words}", fix) for x, (words, read) in asked.items() if not keys & read])


def _compares(request: Request) -> bool:
    return request.baseline is not None or request.self_test


def _resamples(request: Request) -> bool:
    return (request.ci is not None and request.ci_method != "skew-t") or (_compares(request) and request.test == "signflip")


def _gated(request: Request) -> bool:
    return bool(request.asked_gates) or request.max_regression is not None or request.max_change is not None


def _keeps_units(request: Request) -> bool:
    """Whether something besides intervals and comparisons may have the units of rows."""
    asked = (request.per_sample, request.state, request.calibration, request.budget, request.plots, request.list_unmatched)
    return any(asked)


_INTERVALS = ("with intervals", "omit --ci none, or omit it")
_BASELINE = ("with --baseline", "add --baseline FILE, or omit it")
_GATES = ("with a gate", "add --fail-if EXPR, or omit it")
_NEEDS: Mapping[str, tuple[tuple[str, str], Callable[[Request], bool]]] = {
    "terms": (("with --worst or --best", "add --worst K, or omit it"), lambda x: bool(x.worst or x.best)),
    "gradients_dtype": (("with --gradients", "add --gradients FILE.npy, or omit it"), lambda x: x.gradients is not None),
    "unit": (_INTERVALS, lambda x: x.ci is not None or _compares(x) or _keeps_units(x)),
    "ci_method": (_INTERVALS, lambda x: x.ci is not None),
    "unpaired": (_BASELINE, _compares),
    "test": (_BASELINE, _compares),
    "adjust": (_BASELINE, _compares),
    "resamples": (("where something is resampled", "add --ci-method bootstrap-t or --baseline FILE, or omit it"), _resamples),
    "gate_on": (_GATES, _gated),
    "inconclusive": (_GATES, _gated),
}
"""Options that say how another one is done: what they apply to, what to add, and whether a request has it. --seed is none of them:
where nothing is drawn it says nothing untrue."""
COMPARING = frozenset({"unit", "test", "adjust", "resamples"})
"""Those that a comparison reads which is none with a baseline."""


def refuse_without_gates(given: StatisticsOptions) -> None:
    """Raise UsageError for options of gates where there are none."""
    asked = [x for x in slots(StatisticsOptions) if _NEEDS.get(x.name, ("",))[0] is _GATES and getattr(given, x.name) != x.default]
    raise_all([applies_only(slot.spelled, *_GATES) for slot in asked])


def refuse_unused(request: Request) -> None:
    """Raise UsageError for options that nothing of a request could read, whatever its files are."""
    known = {x.name: x for kind in (ReadOptions, ScoreOptions, StatisticsOptions, OutputOptions) for x in slots(kind)}
    values = {**vars(request), "unit": request.reading.unit or None}
    given = [(known[x], *use) for x, use in _NEEDS.items() if values[x] != known[x].default and x not in request.shared]
    raise_all([applies_only(slot.spelled, *words) for slot, words, applies in given if not applies(request)])
