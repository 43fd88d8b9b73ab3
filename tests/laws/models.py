"""Random machines and random events for them: one generator, for hypothesis and for plain seeds.

Out: `Description` values, most of them valid; `descriptions()` gives only valid ones. What would never come to an
end is avoided where it is easy to: a default entry only leads inwards, completion transitions only onwards.
"""

from __future__ import annotations

import warnings

import attrs
from hypothesis import strategies as st
from laws.description import EVENTS, VARIABLES, Act, Cond, Description, Move, Node, build_functional

import hsm

TRIGGERS = (*EVENTS, *EVENTS, "x.*", "x.y.*", "*")
RESTART = "restart"
"""An operation among the events."""
KINDS = (
    "model",
    "state",
    "region",
    "submachine",
    "final",
    "choice",
    "junction",
    "shallow_history",
    "deep_history",
    "fork",
    "join",
    "entry_point",
    "exit_point",
    "terminate",
)
"""Every kind of vertex."""
PASSED_THROUGH = ("choice", "junction", "shallow_history", "deep_history", "entry_point")


def describe(random) -> Description:
    """A machine, not always valid; *random* is a `random.Random` or what hypothesis gives in its place."""
    return Description(_Maker(random, "M", has_submachines=True).machine())


def operations(random) -> list[str]:
    """What happens to a machine after its start."""
    return [random.choice((*EVENTS, *EVENTS, RESTART)) for _ in range(random.randint(1, 10))]


