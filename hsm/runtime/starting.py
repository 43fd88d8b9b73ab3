"""Starting: what `hsm.start` returns, to be awaited, or entered as a block (rules L1, E4a and E6).

In: a record, and the face of its machine. Out: the machine, started, and in the case of a block stopped at its end.
Never imports asyncio.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar

from hsm.answer import Answer
from hsm.instance import Runner
from hsm.runtime.awaitables import STARTED, Drivable, together
from hsm.runtime.host import CancelledError
from hsm.runtime.lifecycle import begin, stop
from hsm.runtime.record import ENDED, Record

M = TypeVar("M", bound=Runner)
"""The type of a machine."""


Begin: TypeAlias = Callable[[Record, Callable[[BaseException], object] | None], Answer[None]]
"""How a machine begins: as a new one, or where a saved one was."""


async def start(
    record: Record,
    machine: M,
    on_background_error: Callable[[BaseException], object] | None = None,
    begin: Begin = begin,
    end: Callable[[Record], object] = stop,
) -> M:
    """Start *machine*, whose record this is, and return it; see `begin`.

    If it is cancelled before it is done, the machine is ended by *end* after the step that it is in.
    """
    # only now, so that a machine that is never started is no cycle
    record.machine = machine
    begun = begin(record, on_background_error)
    if begun is STARTED:
        return machine
    try:
        await begun
    except BaseException:
        end(record)
        raise
    finally:
        del begun  # the frames of an error keep this one, and a dropped error is reported when this goes
    return machine


class Starting(Drivable[M], Generic[M]):
    """A machine that is about to start.

    ``await`` starts it and returns it. ``async with`` starts it, returns it, and stops it at the end of the block. One
    that is dropped without either warns, as the coroutine does that it holds (rule E4a).
    """

    __slots__ = ("_errors", "_has_cancelled", "_machine", "_record", "_start", "_task")

    def __init__(self, record: Record, machine: M) -> None:
        self._host = record.host
        self._waits = None
        self._record = record
        self._machine = machine
        self._start: Coroutine[Any, Any, M] | None = start(record, machine)

    def _again(self, on_background_error: Callable[[BaseException], object] | None = None) -> Coroutine[Any, Any, M]:
        return start(self._record, self._machine, on_background_error)

    def __await__(self) -> Generator[Any, Any, M]:
        starting, self._start = self._start, None
        if starting is None:  # a second time, which is refused
            starting = self._again()
        return starting.__await__()

    def close(self) -> None:
        """End every wait; one that was not awaited is not going to be."""
        if self._start is not None:
            self._start.close()
        super().close()

    async def __aenter__(self) -> M:
        self.close()
        self._start = self._again(self._background_error)
        self._errors: list[BaseException] = []
        self._has_cancelled = False
        self._task: Any = self._host.current_task()
        try:
            return await self
        except BaseException as error:
            if self._errors:
                await self.__aexit__(type(error), error, None)
            self._task = None
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the machine; raise the errors that nobody awaited, with what the block itself raised."""
        cancelled = await self._stopped()
        task, self._task = self._task, None
        if self._has_cancelled:
            if cancelled is None and not isinstance(error, CancelledError):
                # the block ended before our cancellation arrived: let it arrive here, and nowhere else
                with contextlib.suppress(CancelledError):
                    await self._host.next_iteration()
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
        """Wait until the machine is stopped, whoever wants the wait to end; returns the last such request."""
        cancelled: CancelledError | None = None
        while True:
            try:
                await stop(self._record)
            except CancelledError as request:
                cancelled = request
                if self._record.status in ENDED:
                    return cancelled
            except BaseException as failure:
                self._errors.append(failure)
                return cancelled
            else:
                stop(self._record)  # a restart that was asked for meanwhile is called off
                return cancelled

    def _background_error(self, error: BaseException) -> None:
        """An error that nobody awaits: the block is cancelled, and raises it at its end (rule E6)."""
        if self._task is None:
            self._host.report("an error in a machine whose block is over", error)
            return
        self._errors.append(error)
        if not self._has_cancelled and self._record.status not in ENDED:
            self._has_cancelled = True
            self._task.cancel()


class Resuming(Starting[M], Generic[M]):
    """The same for a machine that goes on where a saved one was.

    Args:
        record: As above.
        machine: As above.
        begin: How it begins.
        end: How it ends where its beginning is cancelled.
    """

    __slots__ = ("_begin", "_end")

    def __init__(self, record: Record, machine: M, begin: Begin, end: Callable[[Record], object]) -> None:
        self._host = record.host
        self._waits = None
        self._record = record
        self._machine = machine
        self._begin = begin
        self._end = end
        self._start = start(record, machine, None, begin, end)

    def _again(self, on_background_error: Callable[[BaseException], object] | None = None) -> Coroutine[Any, Any, M]:
        return start(self._record, self._machine, on_background_error, self._begin, self._end)
