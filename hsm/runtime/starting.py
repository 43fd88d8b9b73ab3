"""What `hsm.start` gives back: to be awaited, or to be entered with ``async with``.

In: a machine that is made and not started. Out: the machine, running; in a block, a machine whose life ends with
the block, and whose errors end the block (rules L1 and E6). Never imports asyncio.
"""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import Any, Generic

from hsm.runtime.delivery import Drivable, together
from hsm.runtime.loop import CancelledError, Host
from hsm.runtime.machine import J, Machine


class Starting(Drivable[Machine[J]], Generic[J]):
    """A machine that is about to start.

    ``await`` starts it and gives it. If the await is cancelled before it is done, the machine is stopped after the
    step that it is in. ``async with`` starts it, gives it, and stops it at the end of the block.
    """

    __slots__ = ("_errors", "_has_cancelled", "_host", "_machine", "_task")

    def __init__(self, machine: Machine[J], host: Host) -> None:
        super().__init__()
        self._machine = machine
        self._host = host
        self._errors: list[BaseException] = []
        self._has_cancelled = False
        self._task: Any = None

    def __await__(self) -> Generator[Any, Any, Machine[J]]:
        begun = self._machine.begin(self._background_error if self._task is not None else None)
        try:
            yield from begun.__await__()
        except (CancelledError, GeneratorExit):
            self._machine.stop()
            raise
        return self._machine

    async def __aenter__(self) -> Machine[J]:
        self._task = self._host.current_task()
        return await self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the machine; raise what nobody else was told of, with what the block itself raised."""
        machine, task = self._machine, self._task
        self._task = None
        try:
            await machine.stop()
        except Exception as failure:
            self._errors.append(failure)
        is_ours = self._has_cancelled and isinstance(error, CancelledError)
        if self._has_cancelled and task.uncancel() > 0:
            # somebody else wants the task cancelled too: let that arrive at its next await, as a TaskGroup does
            task.uncancel()
            task.cancel()
        if not self._errors:
            return
        if error is not None and not is_ours:
            self._errors.append(error)
        raised = together(self._errors)
        assert raised is not None  # there is at least one error
        raise raised from None

    def _background_error(self, error: BaseException) -> None:
        """An error that nobody awaits: the block is cancelled, and raises it at its end (rule E6)."""
        self._errors.append(error)
        if self._task is not None and not self._has_cancelled:
            self._has_cancelled = True
            self._task.cancel()
