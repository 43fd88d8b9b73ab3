"""Rules of pseudostates: branches, forks, joins, connection points, histories, regions (R3 to R7).

They look at a resolved outline; paths that could not be resolved have been reported, and are skipped.
"""

from __future__ import annotations

from hsm.compiler.check.transitions import in_different_regions
from hsm.compiler.outline import HISTORIES, PSEUDOSTATES, SUBSTATES, Outline, TransitionDraft, VertexDraft
from hsm.compiler.report import Report
from hsm.elements.mistakes import Mistake
from hsm.elements.nodes import Submachine, Target
from hsm.elements.walk import a, name_of, parts_of
from hsm.names import closest, either, is_name, plain
from hsm.program import Kind

_BRANCHING = {Kind.CHOICE, Kind.JUNCTION}
_CONNECTION_POINTS = {Kind.ENTRY_POINT, Kind.EXIT_POINT}
_UNDER_WAY = PSEUDOSTATES - {Kind.JUNCTION, Kind.EXIT_POINT, Kind.JOIN}
"""Kinds that are reached after states were exited, so that the route beyond them must be open (rule R4)."""


def check_pseudostates(outline: Outline, report: Report) -> None:
    """Every rule of this module, over every vertex."""
    # of pseudostates alone: no rule asks what leads to a state, and that is where nearly all transitions lead
    incoming: dict[int, list[TransitionDraft]] = {}
    for transition in outline.transitions:
        for target in transition.reached:
            if outline.vertices[target].kind in PSEUDOSTATES:
                incoming.setdefault(target, []).append(transition)
    for vertex in outline.vertices:
        if vertex.kind in PSEUDOSTATES:
            _segments(outline, vertex, report)
        # a state with regions and a region come last: the kinds before them are pseudostates, which have none
        if vertex.kind in _BRANCHING:
            _branches(outline, vertex, report)
        elif vertex.kind is Kind.FORK:
            _fork(outline, vertex, report)
        elif vertex.kind is Kind.JOIN:
            _join(outline, vertex, incoming.get(vertex.index, []), report)
        elif vertex.kind in _CONNECTION_POINTS:
            _connection_point(outline, vertex, incoming.get(vertex.index, []), report)
        elif vertex.kind in HISTORIES:
            _history(outline, vertex, incoming.get(vertex.index, []), report)
        elif vertex.regions:
            _regions(outline, vertex, report)
        elif vertex.kind is Kind.REGION:
            _contents(outline, vertex, report)
        if vertex.unknown_exit_points:
            _unknown_exit_points(outline, vertex, report)
    _closed_junctions(outline, report)


