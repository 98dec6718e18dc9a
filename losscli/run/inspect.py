"""What would be read and how it would be paired, for `inspect`. Evaluates nothing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, LosscliError, visible
from losscli.core.records import dataclass, field, replace
from losscli.reading.aligned import Inputs, key_columns
from losscli.reading.bind import Bindings, Reading, bind
from losscli.reading.pairing import Pairing, by_key, unequal
from losscli.report.render.wrap import wrap
from losscli.run.declared import spelled
from losscli.run.describe import describe
from losscli.run.prepare import Files, opened
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.spec import registry
from losscli.spec.family import Family, Watch
from losscli.spec.loss import Loss, Params

FIRST = {
    "classify": ("ce", "bce"),
    "regress": ("mae", "mse"),
    "detect": ("giou", "iou"),
    "segment": ("dice+ce", "dice", "ce"),
    "embed": ("triplet", "contrastive"),
}
"""The most common losses of each family."""
SHOWN = 8
"""The most losses of a family, and groups, that are listed."""
_SAMPLE = 256
"""Rows on which the checks before each kernel are tried."""
_MOST_KEYS = 1 << 20
_COMMAND = "  losscli "


@dataclass
class Inspection:
    """Lines for people, and the error that an evaluation would meet, if any."""

    lines: list[str] = field(default_factory=list)
    error: LosscliError | None = None

    def text(self, width: int | None) -> str:
        """The lines, none wider than the terminal except a command, which is kept on one line to be copied."""
        return "".join(f"{part}\n" for line in self.lines for part in ([line] if line.startswith(_COMMAND) else wrap(line, width)))


@dataclass(frozen=True)
class Look:
    """The files, and the options for reading them."""

    files: Files
    reading: Reading
    options: ReadOptions

    def command(self, family: str, loss: str, key: str) -> str:
        """The evaluation of a loss on these files, with every option that was given; `key` is used where none was."""
        paths = [s.path for s in (self.files.pred, self.files.target) if s is not None]
        proposed = ("--key", key) if key and not self.options.key and self.reading.matching is None else ()
        return "  " + shlex.join(["losscli", family, *paths, *spelled(self.options, family), *proposed, "--loss", loss])


@dataclass(frozen=True)
class Pairs:
    """How rows are paired: in words, the pairing (None where by position), and PRED's key columns."""

    summary: str
    pairing: Pairing | None = None
    keys: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def inspect(request: Request, options: ReadOptions) -> Inspection:
    """Look at the request's files; an empty family is any. Raises only where a file cannot be read at all."""
    files = opened(request)
    look = Look(files, request.reading, options)
    out = Inspection(describe("PRED", files.pred))
    if files.target is not None:
        out.lines += ["", *describe("TARGET", files.target)]
    key = None if request.reading.matching else _shared_key(files)
    out.lines += ["", "Pairing"]
    pairs = Pairs("")
    try:
        pairs = _pairs(look, request.family)
        out.lines += [pairs.summary, *(f"  {note}" for note in pairs.notes)]
    except LosscliError as e:
        out.error = e
        out.lines.append(f"  {e.what}")
    if key and not options.key:
        out.lines.append(f"  {key[1]}; pair by it with --key {shlex.quote(key[0])}")
    if out.error is None:
        _fits(out, look, request.family, pairs, key[0] if key else "")
    return out


