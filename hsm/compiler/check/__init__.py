"""The rules that a model can break: one function each, with a code, for both front ends.

`parts`, `bodies` and `values` look at single elements of the tree, the others at the outline, once its paths are
resolved. A rule never raises: it adds to the report, so that all problems of a model are reported together.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

from hsm.compiler.check import bodies, kept, parts, values
from hsm.compiler.check.cycles import check_cycles
from hsm.compiler.check.pseudostates import check_pseudostates
from hsm.compiler.check.reach import check_alone, check_reach
from hsm.compiler.check.sites import Site, sites
from hsm.compiler.check.transitions import check_transitions
from hsm.compiler.outline import Outline
from hsm.compiler.report import Report
from hsm.elements import nodes
from hsm.elements.grammar import ALLOWED_PARTS
from hsm.elements.mistakes import LostMark, Mistake, NotAPart, Rebound, StrayClass, TooLate, UnknownOption
from hsm.elements.parts import Element
from hsm.elements.shapes import ActionList, EventList, TimeSpan

__all__ = ["check_alone", "check_outline", "check_tree"]

_Rule: TypeAlias = Callable[[Site, Report], None]
_WITH_PARTS = tuple(ALLOWED_PARTS)
# `initial` as well, whose name is optional: `parts.named` lets a missing one pass
_NAMED = tuple(kind for kind in ALLOWED_PARTS if kind is not nodes.Transition)
_WITH_VERTICES = (nodes.Model, nodes.State, nodes.Region, nodes.Submachine)

_OF_ELEMENTS: tuple[tuple[_Rule, tuple[type[Element], ...]], ...] = (
    (parts.misplaced, _WITH_PARTS),
    (parts.too_deep, (Element,)),
    (parts.not_a_part, (NotAPart,)),
    (bodies.rebound, (Rebound,)),
    (bodies.lost_mark, (LostMark,)),
    (bodies.stray_class, (StrayClass,)),
    (bodies.too_late, (TooLate,)),
    (bodies.unknown_option, (UnknownOption,)),
    (parts.named, _NAMED),
    (parts.duplicates, _WITH_VERTICES),
    (parts.counted, _WITH_PARTS),
    (parts.targeted, (nodes.Initial,)),
    (parts.embedded, (nodes.Submachine,)),
    (values.actions, (ActionList,)),
    (values.predicate, (nodes.Guard,)),
    (values.conditions, (nodes.Combination,)),
    (values.operation, (nodes.OnCall,)),
    (values.events, (EventList,)),
    (values.paths, (nodes.Target, nodes.SourcePath, nodes.InState)),
    (values.moment, (nodes.At,)),
    (values.duration, (TimeSpan,)),
    (kept.given_name, (TimeSpan, nodes.At, nodes.When, nodes.Activity)),
    (kept.policy, (nodes.Activity,)),
)
"""Each rule about single elements, with the kinds of element that it is about."""


_MISTAKES: tuple[type[Mistake], ...] = (NotAPart, Rebound, LostMark, StrayClass, TooLate, UnknownOption)
_KINDS: set[type[Element]] = {*_MISTAKES, *ALLOWED_PARTS, *chain.from_iterable(ALLOWED_PARTS.values())}
# worked out once, by exact type: a large model has many thousands of elements, and most of them have two rules or three
_RULES = {kind: tuple(rule for rule, kinds in _OF_ELEMENTS if issubclass(kind, kinds)) for kind in _KINDS}
"""The rules for each kind of element."""


def check_tree(model: nodes.Model[Any], report: Report) -> None:
    """Every rule about single elements; an embedded model was checked when it was defined."""
    for site in sites(model):
        for rule in _RULES[type(site.element)]:
            rule(site, report)


def check_outline(outline: Outline, report: Report) -> None:
    """Every rule about how vertices and transitions relate."""
    # a report is sorted by place: this order decides no more than which of two problems of one call comes first
    check_transitions(outline, report)
    check_pseudostates(outline, report)
    check_cycles(outline, report)
    kept.check_kept(outline, report)
    if not report.has_errors:  # the intended target of a wrong path would look unreachable
        check_reach(outline, report)
