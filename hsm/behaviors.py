"""Behaviours: the types of users' callables, what they are called, and whether they can suspend.

A behaviour is any callable of ``(ctx, instance, event)``. Only a real function is judged by its code, and nothing is
keyed by ``__name__``. Never imports the tree or the run time, and never calls a behaviour.
"""

from __future__ import annotations

import abc
import dis
import functools
import inspect
import opcode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import CodeType, FunctionType, MethodType
from typing import Any, ClassVar, TypeAlias, TypeVar

import attrs
import typing_extensions

from hsm.context import Context
from hsm.instance import Instance
from hsm.kinds import attribute_of, special, type_of
from hsm.parameters import copied, takes

I = TypeVar("I", bound=Instance, contravariant=True)  # noqa: E741 - the instance type, one letter on every floor
"""The type of the instance that a behaviour works on."""

E = typing_extensions.TypeVar("E", contravariant=True, default=Any)
"""The type of the event that a behaviour takes; any event, unless a front end says more."""

Action: TypeAlias = Callable[[Context, I, Any], object]
"""An entry, exit or effect action, or an activity; what it returns is awaited if possible, and dropped."""
Predicate: TypeAlias = Callable[[Context, I, Any], bool | Awaitable[bool]]
"""A guard, or the condition of a change trigger."""
EventAction: TypeAlias = Callable[[Context, I, E], object]
"""The same as `Action`, where the type of the event counts."""
EventPredicate: TypeAlias = Callable[[Context, I, E], bool | Awaitable[bool]]
"""The same as `Predicate`, where the type of the event counts."""
Duration: TypeAlias = timedelta | float
"""A ``timedelta``, or seconds."""
DurationFunction: TypeAlias = Callable[[Context, I, Any], Duration | Awaitable[Duration]]
"""Returns the duration of a timer; called when its state is entered."""
TimepointFunction: TypeAlias = Callable[[Context, I, Any], datetime | Awaitable[datetime]]
"""Returns the time at which a timer fires; called when its state is entered."""


@attrs.frozen
class StateObjectFactory:
    """Makes the object whose methods are the behaviours of a vertex; it lives while the vertex is active.

    Attributes:
        make: Makes the object, given the instance.
        make_bare: The same without its ``__init__``: what it had is given back to it (rule S2).
        link: Its attribute that leads to the instance, and is no data of its own.
        calls_nothing: Whether making it runs no code of the user's that calls anything.
    """

    make: Callable[[Any], object]
    make_bare: Callable[[Any], object]
    link: str
    calls_nothing: bool


class Bound:
    """A method that knows its ``self``: the instance, or the object that is kept for a vertex.

    Attributes:
        function: The method, as a function.
        arguments: What follows ``self``: of ``ctx`` and ``event``.
        vertex: The vertex whose object is ``self``; ``None``: the instance is.
        factory: How that object is made; ``None`` with the instance.
    """

    __slots__ = ("arguments", "function", "factory", "vertex")

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: tuple[str, ...],
        vertex: int | None = None,
        factory: StateObjectFactory | None = None,
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.vertex = vertex
        self.factory = factory

    def __call__(self, own: Any, ctx: Context, event: Any) -> Any:
        """Call the method on *own*: what the kernel does; generated steps call `function` in place."""
        given = {"ctx": ctx, "event": event}
        return self.function(own, *[given[argument] for argument in self.arguments])


class ScopedBehavior(abc.ABC):
    """A behaviour that must learn which vertex it belongs to before it can be called.

    Attributes:
        function: The user's own function: it decides the name, the position and whether it can suspend.
        forms: The numbers of arguments that it may be called with, each with its spelling for messages.
        home: The path of the vertex that it belongs to; ``None`` for the one that it is written in.
    """

    __slots__ = ()

    function: Callable[..., Any]
    forms: ClassVar[Mapping[int, str]]
    home: str | None = None

    def fits(self) -> bool:
        """Whether `function` can be called with one of these numbers of arguments."""
        return any(takes(self.function, count) for count in self.forms)

    @abc.abstractmethod
    def for_vertex(self, vertex: int) -> Bound:
        """The behaviour itself, as one of *vertex*."""