def _pairs(look: Look, family: str) -> Pairs:
    """How the options pair the rows."""
    pred, target, reading = look.files.pred, look.files.target, look.reading
    if reading.matching is not None:
        plain = replace(reading, by=(), weights=None)
        boxes = frozenset({"pred", "target"})
        found = bind(registry.load(family or "detect"), pred, target, boxes, look.files.conventions, plain)
        pairing = found.inputs.pairing
        return Pairs(f"  by {pairing.matching}: {_counted(pairing)}", pairing, found.inputs.keys, found.notes)
    if target is None:
        return Pairs("  one file contains both sides: each row is a pair")
    if reading.keys:
        pairing = by_key(pred, target, key_columns(reading.keys), missing=reading.missing, extra=reading.extra)
        return Pairs(f"  by key {', '.join(map(visible, reading.keys))}: {_counted(pairing)}", pairing)
    if (not (pred.names and target.names) or pred.is_table) and pred.rows != target.rows:
        raise unequal(pred.rows, target.rows, (pred.path, target.path), None)
    return Pairs("  by position: row 1 with row 1, and so on")


def _counted(pairing: Pairing) -> str:
    if pairing.books is not None:
        counts = pairing.books.total()
        ignored = f", {counts.ignored} ignored" if counts.ignored else ""
        return f"{pairing.matched} pairs, {counts.missed} missed, {counts.spurious} spurious{ignored}"
    left = f", {pairing.pred_only} predictions and {pairing.target_only} targets left out"
    return f"{pairing.matched} pairs{left if pairing.pred_only or pairing.target_only else ''}"


def _shared_key(files: Files) -> tuple[str, str] | None:
    """A text column of both tables with unique values in common, and how many of them are."""
    pred, target = files.pred, files.target
    if target is None or not (pred.is_table and target.is_table) or max(pred.rows, target.rows) > _MOST_KEYS:
        return None
    for name in pred.names:
        if name not in target.names or pred.kind(name) != "U":
            continue
        try:
            found = by_key(pred, target, [(name, name)], missing="drop", extra="drop")
        except DataError:
            continue
        if found.pred_only or found.target_only:
            alone = f"{found.pred_only} only in PRED, {found.target_only} only in TARGET"
            return name, f"{visible(name)} has {found.matched} keys in common, {alone}"
        return name, f"{visible(name)} has the same {found.matched} keys on both sides"
    return None


@dataclass(frozen=True)
class _Fit:
    """Losses of one family that the files can be given to, and how their roles are filled."""

    family: Family
    losses: list[str]
    bindings: Bindings

    @property
    def best(self) -> str:
        """The loss to suggest: the most common one, or the first."""
        return next((x for x in FIRST[self.family.name] if set(x.split("+")) <= set(self.losses)), self.losses[0])

    @property
    def doubt(self) -> tuple[int, int, bool]:
        """Lower is better: fewer guesses first, then more of the files read."""
        return (
            sum(" is " in g for g in self.bindings.guesses),
            -len(self.bindings.inputs.filled),
            self.best not in FIRST[self.family.name],
        )

    def lines(self) -> list[str]:
        """The family with its losses, what they read, and notes."""
        wanted = [x for x in FIRST[self.family.name] if x in self.losses and x != self.best]
        names = [self.best, *wanted, *(x for x in sorted(self.losses) if x not in (self.best, *wanted))]
        more = f" … and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        headline = f"  {self.family.name}: {', '.join(names[:SHOWN])}{more}"
        return [headline, f"    {_filled(self.bindings)}", *(f"    {note}" for note in self.bindings.notes)]


def _fits(out: Inspection, look: Look, family: str, pairs: Pairs, key: str) -> None:
    """A paragraph per family that can read the files, the likeliest first, and why the others cannot."""
    best: list[_Fit] = []
    others: dict[str, LosscliError] = {}
    refusals: dict[str, LosscliError] = {}
    for name in (family,) if family else registry.NAMES:
        found, error = _family(registry.load(name), look, pairs)
        if found:
            best.append(min(found, key=lambda f: f.doubt))
        if error is not None:
            (others if found else refusals)[name] = error
    best.sort(key=lambda f: f.doubt)
    out.lines += ["", "Fits"]
    for fit in best:
        out.lines += fit.lines()
        error = others.get(fit.family.name)
        if error is not None and error.where:
            out.lines.append(f"    the others: {_reason(error)}")
    out.lines += [f"  {name}: no, {_reason(error)}" for name, error in refusals.items()]
    if best:
        _groups(out, best[0].bindings.inputs)
        out.lines += ["", "Try", look.command(best[0].family.name, best[0].best, key)]
    elif family:
        out.error = refusals.get(family) or DataError(f"no loss of {family} reads these files")


