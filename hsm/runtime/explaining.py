"""Explaining: what the rules found out about an event, in the words of the model.

In: a Program and findings. Out: an `Explanation`. Calls nothing of the user's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from hsm.configuration import Leaves, is_active
from hsm.events import Event, name_of
from hsm.explanation import Candidate, Explanation, GuardAnswer
from hsm.outcome import Outcome
from hsm.program import CONDITIONAL, Connective, Program, Transition, includes, named
from hsm.rules.inquiry import Finding, Findings, replayed
from hsm.rules.selection import holds
from hsm.rules.step import Step
from hsm.runtime.event_names import about_unknown

_NAMED = 3
"""How many vertices a line of help names."""
_WORDS = {Connective.ALL: "all_of", Connective.ANY: "any_of", Connective.NOT: "not_"}


def explanation(
    program: Program,
    leaves: Leaves,
    event: Event[Any],
    outcome: Outcome,
    why: str | None = None,
    findings: Findings | None = None,
    raised: Sequence[Exception] = (),
) -> Explanation:
    """What *event* would do where *leaves* are active.

    Args:
        program: What runs.
        leaves: What is active.
        event: The event.
        outcome: What would become of it.
        why: The reason, where the rules were not asked.
        findings: What the rules found out.
        raised: What guards raised, in order.
    """
    name = name_of(event)
    candidates: tuple[Candidate, ...] = ()
    lines = [] if why is None else [why]
    if findings is not None:
        # guards that raised answered nothing, and are in the order in which they were asked
        behaviors = [behavior for behavior, answer in findings.answers.items() if answer is None]
        words = _Words(program, leaves, findings.answers, dict(zip(behaviors, raised, strict=False)))
        candidates = tuple([words.candidate(finding) for finding in findings.found])
        lines += _help(program, leaves, name, outcome)
    return Explanation(name, outcome, tuple([program.vertices[leaf].path for leaf in leaves]), candidates, tuple(lines))


def _help(program: Program, leaves: Leaves, name: str, outcome: Outcome) -> Iterator[str]:
    """Where else *name* is named, when nothing active takes it."""
    if outcome is not Outcome.IGNORED:
        return
    if not includes(program.event_names, name):
        yield about_unknown(program, name)
        return
    vertices = program.vertices
    elsewhere = [
        vertex.path
        for index, vertex in enumerate(vertices)
        if (named(vertex.triggers, name) or includes(vertex.deferrals, name)) and not is_active(vertices, leaves, index)
    ]
    if elsewhere:
        more = [f"{len(elsewhere) - _NAMED} more"] if len(elsewhere) > _NAMED else []
        verb = "react" if len(elsewhere) > 1 else "reacts"
        which = "are not active" if len(elsewhere) > 1 else "is not active"
        yield f"{_listed(elsewhere[:_NAMED] + more)} {verb} to '{name}', but {which}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@attrs.frozen
class _Words:
    """What the guards of one event's candidates came to, being put into words.

    Attributes:
        program: What runs.
        leaves: What is active.
        answers: What guards answered, by behaviour.
        errors: What guards raised, by behaviour.
    """

    program: Program
    leaves: Leaves
    answers: dict[int, bool | None]
    errors: dict[int, Exception]

    def candidate(self, finding: Finding) -> Candidate:
        """One candidate."""
        vertices = self.program.vertices
        vertex = vertices[finding.vertex]
        if finding.transition is None:
            return Candidate(vertex.path, "defer", (), (), finding.verdict, is_deferral=True, where=vertex.where)
        transition = self.program.transitions[finding.transition]
        targets = tuple([vertices[target].path for target in transition.targets])
        guards = self._guards(transition, "")
        for branch in self._branches(transition) if transition.needs_lookahead else ():
            guards += self._guards(branch, vertices[branch.source].path)
        return Candidate(vertex.path, transition.label, targets, tuple(guards), finding.verdict, where=transition.where)

    def _branches(self, transition: Transition) -> list[Transition]:
        """The branches of the pseudostates that are looked at ahead behind *transition*."""
        found: dict[int, Transition] = {}
        targets = list(transition.targets)
        for target in targets:
            vertex = self.program.vertices[target]
            for index in vertex.outgoing if vertex.kind in CONDITIONAL else ():
                if index not in found:
                    found[index] = self.program.transitions[index]
                    targets += found[index].targets
        return list(found.values())

    def _guards(self, transition: Transition, vertex: str) -> list[GuardAnswer]:
        return [attrs.evolve(self._condition(index), vertex=vertex) for index in transition.guards]

    def _condition(self, index: int) -> GuardAnswer:
        condition = self.program.conditions[index]
        if condition.connective is Connective.CALL:
            behavior = condition.operands[0]
            text = self.program.behaviors[behavior].name
            return GuardAnswer(text, self.answers.get(behavior), self.errors.get(behavior))
        if condition.connective is Connective.IN:
            vertex = condition.operands[0]
            text = f"in_state('{self.program.vertices[vertex].path}')"
            return GuardAnswer(text, is_active(self.program.vertices, self.leaves, vertex))
        parts = tuple([self._condition(each) for each in condition.operands])
        text = f"{_WORDS[condition.connective]}({', '.join([part.text for part in parts])})"
        answer = replayed(holds(Step(self.program, self.leaves), index), self.answers)
        return GuardAnswer(text, answer, parts=parts)