def is_scoped(candidate: object) -> typing_extensions.TypeIs[ScopedBehavior]:
    """Whether *candidate* is a behaviour that has to learn its vertex first."""
    return issubclass(type(candidate), ScopedBehavior)


def layers(behavior: Any) -> Iterator[Any]:
    """*behavior* and the callables that a call of it certainly ends up in, from the outside inwards.

    Only what Python itself defines is looked through: methods, partials, and objects whose ``__call__`` is a function.
    A subclass of these, a decorator that stands for a function, or a mock may do something else when it is called.
    """
    while True:
        yield behavior
        kind = type_of(behavior)
        if is_scoped(behavior):
            behavior = behavior.function
        elif kind is staticmethod or kind is classmethod or kind is MethodType:
            behavior = behavior.__func__
        elif kind is functools.partial:
            behavior = behavior.func
        elif kind is FunctionType or issubclass(kind, type):
            return
        elif type(call := special(kind, "__call__")) is FunctionType:
            behavior = call
        else:
            return


def unwrap(behavior: Any) -> Any:
    """The innermost of the `layers` of *behavior*: itself if there is only one; a class is not unwrapped."""
    *_, innermost = layers(behavior)
    return innermost


def code_flags(behavior: Any) -> int:
    """What kind of function *behavior* is in the end, as the ``CO_`` flags of `inspect`; 0 if it is not a function."""
    inner = unwrap(behavior)
    return inner.__code__.co_flags if type(inner) is FunctionType else 0


def callable_form(behavior: Any) -> Any:
    """The object to call with ``(ctx, instance, event)`` for *behavior*."""
    return behavior.__func__ if type(behavior) is staticmethod else behavior


def is_behavior(candidate: object) -> bool:
    """Whether *candidate* can be called at all; the bare ``classmethod`` object of a class body cannot."""
    return callable(candidate.function if is_scoped(candidate) else candidate)


def qualified_name(behavior: Any) -> str:
    """The qualified name of *behavior*, without the ``<locals>`` that a user never wrote."""
    layer = behavior
    for layer in layers(behavior):
        name = attribute_of(layer, "__qualname__")
        if type(name) is str:
            return name.replace("<locals>.", "")
        if type(special(type_of(layer), "__call__")) is FunctionType:
            break
    kind = type(layer).__qualname__.replace("<locals>.", "")
    return f"{kind}.__call__" if callable(layer) else kind


def fits(behavior: Any) -> bool:
    """Whether *behavior* accepts the arguments of a behaviour; ``True`` if its parameters are unknown."""
    form = callable_form(behavior)
    return form.fits() if is_scoped(form) else takes(form, 3)


# --- suspending ----------------------------------------------------------------------------------------------


_SUSPENDING = frozenset(
    opcode.opmap[name]
    for name in ("GET_AWAITABLE", "GET_ANEXT", "GET_AITER", "BEFORE_ASYNC_WITH", "SEND")
    if name in opcode.opmap
)
# by the beginning of their names, which differ between the versions of Python; iterating may call as well
_CALLING = (
    "CALL",
    "PRECALL",
    "IMPORT",
    "GET_ITER",
    "FOR_ITER",
    "UNPACK",
    "BEFORE",
    "WITH",
    "LIST_EXTEND",
    "SET_UPDATE",
)
_RETURN_VALUE = opcode.opmap["RETURN_VALUE"]
_CONSTANT = frozenset(opcode.opmap[name] for name in ("LOAD_CONST", "RETURN_CONST") if name in opcode.opmap)
_RETURNING = _CONSTANT - {opcode.opmap["LOAD_CONST"]} | {_RETURN_VALUE}
_UNSEEN_CALLS = ("CALL_INTRINSIC_1",)
"""How a coroutine's own frame handles a stray ``StopIteration``: not a call of the user's."""