def _groups(out: Inspection, inputs: Inputs) -> None:
    """The groups of --by and how many pairs each has."""
    if not inputs.by:
        return
    from losscli.engine import groups

    keys, codes = groups.coded(inputs, 0, inputs.rows, range(inputs.rows))
    groups.refuse_many(keys, inputs)
    counts = dict(zip(keys, np.bincount(codes, minlength=len(keys)).tolist(), strict=True))
    out.lines += ["", f"Groups by {', '.join(visible(f.role) for f in inputs.by)}"]
    for group in groups.ordered(keys)[:SHOWN]:
        out.lines.append(f"  {', '.join(map(visible, group))}: {counts[group]} pairs")
    if len(keys) > SHOWN:
        out.lines.append(f"  … and {len(keys) - SHOWN} more")


def _reason(error: LosscliError) -> str:
    return error.what + (f" ({error.fix})" if error.fix and error.where else "")


def _family(family: Family, look: Look, pairs: Pairs) -> tuple[list[_Fit], LosscliError | None]:
    """The losses of one family that fit, grouped by what they read, and the error of the first that does not.

    Losses that read more than the files (class weights, centres) are not tried.
    """
    files = look.files
    groups: dict[frozenset[str], list[Loss]] = {}
    for loss in family.losses.values():
        for form in loss.forms:
            groups.setdefault(frozenset(form.takes) - form.optional, []).append(form)
    fits: list[_Fit] = []
    errors: list[LosscliError] = []
    for takes, forms in groups.items():
        if any(family.role(name).side == "option" for name in takes):
            continue
        try:
            bindings = bind(family, files.pred, files.target, takes, files.conventions, look.reading, pairs.pairing, pairs.keys)
            _refuse_unfilled(family, takes, bindings)
        except LosscliError as e:
            errors.append(e)
            continue
        names = []
        for form in forms:
            try:
                _prepare(family, form, bindings)
                names.append(form.name)
            except LosscliError as e:
                errors.append(e)
        if names:
            fits.append(_Fit(family, names, bindings))
    return fits, next((e for e in errors if e.where), errors[0] if errors else None)


def _refuse_unfilled(family: Family, takes: frozenset[str], bindings: Bindings) -> None:
    missing = dict.fromkeys(family.role(name).key for name in sorted(takes - bindings.inputs.available()))
    if missing:
        raise DataError(f"nothing fills {' and '.join(f'`{key}`' for key in missing)}")


def _prepare(family: Family, form: Loss, bindings: Bindings) -> None:
    """Run the checks before the kernel on the first rows."""
    block, _ = replace(bindings.inputs, nonfinite=bindings.conventions.nonfinite).block(0, min(_SAMPLE, bindings.inputs.rows))
    params = Params({p.name: p.default if not p.required or p.example is None else p.read(p.example) for p in form.params})
    if block.rows:
        family.prepare(block, form, params, bindings.conventions, Watch())


def _filled(bindings: Bindings) -> str:
    parts = []
    for f in bindings.inputs.filled:
        role = bindings.inputs.family.role(f.role)
        side = "TARGET" if role.side == "target" else "PRED"
        shape = " × ".join(map(str, (f.field.rows, *f.field.shape)))
        parts.append(f"{side} {role.key}{_columns(f.field.names)} ({shape})")
    return "; ".join(parts)


def _columns(names: Sequence[str]) -> str:
    shown = [visible(n, 30) for n in names]
    return " = " + (", ".join(shown) if len(shown) <= 6 else f"{shown[0]} … {shown[-1]}") if shown else ""
