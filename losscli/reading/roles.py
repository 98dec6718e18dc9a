"""Which columns or keys of a file fill which roles, each with a reason: the one place that decides what a column is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losscli.core.errors import some, visible
from losscli.reading import class_labels, class_order, class_scores
from losscli.reading.array_axes import other_shape
from losscli.reading.broken_series import refuse_broken
from losscli.reading.chosen import Chosen, undecided
from losscli.reading.class_confidence import score_of_class_one
from losscli.reading.class_labels import ClassTables
from losscli.reading.col_option import ColOption, column_of
from losscli.reading.column_facts import ColumnFacts, facts_of
from losscli.reading.crossed_names import refuse_crossed
from losscli.reading.described import Described
from losscli.reading.interval_ends import ends_note, interval_ends
from losscli.reading.series import numbered_after, one_series
from losscli.reading.wide_columns import one, pixels, refuse_counting, refuse_widths, vectors
from losscli.sources.base import FILE_STEM, MultiFile, Source, partitions_of
from losscli.spec.column_names import ABOUT, PRED, PRED_LABEL, fold, is_id, is_index
from losscli.spec.family import Conventions, Family, Role
from losscli.spec.family import Held as Names
from losscli.spec.shapes import shapes

_REST = {"one": one, "vectors": vectors, "pixels": pixels}
MANY_LEFT = 64
"""Left-out columns up to which the values say why each is left out."""


class RoleColumns:
    """The choice of columns for one run; `guesses` and `notes` record what was not stated by the user.

    keys: (PRED, TARGET) pairs of key columns. by: columns that group the rows. Neither is chosen to fill a role without --col.
    """

    def __init__(
        self,
        family: Family,
        pred: Source,
        target: Source | None,
        wanted: frozenset[str],
        cols: Sequence[str],
        keys: Sequence[tuple[str, str]],
        weights: str | None,
        by: Sequence[str] = (),
        conventions: Conventions | None = None,
        facts: Mapping[str, ColumnFacts] | None = None,
    ) -> None:
        self.family, self.pred, self.target, self.wanted = family, pred, target, wanted
        self.keys, self.by = keys, set(by)
        self.weights = {s: weights and column_of(weights, s, self.source(s)) for s in ("pred", "target")}
        self.conventions = conventions or Conventions()
        self.described: Mapping[str, Described] = {}
        self.notes: list[str] = []
        self.guesses: list[str] = []
        self.facts = facts or facts_of(pred, target)
        self.cols = ColOption(family, self.facts, target is None, cols)
        self.chosen: dict[str, dict[str, Chosen]] = {"pred": {}, "target": {}}
        self._extra: dict[tuple[str, str], str | None] = {}
        self.read: dict[str, dict[str, str]] = {"pred": {}, "target": {}}
        """By side, the columns that no loss reads but the matching of boxes."""
        scored = any(r.rest == "scores" for r in family.roles)
        for side in ("pred", "target"):
            self._choose(side, scored)
        if scored:
            self._classes()
        refuse_broken(self.facts, self.chosen, {side: self._taken(side) for side in ("pred", "target")})
        refuse_crossed(family, self.chosen)
        refuse_widths(self.facts, {r.side: r for r in family.roles if r.rest == "pixels"}, self.chosen)

    def source(self, side: str) -> Source:
        return self.pred if side == "pred" or self.target is None else self.target

    def roles(self, side: str) -> list[Role]:
        """The wanted roles that a side may fill."""
        return [r for r in self.family.roles if r.name in self.wanted and r.side in (side, "any")]

    def stated(self, key: str, side: str) -> bool:
        """Whether --col names the columns of a role on that side."""
        return self.cols.columns(key, side) is not None

    def side(self, side: str) -> dict[str, tuple[str, ...]]:
        """The columns by role on one side; () is a bare array."""
        return {role: found.columns for role, found in self.chosen[side].items()}

    def words(self) -> tuple[str, ...]:
        """The classes that the scores stand for, in order; empty where they are numbered from 0."""
        return next((c.words for r, c in self.chosen["pred"].items() if self.family.role(r).key == "scores"), ())

    def extra(self, side: str, key: str) -> str | None:
        """The column of a side for a role that no loss reads, by --col or by name; None if there is none.

        Where several have a name of the role, the one whose name the other side has too, else the first of the table of names.
        """
        if (side, key) not in self._extra:
            self._extra[side, key] = self._find_extra(side, key)
        return self._extra[side, key]

    def reads(self, side: str, key: str) -> str | None:
        """As `extra`, for a column that is then read: it is not left out."""
        name = self.extra(side, key)
        if name is not None:
            self.read[side][key] = name
        return name

    def _find_extra(self, side: str, key: str) -> str | None:
        said = self.cols.columns(key, side)
        if said:
            return said[0]
        role = next(r for r in self.family.roles if r.key == key)
        used = {n for c in self.chosen[side].values() for n in c.columns}
        hits = [n for n in self.facts[side].named((key, *role.names)) if n not in used]
        other = {fold(n) for n in self.facts["target" if side == "pred" else "pred"].named((key, *role.names))}
        order = [fold(n) for n in (key, *role.names)]
        files = FILE_STEM if key == "image_id" and isinstance(self.source(side), MultiFile) else None
        return min(hits, key=lambda n: (fold(n) not in other, order.index(fold(n))), default=files)

    # --- choosing

    def _choose(self, side: str, scored: bool) -> None:
        source, roles, facts, chosen = self.source(side), self.roles(side), self.facts[side], self.chosen[side]
        for r in roles:
            if (names := self.cols.columns(r.key, side)) is not None:
                chosen[r.name] = Chosen(names, "--col")
        left = [r for r in roles if r.name not in chosen]
        if not source.names:
            chosen |= self._bare(side, source, left)
            return
        taken = self._taken(side)
        free = [n for n in facts.names if n not in taken]
        if self.family.choose:
            named = Names(source.names, source.is_table, facts.is_text)
            hits = self.family.choose(side, named, frozenset(r.name for r in left), frozenset(taken))
            chosen |= {role: Chosen(names, "its name") for role, names in hits.items()}
        for r in left:
            if r.name not in chosen and r.rest not in ("scores", "label", "pred_label"):
                self._by_name(side, r, free)
        used = {n for s in ("pred", side) if s == side or self.target is None for c in self.chosen[s].values() for n in c.columns}
        free = [n for n in free if n not in used]
        if not scored and not any(r.side == side for r in roles if r.name in chosen):
            self._rest(side, [r for r in left if r.side == side and r.name not in chosen], free)

    def _taken(self, side: str) -> set[str]:
        """Keys, weights, groups, columns of other roles of --col, and those of the other side of one table."""
        named = {fold(n) for r in self.roles(side) for n in (r.key, *r.names)}  # a group may be a role too, but not by a guess
        taken = {n for n in (*self.by, *partitions_of(self.source(side))) if fold(n) not in named}
        taken |= {pair[0 if side == "pred" else 1] for pair in self.keys}
        taken |= {name} if (name := self.weights[side]) else set()
        sides = ("pred", "target") if self.target is None else (side,)
        for r in self.family.roles:
            for s in sides:
                taken |= set(self.cols.columns(r.key, s) or ())
        if self.target is None and side == "pred" and not any(r.rest == "scores" for r in self.family.roles):
            facts, ours = self.facts["pred"], {fold(n) for x in self.roles("pred") if x.side == "pred" for n in (x.key, *x.names)}
            for r in self.family.roles:
                if r.side == "target" and r.names and r.rest:
                    taken |= {n for n in facts.named((r.key, *r.names)) if fold(n) not in ours}
        return taken

    def _by_name(self, side: str, role: Role, free: Sequence[str]) -> None:
        """Fill a role by its names, or by columns numbered after its key."""
        facts, chosen = self.facts[side], self.chosen[side]
        for names in ((role.key, *role.names), role.weak):
            hits = [n for n in facts.named(names) if n in free and (role.rest or role.shape != "(n,d)" or facts.numeric(n))]
            exact = [n for n in hits if n == role.key]
            hits = exact if exact and role.rest not in ("one",) else hits
            if len(hits) > 1:
                if role.rest:
                    raise undecided(facts.source, self._pasted(side, role), hits)
                order = [fold(n) for n in names]
                hits.sort(key=lambda n: order.index(fold(n)))
            if hits:
                chosen[role.name] = Chosen((hits[0],), "its name")
                return
        if role.rest in ("low", "high") and (ends := interval_ends([n for n in free if facts.numeric(n)])):
            chosen[role.name] = Chosen((ends[role.rest == "high"],), "its level")
            if role.rest == "high":
                self.notes.append(ends_note(ends, free))
        elif facts.source.is_table and (many := numbered_after(free, (role.key, *role.names, *role.weak))):
            chosen[role.name] = Chosen(many, "numbered")

    def _pasted(self, side: str, role: Role) -> str:
        """The role as --col names it: with its side where both sides have it."""
        both = any(r.key == role.key and r.side not in (role.side, "option") for r in self.family.roles)
        return f"{side}.{role.key}" if both else role.key

    def _classes(self) -> None:
        """Scores, label and predicted class together, as each is known by the others."""
        roles = {r.rest: r for r in self.family.roles if r.rest in ("scores", "label", "pred_label")}
        conv, facts = self.conventions, self.facts
        ours = [n for n in facts["pred"].names if n not in self._taken("pred")]
        theirs = [n for n in facts["target"].names if n not in self._taken("target")]
        tables = ClassTables(
            facts["pred"],
            facts["target"],
            tuple(ours),
            tuple(theirs),
            self.target is None,
            tuple(conv.classes),
            not (conv.from_logits or conv.multilabel),
            self.cols.columns(roles["scores"].key, "pred") or (),
            conv.multilabel,
        )
        wants = {rest: r.name in self.wanted for rest, r in roles.items()}
        said = {rest: self.chosen["target" if rest == "label" else "pred"].get(r.name) for rest, r in roles.items()}
        bare = {"pred": not facts["pred"].source.names, "target": not facts["target"].source.names}
        label, scores = said["label"], said["scores"]
        if label is None and wants["label"] and not bare["target"]:
            label = self._array("target", roles["label"], theirs) if not self._table("target") else class_labels.label(tables)
        if scores is None and (wants["scores"] or wants["pred_label"]) and not bare["pred"]:
            scores = self._array("pred", roles["scores"], ours) if not self._table("pred") else class_scores.scores(tables, label)
        elif scores is not None and scores.columns and self._table("pred"):
            scores = class_order.stated(tables, scores, label)
        if label is None and wants["label"] and not bare["target"] and self._table("target"):
            label = class_labels.label_left(tables, scores.columns if scores and self.target is None else ())
        scores = class_order.checked(tables, scores, label, self.notes)
        hard = said.get("pred_label")
        if said["scores"] is None and scores is not None and wants.get("pred_label") and self._table("pred"):
            scores = score_of_class_one(tables, scores, label, hard)
        alone = scores is None or not wants["scores"]  # where there are scores, predicted classes are not read
        if hard is None and wants.get("pred_label") and not bare["pred"] and alone:
            table = self._table("pred")
            hard = class_scores.pred_label(tables, scores, label) if table else self._array("pred", roles["pred_label"], ours)
        for rest, found in (("scores", scores), ("label", label), ("pred_label", hard)):
            if found is not None and wants.get(rest):
                self._take("target" if rest == "label" else "pred", roles[rest], found)

    def _table(self, side: str) -> bool:
        return self.source(side).is_table

    def _array(self, side: str, role: Role, free: Sequence[str]) -> Chosen | None:
        """A key of an archive, by its name or because no other is left."""
        facts = self.facts[side]
        used = {n for c in self.chosen["pred"].values() for n in c.columns} if self.target is None else set()
        hits = [n for n in facts.named((role.key, *role.names, *role.weak)) if n in free and n not in used]
        if role.rest == "scores":  # also under a name of predictions, unless they are classes
            found = hits or [n for n in facts.named(PRED) if n in free and facts.kind(n) == "f"]
            hits = [n for n in found if n not in facts.named(PRED_LABEL) or not facts.whole(n)]
        exact = [n for n in hits if n == role.key]
        if len(exact or hits) > 1:
            raise undecided(facts.source, self._pasted(side, role), hits)
        if hits:
            return Chosen(((exact or hits)[0],), "its name")
        sides = ("pred", "target") if self.target is None else (side,)
        others = [r for s in sides for r in self.roles(s) if r.name != role.name]
        theirs = facts.named(tuple(n for r in others for n in (r.key, *r.names)))
        noted = facts.named(ABOUT)
        left = facts.data([n for n in free if n not in (*used, *theirs, *noted) and (role.text or facts.numeric(n))])
        if role.rest == "pred_label" or (role.rest == "scores" and any(n in free for n in facts.named(PRED_LABEL))):
            return None
        return Chosen((left[0],), "the only key left", guess=True) if len(left) == 1 else None

    def _rest(self, side: str, roles: list[Role], free: Sequence[str]) -> None:
        """The role that takes columns by other reasons than a name."""
        role, facts = next((r for r in roles if r.rest in _REST), None), self.facts[side]
        if role is None:
            return
        if not facts.source.is_table:
            found = self._array(side, role, free)
        else:
            rivals = [r for r in self.family.roles if r.name != role.name and (r.name in self.wanted or len(r.key) > 1)]
            others = {n for r in rivals if r.side in ("pred", "target") for n in (r.key, *r.names)}
            others -= {n for n in others if fold(n) in map(fold, (role.key, *role.names))}
            reserved = set(facts.named(tuple(others)))
            facing, partner = self._facing(side)
            left = [n for n in free if n not in reserved]
            if side == "pred" and facing and role.rest == "one" and not any(map(facts.numeric, facts.data(left))):
                left = [
                    n for n in free if n not in reserved or n in partner
                ]  # the only numbers of PRED, named as the truth in TARGET
            found = _REST[role.rest](facts, self._pasted(side, role), left, facing, partner, role.text)
        if found is not None:
            self._take(side, role, found)

    def _facing(self, side: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The columns of the other file, and those among them that fill its role: by choice, by name, or as the only data."""
        if self.target is None:
            return (), ()
        other = "target" if side == "pred" else "pred"
        facts = self.facts[other]
        if self.chosen[other]:
            return facts.names, tuple(n for c in self.chosen[other].values() for n in c.columns)
        named = facts.named(tuple(n for r in self.roles(other) if r.side == other for n in (r.key, *r.names)))
        numeric = facts.data([n for n in facts.names if facts.numeric(n)])
        return facts.names, tuple(named or (numeric if len(numeric) == 1 else one_series(numeric)))

    def _take(self, side: str, role: Role, found: Chosen) -> None:
        self.chosen[side][role.name] = found
        if found.guess:
            path, columns = visible(self.source(side).path), some(found.columns)
            if self.target is None and side == "target":
                refuse_counting(self.facts[side], found, self.chosen["pred"].values())
                self.notes.append(f"{path}: `{role.key}` read from {columns} (override with --col {role.key}=…)")
            self.guesses.append(f"`{role.key}` of {path} is {columns}")

    def _bare(self, side: str, source: Source, roles: list[Role]) -> dict[str, Chosen]:
        if self.target is None and side == "target":
            return {}
        text = source.kind("") == "U" and any(r.text for r in roles)
        values = source.text("") if text else source.numbers(())
        if text:
            return {r.name: Chosen((), "its text") for r in roles if r.text and r.side == side}
        shape = values.shape
        if self.family.bare and (names := self.family.bare(side, shape, frozenset(r.name for r in roles))):
            return dict.fromkeys(names, Chosen((), "its shape"))
        fits = [r for r in roles if r.side == side and not r.shared and len(shape) + 1 in map(len, shapes(r.shape))]
        if not fits and roles:
            raise other_shape(source, values, ([r for r in roles if r.side == side] or roles)[0])
        return {r.name: Chosen((), "its shape") for r in (fits if not shape else fits[:1])}

    # --- what is left

    def left_out(self, side: str, agreeing: str | None = None) -> tuple[tuple[str, str], ...]:
        """The columns that fill no role of this run, each with the reason. agreeing: the column that the order agrees with."""
        facts = self.facts[side]
        sides = ("pred", "target") if self.target is None else (side,)
        used = {n for s in sides for c in self.chosen[s].values() for n in c.columns} | set(self.read[side].values())
        left = [n for n in facts.names if n not in used]
        keys = {pair[0 if side == "pred" else 1] for pair in self.keys}
        roles = [r for r in reversed(self.family.roles) if r.side in (side, "any")]
        named = {fold(n): f"`{r.key}`, which is not read here" for r in roles for n in (r.key, *r.names)}
        if side == "pred" and self.target is not None:
            theirs = {fold(n) for r in self.family.roles if r.side == "target" for n in (r.key, *r.names)}
            named = {**dict.fromkeys(theirs, "truth, which is read from TARGET"), **named}
        return tuple((n, self._why(side, n, keys, named, len(left) <= MANY_LEFT, agreeing)) for n in left)

    def _why(self, side: str, name: str, keys: set[str], named: Mapping[str, str], look: bool, agreeing: str | None) -> str:
        facts = self.facts[side]
        if name in keys:
            return "the key"
        if name == self.weights[side]:
            return "the weight"
        if name in self.by:
            return "a group"
        if name == agreeing:
            return "an id, the same on both sides"
        folded = facts.folds[name]
        if is_index(name, folded):
            return "an index"
        if name in partitions_of(self.source(side)):
            return "from the paths of the files"
        if folded in named:
            return named[folded]
        if is_id(name, folded):
            return "an id"
        if not look:
            return "not named after a role"
        return facts.identifies(name) or {"U": "text", "": "not an array of rows"}.get(facts.kind(name), "not named after a role")
