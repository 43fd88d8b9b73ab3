"""Threads: who may send from where, and sending from another thread (rule Q7).

In: a sender's thread, or an event on any thread. Out: nothing, or a ``concurrent.futures.Future`` of the outcome.
Never imports asyncio.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from hsm.answer import Answer
from hsm.errors import LifecycleError
from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.host import Host, running_loop
from hsm.runtime.record import Record


def check_sender(record: Record, remedy: str = "send with 'machine.dispatch_threadsafe(event)'") -> None:
    """Whether the sender is on the thread of *record*.

    Args:
        record: The machine that something is asked of.
        remedy: How to ask for it from another thread.

    Raises:
        LifecycleError: The sender is on another thread, or the loop is closed.
    """
    # the usual sender is on the machine's own loop, and one comparison tells; only the others need the thread looked up
    if running_loop() is not record.mark:
        host = record.host
        if threading.get_ident() != host.thread:
            raise LifecycleError(f"this machine runs on another thread: {remedy}")
        if host.loop.is_closed():
            raise LifecycleError("the loop of this machine is closed: a machine lives on the loop that started it")


def send_from_thread(
    host: Host, dispatch: Callable[[Event[Any]], Answer[Outcome]], event: Event[Any]
) -> Future[Outcome]:
    """The outcome of *event*, which *dispatch* gets on the loop of *host* as soon as the loop comes to it.

    Raises:
        LifecycleError: The loop is closed.
    """
    future: Future[Outcome] = Future()

    def send() -> None:
        # whoever sent it may have cancelled the future before the loop came to it: then nothing is dispatched
        if future.set_running_or_notify_cancel():
            host.spawn(_relay(dispatch, event, future), contextvars.copy_context(), is_eager=True)

    try:
        host.call_soon_threadsafe(send)
    except RuntimeError as error:
        raise LifecycleError("the loop of this machine is closed") from error
    return future


async def _relay(dispatch: Callable[[Event[Any]], Answer[Outcome]], event: Event[Any], future: Future[Outcome]) -> None:
    """Give *future* what comes of *event*."""
    try:
        future.set_result(await dispatch(event))
    except BaseException as error:
        # first of all: the other thread may be blocked in `result`, and has to learn of it whatever it is
        future.set_exception(error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise  # the program is to end, whatever thread asked
