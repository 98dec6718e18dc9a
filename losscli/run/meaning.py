"""What the options of reading mean: the columns and pairs, the conventions of the numbers, the matching of boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from losscli.core.errors import UsageError, applies_only, raise_all, visible
from losscli.core.values import read_number
from losscli.reading.asked import Implied, Reading
from losscli.reading.implied import needs_matching
from losscli.run.declared import several
from losscli.run.file_options import SEGMENT
from losscli.run.read_options import ReadOptions
from losscli.spec.family import Conventions
from losscli.spec.matching import Matching, area_range, unmatched_as

if TYPE_CHECKING:
    from losscli.spec.slices import Bins, Condition


def requested(options: ReadOptions, family: str = "") -> dict[str, Any]:
    """The fields of a Request that these options give; family: of the request, if it has one."""
    return {
        "reading": reading(options, family),
        "conventions": conventions(options),
        "class_weights": options.class_weights,
        "centers": options.centers,
        "ignore_mask": options.ignore_mask,
        "score_threshold": options.score_threshold,
        "class_agnostic": options.class_agnostic,
        "formats": options.formats,
        "shared": options.shared,
    }


def refuse_other_families(options: ReadOptions, family: str) -> None:
    """Raise UsageError for options that the family does not read."""
    for slot in options.given:
        if family not in slot.declared.families:
            raise UsageError(f"{slot.spelled} is read by {', '.join(slot.declared.families)}, not by {family}", fix="omit it")


def reading(options: ReadOptions, family: str = "") -> Reading:
    """Columns and pairing. Raises UsageError where options contradict each other."""
    matching, implied = _matching(options, family)
    if options.many and not options.key:
        raise applies_only("--many", "with --key", "add --key COL")
    if options.pair and (options.key or matching):
        other = "--key" if options.key else "--match"
        raise UsageError(f"--pair position and {other} cannot be used together", fix="use only one of them")
    filters, bins = slices(options)
    return Reading(
        keys=options.key,
        missing=options.missing,
        extra=options.extra,
        cols=options.col,
        weights=options.weights,
        strict=options.strict,
        allowed=frozenset(options.allow),
        models=options.models,
        matching=matching,
        implied=implied,
        by=options.by,
        filters=filters,
        bins=bins,
        many=options.many,
        key_stem=options.key_stem and matching is None,
        listed=options.pairs,
        gallery=options.gallery,
        by_position=options.pair == "position",
        unit="" if options.unit in (None, "none") else options.unit,
        unit_given=options.unit is not None,
    )


def slices(options: ReadOptions) -> tuple[tuple[Condition, ...], tuple[Bins, ...]]:
    """The conditions of --filter and the bins of --bins. Raises UsageError for every mistake in them."""
    if not options.filter and not options.bins:
        return (), ()
    from losscli.spec import slices as spec

    errors: list[UsageError] = []
    filters: tuple[Condition, ...] = ()
    bins: tuple[Bins, ...] = ()
    try:
        filters = spec.conditions(options.filter)
    except UsageError as e:
        errors.append(e)
    try:
        bins = spec.bins_of(options.bins)
    except UsageError as e:
        errors.append(e)
    raise_all(errors)
    names = [*options.by, *(b.column for b in bins)]
    twice = next((b.column for b in bins if names.count(b.column) > 1), None)
    if twice is not None:
        other = f"--by {visible(twice)} and --bins {visible(twice)}" if twice in options.by else f"--bins {visible(twice)} twice"
        raise UsageError(f"{other} make groups of one name", fix="use only one of them")
    return filters, bins


def conventions(options: ReadOptions) -> Conventions:
    """What the numbers mean. Raises UsageError where options contradict each other."""
    if options.renormalize and (options.from_logits or options.multilabel):
        flag = "--from-logits" if options.from_logits else "--multilabel"
        raise UsageError(f"--renormalize and {flag} cannot be used together", fix="omit --renormalize")
    return Conventions(
        from_logits=options.from_logits,
        multilabel=options.multilabel,
        renormalize=options.renormalize,
        classes=_classes(options),
        pred_format=options.pred_box_format or options.box_format or "",
        target_format=options.target_box_format or options.box_format or "",
        degenerate=options.degenerate,
        mixed_scale=options.mixed_scale,
        nonfinite=options.nonfinite,
        ignore_index=options.ignore_index,
        mask_values=_mask_values(options.mask_values),
        channels=options.channels,
        rows_are_images=options.rows_are_images,
    )


def _classes(options: ReadOptions) -> tuple[str, ...]:
    """The names of the classes, which --num-classes makes their numbers."""
    given = options.classes
    if isinstance(given, str) and given.startswith("@") and len(given) > 1:
        from losscli.sources.annotations.class_names import names_in

        given = names_in(given[1:])
    named = tuple(given.split(",")) if isinstance(given, str) and given else tuple(given or ())
    if options.num_classes is None:
        return named
    if named and len(named) != options.num_classes:
        raise UsageError(
            f"--classes names {len(named)} classes, but --num-classes is {options.num_classes}", fix="omit one of them"
        )
    return named or tuple(str(i) for i in range(options.num_classes))


def _matching(options: ReadOptions, family: str) -> tuple[Matching | None, Implied | None]:
    """The matching that is asked for, and the one that files of sets of boxes imply where nothing else is asked for."""
    coco = options.match == "coco"
    if options.area is not None and not coco:
        raise applies_only("--area", "with --match coco", "add --match coco, or omit it")
    if options.match in ("greedy", "hungarian", "coco"):
        if options.key:
            raise UsageError(f"--match {options.match} and --key cannot be used together", fix="use only one of them")
        return _of_method(options, options.match), None
    masks = family in SEGMENT  # where scores and classes are those of masks that become images
    given = {
        "--iou-threshold": options.iou_threshold is not None,
        "--score-threshold": options.score_threshold is not None and not masks,
        "--max-dets": options.max_dets is not None,
        "--class-agnostic": options.class_agnostic and not masks,
        "--unmatched": options.unmatched is not None,
        "--one-image": options.one_image,
    }
    flag = next((name for name, is_given in given.items() if is_given), "")
    if options.match is None and not options.key and not options.pair:
        return None, Implied(_of_method(options, "greedy"), needs_matching(flag) if flag else None)
    if not flag and options.key_stem and options.pair and options.pairs is None:
        flag = "--key-stem"
    if flag:
        raise needs_matching(flag)
    if options.match == "key" and not options.key:
        raise UsageError("--match key needs a key column", fix="add --key COL")
    return None, None


def _of_method(options: ReadOptions, method: str) -> Matching:
    return Matching(
        method,
        0.5 if options.iou_threshold is None else options.iou_threshold,
        options.max_dets,
        None if options.area is None else area_range(options.area),
        options.score_threshold,
        options.class_agnostic,
        options.one_image,
        options.key_stem,
        *(() if options.unmatched is None else unmatched_as(options.unmatched)),
    )


def _mask_values(given: Any) -> tuple[float, ...]:
    """The values of --mask-values, from `0,255` or from numbers in Python."""
    words = given.split(",") if isinstance(given, str) else [] if given is None else several("mask_values", given)
    found = tuple(read_number(visible(x)) for x in words)
    bad = next((x for x, number in zip(words, found, strict=True) if number is None), None)
    if bad is not None:
        raise UsageError(
            f"--mask-values: {visible(bad)!r} is not a number", fix="list the values in the order of the classes: 0,255"
        )
    if words and len({*found}) < max(2, len(found)):
        raise UsageError(f"--mask-values {visible(','.join(map(visible, words)))}: give two or more different values")
    return tuple(x for x in found if x is not None)
