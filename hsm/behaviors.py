"""Behaviours: what a user's callable is, and whether it can suspend.

In: any callable of ``(ctx, instance, event)``. Out: its types for the checkers, its own function, its name.
Never imports the tree or the run time, and never calls a behaviour. Nothing is keyed by ``__name__``.
"""

from __future__ import annotations

import abc
import functools
import inspect
import opcode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import CodeType, FunctionType, MethodType
from typing import Any, ClassVar, TypeAlias, TypeVar

from hsm.context import Context
from hsm.instance import Instance

I = TypeVar("I", bound=Instance, contravariant=True)  # noqa: E741 - the instance type, one letter on every floor
"""The type of the instance that a behaviour works on."""

Action: TypeAlias = Callable[[Context, I, Any], object]
"""An entry, exit or effect action, or an activity; what it gives is awaited if it can be, and dropped."""
Predicate: TypeAlias = Callable[[Context, I, Any], bool | Awaitable[bool]]
"""A guard, or the condition of a change trigger."""
Duration: TypeAlias = timedelta | float
"""A time span: a ``timedelta`` or seconds."""
DurationFunction: TypeAlias = Callable[[Context, I, Any], Duration | Awaitable[Duration]]
"""Gives the time span of a timer when its state is entered."""
TimepointFunction: TypeAlias = Callable[[Context, I, Any], datetime | Awaitable[datetime]]
"""Gives the moment of a timer when its state is entered."""


class Scoped(abc.ABC):
    """A behaviour that must learn which vertex it belongs to before it can be called.

    Attributes:
        function: The user's own function: it decides the name, the position and whether it can suspend.
        forms: The numbers of arguments that it may be called with, and how each is written, for a message.
    """

    __slots__ = ()

    function: Callable[..., Any]
    forms: ClassVar[Mapping[int, str]]

    @abc.abstractmethod
    def for_vertex(self, vertex: int, source: int) -> Callable[[Context, Any, Any], Any]:
        """The behaviour itself, for the vertex that it is written in and the one that its transition leaves."""

    def local(self) -> Callable[[Any], object] | None:
        """What makes, of the instance, the object to be kept for the vertex while it is active; ``None`` for none."""
        return None


def unwrap(behavior: Any) -> Any:
    """The innermost function of *behavior*: behind staticmethods, methods, partials and callable objects.

    Gives the object itself where nothing is left to unwrap; a class is not unwrapped.
    """
    while True:
        kind = _kind(behavior)
        if issubclass(kind, Scoped):
            behavior = behavior.function
        elif issubclass(kind, staticmethod | classmethod | MethodType):
            behavior = behavior.__func__
        elif issubclass(kind, functools.partial):
            behavior = behavior.func
        elif not issubclass(kind, FunctionType | type) and isinstance(
            call := inspect.getattr_static(kind, "__call__", None), FunctionType
        ):
            behavior = call
        else:
            return behavior


def _kind(behavior: Any) -> type[Any]:
    """The type of *behavior*, about whose type arguments nothing is known."""
    kind: type[Any] = behavior.__class__
    return kind


def callable_form(behavior: Any) -> Any:
    """*behavior* as it is to be called with ``(ctx, instance, event)``."""
    return behavior.__func__ if isinstance(behavior, staticmethod) else behavior


def is_behavior(candidate: object) -> bool:
    """Whether *candidate* can be called at all; a ``classmethod`` object as it stands in a class body cannot."""
    return isinstance(candidate, Scoped) or callable(candidate)


def describe(behavior: Any) -> str:
    """The qualified name of *behavior* as a user knows it."""
    inner = unwrap(behavior)
    name = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return str(name).replace("<locals>.", "")


def fits(behavior: Any) -> bool:
    """Whether *behavior* can be called as a behaviour is; ``True`` where nobody can tell."""
    form = callable_form(behavior)
    if isinstance(form, Scoped):
        return any(takes(form.function, count) for count in form.forms)
    return takes(form, 3)


def takes(function: Any, count: int) -> bool:
    """Whether *function* can be called with *count* positional arguments."""
    if isinstance(function, FunctionType):
        code = function.__code__
        if code.co_argcount == count and not code.co_kwonlyargcount:
            return True
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


_SUSPENDING = frozenset(
    opcode.opmap[name]
    for name in ("GET_AWAITABLE", "GET_ANEXT", "GET_AITER", "BEFORE_ASYNC_WITH", "SEND")
    if name in opcode.opmap
)


def _has_await(code: CodeType) -> bool:
    return any(operation in _SUSPENDING for operation in code.co_code[::2])


def never_suspends(behavior: Any) -> bool:
    """Whether *behavior* is a coroutine function without an ``await`` in its code (rule Q3).

    Such a coroutine ends at its first ``send``: it can be run where it is called. Plain functions give ``False``,
    as there is no coroutine to run.
    """
    inner = unwrap(behavior)
    return inspect.iscoroutinefunction(inner) and not _has_await(inner.__code__)
