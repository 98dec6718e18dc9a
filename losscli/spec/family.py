"""A task family: its roles, its losses, and the conversion of the user's data to the kernels' conventions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np

from losscli.core.errors import UsageError, Where
from losscli.core.records import dataclass, field, replace
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.spec.forecast import Calibrating, Forecast
from losscli.spec.loss import Loss, Params
from losscli.spec.matching import Found, Matching, Sets
from losscli.spec.names import same_name
from losscli.spec.nan_labels import without_nan
from losscli.spec.tile import Block, as_index


@dataclass(frozen=True)
class Role:
    """One array that losses read.

    name: the kernels' argument. side: pred, target, any (in either file) or option (given by a flag).
    key: the name for users (`--col key=…`, NPZ key). names: the column names that fill it, weak: those that do if none of them
    is there (see `column_names`). rest: the reasons other than a name for which columns fill it: `one` (the only column left),
    `low`, `high`, `vectors`, `pixels`, `scores`, `label`, `pred_label` (see losscli.reading), or none.
    text: labels that may be class names. binary: 1 or 0, or text such as yes and no. whole: class numbers, indices, or 0 and 1.
    """

    name: str
    side: str
    key: str
    shape: str
    meaning: str
    names: tuple[str, ...] = ()
    rest: str = ""
    weak: tuple[str, ...] = ()
    text: bool = False
    binary: bool = False
    whole: bool = False
    flag: str = ""
    shared: bool = False
    """One array for all rows (anchors), which every block has in full."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """What it is for losses that read it in a particular way (`Loss.label`), where `meaning` does not say."""
    alone: tuple[str, str] = ("", "")
    """The error, and its fix, where a loss does not read this role and the inputs do not contain what it reads instead."""


@dataclass(frozen=True)
class Held:
    """The names in a file: columns of a table or keys of an archive; is_text(name) reads values to see whether they are text, other
    than yes and no."""

    names: tuple[str, ...]
    is_table: bool
    is_text: Callable[[str], bool]


class PerImage(Protocol):
    """An array with an axis of images in front, or what can be indexed like one; images may differ in size."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def ndim(self) -> int: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any: ...


@dataclass(frozen=True)
class Spacing:
    """The size of pixels by the files of a side, one row per image and one number per axis."""

    side: str
    sizes: Floats


@runtime_checkable
class NamedImages(Protocol):
    """Images that are files with names of their own."""

    def refuse_other_sizes(self, rows: Any, pixels: tuple[int, ...]) -> None:
        """Raise DataError naming the first file among these rows whose image has another size."""
        ...


@dataclass(frozen=True)
class Conventions:
    """The user's options on how to interpret the data: everything that `prepare` needs beyond the files."""

    from_logits: bool = False
    multilabel: bool = False
    renormalize: bool = False
    classes: tuple[str, ...] = ()
    pred_format: str = "xyxy"
    target_format: str = "xyxy"
    degenerate: str = "error"
    mixed_scale: str = "error"
    nonfinite: str = "error"
    volumes: bool = False
    """Whether pixels have three axes, so that (N,D,H,W) is volumes without an axis of channels."""
    spacing: Spacing | None = None
    ignore_index: tuple[int, ...] = ()
    """Labels of a mask whose pixels are left out."""
    ignore_mask: PerImage | None = None
    """Nonzero where a pixel is left out."""
    void: PerImage | None = None
    """Nonzero where the format of TARGET leaves a pixel out: in crowds."""
    mask_values: tuple[float, ...] = ()
    """The values of masks that are classes 0, 1 and so on; as they stand if empty."""
    channels: str = "first"
    rows_are_images: bool = False
    class_weights: Floats | None = None
    centers: Floats | None = None

    @property
    def scores(self) -> str:
        """How scores are read, in one word."""
        said = {"logits": self.from_logits, "multilabel": self.multilabel, "renormalized": self.renormalize}
        return next((word for word, on in said.items() if on), "as-given")


