"""Sending from another thread: rule Q7.

In: an event, on any thread. Out: a ``concurrent.futures.Future`` of its outcome. Never imports asyncio.
"""

from __future__ import annotations

import contextvars
from concurrent.futures import Future
from typing import Any, Protocol

from hsm.answer import Answer
from hsm.errors import LifecycleError
from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.loop import Host


class Dispatches(Protocol):
    """What is sent to."""

    def dispatch(self, event: Event[Any]) -> Answer[Outcome]:
        """Put *event* in, on the machine's own thread."""
        ...


def send_from_thread(machine: Dispatches, host: Host, event: Event[Any]) -> Future[Outcome]:
    """The outcome of *event*, which is dispatched on the loop of *host* as soon as that comes to it.

    Raises:
        LifecycleError: The loop is closed.
    """
    future: Future[Outcome] = Future()

    def send() -> None:
        if future.set_running_or_notify_cancel():
            host.spawn(_relay(machine, event, future), contextvars.copy_context(), is_eager=True)

    try:
        host.call_soon_threadsafe(send)
    except RuntimeError as error:
        raise LifecycleError("the loop of this machine is closed") from error
    return future


async def _relay(machine: Dispatches, event: Event[Any], future: Future[Outcome]) -> None:
    """Give *future* what comes of *event*; what is no ordinary exception is raised here as well."""
    try:
        future.set_result(await machine.dispatch(event))
    except BaseException as error:
        future.set_exception(error)
        if not isinstance(error, Exception):
            raise
