"""A task family: its roles, its losses, and the one step between the user's conventions and the kernels'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from losscli.core.records import dataclass, field
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec.loss import Loss, Params
from losscli.spec.names import same_name
from losscli.spec.tile import Block


@dataclass(frozen=True)
class Role:
    """One array that losses read.

    name: the kernels' argument. side: pred, target, any (either file may hold it) or option (given by a flag).
    key: what users call it (`--col key=…`, NPZ key). names: column names tried in a table, in order.
    rest: what fills it in a table when no name fits: `one` (the only numeric column left), `all` (every numeric column
    left, in order), `prefix` (columns key_0, key_1 …), or nothing. text: labels that may be class names.
    """

    name: str
    side: str
    key: str
    shape: str
    meaning: str
    names: tuple[str, ...] = ()
    rest: str = ""
    text: bool = False
    flag: str = ""
    shared: bool = False
    """One array for all rows (anchors): every block holds it whole."""


@dataclass(frozen=True)
class Held:
    """What a file holds by name: columns of a table or keys of an archive; is_text(name) reads values to tell text from numbers."""

    names: tuple[str, ...]
    is_table: bool
    is_text: Callable[[str], bool]


@dataclass(frozen=True)
class Conventions:
    """How the user says the numbers are meant. Everything that `prepare` needs and no file says."""

    from_logits: bool = False
    multilabel: bool = False
    classes: tuple[str, ...] = ()
    pred_format: str = "xyxy"
    target_format: str = "xyxy"
    degenerate: str = "error"
    mixed_scale: str = "error"
    nonfinite: str = "error"
    class_weights: Floats | None = None
    centers: Floats | None = None


@dataclass
class Watch:
    """What is only known when every row was seen; one per worker, joined by `|` (never order-dependent)."""

    flags: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)

    def count(self, name: str, n: int) -> None:
        if n:
            self.counts[name] = self.counts.get(name, 0) + n

    def span(self, name: str, low: float, high: float) -> None:
        self.low[name] = min(self.low.get(name, low), low)
        self.high[name] = max(self.high.get(name, high), high)

    def __or__(self, other: Watch) -> Watch:
        out = Watch(self.flags | other.flags, dict(self.counts), dict(self.low), dict(self.high))
        for name, n in other.counts.items():
            out.count(name, n)
        for name in other.low:
            out.span(name, other.low[name], other.high[name])
        return out


Gradients = Mapping[str, Floats]
Reader = Callable[[Block, Loss, Params, Conventions, Watch], tuple[Any, ...]]


@dataclass(eq=False)
class Family:
    """One verb of the tool.

    reads(block, loss, p, conventions, watch) gives the kernel's positional arguments, checked and converted, for losses
    that declare no reader of their own.
    check(block, used, conventions, watch) holds the guards that do not depend on a loss; `used` are the role names.
    conclude(watch, conventions) raises or returns warnings (code, message) once every row was seen.
    restore(gradients, used arrays, conventions) brings gradients into the prediction's own layout, by PRED key.
    choose(side, held, wanted, taken) finds roles by rules of the family's own before the role table is asked: names
    of columns or keys by role name.
    bare(side, row shape, wanted) names the roles that an array without names fills; several share it along its axis 1.
    implied(names) is the box format that column names tell, or None.
    match(blocks by side, groups by side, scores, conventions, method, threshold) gives the rows of sets that belong together.
    piece(loss) is how many rows its kernel is given at a time, where rows stand alone and its many columns of temporaries
    should stay in a core's cache; 0 for a tile at once.
    """

    name: str
    summary: str
    sample: str
    """What one sample is, in words, for losses that do not say otherwise."""
    roles: tuple[Role, ...]
    reads: Reader
    check: Callable[[Block, Conventions, Watch], None] | None = None
    conclude: Callable[[Watch, Conventions], list[tuple[str, str]]] | None = None
    restore: Callable[[Gradients, Mapping[str, Array], Conventions], Gradients] | None = None
    choose: Callable[[str, Held, frozenset[str], frozenset[str]], dict[str, tuple[str, ...]]] | None = None
    bare: Callable[[str, tuple[int, ...], frozenset[str]], tuple[str, ...]] | None = None
    implied: Callable[[tuple[str, ...]], str | None] | None = None
    match: Callable[[Mapping[str, Block], tuple[Ints, Ints], Floats, Conventions, str, float], tuple[Ints, Ints]] | None = None
    piece: Callable[[Loss], int] | None = None
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

    def prepare(self, block: Block, loss: Loss, p: Params, how: Conventions, watch: Watch) -> tuple[Any, ...]:
        """The kernel's positional arguments, checked and converted by the reader that the loss declares, or by the family's."""
        return (loss.reads or self.reads)(block, loss, p, how, watch)

    def find(self, word: str) -> Loss | None:
        """The loss of that name or alias in any common spelling: `cross-entropy`, `cross entropy`, `CrossEntropyLoss`."""
        plain = word.replace("-", "_").lower()
        found = self.losses.get(self.aliases.get(plain, plain))
        if found is not None:
            return found
        names = {self.aliases.get(name, name) for name in same_name(word, self.words)}
        return self.losses[names.pop()] if len(names) == 1 else None

    def role(self, name: str) -> Role:
        return next(r for r in self.roles if r.name == name)

    @property
    def sorted_losses(self) -> list[Loss]:
        """Its losses by name, in whatever file each is declared."""
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