@dataclass
class Watch:
    """Facts that need a full pass over the data; one per worker, joined by `|` in any order."""

    flags: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    first: dict[str, tuple[int, tuple[Where, ...]]] = field(default_factory=dict)
    """The pair of the lowest number that a fact was seen in, with its places."""

    def count(self, name: str, n: int) -> None:
        if n:
            self.counts[name] = self.counts.get(name, 0) + n

    def span(self, name: str, low: float, high: float) -> None:
        self.low[name] = min(self.low.get(name, low), low)
        self.high[name] = max(self.high.get(name, high), high)

    def see(self, name: str, block: Block, rows: Bools, *roles: str) -> None:
        """Keep the places of the first of these rows, one per role."""
        if not rows.any():
            return
        row = int(np.argmax(rows))
        number = int(as_index(block.samples)[row])
        if name not in self.first or number < self.first[name][0]:
            self.first[name] = number, tuple(block.place(role, row, 0) for role in roles)

    def place(self, name: str) -> str:
        """Where a fact was first seen, by file and row; empty where it was not."""
        places = self.first[name][1] if name in self.first else ()
        return " and ".join(dict.fromkeys(str(replace(place, column=None)) for place in places))

    def __or__(self, other: Watch) -> Watch:
        out = Watch(self.flags | other.flags, dict(self.counts), dict(self.low), dict(self.high), dict(self.first))
        for name, n in other.counts.items():
            out.count(name, n)
        for name in other.low:
            out.span(name, other.low[name], other.high[name])
        for name, seen in other.first.items():
            out.first[name] = min(out.first.get(name, seen), seen, key=lambda known: known[0])
        return out


Shapes = Mapping[str, tuple[int, ...]]
"""By role, the shape of one row."""


@dataclass(frozen=True)
class ClassRules:
    """How a family tells classes apart, for losses per class.

    count(block, conventions) is the number of classes; 0 if only the labels know.
    means(loss, p, shapes, conventions) is what a class's loss is: `rows` (of the rows with that label), `alone` (of that class's
    column alone), `members` (of the pixels with that label), `sums` or `given` (see Loss.by_class). Raises UsageError
    (`no_class_loss`) if it has none.
    labels(block) is the class number of each row, below 0 for none; only for families with `rows`.
    argued(args, c, means) is the kernel's arguments for class c, for `alone` and `members`.
    """

    count: Callable[[Block, Conventions], int]
    means: Callable[[Loss, Params, Shapes, Conventions], str]
    argued: Callable[[tuple[Any, ...], int, str], tuple[Any, ...]]
    labels: Callable[[Block], Ints] | None = None


def no_class_loss(loss: Loss, why: str) -> UsageError:
    """The error for a loss whose classes have no value of their own."""
    return UsageError(f"{loss.name} has no value per class: {why}", fix="evaluate it in a run without --per-class")


Gradients = Mapping[str, Floats]
Reader = Callable[[Block, Loss, Params, Conventions, Watch], tuple[Any, ...]]


