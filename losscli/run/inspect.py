"""What would be read and how it would be paired, for `inspect`. Evaluates nothing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from losscli import sources
from losscli.core.errors import DataError, LosscliError, visible
from losscli.core.records import dataclass, field, replace
from losscli.reading.aligned import key_columns
from losscli.reading.bind import Bindings, Reading, bind
from losscli.reading.pairing import Pairing, by_key, by_position
from losscli.report.render.wrap import wrap
from losscli.run.describe import describe
from losscli.sources.base import Source
from losscli.spec import registry
from losscli.spec.family import Conventions, Family, Watch
from losscli.spec.loss import Loss

_SAMPLE = 256
"""Rows that are tried on every loss's gate."""
_MOST_KEYS = 1 << 20
_COMMAND = "  losscli "
_VALUED = {
    "pred_format": "--pred-box-format",
    "target_format": "--target-box-format",
    "degenerate": "--degenerate",
    "nonfinite": "--nonfinite",
}


@dataclass
class Inspection:
    """Lines for people, and the error that an evaluation would meet, if any."""

    lines: list[str] = field(default_factory=list)
    error: LosscliError | None = None

    def text(self, width: int | None) -> str:
        """The lines, none wider than the terminal but a command, which is to be copied whole."""
        return "".join(f"{part}\n" for line in self.lines for part in ([line] if line.startswith(_COMMAND) else wrap(line, width)))


@dataclass(frozen=True)
class Files:
    """The files to look at and how to read them."""

    pred: Source
    target: Source | None
    how: Conventions
    reading: Reading
    table: tuple[str, ...]
    """The options that say how tables are written."""

    def command(self, family: str, loss: str, key: str) -> str:
        """The evaluation of a loss on these files, with every option that was given; `key` is used where none was."""
        words = ["losscli", family, *(s.path for s in (self.pred, self.target) if s is not None), *self.table]
        r, how, usual = self.reading, self.how, Conventions(pred_format="", target_format="")
        words += [x for name in r.keys or ((key,) if key else ()) for x in ("--key", name)]
        words += [x for name in r.cols for x in ("--col", name)]
        words += ["--weights", r.weights] if isinstance(r.weights, str) else []
        words += [x for name in ("missing", "extra") if getattr(r, name) != "error" for x in (f"--{name}", getattr(r, name))]
        words += [f"--{name.replace('_', '-')}" for name in ("from_logits", "multilabel") if getattr(how, name)]
        words += ["--classes", ",".join(how.classes)] if how.classes else []
        for name, flag in _VALUED.items():
            words += [flag, getattr(how, name)] if getattr(how, name) != getattr(usual, name) else []
        return "  " + shlex.join([*words, "--loss", loss])


def inspect(
    pred_path: str,
    target_path: str | None,
    family: str | None,
    how: Conventions,
    reading: Reading,
    delimiter: str | None,
    header: bool,
) -> Inspection:
    """Look at the files. Raises only where a file cannot be read at all."""
    pred = sources.open_source(pred_path, delimiter=delimiter, header=header)
    target = sources.open_source(target_path, delimiter=delimiter, header=header) if target_path is not None else None
    marks = ("--delimiter", "tab" if delimiter == "\t" else delimiter) if delimiter else ()
    files = Files(pred, target, how, reading, (*marks, *(() if header else ("--no-header",))))
    out = Inspection(describe("PRED", pred))
    if target is not None:
        out.lines += ["", *describe("TARGET", target)]
    key = _shared_key(files)
    out.lines += ["", "Pairing"]
    pairing = None
    try:
        pairing, told = _pairing(files)
        out.lines.append(told)
    except LosscliError as e:
        out.error = e
        out.lines.append(f"  {e.what}")
    if key and not reading.keys:
        out.lines.append(f"  {key[1]}: --key {shlex.quote(key[0])} pairs by it")
    if out.error is None:
        _fits(out, files, family, pairing, key[0] if key else "")
    return out


def _pairing(files: Files) -> tuple[Pairing | None, str]:
    """The pairing by key (None where rows pair by position), and what to say of it."""
    pred, target, reading = files.pred, files.target, files.reading
    if target is None:
        return None, "  one file holds both sides: each row is a pair"
    if reading.keys:
        pairs = by_key(pred, target, key_columns(reading.keys), missing=reading.missing, extra=reading.extra)
        left = f", {pairs.pred_only} predictions and {pairs.target_only} targets left out"
        told = left if pairs.pred_only or pairs.target_only else ""
        return pairs, f"  by key {', '.join(map(visible, reading.keys))}: {pairs.matched} pairs{told}"
    if not (pred.names and target.names) or pred.is_table:
        by_position(pred.rows, target.rows, (pred.path, target.path))
    return None, "  by position: row 1 with row 1, and so on"


def _shared_key(files: Files) -> tuple[str, str] | None:
    """A text column of both tables whose values are unique and meet, and how far."""
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
            return (
                name,
                f"{visible(name)} holds {found.matched} keys of both, {found.pred_only} and {found.target_only} of one side",
            )
        return name, f"{visible(name)} holds the same {found.matched} keys on both sides"
    return None


@dataclass(frozen=True)
class _Fit:
    """Losses of one family that the files can be given to, and how their roles are filled."""

    family: Family
    losses: list[str]
    bindings: Bindings

    @property
    def doubt(self) -> tuple[int, int]:
        """The less is guessed and the more of the files is read, the better the losses fit."""
        return sum(" is " in g for g in self.bindings.guesses), -len(self.bindings.inputs.filled)


def _fits(out: Inspection, files: Files, family: str | None, pairing: Pairing | None, key: str) -> None:
    fits: list[_Fit] = []
    refusals: list[LosscliError] = []
    refused: list[str] = []
    out.lines += ["", "Fits"]
    for name in (family,) if family else registry.NAMES:
        found, error = _family(registry.load(name), files, pairing)
        fits += found
        for fit in found:
            out.lines += [f"  {name}: {_filled(fit.bindings)}", f"    {' '.join(fit.losses)}"]
            out.lines += [f"    {note}" for note in fit.bindings.notes]
        if error is not None and found and error.where:
            out.lines.append(f"    the others: {_reason(error)}")
        if error is not None and not found:
            refusals.append(error)
            refused.append(f"  {name}: no, {_reason(error)}")
    out.lines += refused
    if fits:
        best = min(fits, key=lambda f: f.doubt)
        out.lines += ["", "Try", files.command(best.family.name, best.losses[0], key)]
    elif family:
        out.error = refusals[0] if refusals else DataError(f"no loss of {family} reads these files")


def _reason(error: LosscliError) -> str:
    return error.what + (f" ({error.fix})" if error.fix and error.where else "")


def _family(family: Family, files: Files, pairing: Pairing | None) -> tuple[list[_Fit], LosscliError | None]:
    """What fits of one family, grouped by what is read; and what kept the first of the others out.

    Losses that read more than the files (class weights, centres) are not tried.
    """
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
            bindings = bind(family, files.pred, files.target, takes, files.how, files.reading, pairing)
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
    """Pass the first rows through the gate that stands before the kernel."""
    block, _ = replace(bindings.inputs, nonfinite=bindings.how.nonfinite).block(0, min(_SAMPLE, bindings.inputs.rows))
    params = {p.name: p.default if not p.required or p.example is None else p.read(p.example) for p in form.params}
    if block.rows:
        family.prepare(block, form, params, bindings.how, Watch())


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
