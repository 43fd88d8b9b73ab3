"""Answers: the type of what a machine gives back at once, and says more of when it is awaited.

In: nothing. Out: `Answer`. Never imports anything of this package.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T", covariant=True)


class Answer(Coroutine[Any, Any, T], Generic[T]):
    """What `dispatch`, `stop`, `wait` and `call` give: to be awaited, or dropped.

    What was asked for happens whether or not it is awaited, and cancelling an await ends that wait alone (rules Q1
    and Q4). It is a coroutine as well, so that ``asyncio.create_task`` and ``asyncio.TaskGroup`` take it as it is.
    It may be awaited again; answers that are known at once are shared, and so are one element of a set.
    """

    __slots__ = ()
