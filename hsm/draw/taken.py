"""Which transitions a machine took, from what a trace says.

In: a Chart, and one `Move` after the other. Out: identifiers of transitions. A trace names no transitions; they follow
from the configuration, the cause, the answers of guards, what was exited and entered, and the effects that ran.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from hsm.charts import Chart, ChartBehavior, ChartGuard, ChartTransition, ChartTrigger

Key = tuple[str, str, str]
"""A behaviour: its name, the path of its vertex, and its line and column; the file may have another name elsewhere.

Where the chart has no such line and column, as the file was edited meanwhile, name and vertex have to do.
"""

_POSITION = re.compile(r"\d+(:\d+)?$")


@attrs.define
class Move:
    """What happened within a step on one cause.

    Attributes:
        cause: As records have it.
        event: The name of the event that is processed.
        active: The paths of the vertices that were active before it.
        answers: What guards answered.
        exited: The paths of what was exited, in order.
        entered: The paths of what was entered, in order.
        effects: The effects that ran.
    """

    cause: str
    event: str
    active: frozenset[str]
    answers: dict[Key, bool] = attrs.field(factory=dict[Key, bool])
    exited: list[str] = attrs.field(factory=list[str])
    entered: list[str] = attrs.field(factory=list[str])
    effects: set[Key] = attrs.field(factory=set[Key])


def key(name: str, vertex: str, place: str) -> Key:
    """The key of a behaviour in a record."""
    position = _POSITION.search(place)
    return name, vertex, position[0] if position else ""


class Taken:
    """Finds out, move by move, which transitions a machine took; histories are remembered from one to the next.

    Args:
        chart: The machine's.
        is_whole: Whether the moves begin at the machine's start, so that what was not seen did not happen.
    """

    def __init__(self, chart: Chart, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self._vertices = {vertex.path: vertex for vertex in chart.vertices}
        self._root = chart.vertices[0].path
        self._transitions = {each.id: each for each in chart.transitions}
        self._leaving: dict[str, list[ChartTransition]] = {}
        for each in chart.transitions:
            if each.role != "default_entry":
                self._leaving.setdefault(each.source, []).append(each)
        self._remembered: set[str] = set()
        self._known = {key for each in chart.transitions for key in _keys(each)}

    def by(self, move: Move) -> Iterator[str]:
        """The identifiers of the transitions that *move* took, in order."""
        move.answers.update(
            {(*each[:2], ""): answer for each, answer in move.answers.items() if each not in self._known}
        )
        move.effects.update([(*each[:2], "") for each in move.effects if each not in self._known])
        selected = self._selected(move)
        self._remember(move)  # what is exited is so before anything is entered
        targets: list[str] = []
        for transition in selected:
            yield from self._along(transition, move, targets)
        for path in self._entered(move, targets):
            default = self._vertices[path].default_entry
            if default is not None and not self._is_targeted(path, targets):
                yield from self._along(self._transitions[default], move, targets)

    def _entered(self, move: Move, targets: list[str]) -> list[str]:
        """What may have been entered by default: what was entered, and what an entry point or a history belongs to."""
        pseudostates = [self._vertices[target] for target in targets]
        owners = [
            each.parent for each in pseudostates if each.kind not in ("state", "final", "terminate") and each.parent
        ]
        return [*[owner for owner in owners if owner not in move.entered], *move.entered]

    # --- which fired -----------------------------------------------------------------------------------------

    def _selected(self, move: Move) -> list[ChartTransition]:
        """The transitions that fired, those of nested states alone where both would."""
        found: dict[str, ChartTransition] = {}
        for leaf in sorted(move.active):
            if not any(other.startswith(f"{leaf}/") for other in move.active):
                fired = self._from(leaf, move)
                if fired is not None:
                    found[fired.id] = fired
        sources = [each.source for each in found.values()]
        return [each for each in found.values() if not any(other.startswith(f"{each.source}/") for other in sources)]

    def _from(self, leaf: str, move: Move) -> ChartTransition | None:
        """What fired from *leaf* or, if nothing did, from what is around it.

        One that leaves no traces when it is taken counts only if there is no other.
        """
        silent: ChartTransition | None = None
        path = leaf
        while path:
            ranked = [(self._rank(each, move), each) for each in self._leaving.get(path, ())]
            for _, each in sorted([(rank, each) for rank, each in ranked if rank is not None], key=_first):
                if self._holds(each.guard, path, move) and self._left_traces(each, move):
                    if each.targets or each.effects:
                        return each
                    silent = silent or each
            path = path.rpartition("/")[0]
        return silent

    def _rank(self, transition: ChartTransition, move: Move) -> tuple[int, int] | None:
        """How soon *transition* is asked among those of its source (rule T2); ``None`` if nothing triggers it."""
        kind, _, source = move.cause.partition(" of ")
        if kind == "completion":
            is_completion = all(trigger.kind == "completion" for trigger in transition.triggers)
            return (0, 0) if transition.source == source and is_completion else None
        ranks = [_rank(trigger, kind, move.event) for trigger in transition.triggers]
        if kind in ("after", "every", "at") and transition.source != source:
            return None
        return min([rank for rank in ranks if rank is not None], default=None)

    def _holds(self, guard: ChartGuard | None, vertex: str, move: Move) -> bool:
        """What *guard* answered; one that was not asked did not hold."""
        if guard is None:
            return True
        if guard.behavior is not None:
            exact = _key(guard.behavior, vertex)
            return move.answers.get(exact, move.answers.get((*exact[:2], ""), False))
        if guard.kind == "in_state":
            if vertex in move.active:
                return guard.vertex in move.active
            return guard.vertex in move.entered or (guard.vertex in move.active and guard.vertex not in move.exited)
        answers = (self._holds(part, vertex, move) for part in guard.parts)
        if guard.kind == "not_":
            return not next(answers) and self._was_asked(guard.parts[0], vertex, move)
        return all(answers) if guard.kind == "all_of" else any(answers)

    def _was_asked(self, guard: ChartGuard, vertex: str, move: Move) -> bool:
        if guard.behavior is not None:
            exact = _key(guard.behavior, vertex)
            return exact in move.answers or (*exact[:2], "") in move.answers
        return not guard.parts or any(self._was_asked(part, vertex, move) for part in guard.parts)

    def _left_traces(self, transition: ChartTransition, move: Move) -> bool:
        """Whether what *transition* does when it is taken was done."""
        if not self._ran(transition, move):
            return False
        if transition.kind == "external" and transition.source not in (self._root, *move.exited):
            return False
        return self._arrived(transition, move)

    def _arrived(self, transition: ChartTransition, move: Move) -> bool:
        """Whether all states that *transition* leads to were entered."""
        states = [target for target in transition.targets if self._vertices[target].kind in ("state", "final")]
        return all(target in move.entered for target in states)

    def _ran(self, transition: ChartTransition, move: Move) -> bool:
        """Whether its first effect ran, if it has one; after an error the others do not."""
        if not transition.effects:
            return True
        exact = _key(transition.effects[0], transition.source)
        return exact in move.effects or (*exact[:2], "") in move.effects

    # --- where it led ----------------------------------------------------------------------------------------

    def _along(self, transition: ChartTransition, move: Move, targets: list[str]) -> Iterator[str]:
        """*transition* and what it led on to behind pseudostates; where it ended is added to *targets*."""
        waiting = [transition]
        while waiting:
            here = waiting.pop()
            yield here.id
            for target in reversed(here.targets):
                onwards = self._onwards(target, move)
                waiting += reversed(onwards)
                if not onwards:
                    targets.append(target)

    def _onwards(self, path: str, move: Move) -> list[ChartTransition]:
        """What was taken from the pseudostate at *path*; nothing from a state."""
        vertex, leaving = self._vertices[path], self._leaving.get(path, [])
        owner = vertex.parent or path
        match vertex.kind:
            case "fork":
                return leaving
            case "choice" | "junction" | "entry_point" | "exit_point" | "join":
                if vertex.joined_regions and not any(region in move.exited for region in vertex.joined_regions):
                    return []  # it waits for the other regions
                held = [each for each in leaving if self._holds(each.guard, path, move)]
                return [each for each in held if self._ran(each, move) and self._arrived(each, move)][:1]
            case "shallow_history" | "deep_history":
                return leaving if self._is_whole and owner not in self._remembered else []
            case _:
                return []

    def _is_targeted(self, path: str, targets: Iterable[str]) -> bool:
        """Whether what is inside *path* was entered because a transition, or a history, named it."""
        for target in targets:
            vertex = self._vertices[target]
            owner = vertex.parent or ""
            if vertex.kind in ("shallow_history", "deep_history"):
                is_restored = owner in self._remembered or not self._is_whole
                if is_restored and (path == owner or (vertex.kind == "deep_history" and path.startswith(f"{owner}/"))):
                    return True
                target = owner
            if target.startswith(f"{path}/") and vertex.kind != "entry_point":
                return True
        return False

    def _remember(self, move: Move) -> None:
        """Note of what a history has a memory now (rule R5)."""
        for path in move.exited:
            owner = self._vertices[path].parent
            if self._vertices[path].kind == "final" and owner is not None:
                self._remembered.discard(owner)
            elif owner is not None:
                self._remembered.add(owner)


def _keys(transition: ChartTransition) -> Iterator[Key]:
    """The keys of the effects of *transition*, and of what its guard asks."""
    guards = [transition.guard] if transition.guard is not None else []
    while guards:
        guard = guards.pop()
        guards += guard.parts
        if guard.behavior is not None:
            yield _key(guard.behavior, transition.source)
    for effect in transition.effects:
        yield _key(effect, transition.source)


def _first(ranked: tuple[tuple[int, int], ChartTransition]) -> tuple[int, int]:
    return ranked[0]


def _key(behavior: ChartBehavior, vertex: str) -> Key:
    place = behavior.place
    if place is None:
        return behavior.name, vertex, ""
    return behavior.name, vertex, f"{place.line}" if place.column is None else f"{place.line}:{place.column + 1}"


def _rank(trigger: ChartTrigger, kind: str, event: str) -> tuple[int, int] | None:
    """How soon a transition with *trigger* is asked; ``None`` if it is not what happened."""
    if kind in ("after", "every", "at"):
        return (0, 0) if trigger.kind == kind else None
    if kind == "change":
        return (0, 0) if trigger.kind == "when" else None
    name = trigger.name or ""
    if kind.startswith("call"):
        return (0, 0) if trigger.kind == "call" and name == event else None
    match trigger.kind:
        case "event" if name == event:
            return 0, 0
        case "prefix" if event.startswith(name):
            return 1, -len(name)
        case "any" if not event.startswith("hsm_"):
            return 2, 0
        case _:
            return None