def _segments(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM033: a transition from a pseudostate has no trigger. HSM035: it has a target."""
    for transition in vertex.outgoing:
        if transition.has_trigger:
            report.error(
                "HSM033",
                f"a transition from {a(vertex.element.word)} cannot have a trigger",
                transition.where,
                within=outline.location(transition),
                help="remove the trigger; the event that led here is passed on",
            )
        if not any(isinstance(part, Target) for part in parts_of(transition.element)) and vertex.kind not in HISTORIES:
            report.error(
                "HSM035",
                f"a transition from {a(vertex.element.word)} needs a target",
                transition.where,
                within=outline.location(transition),
                help="add hsm.target(...)",
            )


def _branches(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM030: no branch. HSM031: a choice that may find none open. HSM032: branches after an open one (R4)."""
    if not vertex.outgoing and parts_of(vertex.element):
        return  # what it has instead of branches has been reported
    if not vertex.outgoing:
        report.error(
            "HSM030",
            f"{a(vertex.element.word)} needs at least one branch",
            vertex.where,
            within=vertex.path,
            help="add hsm.transition(hsm.target(...))",
        )
        return
    # states have been exited when a choice is reached: if no branch were open then, the machine would stand in nothing.
    # The last branch has to be the open one, as an earlier one would make those behind it pointless (HSM032)
    if vertex.kind is Kind.CHOICE and vertex.outgoing[-1].conditions:
        report.error(
            "HSM031",
            "the last branch of a 'choice' must not have a guard",
            vertex.outgoing[-1].where,
            within=vertex.path,
            help="end with an unguarded hsm.transition(hsm.target(...)), for when no guard holds",
        )
    if any(branch.has_trigger for branch in vertex.outgoing):
        return  # HSM033 has reported that, and which branch is open is unclear
    for number, branch in enumerate(vertex.outgoing[:-1]):
        # a branch without a guard is closed all the same while the junction or the join that it leads to is
        if not branch.conditions and not branch.is_conditional:
            count = len(vertex.outgoing) - number - 1
            behind = "a branch" if count == 1 else f"{count} branches"
            report.warn(
                "HSM032",
                f"{behind} of {vertex.path} can never be chosen",
                vertex.outgoing[number + 1].where,
                label="the branch before this one has no guard",
                within=vertex.path,
                help="give the earlier branch a guard, or put it last",
            )
            return


def _fork(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM036: a fork enters different regions of one state, without guards (rule R6)."""
    targets = [target for transition in vertex.outgoing for target in transition.reached]
    if any(not each.targets or len(each.reached) < len(each.targets) for each in vertex.outgoing):
        return
    if len(vertex.outgoing) < len(parts_of(vertex.element)):
        return  # a wrong target, as above, or a wrong part has been reported, and might have been what is missing
    if len(targets) < 2 or not in_different_regions(outline, targets):
        report.error(
            "HSM036",
            "a 'fork' must enter several regions of one state",
            vertex.where,
            within=vertex.path,
            help="give it one hsm.transition(hsm.target(...)) per region",
        )
    for transition in vertex.outgoing:
        if transition.conditions:
            report.error(
                "HSM036",
                "a transition from a 'fork' cannot have a guard",
                transition.conditions[0].where,
                within=vertex.path,
                help="put the guard on the transition that leads to the fork",
            )


def _join(outline: Outline, vertex: VertexDraft, incoming: list[TransitionDraft], report: Report) -> None:
    """HSM037: a join is reached from different regions of one state. HSM038: by completion alone (rule R6)."""
    sources = [transition.source for transition in incoming if transition.source is not None]
    regions = outline.joins.get(vertex.index, ())
    # `resolve` collects the regions in a set: there are fewer of them where two transitions come from one region, or
    # where one comes from no region of the state
    if len(sources) < 2 or len(regions) != len(sources):
        report.error(
            "HSM037",
            "a 'join' must be reached from several regions of one state, exactly once from each",
            vertex.where,
            within=vertex.path,
            help="in each of the regions, add one completion transition that leads here",
        )
    if not vertex.outgoing:
        report.error(
            "HSM030",
            "a 'join' needs an outgoing transition",
            vertex.where,
            within=vertex.path,
            help="add hsm.transition(hsm.target(...))",
        )
    for transition in incoming:
        if transition.has_trigger or transition.conditions:
            report.error(
                "HSM038",
                "a transition into a 'join' can have neither a trigger nor a guard",
                transition.where,
                within=outline.location(transition),
                help="on the event, go to a state or a final state, and from there into the join",
            )


def _connection_point(outline: Outline, vertex: VertexDraft, incoming: list[TransitionDraft], report: Report) -> None:
    """HSM040 to HSM043, HSM049: the entry and exit points of a state (rule R7)."""
    word, owner = vertex.element.word, outline.vertices[vertex.parent]
    if not owner.regions and not any(outline.vertices[c].kind in SUBSTATES for c in owner.children.values()):
        report.error(
            "HSM040",
            f"{owner.path} has {a(word)}, but neither substates nor regions",
            vertex.where,
            within=vertex.path,
            help=f"give {owner.path} substates, or remove the '{word}'",
        )
        return
    if vertex.kind is Kind.EXIT_POINT:
        # of the model itself, the submachine that embeds it says where it leads
        if not vertex.outgoing and incoming and owner.index != 0 and not owner.unknown_exit_points:
            call = f"hsm.exit_point('{vertex.name}', hsm.transition(hsm.target(...)))"
            is_embedded = isinstance(owner.element, Submachine)
            report.error(
                "HSM043",
                f"the exit point {vertex.path} leads nowhere",
                owner.where if is_embedded else vertex.where,
                within=vertex.path,
                help=f"add {call} to the submachine" if is_embedded else f"add a transition: {call}",
            )
        return
    _entry_routes(outline, vertex, owner, report)


def _entry_routes(outline: Outline, vertex: VertexDraft, owner: VertexDraft, report: Report) -> None:
    """HSM041 and HSM049: an entry point has at most one transition into each region of its state, without guards."""
    targets: list[int] = []
    for transition in vertex.outgoing:
        for reference, target in transition.found:
            targets.append(target)
            if not outline.encloses(owner.index, target):
                report.error(
                    "HSM041",
                    f"a transition from an entry point of {owner.path} must stay inside it",
                    reference.where,
                    label=f"resolves to {outline.vertices[target].path}",
                    within=vertex.path,
                    help=f"name a vertex inside {owner.path}",
                )
                return
    # the state is being entered when they are asked: a guard that is false would leave nothing active in it
    guarded = any(transition.conditions for transition in vertex.outgoing)
    if guarded or (len(targets) > 1 and not in_different_regions(outline, targets)):
        report.error(
            "HSM049",
            "an entry point can have one transition, or one per region, without guards",
            vertex.where,
            within=vertex.path,
            help="to choose, target a 'choice' inside the state",
        )


def _history(outline: Outline, vertex: VertexDraft, incoming: list[TransitionDraft], report: Report) -> None:
    """HSM039: a history of the model itself never remembers. HSM057: its default target is inside its owner (R5)."""
    owner = outline.vertices[vertex.parent]
    # without anything that leads to it, it may be there for a model that embeds this one as a state, which is exited
    if owner.index == 0 and incoming:
        report.warn(
            "HSM039",
            "a history directly in the model remembers nothing: the model is never exited",
            vertex.where,
            within=vertex.path,
            help="move it into the state whose substates it should remember",
        )
    for transition in vertex.outgoing:
        for reference, target in transition.found:
            if not outline.contains(owner.index, target):
                report.error(
                    "HSM057",
                    f"the default target of a history must be inside its owner, but '{reference.path}' is not",
                    reference.where,
                    within=vertex.path,
                    help=f"name a vertex inside {owner.path}",
                )


def _regions(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM044: a state has regions or substates, not both (rule R3)."""
    # pseudostates may stand next to the regions: they lead into several of them, or out of the state
    for child in vertex.children.values():
        inner = outline.vertices[child]
        if inner.kind in SUBSTATES:
            report.error(
                "HSM044",
                f"{vertex.path} has regions, so it cannot have the substate '{inner.name}'",
                inner.where,
                within=vertex.path,
                help="a state has either substates or regions: move this one into a region",
            )


def _unknown_exit_points(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM051: an exit point that the model does not have."""
    known = [name for name, child in vertex.children.items() if outline.vertices[child].kind is Kind.EXIT_POINT]
    for exit_point in vertex.unknown_exit_points:
        if not is_name(name_of(exit_point)):
            continue
        name = plain(name_of(exit_point))
        similar = closest(name, known)
        has = f"it has {', '.join(repr(each) for each in known)}" if known else "it has no exit points"
        report.error(
            "HSM051",
            f"the model of {vertex.path} has no exit point '{name}'",
            exit_point.where,
            within=vertex.path,
            help=f"did you mean {either(similar)}?" if similar else has,
        )


def _contents(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM059: a region in which nothing can be active."""
    kinds = {outline.vertices[child].kind for child in vertex.children.values()}
    # a wrong state in it has been reported, and would have been a state
    was_left_out = len(vertex.children) < len(
        [part for part in parts_of(vertex.element) if name_of(part) is not None or isinstance(part, Mistake)]
    )
    if not kinds & SUBSTATES and not vertex.defaults and not was_left_out:
        report.error("HSM059", "a 'region' needs a state", vertex.where, within=vertex.path, help="add hsm.state(...)")


def _closed_junctions(outline: Outline, report: Report) -> None:
    """HSM048: a junction that is reached after states were exited has a branch without a guard (rule R4)."""
    pending = [
        target
        for transition in outline.transitions
        if transition.source is not None
        and (transition.is_default or outline.vertices[transition.source].kind in _UNDER_WAY)
        for target in transition.reached
    ]
    # whether a junction is reached late is no matter of its own: it depends on every route that leads to it, so the
    # routes are followed from where states have been exited, once through each junction
    seen: set[int] = set()
    while pending:
        vertex = outline.vertices[pending.pop()]
        if vertex.kind not in (Kind.JUNCTION, Kind.EXIT_POINT) or vertex.index in seen:
            continue
        seen.add(vertex.index)
        # a junction behind this one is reached as late: the route is followed through junctions and exit points
        pending += [target for transition in vertex.outgoing for target in transition.reached]
        if vertex.outgoing and all(transition.conditions for transition in vertex.outgoing):
            report.error(
                "HSM048",
                f"{vertex.path} is reached when the transition is under way, so it needs a branch without a guard",
                vertex.outgoing[-1].where,
                label="this branch, or another one, must have no guard",
                within=vertex.path,
                help="end with an unguarded hsm.transition(hsm.target(...)), for when no guard holds",
            )
