"""Which transition fires: rules T2 to T4, D1, D3, R4 and R6, and what conditions come to."""

from __future__ import annotations

from collections.abc import Callable

from laws.description import Cond
from laws.reference.present import Event, Present
from laws.reference.tree import STATES, STATIC, Placed, container, inside

DEFERRED = "deferred"


def matches(pattern: str, event: Event) -> bool:
    """T2: ``*`` and prefixes match no built-in event."""
    if pattern == "*" or pattern.endswith(".*"):
        return event.name.startswith(pattern[:-1]) and not event.name.startswith("hsm_")
    return pattern == event.name


class Selection:
    """Asks guards; changes nothing else. A decision is a list of transitions, each with its route, or `DEFERRED`."""

    def __init__(self, present: Present) -> None:
        self.present = present
        self.tree = present.tree

    def decide(self, event: Event) -> list | str:
        """T4: the transitions that fire, each with its route; nothing; or `DEFERRED`."""
        return self._offer(lambda path: self._triggered(path, event), event)

    def _offer(self, triggered: Callable[[tuple], list[Placed]], event: Event) -> list | str:
        wanted = self._wanted(self.tree.root, triggered, event, {})
        if wanted == DEFERRED:
            return DEFERRED
        chosen: list = []
        for each in wanted:  # one that gives way to another is no reason for a third to give way
            if not self._conflicts(each, chosen):
                chosen.append(each)
        return chosen

    def _wanted(self, path: tuple, triggered: Callable, event: Event, asked: dict) -> list | str:
        """T2, D1, D3: what each region in *path* chooses for itself, or `DEFERRED`.

        *asked* keeps what guards behind junctions gave, and which pseudostates are closed: two routes may lead there,
        and each is looked at once (T2, R4).
        """
        chosen: list = []
        for child in self.present.active_in(path):
            decision = self._wanted(child, triggered, event, asked)
            if decision == DEFERRED:
                return DEFERRED
            chosen += decision
        if chosen:
            return chosen
        found = self.first_enabled(triggered(path), event, asked)
        if not found and any(matches(pattern, event) for pattern in self.tree.defers[path]):
            return DEFERRED
        return found

    def _triggered(self, path: tuple, event: Event) -> list[Placed]:
        """T2: an exact name before prefixes, longer ones first, before ``*``; else in order of declaration."""
        if event.is_call:
            return [placed for placed in self.tree.outgoing(path) if placed.move.call == event.name]

        def rank(placed: Placed) -> int:
            best = max((p for p in placed.move.on if matches(p, event)), key=lambda p: (p == event.name, len(p)))
            return -1000 if best == event.name else -len(best)

        moves = [p for p in self.tree.outgoing(path) if any(matches(pattern, event) for pattern in p.move.on)]
        return sorted(moves, key=rank)

    def on_change(self, moves: list[Placed], event: Event) -> list:
        """T6: a change event that may trigger *moves*, and is offered as any event is (T2, T4)."""
        return self._offer(lambda path: [placed for placed in moves if placed.source == path], event)

    def first_enabled(self, moves: list[Placed], event: Event, asked: dict) -> list:
        """The first of *moves* whose guards hold and whose route is open, with that route; or nothing."""
        for placed in moves:
            route: dict = {}
            if self._all_hold(placed, event) and self._is_open(placed, route, asked, event):
                return [(placed, route)]
        return []

    def _is_open(self, placed: Placed, route: dict, asked: dict, event: Event) -> bool:
        """R4: whether it goes on through the junctions, exit points and joins behind; how is kept in *route*."""
        for target in placed.targets:
            if self.tree.kinds[target] not in STATIC or self.only_waits(placed, target):
                continue
            if target in asked:
                return False
            branches = self.tree.outgoing(target)
            if not branches and self.tree.kinds[target] == "exit_point":
                continue
            for branch in branches:
                if branch not in asked:
                    asked[branch] = self._all_hold(branch, event)
                if asked[branch] and self._is_open(branch, route, asked, event):
                    route[target] = branch
                    break
            else:
                asked[target] = False
                return False
        return True

    def only_waits(self, placed: Placed, target: tuple) -> bool:
        """R6: other regions have not come to this join yet."""
        others = [region for region in self.tree.joining(target) if not inside(region, placed.source)]
        return any(self.present.waiting.get(region) != target for region in others)

    def _conflicts(self, each: tuple, chosen: list) -> bool:
        """T4: two that would leave the same vertices."""
        mine = self._would_leave(each)
        return any(mine & self._would_leave(other) for other in chosen)

    def _would_leave(self, each: tuple) -> set[tuple]:
        placed, route = each
        outers = [outer for segment in (placed, *route.values()) for outer in self.scope(segment)[0]]
        return {path for path in self.present.active for outer in outers if inside(outer, path)}

    def scope(self, placed: Placed) -> tuple[list[tuple], tuple]:
        """The vertices whose insides are left, and the vertex from which is entered (K1 to K4, R6, R7)."""
        source, targets, kinds = placed.source, placed.targets, self.tree.kinds
        if not targets:
            return [], source
        if kinds[targets[0]] == "join" and self.tree.joining(targets[0]) and not self.only_waits(placed, targets[0]):
            outer = container(source, targets[0])  # the last one is like any other transition (R6, K4)
            return [outer], outer
        if kinds[targets[0]] in ("join", "exit_point"):
            owners = [r[:-1] for r in self.tree.joining(targets[0])] or [targets[0][:-1]]
            region = [region for region in self.tree.regions(owners[0]) if inside(region, source)]
            return region or [owners[0]], owners[0]
        if kinds[source] == "entry_point":
            return [], source[:-1]
        if kinds[source] == "exit_point":
            source = source[:-1]
        elif kinds[source] == "join" and inside(owner := self.tree.joining(source)[0][:-1], source):
            source = owner  # from within, the way out is that of the state whose regions are joined
        elif kinds[source] in STATES and not placed.move.is_external and all(inside(source, t) for t in targets):
            regions = [r for r in reversed(self.tree.regions(source)) if any(inside(r, t) for t in targets)]
            return regions or [source], source
        outer = container(source, *targets)
        return [outer], outer

    # --- conditions ------------------------------------------------------------------------------------------

    def _all_hold(self, placed: Placed, event: Event) -> bool:
        """T3 and E2."""
        return all(self.holds(guard, placed.root, event) for guard in placed.move.guards)

    def holds(self, cond: Cond, root: tuple, event: Event, answers: dict | None = None) -> bool | None:
        """Whether *cond* holds; ``None`` once something in it has failed: then nothing more of it is asked.

        What a predicate is in *answers* is not asked again.
        """
        if cond.kind == "in":
            return (*root, *cond.path) in self.present.active
        if cond.kind == "not":
            answer = self.holds(cond.inner[0], root, event, answers)
            return None if answer is None else not answer
        if cond.kind in ("all", "any"):
            for each in cond.inner:
                answer = self.holds(each, root, event, answers)
                if answer is None or answer is (cond.kind == "any"):
                    return answer
            return cond.kind == "all"
        if answers is None:
            return self._ask(cond, event)
        if cond.label not in answers:
            answers[cond.label] = self._ask(cond, event)
        return answers[cond.label]

    def _ask(self, cond: Cond, event: Event) -> bool | None:
        """What the predicate gives; ``None`` if it fails."""
        self.present.log.append(f"?{cond.label}@{event}")
        if cond.seconds:
            self.present.timeline.pause(cond.seconds)
        if cond.kind == "fail":
            self.present.fail(cond.label)
            return None
        return self.present.variables[cond.what]
