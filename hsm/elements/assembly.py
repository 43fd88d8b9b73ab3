"""Assembly: arguments become parts, in the order that the tree keeps, the same way for every front end.

Never imports what reads the tree, and judges nothing: an argument that is not a part is kept as `NotAPart`, for the
compiler to report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from hsm.behaviors import E, EventPredicate, I
from hsm.elements.mistakes import NotAPart
from hsm.elements.nodes import (
    CONDITIONS,
    TRIGGERS,
    Activity,
    Condition,
    Defer,
    Effect,
    Entry,
    Exit,
    External,
    Guard,
    Initial,
    Model,
    SourcePath,
    Target,
)
from hsm.elements.parts import Element
from hsm.elements.walk import is_condition
from hsm.events import Signal, event_name
from hsm.instance import Instance
from hsm.kinds import is_a
from hsm.position import Source


def elements(arguments: tuple[object, ...], where: Source | None) -> tuple[Element, ...]:
    """*arguments* as parts; what is not an element becomes `NotAPart`, to be reported with everything else."""
    return tuple([part if is_a(part, Element) else NotAPart(part, where=where) for part in arguments])


_Ranks: TypeAlias = Mapping[type[Element], int]
"""The rank of each kind of part among the others; a kind without a rank comes last."""


def _ranks(*kinds: tuple[type[Element], ...]) -> _Ranks:
    return {kind: rank for rank, several in enumerate(kinds) for kind in several}


# directly in a state, an effect is an entry action (rule K6): the two kinds share a rank, and so keep their order
_IN_VERTEX = _ranks((Initial,), (Entry, Effect), (Exit,), (Activity,), (Defer,))
_IN_TRANSITION = _ranks(TRIGGERS, (SourcePath,), (Target,), (External,), CONDITIONS, (Effect,))


def vertex_parts(arguments: tuple[object, ...], where: Source | None) -> tuple[Element, ...]:
    """*arguments* as the parts of a model, state, region or submachine.

    Where order has no meaning it is normalised, so that the same machine is the same value however it was written:
    the default entry, then behaviours by kind, then transitions and vertices as written, since their order counts.
    """
    return _ordered(elements(arguments, where), _IN_VERTEX)


def transition_parts(arguments: tuple[object, ...], where: Source | None) -> tuple[Element, ...]:
    """*arguments* as the parts of a transition: triggers, source, target, guards, effects."""
    return _ordered(elements(arguments, where), _IN_TRANSITION)


def _ordered(parts: tuple[Element, ...], ranks: _Ranks) -> tuple[Element, ...]:
    # sorting is stable: parts of one rank stay as they were written, which decides between transitions (rule T2), makes
    # the first substate the default one (rule R2), and is the order in which actions run
    return tuple(sorted(parts, key=lambda part: ranks.get(type(part), len(ranks)))) if len(parts) > 1 else parts


def model_of(
    name: str, parts: tuple[object, ...], where: Source | None, instance_type: type[Instance] = Instance
) -> Model[Any]:
    """A model for instances of *instance_type*, not yet compiled."""
    return Model(name, vertex_parts(parts, where), instance_type, where=where)


def condition_of(predicate: EventPredicate[I, E] | Condition[I, E], where: Source | None) -> Condition[I, E]:
    """*predicate* as a condition; one that already is a condition is returned as it is."""
    return predicate if is_condition(predicate) else Guard(predicate, where=where)


def event_names(events: tuple[object, ...]) -> tuple[object, ...]:
    """The names of *events*; what does not name an event stays as it is, to be reported."""
    return tuple([event if (name := event_name(event)) is None else name for event in events])


def signals_among(events: tuple[object, ...]) -> tuple[type[Signal], ...]:
    """Those of *events* that are classes of signals."""
    return tuple([event for event in events if is_a(event, type) and issubclass(event, Signal)])