def is_valid(description: Description) -> bool:
    """Whether the library takes it; warnings are none of our business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        try:
            build_functional(description)
        except hsm.DefinitionError:
            return False
    return True


@st.composite
def descriptions(draw) -> Description:
    """Valid descriptions."""
    return draw(st.randoms(use_true_random=False).map(describe).filter(is_valid))


@st.composite
def sequences(draw) -> list[str]:
    """Operations."""
    return operations(draw(st.randoms(use_true_random=False)))


@attrs.define(eq=False)
class _Draft:
    """A vertex in the making."""

    kind: str
    name: str
    above: _Draft | None
    children: list[_Draft] = attrs.Factory(list)
    moves: list[Move] = attrs.Factory(list)
    default: Move | None = None
    model: Node | None = None
    leads_inwards: bool = False
    joins: _Draft | None = None  # whose regions

    @property
    def path(self) -> tuple[str, ...]:
        return () if self.above is None else (*self.above.path, self.name)

    def around(self) -> list[_Draft]:
        """The drafts around this one, innermost first."""
        return [] if self.above is None else [self.above, *self.above.around()]

    def all(self) -> list[_Draft]:
        """This and everything in it, in order."""
        return [self, *(inner for child in self.children for inner in child.all())]

    def regions(self) -> list[_Draft]:
        return [child for child in self.children if child.kind == "region"]

    def is_composite(self) -> bool:
        return any(child.kind in ("state", "submachine", "final", "region") for child in self.children)


class _Maker:
    """One machine in the making: first what stands in what, then what leads where, then what it does."""

    def __init__(self, random, name: str, *, has_submachines: bool) -> None:
        self.random = random
        self.labels = 0
        self.prefix = "" if has_submachines else name
        self.has_submachines = has_submachines
        self.left = random.choice((3, 5, 8, 12))
        self.level = random.choice((0.05, 0.15, 0.3))  # how often something unusual happens
        self.root = _Draft("model", name, None)
        self.changes: list[Cond] = []  # what change triggers wait for

    def machine(self) -> Node:
        self._fill(self.root, 0)
        drafts = self.root.all()
        self.order = {id(draft): number for number, draft in enumerate(drafts)}
        self.states = [draft for draft in drafts if draft.kind in ("state", "submachine")]
        for draft in reversed(drafts):  # what a default may lead to is known before it is asked for
            self._behind(draft)
        for draft in drafts:
            if draft.kind in ("model", "state", "region") and draft.is_composite() and self._flag(0.5):
                draft.default = self._default(draft)
        for _ in range(self.random.randint(len(self.states) // 2, 2 * len(self.states) + 2)):
            self._transition()
        for draft in drafts:
            if draft.kind == "join":
                self._joined(draft)
        return self._node(self.root)

    # --- what stands in what ---------------------------------------------------------------------------------

    def _fill(self, draft: _Draft, depth: int) -> None:
        if draft.kind != "region" and depth < 3 and self._flag(self.level):
            for _ in range(self.random.choice((2, 2, 3))):
                self._fill(self._add(draft, "region"), depth + 1)
        else:
            for _ in range(self.random.choice((1, 2, 2, 3))):
                self.left -= 1
                state = self._add(draft, "state")
                if depth < 3 and self.left > 0 and self._flag(0.35):
                    self._fill(state, depth + 1)
                elif self.has_submachines and self._flag(self.level / 2):
                    state.kind = "submachine"
                    state.model = _Maker(self.random, f"S{self.order_of_names()}", has_submachines=False).machine()
            if self._flag(0.3):
                self._add(draft, "final")
        self._pseudostates(draft)

    def _pseudostates(self, draft: _Draft) -> None:
        for kind in ("choice", "choice", "junction", "shallow_history", "deep_history", "terminate"):
            if self._flag(self.level / 2 if kind == "terminate" else self.level) and not (
                kind.endswith("history") and draft is self.root
            ):
                self._add(draft, kind).leads_inwards = self._flag(0.5)
        if draft.kind != "region":
            for kind in ("entry_point", "exit_point"):
                if self._flag(self.level):
                    self._add(draft, kind)
        if draft.regions() and self._flag(3 * self.level):
            self._add(draft if self._flag(0.5) or draft.above is None else draft.above, "fork")
        if draft.regions() and self._flag(3 * self.level):
            # beside the regions, further out, or in one of them
            place = self.random.choice([draft, draft, *draft.around(), *draft.regions()])
            self._add(place, "join").joins = draft
        self.random.shuffle(draft.children)

    def _add(self, above: _Draft, kind: str) -> _Draft:
        draft = self._new(kind, above)
        above.children.append(draft)
        return draft

    def _new(self, kind: str, above: _Draft) -> _Draft:
        return _Draft(kind, f"{kind[0]}{self.order_of_names()}", above)

    def order_of_names(self) -> int:
        self.labels += 1
        return self.labels

    # --- what leads where ------------------------------------------------------------------------------------

    def _behind(self, draft: _Draft) -> None:
        """The ways behind a pseudostate."""
        if draft.kind in ("choice", "junction"):
            targets = self._inwards(draft.above) if draft.leads_inwards else self._targets(draft)
            targets = [each for each in targets if each.kind not in PASSED_THROUGH or self._is_after(each, draft)]
            for number in range(self.random.choice((1, 2, 3))):
                guards = self._guards(1.0) if number else ()
                draft.moves.insert(0, self._to(draft, targets, guards=guards))
        elif draft.kind.endswith("history"):
            if self._flag(0.5):
                draft.default = self._to(draft, self._inwards(draft.above))
        elif draft.kind == "entry_point":
            if self._flag(0.7):
                draft.moves.append(self._to(draft, self._inwards(draft.above)))
        elif draft.kind == "exit_point":
            if draft.above is not self.root:
                draft.moves += self._ways_out(draft)
        elif draft.kind == "fork":
            self._forked(draft)
        elif draft.kind == "submachine":
            for door in draft.model.parts:
                if isinstance(door, Node) and door.kind == "exit_point":
                    draft.children.append(_Draft("exit_point", door.name, draft, moves=self._ways_out(draft)))

    def _ways_out(self, draft: _Draft) -> list[Move]:
        targets = [each for each in self._targets(draft) if each.kind not in PASSED_THROUGH]
        ways = [attrs.evolve(self._to(draft, targets), spelling="absolute")]
        if self._flag(self.level):
            ways.insert(0, attrs.evolve(ways[0], guards=self._guards(1.0), effects=self._acts("way")))
        return ways

    def _forked(self, draft: _Draft) -> None:
        owner = next((each for each in (draft.above, *draft.above.children) if each.regions()), None)
        for region in owner.regions() if owner is not None else ():
            if len(draft.moves) < 2 or self._flag(0.5):
                draft.moves.append(self._to(draft, self._inwards(region)))

    def _joined(self, draft: _Draft) -> None:
        """A completion transition from each of several regions, and a way behind."""
        owner = draft.joins
        for region in owner.regions()[: self.random.choice((2, 3))]:
            sources = [each for each in region.all() if each.kind in ("state", "submachine")]
            source = self.random.choice(sources)
            source.moves.append(Move(targets=(draft.path,), effects=self._acts("join")))
        draft.moves += self._ways_out(draft)

    def _default(self, draft: _Draft) -> Move:
        if draft.regions():
            targets = tuple(self._pick(self._inwards(region)).path for region in draft.regions() if self._flag(0.7))
            return Move(targets=targets, effects=self._acts("init")) if targets else None
        return self._to(draft, self._inwards(draft))

    def _transition(self) -> None:
        """One transition with or without a trigger, written where it starts, or elsewhere."""
        source = self.random.choice([*self.states, *self.states, self.root])
        is_completion = self._flag(0.2)
        targets = self._targets(source)
        if is_completion and source is self.root:
            targets = [each for each in targets if each.kind == "state"]
        elif is_completion:
            targets = [each for each in targets if self._is_after(each, source) and each.kind not in PASSED_THROUGH]
        elif self._flag(0.5):  # within sight, mostly
            targets = [each for each in targets if each.above in (source, source.above)] or targets
        move = self._to(source, targets, guards=self._guards(0.35)) if targets else Move()
        regions = [region for region in source.regions() if not is_completion]
        if len(regions) > 1 and self._flag(self.level):
            several = tuple(self._pick(self._inwards(region)).path for region in regions[:2])
            move = attrs.evolve(move, targets=several)
        if self._flag(0.15):
            move = attrs.evolve(move, targets=())
        on = () if is_completion else tuple(self.random.choice(TRIGGERS) for _ in range(self.random.choice((1, 1, 2))))
        if on and self._flag(self.level):
            on = ("hsm_error",)
        written_in = source
        if on and self._flag(self.level):
            move, on = attrs.evolve(move, when=self._change()), ()
            written_in = self.root  # so that a class can say that several are about the same predicate
        move = attrs.evolve(move, on=on, is_external=self._flag(self.level))
        if written_in is not source:
            move = attrs.evolve(move, source=source.path)
        elif move.when is None and self._flag(self.level):
            written_in = self.random.choice([self.root, *self.states])
            move = attrs.evolve(move, source=source.path)
        if written_in.kind == "submachine":
            written_in.moves.append(attrs.evolve(move, spelling="absolute"))
        else:
            written_in.moves.append(move)

    def _targets(self, source: _Draft) -> list[_Draft]:
        """Everything that a transition of *source* may lead to."""
        return [
            draft
            for draft in self.root.all()
            if draft.kind not in ("region", "model", "join")
            and not (draft.above is not None and draft.above.kind == "submachine")
            and (draft.kind != "exit_point" or draft.above in source.around())
            and (draft is not source or source.kind in ("state", "submachine"))
            and not _is_across(source, draft)
        ]

    def _inwards(self, owner: _Draft) -> list[_Draft]:
        """Everything strictly inside *owner* that leads no further out than that."""
        found = []
        for draft in owner.all()[1:]:
            if draft.kind in ("state", "submachine", "final") and draft.above.kind != "submachine":
                found += [draft, draft]
            elif (
                (draft.kind in ("choice", "junction") and draft.leads_inwards and draft.moves)
                or (draft.kind.endswith("history") and draft.default is not None)
                or (draft.kind == "entry_point" and draft.above is not owner and draft.moves)
            ):
                found.append(draft)
        return found

    def _is_after(self, draft: _Draft, other: _Draft) -> bool:
        return self.order.get(id(draft), 0) > self.order.get(id(other.all()[-1]), 0)

    def _to(self, source: _Draft, targets: list[_Draft], guards: tuple[Cond, ...] = ()) -> Move:
        spelling = self.random.choice(("absolute", "dotted", "dotted" if source.kind == "submachine" else "bare"))
        return Move(guards=guards, targets=(self._pick(targets).path,), effects=self._acts("t", 0.5), spelling=spelling)

    def _pick(self, drafts: list[_Draft]) -> _Draft:
        return self.random.choice(drafts or [self.root])

    # --- what it does ----------------------------------------------------------------------------------------

    def _node(self, draft: _Draft) -> Node:
        is_state = draft.kind in ("model", "state", "submachine")
        parts = [self._node(child) for child in draft.children]
        for move in draft.moves if draft.kind not in ("choice", "junction") else ():
            parts.insert(self.random.randint(0, len(parts)), move)
        if draft.kind in ("choice", "junction"):
            parts = draft.moves
        return Node(
            draft.kind,
            draft.name,
            tuple(parts),
            entry=self._acts(f"+{draft.name}", 0.8) if is_state else (),
            exit=self._acts(f"-{draft.name}", 0.8) if is_state else (),
            defers=(self.random.choice(TRIGGERS),) if is_state and self._flag(self.level) else (),
            default=draft.default,
            model=draft.model,
        )

    def _acts(self, label: str, chance: float = 0.3) -> tuple[Act, ...]:
        if not self._flag(chance):
            return ()
        return tuple(self._act(label) for _ in range(self.random.choice((1, 1, 1, 2))))

    def _act(self, label: str) -> Act:
        label = f"{self.prefix}{label}.{self.order_of_names()}"
        is_async = self._flag(0.3)
        if self._flag(0.75):
            return Act(label, is_async=is_async)
        does = self.random.choice(("send", "fail", "set", "set", "clear"))
        what = {"send": EVENTS, "fail": ("",)}.get(does, VARIABLES)
        return Act(label, does, self.random.choice(what), is_async)

    def _guards(self, chance: float) -> tuple[Cond, ...]:
        if not self._flag(chance):
            return ()
        return tuple(self._cond(0) for _ in range(self.random.choice((1, 1, 1, 2))))

    def _change(self) -> Cond:
        """What a change trigger waits for: often what another one waits for as well, or something made of that."""
        if self.changes and self._flag(0.6):
            known = self.random.choice(self.changes)
            return Cond("not", inner=(known,)) if self._flag(0.3) else known
        self.changes.append(self._cond(0))
        return self.changes[-1]

    def _cond(self, depth: int) -> Cond:
        if depth < 2 and self._flag(0.3):
            kind = self.random.choice(("not", "all", "any"))
            count = 1 if kind == "not" else 2
            return Cond(kind, inner=tuple(self._cond(depth + 1) for _ in range(count)))
        if self._flag(0.1):
            return Cond("in", path=self.random.choice(self.states).path)
        label = f"{self.prefix}g{self.order_of_names()}"
        kind = "fail" if self._flag(self.level / 3) else "var"
        return Cond(kind, label, self.random.choice(VARIABLES), is_async=self._flag(0.3))

    def _flag(self, chance: float) -> bool:
        return self.random.random() > 1 - chance  # the least that hypothesis can draw leaves everything out


def _is_across(source: _Draft, target: _Draft) -> bool:
    """Whether the two lie in different regions of one state."""
    ours, theirs = [source, *source.around()], [target, *target.around()]
    regions = [each for each in ours if each.kind == "region"]
    return any(
        other.kind == "region" and other.above is mine.above and other is not mine
        for mine in regions
        for other in theirs
    )
