"""Specialising: what one configuration does with one event, worked out without running it (rules T, K, R and D1).

In: a Program, the active leaves, and what is to be done: an event by name, a timer's transition, the start or the stop.
Out: blocks. Whatever depends on the tables alone is decided here; what is left are guards, actions and timers.
The rules are those of the run time's own `traversal`, which is the reference. What only that can do raises
`NeedsKernel`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from hsm.codegen.blocks import Act, Arm, Block, Disarm, End, Forget, Hold, Make, Recall, Remember
from hsm.codegen.deciding import Chosen, Deciding, NeedsKernel
from hsm.codegen.moment import Moment
from hsm.configuration import Configuration, Leaves
from hsm.outcome import Outcome
from hsm.program import NONE, OUTSIDE, Kind, Program, Vertex

COMPLETIONS = 10
"""Completions of a step beyond which it is left to the kernel."""
MEMORIES = 12
"""What a history may remember, beyond which it is left to the kernel."""


Then: TypeAlias = Callable[[Moment], None]
"""What follows."""


def on_event(program: Program, leaves: Leaves, name: str) -> Block:
    """What the configuration *leaves* does with an event called *name*."""
    return _Specializer(program, leaves).on_event(name)


def on_timer(program: Program, leaves: Leaves, transition: int) -> Block:
    """What the configuration *leaves* does when a timer of *transition* is due."""
    return _Specializer(program, leaves).on_timer(transition)


def start(program: Program) -> Block:
    """The default entry of the model (rule L1)."""
    return _Specializer(program, ()).start()


def stop(program: Program, leaves: Leaves) -> Block:
    """Leaving everything (rule L4)."""
    return _Specializer(program, leaves).stop()


class _Specializer(Deciding):
    """Works out one step: what is decided is fired."""

    def __init__(self, program: Program, leaves: Leaves) -> None:
        super().__init__(program, leaves)
        self._is_alone = True

    def start(self) -> Block:
        moment = Moment(())
        self._enter(0, (0,), moment, self._end(Outcome.TAKEN))
        return moment.block

    def stop(self) -> Block:
        moment = Moment(self._leaves, before=self._leaves)
        self._leave_inside(OUTSIDE, moment)
        self._end(Outcome.TAKEN)(moment)
        return moment.block

    def _decided(self, chosen: Chosen | None) -> Block:
        if chosen is None:
            return Block([Hold()])
        moment = Moment(self._leaves)
        if not chosen:
            self._end(Outcome.IGNORED)(moment)
        else:
            self._is_alone = len(chosen) == 1
            chosen = chosen if self._is_alone else self._without_conflicts(chosen)
            self._fire(chosen, moment, self._end(Outcome.TAKEN))
        return moment.block

    # --- firing ----------------------------------------------------------------------------------------------

    def _end(self, outcome: Outcome) -> Then:
        def end(moment: Moment) -> None:
            self._forget(moment)
            if moment.complete:
                self._next(moment, end)
                return
            moment.do(End(outcome, moment.leaves))

        return end

    def _forget(self, moment: Moment) -> None:
        """The objects of what is not active, or was passed through, are over."""
        if self._program.has_state_objects:
            active = Configuration(self._program, moment)
            known = dict.fromkeys((*moment.left[moment.since :], *self._program.lending_vertices))
            gone = (vertex for vertex in known if self._vertices[vertex].state_object and not active.is_active(vertex))
            if vertices := tuple(gone):
                moment.do(Forget(vertices))

    def _next(self, moment: Moment, then: Then) -> None:
        """Handle the first completion that waits, a step of its own (rules C2 and T6)."""
        state = moment.next_completion()
        if moment.completions > COMPLETIONS:
            raise NeedsKernel

        def fired(chosen: Chosen) -> Block:
            taken = moment.fork()
            self._fire(chosen, taken, then)
            return taken.block

        block = self._first(self._vertices[state].completion_transitions, moment.leaves, fired, lambda: fired(()))
        moment.do(*block.operations)

    def _fire(self, chosen: Chosen, moment: Moment, then: Then) -> None:
        if not chosen:
            then(moment)
            return
        first, *others = chosen
        moment.before = moment.leaves

        def after(moment: Moment) -> None:
            self._fire(tuple(others), moment, then)

        if self._program.transitions[first].source in moment.left[moment.since :]:
            after(moment)
        else:
            self._transition(first, moment, after)

    def _transition(self, index: int, moment: Moment, then: Then) -> None:
        """Leave, run the effects, enter (rule K4)."""
        segment = self._program.transitions[index]
        for vertex in segment.exits:
            self._leave_inside(vertex, moment)
        self._act(segment.effects, moment)
        if segment.targets:
            self._onwards(segment.domain, segment.targets, moment, then)
        else:
            then(moment)

    def _act(self, behaviors: tuple[int, ...], moment: Moment) -> None:
        for place, behavior in enumerate(behaviors):
            self._count()
            moment.do(Act(behavior, len(behaviors) - place))

    def _leave_inside(self, outer: int, moment: Moment) -> None:
        """Leave everything that is active strictly inside *outer* (rules K4, K5 and R5)."""
        active = Configuration(self._program, moment)
        leaving = active.active_inside(outer)
        if self._program.has_history:
            for index in (*leaving, *((outer,) if outer != OUTSIDE and leaving else ())):
                self._remember(index, moment)
        for index in leaving:
            vertex = self._vertices[index]
            self._refuse(vertex)
            if vertex.timers:
                moment.do(Disarm(index))
            self._act(vertex.exit, moment)
            active.deactivate(index)
            moment.left = (*moment.left, index)
            self._reopen(index, moment)
            self._count()
            moment.moved()
        if leaving and outer != OUTSIDE:
            self._reopen(self._owner(outer), moment)

    def _owner(self, outer: int) -> int:
        """The state that *outer* is, or is a region of."""
        return self._vertices[outer].parent if self._vertices[outer].kind is Kind.REGION else outer

    def _refuse(self, vertex: Vertex) -> None:
        """Activities are the kernel's, and completions that do not follow from entering alone."""
        is_simple_with_history = vertex.has_history and not vertex.is_composite
        if vertex.activities or (vertex.completion_transitions and is_simple_with_history):
            raise NeedsKernel

    def _complete(self, index: int, moment: Moment) -> None:
        """The state *index* is complete, unless it still waits for something (rule C1)."""
        vertex = self._vertices[index]
        if not vertex.completion_transitions:
            return
        self._refuse(vertex)
        if not vertex.is_composite or Configuration(self._program, moment).has_ended(index):
            moment.completed(index)

    def _reopen(self, index: int, moment: Moment) -> None:
        """The state *index* was left, or something in it: it may complete again (rule C1)."""
        if self._vertices[index].completion_transitions:
            self._refuse(self._vertices[index])
            moment.reopened(index)

    def _remember(self, index: int, moment: Moment) -> None:
        vertex = self._vertices[index]
        leaves = tuple(leaf for leaf in moment.before if self._is_inside(index, leaf))
        if not vertex.has_history or not leaves:
            return
        owners = {index, *vertex.regions}
        ended = all(
            self._vertices[leaf].kind is Kind.FINAL and self._vertices[leaf].parent in owners for leaf in leaves
        )
        moment.do(Remember(index, () if ended else leaves))

    # --- entering --------------------------------------------------------------------------------------------

    def _enter(self, index: int, goals: tuple[int, ...], moment: Moment, then: Then) -> None:
        """Enter the vertex *index* on the way to *goals* (rules K4 and K5)."""
        vertex = self._vertices[index]
        if vertex.kind > Kind.FINAL:
            self._reach(index, moment, then)
            return
        self._refuse(vertex)
        self._activate(index, moment)
        if vertex.kind is Kind.FINAL:
            self._finish(vertex.parent, moment)
            then(moment)
            return
        if vertex.state_object is not None:
            moment.do(Make(index, 1 + len(vertex.entry)))
        self._act(vertex.entry, moment)
        if vertex.timers:
            moment.do(Arm(index))
        inner = () if goals == (index,) else goals
        if inner or vertex.is_composite:
            self._onwards(index, inner, moment, then)
        else:
            self._complete(index, moment)
            then(moment)

    def _activate(self, index: int, moment: Moment) -> None:
        self._count(3)
        Configuration(self._program, moment).activate(index)
        if self._vertices[index].state_object is not None and index in moment.left:
            moment.do(Forget((index,)))
        moment.moved()

    def _finish(self, outer: int, moment: Moment) -> None:
        """A final state directly inside *outer* is entered; where that ends the machine, it is the kernel's."""
        owner = self._owner(outer)
        if owner == 0 and Configuration(self._program, moment).has_ended(0):
            raise NeedsKernel
        self._complete(owner, moment)

    def _onwards(self, outer: int, goals: tuple[int, ...], moment: Moment, then: Then) -> None:
        """From the active *outer* on to *goals* inside it; without any, its default entry (rules R1 to R3)."""
        if outer == OUTSIDE:
            self._enter(0, goals, moment, then)
            return
        vertex = self._vertices[outer]
        if not goals and vertex.default != NONE:
            self._transition(vertex.default, moment, then)
        elif vertex.regions:
            self._into_regions(outer, goals, moment, then)
        elif goals:
            child = Configuration(self._program, moment).child_towards(outer, goals[0])
            self._enter(child, goals, moment, then)
        else:
            then(moment)

    def _into_regions(self, outer: int, goals: tuple[int, ...], moment: Moment, then: Then) -> None:
        """Regions with a goal towards it, and those not active yet by default (rule R3)."""
        for goal in goals:
            if self._vertices[goal].parent == outer and self._vertices[goal].kind is not Kind.REGION:
                self._reach(goal, moment, then)
                return
        mark = len(moment.left)

        def go_on(regions: tuple[int, ...], moment: Moment) -> None:
            if not regions or outer in moment.left[mark:]:
                then(moment)
                return
            region, *others = regions
            inner = tuple(goal for goal in goals if region < goal <= self._vertices[region].last)
            is_new = not Configuration(self._program, moment).is_active(region)
            if is_new:
                self._activate(region, moment)
            if is_new or inner:
                self._onwards(region, inner, moment, lambda moment: go_on(tuple(others), moment))
            else:
                go_on(tuple(others), moment)

        go_on(self._vertices[outer].regions, moment)

    # --- pseudostates ----------------------------------------------------------------------------------------

    def _reach(self, index: int, moment: Moment, then: Then) -> None:
        """Go on from a pseudostate that depends on nothing but guards (rules R4, R6 and R7)."""
        moment.left = (*moment.left, index)
        kind = self._vertices[index].kind
        if kind is Kind.CHOICE:
            self._choose(self._vertices[index].outgoing, moment, then)
        elif kind is Kind.FORK:
            self._fork(index, moment, then)
        elif kind is Kind.ENTRY_POINT:
            self._entry_point(index, moment, then)
        elif kind in (Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY) and self._is_alone:
            self._restore(index, moment, then, is_deep=kind is Kind.DEEP_HISTORY)
        else:
            raise NeedsKernel

    def _choose(self, branches: tuple[int, ...], moment: Moment, then: Then) -> None:
        """Take the first branch that is open, as it turns out now (rule R4)."""
        block = self._branches(branches, moment, then)
        moment.do(*block.operations)

    def _branches(self, branches: tuple[int, ...], moment: Moment, then: Then) -> Block:
        self._count()
        first, *others = branches
        transition = self._program.transitions[first]
        if transition.needs_lookahead:
            raise NeedsKernel
        taken = moment.fork()
        self._transition(first, taken, then)
        if not transition.guards:
            return taken.block
        no = self._branches(tuple(others), moment, then)
        return self._all(transition.guards, moment.leaves, taken.block, no)

    def _fork(self, index: int, moment: Moment, then: Then) -> None:
        """Run the effects of all branches, then enter all their targets together (rule R6)."""
        branches = [self._program.transitions[branch] for branch in self._vertices[index].outgoing]
        outer = min(branch.domain for branch in branches)
        self._leave_inside(outer, moment)
        for branch in branches:
            self._act(branch.effects, moment)
        goals = tuple(sorted(target for branch in branches for target in branch.targets))
        self._onwards(outer, goals, moment, then)

    def _entry_point(self, index: int, moment: Moment, then: Then) -> None:
        """Take the routes behind a door; without one, the default entry of its owner (rule R7)."""
        owner = self._vertices[index].parent
        branches = [self._program.transitions[branch] for branch in self._vertices[index].outgoing]
        goals = tuple(sorted(target for branch in branches for target in branch.targets))
        if owner in goals:
            raise NeedsKernel
        for branch in branches:
            self._act(branch.effects, moment)
        self._onwards(owner, goals, moment, then)

    def _restore(self, index: int, moment: Moment, then: Then, *, is_deep: bool) -> None:
        """Enter what was last active in the owner of a history, whatever that was, or its default (rule R5)."""
        history = self._vertices[index]
        owner = history.parent
        inside = range(owner + 1, self._vertices[owner].last + 1)
        if any(self._vertices[each].kind is Kind.REGION for each in inside):
            raise NeedsKernel
        states = [each for each in inside if self._vertices[each].kind is Kind.STATE]
        leaves = [each for each in states if not self._vertices[each].is_composite]
        if len(leaves) > MEMORIES:
            raise NeedsKernel
        active = Configuration(self._program, moment)
        ways: dict[Leaves, Block] = {}
        for leaf in leaves:
            way = moment.fork()
            goal = leaf if is_deep else active.child_towards(owner, leaf)
            self._onwards(owner, (goal,), way, then)
            ways[(leaf,)] = way.block
        default = moment.fork()
        transition = self._program.transitions[history.outgoing[0]]
        if transition.targets:
            self._transition(history.outgoing[0], default, then)
        else:
            self._act(transition.effects, default)
            self._onwards(owner, (), default, then)
        moment.do(Recall(index, owner, ways, default.block))
