"""Everywhere: observers of machines that somebody else starts."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from hsm.program import Program
from hsm.runtime.observation import WATCHERS, Observer


@contextmanager
def watched(make: Callable[[Program], Observer]) -> Generator[None]:
    """A block in which every machine that is made gets an observer of *make*, which is given what runs."""
    WATCHERS.append(make)
    try:
        yield
    finally:
        WATCHERS.remove(make)


@contextmanager
def unwatched() -> Generator[None]:
    """A block in which they get none: for a search, whose machines are no tests."""
    kept = [*WATCHERS]
    WATCHERS.clear()
    try:
        yield
    finally:
        WATCHERS[:] = kept