@dataclass(eq=False)
class Family:
    """One verb of the tool.

    reads(block, loss, p, conventions, watch) returns the kernel's positional arguments, checked and converted, for losses
    without a reader.
    arrange(block, loss, p, conventions, watch) returns the block that every reader is given.
    fields(filled roles, whether a side is a table by side, conventions) returns the roles and conventions as the files' shapes
    complete them, and notes.
    check(block, conventions, watch) checks the data independently of a loss.
    conclude(watch, conventions) raises or returns warnings (code, message) after the last row.
    restore(gradients, used arrays, conventions) converts gradients to the layout of the predictions, by PRED key.
    choose(side, held, wanted, taken) finds columns or keys by role with the family's rules, before the role table is used.
    bare(side, row shape, wanted) returns the roles of an unnamed array; several roles share it along its axis 1.
    implied(names) returns the box format that column names imply, or None.
    unnamed(columns, all names, spans of the values) returns the format of boxes whose names do not imply it, and the reason for
    a note (empty: none is due), or None where nothing decides.
    match(blocks by side, sets, conventions, matching) pairs the rows of two sides and says which count for nothing.
    ignored(conventions) returns a count of the parts of each row of a block that options leave out, None where none do.
    piece(loss) is the number of rows its kernel processes at a time, for losses of independent rows whose temporaries should
    stay in the cache of a core; 0 for a whole tile.
    classes: how classes are told apart, for families with classes.
    forecast(block, how, conventions, watch) reads the scores as forecasts, for families whose scores are.
    """

    name: str
    summary: str
    sample: str
    """What one sample is, in words, unless a loss declares another."""
    roles: tuple[Role, ...]
    reads: Reader
    arrange: Callable[[Block, Loss, Params, Conventions, Watch], Block] | None = None
    fields: Callable[[Sequence[Any], Mapping[str, bool], Conventions], tuple[list[Any], Conventions, list[str]]] | None = None
    check: Callable[[Block, Conventions, Watch], None] | None = None
    conclude: Callable[[Watch, Conventions], list[tuple[str, str]]] | None = None
    restore: Callable[[Gradients, Mapping[str, Array], Conventions], Gradients] | None = None
    choose: Callable[[str, Held, frozenset[str], frozenset[str]], dict[str, tuple[str, ...]]] | None = None
    bare: Callable[[str, tuple[int, ...], frozenset[str]], tuple[str, ...]] | None = None
    implied: Callable[[tuple[str, ...]], str | None] | None = None
    unnamed: Callable[[tuple[str, ...], tuple[str, ...], Callable[[], Iterable[Array]]], tuple[str, str] | None] | None = None
    match: Callable[[Mapping[str, Block], Sets, Conventions, Matching], Found] | None = None
    ignored: Callable[[Conventions], Callable[[Block], Ints] | None] | None = None
    piece: Callable[[Loss], int] | None = None
    classes: ClassRules | None = None
    of_vectors: bool = False
    """Whether its losses over all rows compare vectors, of which an infinite one has no direction, nor distance from the others."""
    forecast: Callable[[Block, Calibrating, Conventions, Watch], Forecast] | None = None
    pixel_maps: Any = None
    """The `PixelMaps` of a family of images."""
    plots: Mapping[str, Any] = field(default_factory=dict)
    """By kind, the `Plotted` of a plot that only this family has."""
    losses: dict[str, Loss] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def loss(self, name: str, **facts: Any) -> Callable[[Callable[..., Any]], Loss]:
        """Decorator: declare a kernel as this family's loss `name`; `facts` are the fields of Loss."""

        def declare(kernel: Callable[..., Any]) -> Loss:
            found = Loss(name, self.name, kernel, **facts)
            for word in (name, *found.aliases):
                if word in self.losses or word in self.aliases:
                    raise ValueError(f"{self.name}: {word} is declared twice")
            self.losses[name] = found
            self.aliases.update(dict.fromkeys(found.aliases, name))
            return found

        return declare

    def prepare(self, block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
        """The kernel's positional arguments, checked and converted by the reader of the loss or else of the family."""
        block = self.arranged(block, loss, p, conventions, watch)
        if conventions.nonfinite == "keep":
            block = block.once("without NaN", partial(without_nan, block, self._whole))
        return (loss.reads or self.reads)(block, loss, p, conventions, watch)

    @property
    def _whole(self) -> tuple[str, ...]:
        return tuple(r.name for r in self.roles if r.text or r.binary or r.whole)

    def arranged(self, block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> Block:
        """The block that readers are given."""
        return block if self.arrange is None else self.arrange(block, loss, p, conventions, watch)

    def find(self, word: str) -> Loss | None:
        """The loss of that name or alias in any common spelling: `cross-entropy`, `cross entropy`, `CrossEntropyLoss`."""
        plain = word.replace("-", "_").lower()
        found = self.losses.get(self.aliases.get(plain, plain))
        if found is not None:
            return found
        names = {self.aliases.get(name, name) for name in same_name(word, self.words)}
        return self.losses[names.pop()] if len(names) == 1 else None

    def complement(self, word: str) -> Loss | None:
        """The loss that is 1 minus the score of that name, in any common spelling."""
        return next((x for x in self.losses.values() if same_name(word, x.complements)), None)

    def role(self, name: str) -> Role:
        return next(r for r in self.roles if r.name == name)

    @property
    def sorted_losses(self) -> list[Loss]:
        """The losses of the family, sorted by name."""
        return [self.losses[name] for name in sorted(self.losses)]

    def sample_of(self, loss: Loss) -> str:
        """What one sample of a loss is, in words."""
        return loss.sample or self.sample

    @property
    def samples(self) -> str:
        """What one sample may be, over all of its losses: `a vector, a pair or a triplet`."""
        known = list(dict.fromkeys([self.sample, *(self.sample_of(x) for loss in self.sorted_losses for x in loss.forms)]))
        return " or ".join(x for x in (", ".join(known[:-1]), known[-1]) if x)

    @property
    def words(self) -> list[str]:
        return [*self.losses, *self.aliases]
