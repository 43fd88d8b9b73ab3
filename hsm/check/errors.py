"""Errors: behaviours that raise where no transition on ``hsm_error`` is near.

The evidence is a ``raise`` statement in the behaviour itself, as the sources have it. What a behaviour calls may raise
as well, but nobody could say where that ends.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from hsm.charts import ChartBehavior, ChartTransition
from hsm.check.finding import Case, Finding
from hsm.check.guards import predicates
from hsm.check.layout import Layout, location
from hsm.check.sources import Function
from hsm.events import ERROR
from hsm.position import Place

_NOT_ERRORS = frozenset(
    {"CancelledError", "KeyboardInterrupt", "SystemExit", "GeneratorExit", "BaseException", "NotImplementedError"}
)
"""What becomes no event (rule E7), or is raised by what is there to be overridden."""
_ANY = None
"""In place of vertices: an error that may be handled anywhere in the model."""


def unhandled(case: Case) -> Iterator[Finding]:
    """HSM104: a behaviour raises, and no state that may be active then has a transition on ``hsm_error`` (rule E3).

    Errors of a step are raised from `dispatch` then, so those are left out where the sources catch what comes of it.
    """
    handlers = [
        each.source
        for each in case.layout.chart.transitions
        if any(trigger.kind == "event" and trigger.name == ERROR for trigger in each.triggers)
    ]
    for behavior, vertex, near, is_of_step, within in _behaviors(case.layout):
        if (is_of_step and case.dispatched.has_senders_catch) or _is_handled(case.layout, handlers, near):
            continue
        raised = _raised(case, behavior)
        if raised is None or behavior.place is None:
            continue
        end = "raised from 'dispatch'" if is_of_step else "reported to the event loop"
        is_same_file = raised.file == os.path.abspath(behavior.place.file)
        yield Finding(
            "HSM104",
            f"'{behavior.name}' raises, and no transition takes '{ERROR}'",
            behavior.place,
            behavior.place,
            vertex,
            behavior.id,
            label=f"raises in line {raised.line}" if is_same_file else f"raises in {raised.short}",
            within=within,
            help=(f"add a transition on '{ERROR}' to {vertex} or a state around it", f"otherwise the error is {end}"),
        )


def _behaviors(layout: Layout) -> Iterator[tuple[ChartBehavior, str, tuple[str, ...] | None, bool, str]]:
    """Every behaviour: its vertex, what is active when its error comes, whether a sender may get that, its location."""
    for vertex in layout.chart.vertices:
        own = (vertex.path,)
        for each in vertex.entry:
            yield each, vertex.path, own, True, vertex.path
        for each in vertex.exit:
            yield each, vertex.path, _ANY, True, vertex.path
        for each in vertex.activities:
            yield each, vertex.path, own, False, vertex.path
    for transition in layout.chart.transitions:
        # an error of what handles an error is meant to go further, and one of a call goes to the caller
        if any(each.name == ERROR or each.kind == "call" for each in transition.triggers):
            continue
        is_of_step = any(each.kind in ("event", "prefix", "any") for each in transition.triggers)
        for each in (*transition.effects, *predicates(transition.guard)):
            yield each, transition.source, _near(layout, transition), is_of_step, location(transition)
        for trigger in transition.triggers:
            if trigger.function is not None:
                yield trigger.function, transition.source, (transition.source,), True, location(transition)


def _near(layout: Layout, transition: ChartTransition) -> tuple[str, ...] | None:
    """Where an error of *transition* may find the machine: where it was, or where it leads."""
    known = ("state", "final", "region")
    if transition.role != "transition" or any(layout.vertices[each].kind not in known for each in transition.targets):
        return _ANY
    return (transition.source, *transition.targets)


def _is_handled(layout: Layout, handlers: list[str], near: tuple[str, ...] | None) -> bool:
    if near is None:
        return bool(handlers)
    return any(layout.can_be_together(handler, each) for handler in handlers for each in near)


def _raised(case: Case, behavior: ChartBehavior) -> Place | None:
    """Where *behavior* raises, as far as the sources show."""
    found = case.sources.function(behavior.name, behavior.place)
    if found is None:
        return None
    file, function = found
    line = next(_raises(function), None)
    return None if line is None else Place(file.path, line)


def _raises(function: Function) -> Iterator[int]:
    """The lines of *function* that raise what nothing in it catches."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Raise) and _name(node.exc) not in _NOT_ERRORS:
            yield node.lineno
        if isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            pending += [*node.handlers, *node.orelse, *node.finalbody]  # what its body raises may be caught
        elif not isinstance(node, ast.With | ast.AsyncWith | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)
        elif isinstance(node, ast.With | ast.AsyncWith) and not any(_suppresses(each) for each in node.items):
            pending += node.body


def _suppresses(item: ast.withitem) -> bool:
    return isinstance(item.context_expr, ast.Call) and _name(item.context_expr) in ("suppress", "raises")


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
