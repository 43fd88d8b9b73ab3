"""Parameters: with how many arguments a callable of the user's can be called, and what it calls them.

What is called decides: a real function by its code, and never by a ``__signature__`` or ``__wrapped__`` on it. Those
say something only where the function itself says nothing. Never imports the tree or the run time, and calls nothing.
"""

from __future__ import annotations

import functools
import inspect
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

import attrs

from hsm.kinds import attribute_of, special, type_of

_MOST_WRAPPERS = 50
"""How many wrappers in one another are looked through: some objects claim to wrap something without end."""
_BUILT_IN = (BuiltinFunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType)
_PLACEHOLDER: object = getattr(functools, "Placeholder", None)
"""What stands in a partial for an argument that is still to come, from Python 3.14 on."""


def takes(function: Any, count: int) -> bool:
    """Whether *function* can be called with *count* positional arguments; ``True`` if its parameters are unknown."""
    if type(function) is FunctionType:  # as nearly all are: `inspect.signature` takes far longer
        code = function.__code__
        if code.co_argcount == count and not code.co_kwonlyargcount:
            return True
    bare = _bare(function, 0)
    if bare is None:
        return True
    try:
        inspect.signature(bare).bind(*[None] * count)
    except (TypeError, ValueError):  # a ValueError: no arguments at all would do
        return False
    return True


@attrs.frozen
class Positional:
    """What can be passed to a callable by position.

    Attributes:
        names: The parameters, in order.
        needed: How many of them have no default.
        takes_more: Whether it takes any number of others.
    """

    names: tuple[str, ...]
    needed: int
    takes_more: bool


def positional(function: Any) -> Positional | None:
    """What *function* is called with: what the outermost function in it takes that spells its parameters out.

    One that takes whatever it is given, ``(*args, **kwargs)`` or ``(self, *args, **kwargs)``, passes it on: what counts
    then is its ``__signature__``, or the parameters of what it says that it wraps. ``None`` if they are unknown.
    """
    code = function.__code__ if type(function) is FunctionType else None
    if code is not None and not code.co_flags & inspect.CO_VARARGS:  # as nearly all are
        defaults = len(function.__defaults__ or ())
        return Positional(code.co_varnames[: code.co_argcount], code.co_argcount - defaults, False)
    bare = _bare(function, _MOST_WRAPPERS)
    if bare is None:
        return None
    parameters = _parameters(bare)
    named = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return Positional(
        tuple(each.name for each in named),
        sum(each.default is each.empty for each in named),
        any(each.kind is each.VAR_POSITIONAL for each in parameters),
    )


def _bare(behavior: Any, wrappers: int) -> Any | None:
    """A callable with the parameters of *behavior*, for `inspect` to read: without attributes that say otherwise.

    Args:
        behavior: A callable of the user's.
        wrappers: How many wrappers that take anything may be looked through.

    Returns:
        ``None`` if only a call could tell.
    """
    kind = type_of(behavior)
    if kind is staticmethod:
        return _bare(behavior.__func__, wrappers)
    if kind is MethodType:
        inner = _bare(behavior.__func__, wrappers)
        return None if inner is None else MethodType(inner, behavior)
    if kind is functools.partial:
        inner = _bare(behavior.func, wrappers)
        arguments = [each if each is _PLACEHOLDER else None for each in behavior.args]
        return None if inner is None else functools.partial(inner, *arguments, **dict.fromkeys(behavior.keywords))
    own = _own_parameters(behavior, kind)
    if wrappers and (own is None or _takes_anything(own)):
        return _behind(behavior, wrappers - 1) or own
    return own


def _own_parameters(behavior: Any, kind: type) -> Any | None:
    """As `_bare`, for what is neither a method nor a partial."""
    if kind is FunctionType:
        return copied(behavior, behavior.__code__)
    if kind in _BUILT_IN:
        try:
            inspect.signature(behavior)
        except ValueError:  # written in C, without saying
            return None
        return behavior
    call = special(kind, "__call__")
    # a class is called by its metaclass, and what that does with the arguments is not known
    is_known = type(call) is FunctionType and not issubclass(kind, type)
    return MethodType(copied(call, call.__code__), behavior) if is_known else None


def copied(function: FunctionType, code: CodeType) -> FunctionType:
    """A copy of *function* that runs *code*, without its attributes and annotations."""
    copy = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _parameters(bare: Any) -> tuple[inspect.Parameter, ...]:
    """The parameters of what `_bare` returned; none if it cannot be called."""
    try:
        return tuple(inspect.signature(bare).parameters.values())
    except ValueError:
        return ()


def _takes_anything(bare: Any) -> bool:
    """Whether *bare* spells out no parameter beyond the first, and takes any number of others."""
    if type(bare) is FunctionType and not bare.__code__.co_flags & inspect.CO_VARARGS:
        return False  # as nearly all are
    return inspect.Parameter.VAR_POSITIONAL in [each.kind for each in _parameters(bare)[:2]]


def _behind(wrapper: Any, wrappers: int) -> Any | None:
    """As `_bare`, for what *wrapper*, which takes anything, says that it stands for."""
    said = attribute_of(wrapper, "__signature__")
    if type(said) is inspect.Signature:

        def stand_in() -> None: ...

        stand_in.__signature__ = said  # type: ignore[attr-defined]
        return stand_in
    inner = attribute_of(wrapper, "__wrapped__")
    return None if inner is None else _bare(inner, wrappers)