def _has_await(code: CodeType) -> bool:
    return any(operation in _SUSPENDING for operation in code.co_code[::2])


def is_async(behavior: Any) -> bool:
    """Whether *behavior* is a coroutine function: not one that is only marked as such, whose code says nothing."""
    return bool(code_flags(behavior) & inspect.CO_COROUTINE)


def never_suspends(behavior: Any) -> bool:
    """Whether *behavior* is a coroutine function without an ``await`` in its code (rule Q3).

    Such a coroutine ends at its first ``send``, so it can be run where it is called. ``False`` for plain functions,
    which have no coroutine to run.
    """
    return is_async(behavior) and not _has_await(unwrap(behavior).__code__)


def calls_nothing(behavior: Any) -> bool:
    """Whether the code of *behavior* calls, awaits, imports and iterates over nothing.

    Then it starts no task, and leaves nothing behind that could dispatch later as if from inside (rule Q2). What
    operators and properties do is not examined.
    """
    inner = unwrap(behavior)
    if type(inner) is not FunctionType:
        return False
    names = {opcode.opname[operation] for operation in inner.__code__.co_code[::2]}
    return not _has_await(inner.__code__) and not any(
        name.startswith(_CALLING) and name not in _UNSEEN_CALLS for name in names
    )


def returns_nothing(behavior: Any) -> bool:
    """Whether *behavior*, called or awaited, can return ``None`` alone, by the looks of its code."""
    inner = unwrap(behavior)
    if type(inner) is not FunctionType or inner.__code__.co_flags & inspect.CO_GENERATOR:
        return False
    code = inner.__code__
    text = code.co_code
    returns = [at for at in range(0, len(text), 2) if text[at] in _RETURNING]
    # where a value can be returned that is on the stack, something may jump to the very return and bring one along:
    # `return task or None`
    labels = _labels(text) if any(text[at] == _RETURN_VALUE for at in returns) else ()
    return all(at not in labels and _is_none(code, at if text[at] != _RETURN_VALUE else at - 2) for at in returns)


def _labels(text: bytes) -> list[int]:
    """Where the code may jump to."""
    labels: list[int] = dis.findlabels(text)  # type: ignore[arg-type]  # the stubs know of code objects only
    return labels


def _is_none(code: CodeType, at: int) -> bool:
    """Whether the instruction at *at* loads, or returns, the constant ``None``."""
    operation, argument = code.co_code[at : at + 2]
    is_wide = at > 0 and code.co_code[at - 2] == opcode.opmap["EXTENDED_ARG"]  # the argument is longer than this
    return operation in _CONSTANT and not is_wide and code.co_consts[argument] is None


def at_once(function: Any) -> Any | None:
    """A plain function that does what the coroutine function *function*, which has no ``await``, does when awaited.

    Without an ``await``, a coroutine function differs from a plain one only in the instruction that makes the
    coroutine. Here that is removed, in a copy that shares globals, defaults, closure, file and lines.

    Returns ``None`` for anything but such a function, and for one whose code has an unknown form.
    """
    if type(function) is not FunctionType or not never_suspends(function):
        return None
    code = bytearray(function.__code__.co_code)
    makes = [at for at in range(0, len(code), 2) if code[at] == opcode.opmap["RETURN_GENERATOR"]]
    if len(makes) != 1 or code[makes[0] + 2] != opcode.opmap["POP_TOP"]:
        return None
    at = makes[0]
    # replaced and not cut out: jumps, exception table and line numbers keep their offsets
    code[at : at + 4] = bytes((opcode.opmap["NOP"], 0)) * 2
    flags = function.__code__.co_flags & ~inspect.CO_COROUTINE
    return copied(function, function.__code__.replace(co_code=bytes(code), co_flags=flags))
