"""Rules of pseudostates: branches, forks, joins, doors, histories, regions (R3 to R7).

In: a resolved outline. Out: diagnostics. What could not be resolved has been told of, and is passed over.
"""

from __future__ import annotations

from hsm.compiler.check.transitions import in_different_regions
from hsm.compiler.outline import PSEUDOSTATES, SUBSTATES, Outline, TransitionDraft, VertexDraft
from hsm.compiler.report import Report
from hsm.program import Kind

_BRANCHING = {Kind.CHOICE, Kind.JUNCTION}
_HISTORIES = {Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY}
_DOORS = {Kind.ENTRY_POINT, Kind.EXIT_POINT}


def check_pseudostates(outline: Outline, report: Report) -> None:
    """Every rule of this module, over every vertex."""
    incoming: dict[int, list[TransitionDraft]] = {}
    for transition in outline.transitions:
        for target in transition.reached():
            incoming.setdefault(target, []).append(transition)
    for vertex in outline.vertices:
        if vertex.kind in PSEUDOSTATES:
            _segments(outline, vertex, report)
        if vertex.kind in _BRANCHING:
            _branches(outline, vertex, report)
        elif vertex.kind is Kind.FORK:
            _fork(outline, vertex, report)
        elif vertex.kind is Kind.JOIN:
            _join(outline, vertex, incoming.get(vertex.index, []), report)
        elif vertex.kind in _DOORS:
            _door(outline, vertex, incoming.get(vertex.index, []), report)
        elif vertex.kind in _HISTORIES:
            _history(outline, vertex, report)
        elif vertex.regions:
            _regions(outline, vertex, report)
    _cycles(outline, report)
    _closed_junctions(outline, report)


