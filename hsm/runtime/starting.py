"""What `hsm.start` gives back: to be awaited, or to be entered with ``async with``.

In: a machine that is made and not started. Out: the machine, running; in a block, a machine whose life ends with
the block, and whose errors end the block (rules L1 and E6). Never imports asyncio.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from types import TracebackType
from typing import Any, Generic

from hsm.runtime.delivery import Drivable, together
from hsm.runtime.done import STARTED
from hsm.runtime.loop import CancelledError, Host
from hsm.runtime.machine import J, Machine


class Starting(Drivable[Machine[J]], Generic[J]):
    """A machine that is about to start.

    ``await`` starts it and gives it. If the await is cancelled before it is done, the machine is stopped after the
    step that it is in. ``async with`` starts it, gives it, and stops it at the end of the block.
    """

    __slots__ = ("_errors", "_has_cancelled", "_machine", "_task")

    def __init__(self, machine: Machine[J], host: Host) -> None:
        self._host = host
        self._waits = None
        self._machine = machine
        self._task: Any = None

    def __await__(self) -> Generator[Any, Any, Machine[J]]:
        begun = self._machine.begin(self._background_error if self._task is not None else None)
        if begun is STARTED:
            return self._machine
        try:
            yield from begun.__await__()
        except (CancelledError, GeneratorExit):
            self._machine.stop()
            raise
        finally:
            del begun  # the frames of an error keep this one, and an error that nobody took is told when this goes
        return self._machine

    async def __aenter__(self) -> Machine[J]:
        self._errors: list[BaseException] = []
        self._has_cancelled = False
        self._task = self._host.current_task()
        return await self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the machine; raise what nobody else was told of, with what the block itself raised."""
        cancelled = await self._stopped()
        task, self._task = self._task, None
        if self._has_cancelled:
            if cancelled is None and not isinstance(error, CancelledError):
                # the block ended before our cancellation arrived: let it arrive here, and nowhere else
                with contextlib.suppress(CancelledError):
                    await self._host.turn()
            task.uncancel()
        if not self._errors:
            if cancelled is not None and error is None:
                raise cancelled
            return
        if task.cancelling() > 0:
            # somebody else wants the task cancelled too: let that arrive at its next await, as a TaskGroup does
            task.uncancel()
            task.cancel()
        if error is not None and not isinstance(error, CancelledError):
            self._errors.append(error)
        raised = together(self._errors)
        assert raised is not None  # there is at least one error
        raise raised from None

    async def _stopped(self) -> CancelledError | None:
        """Wait until the machine is stopped, whoever wants the wait to end; gives the last such wish."""
        cancelled: CancelledError | None = None
        while True:
            try:
                await self._machine.stop()
            except CancelledError as wish:
                cancelled = wish
                if self._machine.is_over():
                    return cancelled
            except Exception as failure:
                self._errors.append(failure)
                return cancelled
            else:
                self._machine.stop()  # a restart that was asked for meanwhile is called off
                return cancelled

    def _background_error(self, error: BaseException) -> None:
        """An error that nobody awaits: the block is cancelled, and raises it at its end (rule E6)."""
        if self._task is None:
            self._host.report("an error in a machine whose block is over", error)
            return
        self._errors.append(error)
        if not self._has_cancelled and not self._machine.is_over():
            self._has_cancelled = True
            self._task.cancel()
