"""Rules of values: callables, event names, paths, durations.

Each function is one rule, or a family of rules, about the element of a `Site`.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR, isasyncgenfunction, isgeneratorfunction
from types import FunctionType
from typing import Any

from hsm.behaviors import ScopedBehavior, fits, is_behavior, qualified_name, unwrap
from hsm.compiler.check.sites import Site, shown
from hsm.compiler.report import Report
from hsm.elements.nodes import After, Every, On, Target
from hsm.elements.parts import Element
from hsm.elements.walk import a
from hsm.events import BUILT_IN, CHANGE, COMPLETION, ERROR, TIME, pattern
from hsm.names import is_path, is_text
from hsm.program import SHORTEST_PERIOD

_GENERATES = CO_GENERATOR | CO_ASYNC_GENERATOR


def actions(site: Site, report: Report) -> None:
    """HSM005 and HSM006 for actions and activities. HSM008: a part that names none."""
    element = site.element
    if not element.actions:
        help_ = f"pass one function or several: hsm.{element.word}(first, second)"
        _nothing_named(site, "behaviour", help_, report)
    for action in element.actions:
        _callable(site, action, report)


def predicate(site: Site, report: Report) -> None:
    """HSM005 and HSM006 for a guard."""
    _callable(site, site.element.predicate, report)


def conditions(site: Site, report: Report) -> None:
    """HSM008: a combination of no conditions."""
    element = site.element
    if not element.conditions:
        _nothing_named(site, "guard", f"pass several functions: hsm.{element.word}(first, second)", report)


def _callable(site: Site, behavior: Any, report: Report) -> None:
    """HSM005: a behaviour that cannot be called. HSM006: one that does not take ``(ctx, instance, event)``."""
    if isinstance(behavior, FunctionType) and not behavior.__code__.co_flags & _GENERATES and fits(behavior):
        return  # as nearly all are
    element = site.element
    word = site.owner.word if site.is_in_condition else element.word
    code, help_ = "HSM005", "pass a function of (ctx, instance, event), without calling it"
    if isinstance(behavior, Element):
        message = f"'{word}' takes a function, not {a(behavior.word)}"
        help_ = "pass the functions themselves, as separate arguments"
    elif isinstance(behavior.function if isinstance(behavior, ScopedBehavior) else behavior, type):
        message = f"'{word}' takes a function, but '{qualified_name(behavior)}' is a class"
    elif isgeneratorfunction(unwrap(behavior)) or isasyncgenfunction(unwrap(behavior)):
        message = f"'{word}' takes a function, but '{qualified_name(behavior)}' is a generator and would never run"
    elif not is_behavior(behavior):
        message = f"'{word}' takes a function, but {shown(behavior)} is not callable"
        help_ = getattr(behavior, "hsm_help", help_)  # what the class front end makes knows better
    elif not fits(behavior):
        code, help_ = "HSM006", _signature_help(behavior)
        message = f"'{qualified_name(behavior)}' cannot be called with {_arguments(behavior)}"
    else:
        return
    report.error(code, message, element.where, within=site.within, help=help_)


def _arguments(behavior: Any) -> str:
    if not isinstance(behavior, ScopedBehavior):
        return "(ctx, instance, event)"
    *others, last = behavior.forms.values()
    return f"{', '.join(others)} or {last}"


def _signature_help(behavior: Any) -> str:
    if isinstance(behavior, ScopedBehavior):
        return "a method takes 'self', and optionally 'event', or 'ctx' and 'event'"
    name = getattr(unwrap(behavior), "__name__", "behaviour")
    spelling = "lambda ctx, instance, event: ..." if name == "<lambda>" else f"def {name}(ctx, instance, event)"
    return f"every behaviour takes three arguments: {spelling}"


def _nothing_named(site: Site, what: str, help_: str, report: Report) -> None:
    """HSM008: a part that names nothing."""
    element = site.element
    report.error("HSM008", f"'{element.word}' needs at least one {what}", element.where, within=site.within, help=help_)


def operation(site: Site, report: Report) -> None:
    """HSM007 for a call: an operation without a name."""
    element = site.element
    if not (is_text(element.operation) and element.operation):
        report.error(
            "HSM007",
            f"{shown(element.operation)} does not name an operation",
            element.where,
            within=site.within,
            help="an operation's name is a non-empty string",
        )


def events(site: Site, report: Report) -> None:
    """HSM007: a trigger that names no event, or one that cannot be sent. HSM008: a part that names nothing."""
    element = site.element
    if not element.events:
        _nothing_named(site, "event", "pass a name, an hsm.Event or a subclass of hsm.Signal", report)
    is_trigger = isinstance(element, On)
    for event in element.events:
        help_ = _event_help(event, is_trigger=is_trigger)
        if help_:
            message = f"{shown(event)} does not name an event"
            if is_text(event) and event in BUILT_IN:
                message = f"{shown(event)} cannot {'be a trigger' if is_trigger else 'be deferred'}"
            report.error("HSM007", message, element.where, within=site.within, help=help_)


def _event_help(event: object, *, is_trigger: bool) -> str:
    """What to do about *event*; empty if it is valid."""
    if type(event) in (list, tuple, set):
        return "pass the events as separate arguments, without brackets"
    if not is_text(event):
        return "pass a name, an hsm.Event or a subclass of hsm.Signal"
    if pattern(event) is None:
        return "a pattern is 'name', 'prefix.*' or '*'"
    if event not in BUILT_IN or (is_trigger and event == ERROR):
        return ""
    if not is_trigger:
        return "events that the machine sends itself are never deferred"
    if event == COMPLETION:
        return "leave the trigger out: a transition without one fires on completion"
    if event == TIME:
        return "use hsm.after, hsm.every or hsm.at"
    return "use hsm.when" if event == CHANGE else "of the built-in events, only 'hsm_error' can be a trigger"


def paths(site: Site, report: Report) -> None:
    """HSM008: a target that names nothing. HSM009: an invalid path."""
    element = site.element
    named = element.paths if isinstance(element, Target) else (element.path,)
    if not named:
        _nothing_named(site, "path", "name a vertex, such as hsm.target('idle')", report)
    help_ = "a path is names separated by '/', such as 'idle', '../idle' or '/Model/idle'"
    for path in named:
        if not is_path(path):
            message = f"{shown(path)} is not a valid path"
            report.error("HSM009", message, element.where, within=site.within, help=help_)


def moment(site: Site, report: Report) -> None:
    """HSM018: not a point in time. HSM005 and HSM006 for a function that returns one."""
    given = site.element.moment
    if is_behavior(given):
        _callable(site, given, report)
    elif not isinstance(given, datetime):
        _not_a_time(site, given, "a datetime or a function that returns one", "datetime(2030, 1, 1, 12)", report)


def duration(site: Site, report: Report) -> None:
    """HSM017: an impossible duration (rule A4). HSM018: not a duration. HSM005 and HSM006 as for `moment`."""
    element, given = site.element, site.element.duration
    if is_behavior(given):
        _callable(site, given, report)
        return
    # a bool is an int, but not a duration
    if isinstance(given, bool) or not isinstance(given, int | float | timedelta):
        expected = "seconds, a timedelta or a function that returns either"
        _not_a_time(site, given, expected, "2.5 or timedelta(minutes=1)", report)
        return
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    problem = _problem(seconds, is_every=isinstance(element, Every))
    if problem:
        text = f"{seconds:g} s" if isinstance(given, timedelta) else shown(given)
        least = "0 or more" if isinstance(element, After) else "more than 0"
        if 0 < seconds < SHORTEST_PERIOD:
            least = f"{SHORTEST_PERIOD:g} or more"
        help_ = f"pass {least} seconds"
        report.error("HSM017", f"'{element.word}' of {text} {problem}", element.where, within=site.within, help=help_)


def _problem(seconds: float, *, is_every: bool) -> str:
    try:
        seconds = float(seconds)
    except OverflowError:  # an int that is too large for a float
        seconds = math.inf if seconds > 0 else -math.inf
    if math.isnan(seconds):
        return "is not a duration"
    if seconds < 0:
        return "is negative"
    if math.isinf(seconds):
        return "would never fire"
    if seconds == 0 and is_every:
        return "would fire endlessly"
    return "is shorter than a clock can tell" if seconds < SHORTEST_PERIOD and is_every else ""


def _not_a_time(site: Site, value: object, expected: str, such_as: str, report: Report) -> None:
    element = site.element
    report.error(
        "HSM018",
        f"'{element.word}' takes {expected}, not {shown(value)}",
        element.where,
        within=site.within,
        help=f"pass a value such as {such_as}, or a function of (ctx, instance, event)",
    )