def _segments(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM033: nothing behind a pseudostate waits for an event. HSM035: every way behind one leads somewhere."""
    for transition in vertex.outgoing:
        if transition.has_trigger:
            report.error(
                "HSM033",
                f"a transition behind a '{vertex.element.word}' has no trigger",
                transition.where,
                within=outline.place(transition),
                help="the event that led here is passed on",
            )
        if not transition.targets and vertex.kind not in _HISTORIES:
            report.error(
                "HSM035",
                f"a transition behind a '{vertex.element.word}' needs a target",
                transition.where,
                within=outline.place(transition),
                help="add hsm.target(...)",
            )


def _branches(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM030: no branch. HSM031: a choice that may find none open. HSM032: branches behind an open one (R4)."""
    word = vertex.element.word
    if not vertex.outgoing:
        report.error(
            "HSM030", f"a '{word}' without branches", vertex.where, within=vertex.path, help="add hsm.transition(...)"
        )
        return
    if vertex.kind is Kind.CHOICE and vertex.outgoing[-1].conditions:
        report.error(
            "HSM031",
            "the last branch of a 'choice' has no guard",
            vertex.outgoing[-1].where,
            within=vertex.path,
            help="add a last hsm.transition(hsm.target(...)) for when no guard holds",
        )
    for number, branch in enumerate(vertex.outgoing[:-1]):
        if not branch.conditions and not outline.is_conditional(branch):
            report.warn(
                "HSM032",
                f"{len(vertex.outgoing) - number - 1} branch(es) of '{word}' {vertex.path} can never be chosen",
                vertex.outgoing[number + 1].where,
                label="the branch before this one has no guard",
                within=vertex.path,
            )
            return


def _fork(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM036: a fork leads into different regions of one state, without guards (rule R6)."""
    targets = [target for transition in vertex.outgoing for target in transition.reached()]
    if any(len(transition.reached()) < len(transition.targets) for transition in vertex.outgoing):
        return
    if len(targets) < 2 or not in_different_regions(outline, targets):
        report.error(
            "HSM036",
            "a 'fork' leads into several regions of one state",
            vertex.where,
            within=vertex.path,
            help="give it one hsm.transition(hsm.target(...)) for each of the regions",
        )
    for transition in vertex.outgoing:
        if transition.conditions:
            report.error(
                "HSM036",
                "a transition behind a 'fork' has no guard",
                transition.conditions[0].where,
                within=vertex.path,
                help="guard the transition that leads to the fork",
            )


def _join(outline: Outline, vertex: VertexDraft, incoming: list[TransitionDraft], report: Report) -> None:
    """HSM037: a join is reached from different regions of one state. HSM038: by completion alone (rule R6)."""
    sources = [transition.source for transition in incoming if transition.source is not None]
    regions = outline.joins.get(vertex.index, ())
    if len(sources) < 2 or len(regions) != len(sources):
        report.error(
            "HSM037",
            "a 'join' is reached from several regions of one state, once from each",
            vertex.where,
            within=vertex.path,
            help="let one completion transition in each of the regions lead here",
        )
    if not vertex.outgoing:
        report.error("HSM030", "a 'join' without a transition behind it", vertex.where, within=vertex.path)
    for transition in incoming:
        if transition.has_trigger or transition.conditions:
            report.error(
                "HSM038",
                "a transition into a 'join' has neither trigger nor guard",
                transition.where,
                within=outline.place(transition),
                help="lead to a state or a final state on the event, and from there into the join",
            )


def _door(outline: Outline, vertex: VertexDraft, incoming: list[TransitionDraft], report: Report) -> None:
    """HSM040 to HSM043, HSM049: the doors of a state (rule R7)."""
    word, owner = vertex.element.word, outline.vertices[vertex.parent]
    if not owner.regions and not any(outline.vertices[c].kind in SUBSTATES for c in owner.children.values()):
        report.error(
            "HSM040",
            f"an '{word}' on {owner.path}, which has nothing inside",
            vertex.where,
            within=vertex.path,
            help="doors belong to states with substates or regions",
        )
        return
    if vertex.kind is Kind.EXIT_POINT:
        if not vertex.outgoing and incoming and owner.index != 0:
            report.error(
                "HSM043",
                f"nothing is behind the exit point {vertex.path}",
                vertex.where,
                within=vertex.path,
                help=f"add a transition: hsm.exit_point('{vertex.name}', hsm.transition(hsm.target(...)))",
            )
        return
    _routes(outline, vertex, owner, report)


def _routes(outline: Outline, vertex: VertexDraft, owner: VertexDraft, report: Report) -> None:
    """What is behind an entry point: one way into each region at most, without guards."""
    targets: list[int] = []
    for transition in vertex.outgoing:
        for wanted in transition.targets:
            if wanted.vertex is None:
                continue
            targets.append(wanted.vertex)
            if not outline.inside(owner.index, wanted.vertex):
                report.error(
                    "HSM041",
                    f"the way behind an entry point of {owner.path} stays inside it",
                    wanted.where,
                    label=f"names {outline.vertices[wanted.vertex].path}",
                    within=vertex.path,
                )
                return
    guarded = any(transition.conditions for transition in vertex.outgoing)
    if guarded or (len(targets) > 1 and not in_different_regions(outline, targets)):
        report.error(
            "HSM049",
            "behind an entry point there is one way into each region, without guards",
            vertex.where,
            within=vertex.path,
            help="to choose, lead to a 'choice' behind the door",
        )


def _history(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM039: a history of the model itself has nothing to remember. HSM057: its default lies in its owner (R5)."""
    owner = outline.vertices[vertex.parent]
    if owner.index == 0:
        report.warn(
            "HSM039",
            "a history directly in the model has no owner that is ever left",
            vertex.where,
            within=vertex.path,
            help="put it into the state whose substates it is to remember",
        )
    for transition in vertex.outgoing:
        for wanted in transition.targets:
            if wanted.vertex is not None and (
                wanted.vertex == owner.index or not outline.inside(owner.index, wanted.vertex)
            ):
                report.error(
                    "HSM057",
                    f"the default of a history lies inside its owner, and '{wanted.path}' does not",
                    wanted.where,
                    within=vertex.path,
                    help=f"name a vertex inside {owner.path}",
                )


def _regions(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM044: a state has regions or substates, not both (rule R3)."""
    for child in vertex.children.values():
        inner = outline.vertices[child]
        if inner.kind in SUBSTATES:
            report.error(
                "HSM044",
                f"'{inner.name}' stands beside regions",
                inner.where,
                within=vertex.path,
                help="a state has either substates or regions: put it into one of the regions",
            )


def _cycles(outline: Outline, report: Report) -> None:
    """HSM034: pseudostates that lead round in a circle with no state in it would be gone through without end."""
    state: dict[int, int] = {}
    for vertex in outline.vertices:
        if vertex.kind in PSEUDOSTATES and vertex.index not in state:
            _visit(outline, vertex.index, state, [], report)


def _visit(outline: Outline, start: int, state: dict[int, int], path: list[int], report: Report) -> None:
    state[start] = 1
    path.append(start)
    for transition in outline.vertices[start].outgoing:
        for target in transition.reached():
            if outline.vertices[target].kind not in PSEUDOSTATES:
                continue
            if state.get(target) == 1:
                circle = [outline.vertices[v].path for v in (*path[path.index(target) :], target)]
                report.error(
                    "HSM034",
                    "pseudostates that lead round in a circle",
                    transition.where,
                    label=" -> ".join(circle),
                    within=outline.place(transition),
                    help="put a state into the circle",
                )
            elif target not in state:
                _visit(outline, target, state, path, report)
    path.pop()
    state[start] = 2


def _closed_junctions(outline: Outline, report: Report) -> None:
    """HSM048: a junction that is reached when there is no way back has a branch without a guard (rule R4)."""
    pending = [
        target
        for transition in outline.transitions
        if transition.source is not None
        and (transition.is_default or outline.vertices[transition.source].kind in PSEUDOSTATES - {Kind.JUNCTION})
        and outline.vertices[transition.source].kind not in (Kind.EXIT_POINT, Kind.JOIN)
        for target in transition.reached()
    ]
    seen: set[int] = set()
    while pending:
        vertex = outline.vertices[pending.pop()]
        if vertex.kind not in (Kind.JUNCTION, Kind.EXIT_POINT) or vertex.index in seen:
            continue
        seen.add(vertex.index)
        pending += [target for transition in vertex.outgoing for target in transition.reached()]
        if vertex.outgoing and all(transition.conditions for transition in vertex.outgoing):
            report.error(
                "HSM048",
                f"'{vertex.element.word}' {vertex.path} is reached when there is no way back",
                vertex.outgoing[-1].where,
                label="this branch, or another one, needs to be open",
                within=vertex.path,
                help="add a last hsm.transition(hsm.target(...)) for when no guard holds",
            )
