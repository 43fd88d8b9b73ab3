"""The type of what a machine's methods return: a result that may be awaited. Never imports anything of this package."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Generic, SupportsIndex, TypeVar

T = TypeVar("T", covariant=True)


class Answer(Coroutine[Any, Any, T], Generic[T]):
    """What `dispatch`, `stop`, `wait` and `call` return: await it, or drop it.

    The request is carried out whether or not it is awaited, and cancelling an await ends only that wait (rules Q1 and
    Q4). It is also a coroutine, so ``asyncio.create_task`` and ``asyncio.TaskGroup`` accept it as it is. It may be
    awaited again. Answers that are known immediately are shared, so several of them may be one element of a set.
    """

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        raise TypeError("what 'dispatch', 'call', 'stop', 'wait' and 'start' return cannot be copied or pickled")
