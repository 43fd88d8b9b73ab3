"""Threads: who may send from where, and sending from another thread (rule Q7).

In: a sender's thread, or an event on any thread. Out: nothing, or a ``concurrent.futures.Future`` of the outcome.
Never imports asyncio.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any

from hsm.answer import Answer
from hsm.errors import LifecycleError, MachineStopped
from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.awaitables import when_done
from hsm.runtime.host import CancelledError, Host, running_loop
from hsm.runtime.record import Record

BY_COROUTINE = "use 'asyncio.run_coroutine_threadsafe'"
"""How to ask a machine on another thread for what is not sent."""
_CLOSED = "the loop of this machine is closed, or about to be: start its instance anew on another one"


def check_sender(record: Record, remedy: str = "send with 'machine.dispatch_threadsafe(event)'") -> None:
    """Whether the sender is on the thread and on the loop of *record* (rules Q7 and Q7a).

    Args:
        record: The machine that something is asked of.
        remedy: How to ask for it from another thread.

    Raises:
        LifecycleError: The sender is on another thread or on another loop, or the machine's loop is closed.
    """
    # the usual sender is on the machine's own loop, and one comparison tells; only the others need the thread looked up
    if running_loop() is not record.mark:
        host = record.host
        if threading.get_ident() != host.thread:
            raise LifecycleError(f"this machine runs on another thread: {remedy}")
        if host.loop.is_closed():
            raise LifecycleError(_CLOSED)
        if host.is_elsewhere():
            raise LifecycleError("this machine runs on another event loop: use it on the loop that started it")


def send_from_thread(
    host: Host, dispatch: Callable[[Event[Any]], Answer[Outcome]], event: Event[Any]
) -> Future[Outcome]:
    """The outcome of *event*, which *dispatch* gets on the loop of *host* as soon as the loop comes to it.

    Returns:
        A future that always ends; with a `LifecycleError` when the loop ends before the event has been processed.

    Raises:
        LifecycleError: The loop is closed.
    """
    relay = _Relay(host, dispatch, event)
    future = relay.future
    try:
        host.call_soon_threadsafe(relay)
    except RuntimeError as error:
        raise LifecycleError(_CLOSED) from error
    return future


class _Relay:
    """An event from another thread on its way. Everything but its making happens on the thread of the loop.

    Until its turn comes, the loop alone holds it: a loop that is closed drops it, and it is cut off then.
    """

    __slots__ = ("_dispatch", "_event", "_host", "future")

    def __init__(self, host: Host, dispatch: Callable[[Event[Any]], Answer[Outcome]], event: Event[Any]) -> None:
        self.future: Future[Outcome] = Future()
        self._host = host
        self._dispatch = dispatch
        self._event = event

    def __call__(self) -> None:
        """Dispatch the event: its turn has come."""
        if not self.future.set_running_or_notify_cancel():
            return
        if not self._host.add_at_end(self._cut_off):
            self._cut_off()
            return
        try:
            answer = self._dispatch(self._event)
        except BaseException as error:
            self._done(None, error, is_quiet=False)
        else:
            when_done(answer, self._done)

    def _done(self, outcome: Outcome | None, error: BaseException | None, is_quiet: bool) -> None:
        """The event has been processed, or refused; what ends the program does so here as well (rule E7)."""
        self._host.at_end.discard(self._cut_off)
        if self.future.done():
            return  # cut off
        if error is None:
            self.future.set_result(outcome)  # type: ignore[arg-type]  # there is one without an error
            return
        if isinstance(error, CancelledError) and is_quiet:
            # somebody cancelled the task of the step: a thread has no use for that, as it does not know the task
            stopped = MachineStopped(f"what the step on '{self._event.name}' was awaiting was cancelled")
            stopped.__cause__, error = error, stopped
        self.future.set_exception(error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self._host.call_soon(_raise, error)

    def _cut_off(self) -> None:
        """The loop ends, and the event has not been processed."""
        with contextlib.suppress(InvalidStateError):  # the sender may cancel it at any time
            if not self.future.done():
                self.future.set_exception(LifecycleError(_CLOSED))

    __del__ = _cut_off


def _raise(error: BaseException) -> None:
    raise error
