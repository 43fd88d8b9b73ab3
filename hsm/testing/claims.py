"""Claims: what must hold of a machine, at every moment or within a time.

In: a path, or a predicate of the instance. Out: a `Claim`, which makes a fresh judge for each machine. They are looked
at after every step, and whenever somebody asks; what a step only passes through is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from hsm.names import one_line, shown
from hsm.runtime.machine import Machine

Check: TypeAlias = str | Callable[[Any], object]
"""A path, which holds while the vertex is active; or a predicate, which is called with the instance.

A predicate holds unless it returns ``False``, or raises an `AssertionError`.
"""
Judge: TypeAlias = Callable[[Machine[Any], float], str | None]
"""Is asked with a machine and the time, again and again; returns what is wrong, if anything is."""
_EXACT = 1e-9


@attrs.frozen
class Claim:
    """What must hold of a machine; `always`, `while_in` and `eventually` make them.

    Attributes:
        text: The same in a message.
        judge: Makes what judges one machine.
    """

    text: str
    judge: Callable[[], Judge] = attrs.field(repr=False)


def always(check: Check) -> Claim:
    """*check* holds after every step."""
    text = f"always({_named(check)})"
    return Claim(text, lambda: lambda machine, now: _wrong(check, machine, text))


def while_in(path: str, check: Check) -> Claim:
    """*check* holds after every step while the vertex at *path* is active."""
    text = f"while_in({path!r}, {_named(check)})"
    return Claim(text, lambda: lambda machine, now: _wrong(check, machine, text) if machine.is_in(path) else None)


def eventually(check: Check, *, within: float, since: Check | None = None) -> Claim:
    """*check* holds no later than *within* seconds after *since* did, each time; without that, after the start.

    Raises:
        ValueError: *within* is negative.
    """
    if not within >= 0:
        raise ValueError(f"within must be 0 or more seconds, not {shown(within)}")
    begins = "" if since is None else f", since={_named(since)}"
    return Claim(f"eventually({_named(check)}, within={within:g}{begins})", lambda: _Deadline(check, within, since))


class _Deadline:
    """Judges `eventually`."""

    def __init__(self, check: Check, within: float, since: Check | None) -> None:
        self._check = check
        self._within = within
        self._since = since
        self._began: float | None = None
        self._is_done = False

    def __call__(self, machine: Machine[Any], now: float) -> str | None:
        """What is wrong: the time is over."""
        if self._began is None and not self._is_done and (self._since is None or _holds(self._since, machine)):
            self._began = now
        if self._began is None:
            return None
        late = now - self._began - self._within
        if late > _EXACT:
            return f"{_named(self._check)} did not hold within {self._within:g} s after {self._began:g} s"
        if _holds(self._check, machine):
            self._began = None
            self._is_done = self._since is None  # the start comes once, anything else again
        return None


def _wrong(check: Check, machine: Machine[Any], text: str) -> str | None:
    try:
        if _holds(check, machine):
            return None
    except AssertionError as error:
        return f"{text} does not hold: {one_line(str(error))}"
    return f"{text} does not hold"


def _holds(check: Check, machine: Machine[Any]) -> bool:
    if isinstance(check, str):
        return machine.is_in(check)
    return check(machine.instance) is not False


def _named(check: Check) -> str:
    return repr(check) if isinstance(check, str) else str(getattr(check, "__qualname__", shown(check)))
