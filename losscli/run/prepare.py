"""Opens files, binds columns to roles and recipes to the inputs, for every command. Evaluates nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losscli import sources
from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.records import dataclass, replace
from losscli.core.values import File
from losscli.engine.plan import Plan
from losscli.engine.term import BoundTerm, loaded, rowed
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.asked import Bindings
from losscli.reading.bind import bind
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.pairing import Pairing
from losscli.reading.parts import image_per_file
from losscli.run.asking import asking, spread_out, with_boxes_described
from losscli.run.intervals_asked import paired_by
from losscli.run.request import Request, jobs
from losscli.run.term_checks import refuse_terms, refuse_unordered
from losscli.run.unused import refuse_unread, refuse_unwanted
from losscli.sources.base import Source, annotated, declared_of, hint_of, notes_of
from losscli.sources.side_format import SideFormat, side_format
from losscli.spec import registry
from losscli.spec.family import Conventions, Family, PerImage
from losscli.spec.forecast import ROLES as FORECAST
from losscli.spec.recipe import Recipe, Term, own_defaults


@dataclass(frozen=True)
class Files:
    """PRED and TARGET, opened, and the conventions with the arrays that options name."""

    pred: Source
    target: Source | None
    conventions: Conventions

    @property
    def notes(self) -> tuple[str, ...]:
        """How the files were read, where it is not as usual."""
        given = [source for source in (self.pred, self.target) if source is not None]
        return tuple(f"{visible(source.path)}: {note}" for source in given for note in notes_of(source))

    def hinted(self, error: DataError) -> DataError:
        """An error about columns or rows as a whole, with the options that a table's first line suggests."""
        hints = [hint for source in (self.pred, self.target) if (hint := hint_of(source))]
        if not hints or "--header" in (error.fix or "") or (error.where is not None and error.where.row is not None):
            return error
        return type(error)(error.what, error.where, "; ".join(filter(None, [*dict.fromkeys(hints), error.fix])))


@dataclass(frozen=True)
class Prepared:
    """Recipes ready to be evaluated on inputs.

    conventions: the user's, completed by what column names imply. notes: what was read and how, where it was implied.
    """

    plan: Plan
    inputs: Inputs
    conventions: Conventions
    notes: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    """Likely mistakes of pairing, each with the code of its guard."""


def adopted(request: Request) -> Family:
    """The family, with the user's losses added to it."""
    for spec in request.loss_files:
        from losscli.spec.user_losses import from_file

        from_file(spec, request.family)
    return registry.load(request.family)


def opened(request: Request) -> Files:
    """Both files and the arrays that options name. Raises UsageError or DataError where one cannot be read."""
    if request.pred == "-" and request.target == "-":
        raise UsageError("only one of PRED and TARGET can be stdin")
    request = _in_place_of_target(request)
    alone = request.target is None
    pred, target = (
        None if path is None else _source(path, side_format(request.formats, side, alone=alone, family=request.family), request)
        for side, path in (("pred", request.pred), ("target", request.target))
    )
    assert pred is not None
    refuse_unread(request, pred, target)
    pred = annotated(pred, target)
    numbered = any(getattr(source, "numbered", False) for source in (pred, target))
    if target is not None and numbered and not request.class_agnostic:
        from losscli.sources.annotations.naming import name_alike

        name_alike(pred, target)
    if target is not None and any("image_size" in declared_of(source) for source in (pred, target)):
        from losscli.sources.annotations.same_sizes import refuse_other_sizes

        refuse_other_sizes(pred, target)
    if indexed := [x for source in (pred, target) if (x := getattr(source, "indexed", None)) is not None]:
        from losscli.sources.images.same_palettes import refuse_apart

        refuse_apart(indexed)
    conventions = request.conventions
    if declared_of(pred) or declared_of(target):
        from losscli.run.file_facts import completed

        conventions = completed(conventions, pred, target, request.family)
    given = (request.class_weights, request.centers)  # arrays, or files by the rule of `@file` in a recipe
    weights, centers = (loaded(None, File(x)) if isinstance(x, str) else x for x in given)
    conventions = replace(conventions, class_weights=weights, centers=centers)
    files = seen_by_family(request, Files(pred, target, conventions))
    return replace(files, conventions=replace(files.conventions, ignore_mask=_images(request, files.target or files.pred)))


def seen_by_family(request: Request, files: Files) -> Files:
    """The files as the family of the request reads them: objects with masks as images, where its samples are images."""
    family = registry.load(request.family) if request.family else None
    pixels = family is not None and any(role.rest == "pixels" for role in family.roles)
    if not pixels or any(getattr(x, "of_objects", False) for x in (files.pred, files.target)):
        return files
    options = {"--score-threshold": request.score_threshold is not None, "--class-agnostic": request.class_agnostic}
    flag = next((flag for flag, given in options.items() if given), "")
    if flag or any(x is not None and x.is_table for x in (files.pred, files.target)):
        from losscli.run.object_masks import as_images  # late: most images come as arrays

        pred, target, conventions = as_images(request, files.pred, files.target, files.conventions)
        if pred is not files.pred or target is not files.target:
            return Files(pred, target, conventions)
    if files.target is not None and not files.conventions.rows_are_images:
        files = Files(*image_per_file(files.pred, files.target, bool(request.reading.cols)), files.conventions)
    if flag:
        what = f"{flag} is for files of objects with masks, such as COCO's JSON, and neither file is one"
        raise UsageError(what, fix=f"omit {flag}")
    return files


