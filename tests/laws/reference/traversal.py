"""What is left and what is entered: rules K1 to K5, R1 to R8 and C1."""

from __future__ import annotations

from laws.reference.background import Background
from laws.reference.present import Event, Present
from laws.reference.selection import DEFERRED, Selection
from laws.reference.tree import OUTSIDE, REAL, Placed, container, inside


class Traversal:
    """Fires transitions. Histories, and what regions came from to a join, are its own."""

    def __init__(self, present: Present, selection: Selection, background: Background) -> None:
        self.present = present
        self.tree = present.tree
        self.selection = selection
        self.background = background
        self.truths: dict[Placed, bool] = {}  # of the change triggers of what is active (T6)
        self.came_from: dict[tuple, list[tuple]] = {}  # region -> what was active in it before it waited
        self.before: list[tuple] = []  # the active leaves before the transition that fires
        self.memory: dict[tuple, list[tuple]] = {}

    def fire_all(self, decision: list | str, event: Event) -> str | None:
        """T4: all that was chosen, but for what an earlier one has left; what the last effect of the last one gave."""
        present, given = self.present, None
        fires = [(*each, present.active[each[0].source]) for each in decision] if decision != DEFERRED else []
        for placed, route, activation in fires:
            if not present.ended and present.active.get(placed.source) == activation:
                leaves = [path for path in present.active if not present.active_in(path)]
                self.before = [
                    p for leaf in leaves for p in (self.came_from[leaf] if leaf in present.waiting else [leaf])
                ]
                given = self._fire(placed, event, route)
        return given

    def _fire(self, placed: Placed, event: Event, route: dict) -> str | None:
        """K4: leave, effects, enter; what the last effect gave."""
        present = self.present
        leaves, within = self.selection.scope(placed)
        regions = self.tree.joining(placed.targets[0]) if len(placed.targets) == 1 else []
        mine = [region for region in regions if inside(region, placed.source)]
        is_last = bool(mine) and not self.selection.only_waits(placed, placed.targets[0])
        for outer in leaves:
            self.leave_inside(outer, event)
        given = present.run(placed.move.effects, event)
        if mine:
            if mine[0] in present.active:
                present.waiting[mine[0]] = placed.targets[0]
                self.came_from[mine[0]] = [path for path in self.before if inside(mine[0], path)]
            if is_last:
                self._reach(placed.targets[0], event, route)
        elif len(placed.targets) == 1 and self.tree.kinds[placed.targets[0]] == "exit_point":
            self._reach(placed.targets[0], event, route)
        elif placed.targets:
            self._enter_inside(within, placed.targets, event, route)
        return given

    def leave_inside(self, outer: tuple, event: Event) -> None:
        """K4: innermost first, later regions before earlier ones."""
        present = self.present
        self._remember(outer)
        owner = outer[:-1] if outer and self.tree.kinds[outer] == "region" else outer
        present.complete.discard(owner)
        present.completions = [each for each in present.completions if each.state != owner]
        present.waiting.pop(outer, None)
        for child in reversed(present.active_in(outer)):
            self.leave_inside(child, event)
            self.background.leave(child)
            if child != self.tree.root or present.ended != "completed":  # else it has been left already (C3)
                present.run(self.tree.exit[child], event)
            del present.active[child]
            self.truths = {placed: holds for placed, holds in self.truths.items() if placed.source != child}
            present.has_moved = True

    def _remember(self, owner: tuple) -> None:
        """R5: what was active in *owner* before the transition; nothing after its final state."""
        leaves = [path for path in self.before if inside(owner, path)]
        if leaves:
            places = [owner, *self.tree.regions(owner)] if owner else []
            has_ended = all(self.tree.kinds[path] == "final" and path[:-1] in places for path in leaves)
            self.memory[owner] = [] if has_ended else leaves

    def enter(self, path: tuple, goals: list[tuple], event: Event, route: dict) -> None:
        """K5: *path* itself, then what lies towards *goals* in it, by default its default entry."""
        kind = self.tree.kinds[path]
        if kind not in REAL:
            self._reach(path, event, route)
            return
        self.present.activate(path)
        if kind == "final":
            owner = path[:-1] if self.tree.kinds[path[:-1]] != "region" else path[:-2]
            if owner == self.tree.root and self.background.has_ended(owner):
                self.present.ended = "completed"
            else:
                self.background.complete_if_done(owner)
            return
        self.present.run(self.tree.entry[path], event)
        self.background.enter(path, event)
        self.background.complete_if_done(path)
        self._enter_inside(path, [goal for goal in goals if goal != path], event, route)

    def _enter_inside(self, outer: tuple, goals: list[tuple], event: Event, route: dict) -> None:
        """R1 to R3: from the active *outer* on to *goals* in it."""
        present = self.present
        if outer == OUTSIDE:
            self.enter(self.tree.root, goals, event, route)
        elif not goals:
            self._default_entry(outer, event, route)
        elif goals[0][:-1] == outer and self.tree.kinds[goals[0]] not in REAL:
            self._reach(goals[0], event, route)
        elif regions := self.tree.regions(outer):
            activation = present.active[outer]
            for region in regions:
                inner = [goal for goal in goals if inside(region, goal)]
                is_new = region not in present.active
                if is_new:
                    present.activate(region)
                if is_new or inner:
                    present.waiting.pop(region, None)
                    self._enter_inside(region, inner, event, route)
                if present.ended or present.active.get(outer) != activation:
                    return  # a choice has led out again
        else:
            self.enter(goals[0][: len(outer) + 1], goals, event, route)

    def _default_entry(self, outer: tuple, event: Event, route: dict) -> None:
        """R1, R2, R3."""
        if outer in self.tree.defaults:
            default = self.tree.defaults[outer]
            self.present.run(default.move.effects, event)
            self._enter_inside(outer, default.targets, event, route)
        elif regions := self.tree.regions(outer):
            self._enter_inside(outer, regions, event, route)
        else:
            for child in self.tree.children[outer]:
                if self.tree.kinds[child] in REAL:
                    self.enter(child, [], event, route)
                    return

    def _reach(self, path: tuple, event: Event, route: dict) -> None:
        """R4 to R8: go on from a pseudostate; what it stands in is active."""
        kind, owner, outgoing = self.tree.kinds[path], path[:-1], self.tree.outgoing(path)
        if kind == "terminate":
            self.present.ended = "terminated"
        elif kind == "entry_point":
            self._from_entry_point(owner, outgoing, event)
        elif kind == "fork":
            goals = [target for branch in outgoing for target in branch.targets]
            outer = container(path, *goals)
            self.leave_inside(outer, event)
            for branch in outgoing:
                self.present.run(branch.move.effects, event)
            self._enter_inside(outer, goals, event, {})
        elif kind in ("shallow_history", "deep_history"):
            self._restore(path, event)
        elif path in route:
            self._fire(route[path], event, route)
        elif not outgoing:  # an exit point of the model itself
            self.present.ended = "completed"
        else:
            for branch, behind in self.selection.first_enabled(outgoing, event, {}):
                self._fire(branch, event, behind)

    def _from_entry_point(self, owner: tuple, outgoing: list[Placed], event: Event) -> None:
        for branch in outgoing:
            self.present.run(branch.move.effects, event)
        self._enter_inside(owner, [target for branch in outgoing for target in branch.targets], event, {})

    def _restore(self, history: tuple, event: Event) -> None:
        """R5."""
        owner, default = history[:-1], self.tree.defaults.get(history)
        memory = self.memory.get(owner)
        if memory and self.tree.kinds[history] == "shallow_history":
            self._enter_inside(owner, [memory[0][: len(owner) + 1]], event, {})
        elif memory:
            self._enter_inside(owner, memory, event, {})
        elif default is not None:
            self.present.run(default.move.effects, event)
            self._enter_inside(owner, default.targets, event, {})
        else:
            self._enter_inside(owner, [], event, {})
