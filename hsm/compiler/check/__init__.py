"""The rules that a model can break: one function each, with a code, for both front ends.

`parts` and `values` look at single elements of the tree; the others at the outline, once its paths are resolved. A
rule never raises: it tells the report, so that all problems of a model are told together.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

from hsm.compiler.check import parts, values
from hsm.compiler.check.circles import check_circles
from hsm.compiler.check.pseudostates import check_pseudostates
from hsm.compiler.check.reach import check_reach
from hsm.compiler.check.spots import Spot, spots
from hsm.compiler.check.transitions import check_transitions
from hsm.compiler.outline import Outline
from hsm.compiler.report import Report
from hsm.elements.grammar import PLACES
from hsm.elements.nodes import (
    Activity,
    After,
    AllOf,
    AnyOf,
    At,
    Condition,
    Defer,
    Effect,
    Entry,
    Every,
    Exit,
    Guard,
    InState,
    Junk,
    Model,
    On,
    OnCall,
    SourcePath,
    Submachine,
    Target,
)
from hsm.elements.parts import Element

__all__ = ["check_outline", "check_tree"]

_Rule: TypeAlias = Callable[[Spot, Report], None]
_ANY = (Element,)
_ACTIONS = (Entry, Exit, Effect, Activity)
_TIMERS = (After, Every, At)
_WITH_PARTS = tuple(PLACES)

_OF_ELEMENTS: tuple[tuple[_Rule, tuple[type[Element], ...]], ...] = (
    (parts.misplaced, _ANY),
    (parts.too_deep, _ANY),
    (parts.junk, (Junk,)),
    (parts.named, _WITH_PARTS),
    (parts.duplicates, _WITH_PARTS),
    (parts.counted, _WITH_PARTS),
    (parts.put_in, (Submachine,)),
    (values.callables, (*_ACTIONS, *_TIMERS, Guard, AllOf, AnyOf)),
    (values.events, (On, OnCall, Defer)),
    (values.paths, (Target, SourcePath, InState)),
    (values.durations, _TIMERS),
)
"""Each rule about single elements, with the kinds that it is about."""


_RULES = {
    kind: tuple(rule for rule, kinds in _OF_ELEMENTS if issubclass(kind, kinds))
    for kind in {Junk, Condition, *PLACES, *chain.from_iterable(PLACES.values())}
}
"""The rules for each kind of element."""


def check_tree(model: Model[Any], report: Report) -> None:
    """Every rule about single elements; a model that is put in was checked when it was defined."""
    for spot in spots(model):
        for rule in _RULES[type(spot.element)]:
            rule(spot, report)


def check_outline(outline: Outline, report: Report) -> None:
    """Every rule about how vertices and transitions lie to each other; the warnings only where nothing is wrong."""
    check_transitions(outline, report)
    check_pseudostates(outline, report)
    check_circles(outline, report)
    if not report.has_errors:
        check_reach(outline, report)