def _in_place_of_target(request: Request) -> Request:
    """The request with the file of --pairs or --gallery as TARGET."""
    given = {"--pairs": request.reading.listed, "--gallery": request.reading.gallery}
    flags = {flag: file for flag, file in given.items() if file is not None}
    if len(flags) > 1:
        raise UsageError("--pairs and --gallery cannot be used together", fix="use only one of them")
    for flag, file in flags.items():
        if request.target is not None:
            raise UsageError(f"{flag} takes the place of TARGET", fix=f"omit TARGET, or give it as {flag}")
        return replace(request, target=file)
    return request


def _source(path: str | Source, how: SideFormat, request: Request) -> Source:
    if path is request.reading.listed and isinstance(path, str):
        from losscli.sources.frames.lfw_pairs import lfw_pairs

        if (found := lfw_pairs(path)) is not None:
            return found
    return sources.open_source(path, how, jobs=jobs(request))


def _images(request: Request, target: Source) -> PerImage | None:
    """The images of --ignore-mask, in the order of TARGET's rows."""
    given = request.ignore_mask
    if not isinstance(given, str):
        return given
    from losscli.reading.ignored_images import ignored_images

    said = {name: request.formats.get(name, ()) for name in ("stem", "max_pixels")}
    source = sources.open_source(given, side_format(said, "ignore", family="segment"))
    return ignored_images(source, target, request.reading)


def prepare(request: Request, recipes: Sequence[Recipe]) -> Prepared:
    """The recipes bound to the request's files; only the columns that they read are kept."""
    files = opened(request)
    pred, request = spread_out(files.pred, asking(request, recipes))
    files = replace(files, pred=pred)
    roles = wanted(request, recipes)
    refuse_unwanted(request, roles)
    return prepared(request, files, recipes, bound(request, files, roles))


def wanted(request: Request, recipes: Sequence[Recipe]) -> frozenset[str]:
    """The roles that the recipes may read."""
    read = [role for r in recipes for _, t in r.terms for form in t.loss.forms for role in form.takes]
    read += FORECAST if request.calibration is not None or (request.budget and request.family == "classify") else ()
    if request.plots:
        from losscli.run.plots import roles_wanted

        read += roles_wanted(request)
    return frozenset({*read, *(role.name for role in registry.load(request.family).roles if role.alone[0])})


def bound(
    request: Request,
    files: Files,
    roles: frozenset[str],
    pairing: Pairing | None = None,
    keys: tuple[str, ...] | None = None,
    facts: Mapping[str, ColumnFacts] | None = None,
) -> Bindings:
    """The files bound to these roles. pairing, keys, facts: how the rows pair, and the columns, where that is known already."""
    try:
        family = registry.load(request.family)
        request = with_boxes_described(request, family, files.pred, files.target)
        found = bind(family, files.pred, files.target, roles, files.conventions, request.reading, pairing, keys, facts)
    except DataError as e:
        raise files.hinted(e) from None
    if "affine" in declared_of(files.pred):
        from losscli.run.file_facts import refuse_apart

        refuse_apart(found.inputs)
    return found


def prepared(request: Request, files: Files, recipes: Sequence[Recipe], bindings: Bindings) -> Prepared:
    """The recipes bound to inputs that contain the roles they may read."""
    inputs = replace(bindings.inputs, nonfinite=bindings.conventions.nonfinite)
    levels: list[str] = []
    if request.family == "regress":
        from losscli.run.forecasts import with_levels

        recipes, levels = with_levels(recipes, inputs)
    try:
        plan = planned(request, recipes, inputs, bindings.conventions)
    except DataError as e:
        raise files.hinted(e) from None
    return Prepared(
        plan,
        replace(inputs, filled=_used(plan, inputs)),
        bindings.conventions,
        (*own_defaults(recipes, request.convention), *files.notes, *bindings.notes, *levels, *_spacing_note(plan)),
        bindings.warnings,
    )


def _spacing_note(plan: Plan) -> tuple[str, ...]:
    """Says that distances are measured with the spacing of the files."""
    spaced = [bound for bound in plan.terms.values() if bound.spaced]
    if not spaced:
        return ()
    from losscli.run.file_facts import spacing_words

    spacing, names = spaced[0].conventions.spacing, dict.fromkeys(bound.form.name for bound in spaced)
    assert spacing is not None
    return (f"{', '.join(names)}: spacing is {spacing_words(spacing)}, from the files of {spacing.side.upper()}",)


