"""Needs: what a generated step has to do around its operations, judged from what it calls.

In: an explored path. Out: a `Needs`. Nothing is written or called here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from hsm.codegen.explore import KERNEL_ONLY, Path
from hsm.program import NONE, Program
from hsm.rules import operations as op


@attrs.frozen
class Needs:
    """What a step needs.

    Attributes:
        calls: How many behaviours it may call, and state objects it may make.
        is_deep: Whether what it calls may call another machine (rule Q9).
        is_marked: Whether a task that it starts may run before it is over (rule Q2).
        is_busy: Whether it calls anything of the user's, and so marks the machine as busy meanwhile.
    """

    calls: int
    is_deep: bool
    is_marked: bool
    is_busy: bool


def needs_of(program: Program, path: Path, *, is_observed: bool = False) -> Needs:
    """What the step needs that begins with *path*; if it *is_observed*, it calls observers, which may do anything."""
    called = list(_called(path))
    is_deep = is_observed or any(_may_call(program, each) for each in called)
    is_marked = _may_suspend_behind_a_task(program, path, has_task=is_observed)
    return Needs(len(called), is_deep=is_deep, is_marked=is_marked, is_busy=is_observed or bool(called))


def _may_call(program: Program, called: int | op.MakeObject) -> bool:
    """Whether what is called may dispatch to another machine, whose step is on the stack then (rule Q9)."""
    if isinstance(called, int):
        return not program.behaviors[called].calls_nothing
    factory = program.vertices[called.vertex].state_object
    return factory is not None and not factory.calls_nothing


def _may_suspend_behind_a_task(program: Program, path: Path, *, has_task: bool = False) -> bool:
    """Whether a task that the step starts may run before the step is over: it is inside of it then (rule Q2).

    A step that does not suspend is over before any task can run, and needs no mark.
    """
    for operation in path.operations:
        if isinstance(operation, op.MakeObject):
            has_task |= _may_call(program, operation)
        for index in _behaviors_of(operation):
            behavior = program.behaviors[index]
            if behavior.may_suspend:
                return has_task  # the kernel takes the step from here on, and marks it
            has_task |= _may_call(program, index)
            # what it raises may be handled by a behaviour that suspends
            if has_task and (program.handles_errors or not behavior.returns_nothing):
                return True
        if has_task and (isinstance(operation, (*KERNEL_ONLY, op.AskHistory)) or has_functions(program, operation)):
            return True
    return any(_may_suspend_behind_a_task(program, each, has_task=has_task) for each in path.further.values())


def has_functions(program: Program, operation: Any) -> bool:
    """Whether *operation* arms timers whose durations are computed, which may suspend."""
    if not isinstance(operation, op.Arm):
        return False
    timers = program.vertices[operation.vertex].timers
    return any(program.timers[timer].function != NONE for timer in timers)


def _behaviors_of(operation: Any) -> tuple[int, ...]:
    """The behaviours that *operation* calls."""
    match operation:
        case op.Ask(behavior):
            return (behavior,)
        case op.Run(behaviors):
            return behaviors
        case _:
            return ()


def _called(path: Path) -> Iterable[int | op.MakeObject]:
    """The behaviours that *path* and what follows it call, and the state objects that are made."""
    for operation in path.operations:
        yield from _behaviors_of(operation)
        if isinstance(operation, op.MakeObject):
            yield operation
    for further in path.further.values():
        yield from _called(further)
