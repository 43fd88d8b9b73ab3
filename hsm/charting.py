"""Charting: a Program becomes a `Chart`.

In: a Program. Out: what it says about the model, as public data: names for numbers, conditions as trees. What only
serves running, such as which vertices a transition exits, stays behind. Never imports the tree or what runs.
"""

from __future__ import annotations

from typing import cast

from hsm.charts import (
    Chart,
    ChartBehavior,
    ChartGuard,
    ChartTransition,
    ChartTrigger,
    ChartVertex,
    GuardKind,
    TransitionKind,
    TransitionRole,
    TriggerKind,
    VertexKind,
)
from hsm.identifiers import identifiers, word_of
from hsm.position import Place, Positions, Source
from hsm.program import NONE, OUTSIDE, Connective, Kind, Program, Transition, Trigger
from hsm.program import TriggerKind as Waits

_STATES = frozenset({Kind.STATE, Kind.REGION, Kind.FINAL})
_HISTORIES = frozenset({Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY})
_WORDS: dict[Connective, GuardKind] = {Connective.ALL: "all_of", Connective.ANY: "any_of", Connective.NOT: "not_"}


def chart_of(program: Program) -> Chart:
    """The chart of *program*, made anew: linear in the size of the model and of the code that makes it."""
    charting = _Charting(program)
    # what a history without a default target and effects has is the owner's default entry: nothing that was written
    transitions = tuple(
        [
            charting.transition(index)
            for index, each in enumerate(program.transitions)
            if each.targets or each.effects or program.vertices[each.source].kind not in _HISTORIES
        ]
    )
    initial = {target for each in transitions if each.role == "default_entry" for target in each.targets}
    vertices = tuple([charting.vertex(index, initial) for index in range(len(program.vertices))])
    return Chart(program.name, vertices, transitions)


class _Charting:
    """What is charted, with the names of everything."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = identifiers(program)
        self.positions = Positions()
        self.behaviors = [
            ChartBehavior(name, each.name, self._place(each.where))
            for name, each in zip(self.names.behaviors, program.behaviors, strict=True)
        ]

    def vertex(self, index: int, initial: set[str]) -> ChartVertex:
        """One vertex; *initial* are the paths to which default entries lead."""
        vertex = self.program.vertices[index]
        return ChartVertex(
            path=vertex.path,
            kind=cast("VertexKind", Kind(vertex.kind).name.lower()),
            parent=self._path(vertex.parent) if vertex.parent != OUTSIDE else None,
            regions=self._paths(vertex.regions),
            is_initial=vertex.path in initial,
            default_entry=self.names.transitions[vertex.default] if vertex.default != NONE else None,
            entry=self._several(vertex.entry),
            exit=self._several(vertex.exit),
            activities=self._several(vertex.activities),
            deferrals=vertex.deferrals.patterns(),
            joined_regions=self._paths(self.program.joins.get(index, ())),
            submachine=vertex.submachine or None,
            place=self._place(vertex.where),
        )

    def transition(self, index: int) -> ChartTransition:
        """One transition."""
        transition = self.program.transitions[index]
        role = self._role(index, transition)
        # an implied default entry was written by nobody: what it has as its place is the vertex that it is in
        is_implied = role == "default_entry" and transition.where is self.program.vertices[transition.source].where
        return ChartTransition(
            id=self.names.transitions[index],
            source=self._path(transition.source),
            targets=self._paths(transition.targets),
            kind=self._kind(role, transition),
            role=role,
            triggers=self._triggers(index, transition) if role == "transition" else (),
            guard=self._all(transition.guards),
            effects=self._several(transition.effects),
            place=None if is_implied else self._place(transition.where),
        )

    def _role(self, index: int, transition: Transition) -> TransitionRole:
        source = self.program.vertices[transition.source]
        if source.default == index:
            return "default_entry"
        if source.kind in _HISTORIES:
            return "history_default"
        return "transition" if source.kind in _STATES else "branch"

    def _kind(self, role: TransitionRole, transition: Transition) -> TransitionKind:
        """Which of the three; where UML leaves no choice, as from a pseudostate, it is external."""
        if role != "transition":
            return "external"
        if not transition.targets:
            return "internal"
        # a local transition is the one whose entries begin at its source, which stays active (rule K3)
        return "local" if transition.domain == transition.source else "external"

    def _triggers(self, index: int, transition: Transition) -> tuple[ChartTrigger, ...]:
        if not transition.triggers:
            return (ChartTrigger(f"{self.names.transitions[index]}.completion.0", "completion"),)
        names = self.names.triggers[index]
        return tuple([self._trigger(name, each) for name, each in zip(names, transition.triggers, strict=True)])

    def _trigger(self, name: str, trigger: Trigger) -> ChartTrigger:
        kind = cast("TriggerKind", word_of(self.program, trigger))
        if trigger.kind is Waits.CHANGE:
            return ChartTrigger(name, kind, condition=self._condition(trigger.index))
        if trigger.kind is not Waits.TIMER:
            return ChartTrigger(name, kind, trigger.text or None)
        timer = self.program.timers[trigger.index]
        if timer.function != NONE:
            return ChartTrigger(name, kind, function=self.behaviors[timer.function])
        return ChartTrigger(
            name, kind, seconds=None if timer.moment is not None else timer.seconds, moment=timer.moment
        )

    def _all(self, guards: tuple[int, ...]) -> ChartGuard | None:
        """*guards*, all of which are required, as one."""
        parts = tuple([self._condition(each) for each in guards])
        return (parts[0] if len(parts) == 1 else ChartGuard("all_of", parts=parts)) if parts else None

    def _condition(self, index: int) -> ChartGuard:
        condition = self.program.conditions[index]
        if condition.connective is Connective.CALL:
            return ChartGuard("call", behavior=self.behaviors[condition.operands[0]])
        if condition.connective is Connective.IN:
            return ChartGuard("in_state", vertex=self._path(condition.operands[0]))
        parts = tuple([self._condition(each) for each in condition.operands])
        return ChartGuard(_WORDS[condition.connective], parts=parts)

    def _several(self, behaviors: tuple[int, ...]) -> tuple[ChartBehavior, ...]:
        return tuple([self.behaviors[each] for each in behaviors])

    def _path(self, vertex: int) -> str:
        return self.program.vertices[vertex].path

    def _paths(self, vertices: tuple[int, ...]) -> tuple[str, ...]:
        return tuple([self._path(each) for each in vertices])

    def _place(self, where: Source | None) -> Place | None:
        return None if where is None else self.positions.place(where)