def planned(request: Request, recipes: Sequence[Recipe], inputs: Inputs, conventions: Conventions) -> Plan:
    """Each different term bound once. Raises UsageError where an option does not go with a loss."""
    terms: dict[str, BoundTerm] = {}
    for recipe in recipes:
        for _, term in recipe.terms:
            if term.full() not in terms:
                terms[term.full()] = bound_term(term, inputs, conventions, request.reading.cols)
    refuse_terms(terms.values(), inputs, request.reading.cols)
    if inputs.by:
        from losscli.engine.groups import refuse_placed

        refuse_placed(terms.values())
    plan = Plan(tuple(recipes), terms, conventions, request.worst, request.best)
    if request.calibration is not None:
        from losscli.run.calibrating import calibrating

        plan = replace(plan, calibrating=calibrating(request.calibration, plan, inputs))
    if request.budget:
        from losscli.run.budgeting import budgeting

        plan = replace(plan, budgeting=budgeting(plan, inputs))
    if request.plots:
        from losscli.run.plots import with_plots

        plan = with_plots(request, plan, inputs)
    if request.per_class:
        from losscli.run.class_plan import class_plan

        plan = replace(plan, classes=class_plan(plan, replace(inputs, filled=_used(plan, inputs))))
    if request.per_sample:
        for recipe in recipes:
            if not plan.per_row(recipe) and rowed(recipe, plan.terms) is None:
                raise UsageError(f"{recipe.id} has no value per sample, so --per-sample cannot list it")
    if paired_by(request) == "row":
        for recipe in recipes:
            if not plan.per_row(recipe):
                what = f"{recipe.id} has no value per sample, and --baseline has the losses of samples"
                raise UsageError(what, fix="give the other predictions as --baseline, or compare the other losses alone")
    return plan


def bound_term(term: Term, inputs: Inputs, conventions: Conventions, cols: Sequence[str]) -> BoundTerm:
    """The term bound to the inputs; the error for a missing role lists what the inputs contain."""
    sure = _said(inputs.family, cols)
    if term.loss.other and not conventions.from_logits:
        sure |= inputs.sure()
    try:
        bound = BoundTerm.of(term, inputs.family, inputs.available(), conventions, sure)
    except DataError as e:
        alone = next((role.alone for role in inputs.family.roles if role.alone[0] and role.name in inputs.available()), None)
        if alone is not None:
            raise DataError(alone[0], Where(inputs.pred.path), alone[1]) from None
        if e.where is not None:  # a file that a parameter names
            raise
        sources = inputs.sources.values()
        told = (f"{visible(s.path)} has {some([n for n in s.names if n]) or 'no named columns'}" for s in sources)
        contents = list(dict.fromkeys(told))
        raise DataError("; ".join([e.what, *contents]), e.where, e.fix) from None
    refuse_unordered(bound.form, inputs.filled)
    _refuse_shares(bound, inputs)
    if inputs.pairing.books is None:
        return bound
    from losscli.engine.penalties import penalty

    return replace(bound, penalty=penalty(bound.form, bound.params, inputs.pairing.books.matching))


def _refuse_shares(bound: BoundTerm, inputs: Inputs) -> None:
    """Raise DataError for rotated boxes where the loss reads upright ones, and for boxes as shares of images of unknown size where
    the loss depends on the shape of the images."""
    form = bound.form
    turned = next((source for source in inputs.sources.values() if declared_of(source).get("rotated")), None)
    if turned is not None and not {"pred", "target"}.isdisjoint(form.takes) and form.family == "detect":
        fix = "use probiou, or omit --yolo-obb and read the boxes around them with --yolo-order class,polygon"
        raise DataError(f"{form.name} reads upright boxes, and these are rotated", Where(turned.path), fix)
    free = form.scale_free(bound.params) if callable(form.scale_free) else form.scale_free
    read = {inputs.family.role(name).side for name in form.takes if inputs.family.role(name).key in ("box", "keypoints")}
    side = next((s for s, source in inputs.sources.items() if s in read and declared_of(source).get("normalised")), None)
    if side is not None and not free:
        free_ones = " (iou and giou without eps need neither)" if {"pred", "target"} & set(form.takes) else ""
        raise DataError(
            f"{bound.term} needs the sizes of the images: the coordinates are shares of their widths and heights",
            Where(inputs.sources[side].path),
            f"give the images with --images DIR, or their size with --image-size WxH{free_ones}",
        )


def _said(family: Family, cols: Sequence[str]) -> frozenset[str]:
    """The roles of PRED that --col names."""
    keys = {text.partition("=")[0].removeprefix("pred.") for text in cols}
    return frozenset(role.name for role in family.roles if role.key in keys and role.side == "pred")


def _used(plan: Plan, inputs: Inputs) -> tuple[Filled, ...]:
    """The roles that the chosen forms read; no other column is converted."""
    wanted = {role for b in plan.terms.values() for role in b.form.takes}
    wanted |= {*FORECAST} if plan.forecasting is not None else set()
    wanted |= {
        role for kind in plan.plots if kind in inputs.family.plots for role in inputs.family.plots[kind].roles(inputs.available())
    }
    return tuple(f for f in inputs.filled if f.role in wanted)
