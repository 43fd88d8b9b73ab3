"""The Machine: a Program over time.

In: events, from wherever. Out: their outcomes. Decides when a step runs, in which context, and whether in a task:
a step that nothing suspends runs inside the call that brought its event (rule Q3).
Never imports asyncio: the host is asked for tasks and time.
"""

from __future__ import annotations

import concurrent.futures
import contextvars
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar, overload

from hsm.context import Context
from hsm.errors import LifecycleError, MachineStopped
from hsm.events import Arguments, Event
from hsm.instance import Instance
from hsm.names import closest, either, join
from hsm.outcome import Outcome, Status
from hsm.program import OUTSIDE, Program
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.activities import Activities, Running
from hsm.runtime.configuration import Configuration
from hsm.runtime.delivery import OUTCOMES, STOPPED, Done, Pending, Work
from hsm.runtime.kernel import Kernel
from hsm.runtime.loop import CancelledError, Clock, Host
from hsm.runtime.timers import Armed, Timers

J = TypeVar("J", bound=Instance)
"""The type of a machine's instance."""

_logger = logging.getLogger("hsm")
_inside: contextvars.ContextVar[tuple[object, ...]] = contextvars.ContextVar("hsm_inside", default=())
"""The machines that the running code is a behaviour of, outermost first; tasks inherit it (rule Q2)."""
_ACTIVITY = object()
"""Stands behind a machine in `_inside` where the running code is an activity: it runs beside the steps, not in one."""
_ENDED = (Status.COMPLETED, Status.TERMINATED, Status.STOPPED)


class Machine(Generic[J]):
    """A model that runs on an instance; `hsm.start` makes one and starts it.

    Args:
        program: What runs.
        instance: What it runs on.
        host: The event loop.
        clock: Where time comes from; the loop's own clock by default.
        parent: The context whose cancellation stops the machine (rule L7).
        grace: Seconds that a cancelled activity has to end (rule A1).
        step_budget: How many internal steps may follow each other without an event from outside (rule Q8).

    Attributes:
        instance: What it runs on.
        program: What runs.
    """

    __slots__ = (
        "__weakref__",
        "_budget",
        "_clock",
        "_context",
        "_deferred",
        "_end",
        "_grace",
        "_host",
        "_is_busy",
        "_is_draining",
        "_is_suspended",
        "_is_woken",
        "_kernel",
        "_on_background_error",
        "_parent",
        "_queue",
        "_recalled",
        "_status",
        "_stop",
        "_thread",
        "_urgent",
        "_variables",
        "instance",
        "program",
    )

    def __init__(
        self,
        program: Program,
        instance: J,
        host: Host,
        *,
        clock: Clock | None = None,
        parent: Context | None = None,
        grace: float = 5.0,
        step_budget: int = 1000,
    ) -> None:
        self.program = program
        self.instance = instance
        self._host = host
        self._clock = clock or host.clock
        self._parent = parent
        self._grace = grace
        self._budget = step_budget
        self._thread = threading.get_ident()
        self._on_background_error: Callable[[BaseException], object] | None = None
        self._reset()

    def _reset(self) -> None:
        """As new: nothing active, nothing queued, nothing remembered (rule L6)."""
        self._status = Status.CREATED
        self._is_busy = False
        self._is_draining = False
        self._is_suspended = False
        self._is_woken = False
        self._stop: Work[None] | None = None
        self._end: Pending[Status] | None = None
        self._queue: deque[Work[Any]] = deque()
        self._urgent: deque[Work[Any]] = deque()
        self._recalled: deque[Work[Any]] = deque()
        self._deferred: list[Work[Any]] = []
        self._context = Context(self._parent)
        self._variables = contextvars.copy_context()
        configuration = Configuration(self.program)
        actions = Actions(self.program, configuration, self.instance, self._context)
        self._kernel = Kernel(self.program, configuration, actions, self._budget)
        self._kernel.timers = Timers(self.program, actions, self._clock, self._expired)
        variables = self._variables.copy()
        variables.run(_inside.set, (*_inside.get(), self, _ACTIVITY))
        self._kernel.activities = Activities(
            self.program, actions, self._host, self._grace, variables, self._activity_ended
        )

    # --- what it tells ---------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """How far the machine's life has come (rule L3)."""
        return self._status

    @property
    def context(self) -> Context:
        """The context that its behaviours are given; done when the machine has ended."""
        return self._context

    def state(self) -> str:
        """The path of the active leaf; with regions, of the innermost state that contains all active leaves.

        Empty when nothing is active. In the middle of a step it tells what is really active (rule L2).
        """
        innermost = self._kernel.configuration.innermost()
        return "" if innermost == OUTSIDE else self.program.vertices[innermost].path

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves in order of declaration; empty when nothing is active (rule L2)."""
        return tuple(self.program.vertices[leaf].path for leaf in self._kernel.configuration.leaves)

    def is_in(self, path: str) -> bool:
        """Whether the vertex at *path* is active (rule L2).

        Args:
            path: A qualified name such as ``/Door/open``, or the same without the model's name.

        Raises:
            ValueError: The model has no such vertex.
        """
        name = path if path.startswith("/") else join(f"/{self.program.name}", path)
        vertex = self.program.index.get(name)
        if vertex is None:
            known = closest(name, self.program.index)
            hint = f": did you mean {either(known)}?" if known else ""
            raise ValueError(f"model '{self.program.name}' has no vertex {path!r}{hint}")
        return self._kernel.configuration.is_active(vertex)

    def wait(self) -> Awaitable[Status]:
        """Wait until the machine has ended, in whatever way; gives its last `status`.

        May be cancelled at any time; the machine goes on.
        """
        if self._status in _ENDED:
            return Done(self._status)
        if self._end is None:
            self._end = Pending(self._host)
        return self._end

    def locals(self) -> dict[int, object]:
        """What behaviours keep for the vertices that are active, by index; an entry goes when its vertex is left."""
        return self._kernel.locals

    def __repr__(self) -> str:
        state = self.state()
        return f"<Machine {self.program.name} {self._status.value}{' in ' + state if state else ''}>"

    # --- what comes in ---------------------------------------------------------------------------------------

    @overload
    def dispatch(self, event: Event[Any]) -> Awaitable[Outcome]: ...
    @overload
    def dispatch(self, event: str, data: Any = None) -> Awaitable[Outcome]: ...
    def dispatch(self, event: Event[Any] | str, data: Any = None) -> Awaitable[Outcome]:
        """Put *event* in, at once, whether or not the result is awaited (rules Q1 to Q4).

        Where no behaviour of the step can suspend, everything has been done when this returns. Awaiting gives the
        event's own outcome, and may be cancelled at any time: the step goes on. From inside a behaviour of this
        machine it gives `Outcome.QUEUED` at once.

        Args:
            event: An `Event` or `Signal`, or a name.
            data: The event's data, with a name.

        Raises:
            TypeError: *event* is neither, or *data* comes with an event that has its own.
            LifecycleError: Before start, after stop, or from another thread (rules L5 and Q7).
            Exception: From the await: what a behaviour raised and no transition took (rule E4).
        """
        event = as_event(event, data)
        chain = self._check_sender()
        if self._status is not Status.RUNNING and not self._is_busy:
            return self._refuse()
        is_inside = self in chain
        if not is_inside and not self._is_busy:
            work = Work(self._host, self._kernel.handle(event), event)
            self._queue.append(work)
            self._drain()
            return work.answer()
        work = self._enqueue(self._kernel.handle(event), event, chain)
        return OUTCOMES[Outcome.QUEUED] if is_inside else work

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Awaitable[Any]:
        """Call *operation*: the await gives what the effect of the transition on it gave, when the step is done.

        The event's data is an `hsm.Arguments`. Cancelling the await does not stop the step.

        Raises:
            LifecycleError: As for `dispatch`; also from inside a behaviour of this machine, which could never end.
            CallError: From the await: no transition takes the call.
            Exception: From the await: what a behaviour raised and no transition took (rule E4).
        """
        event = Event(operation, Arguments(args, kwargs))
        chain = self._check_sender()
        if self in chain:
            raise LifecycleError(f"a behaviour cannot wait for a call of its own machine: dispatch '{operation}'")
        if self._status is not Status.RUNNING:
            raise LifecycleError(
                f"the call of '{operation}' needs a running machine, and this one is {self._status.value}"
            )
        if self._is_busy:
            return self._enqueue(self._kernel.call(event), event, chain)
        work = Work(self._host, self._kernel.call(event), event)
        self._queue.append(work)
        self._drain()
        return work

    @overload
    def dispatch_threadsafe(self, event: Event[Any]) -> concurrent.futures.Future[Outcome]: ...
    @overload
    def dispatch_threadsafe(self, event: str, data: Any = None) -> concurrent.futures.Future[Outcome]: ...
    def dispatch_threadsafe(self, event: Event[Any] | str, data: Any = None) -> concurrent.futures.Future[Outcome]:
        """`dispatch` from any thread (rule Q7).

        Returns:
            A future with the outcome, or with what `dispatch` or its await raised. Do not wait for it on the
            machine's own thread: that would block the loop which is to fulfil it.

        Raises:
            TypeError: As for `dispatch`.
            LifecycleError: The machine's loop is closed.
        """
        sent = as_event(event, data)
        future: concurrent.futures.Future[Outcome] = concurrent.futures.Future()
        try:
            self._host.call_soon_threadsafe(self._dispatch_for, sent, future)
        except RuntimeError as error:
            raise LifecycleError("the loop of this machine is closed") from error
        return future

    def _dispatch_for(self, event: Event[Any], future: concurrent.futures.Future[Outcome]) -> None:
        if future.set_running_or_notify_cancel():
            self._host.spawn(self._relay(event, future), contextvars.copy_context(), is_eager=True)

    async def _relay(self, event: Event[Any], future: concurrent.futures.Future[Outcome]) -> None:
        try:
            future.set_result(await self.dispatch(event))
        except BaseException as error:
            future.set_exception(error)
            if not isinstance(error, Exception):
                raise

    def stop(self) -> Awaitable[None]:
        """Leave every active state, running exit actions, and end (rule L4); once ended, nothing happens.

        From inside a behaviour or activity of this machine it takes effect after the current step, and the await
        gives at once. May be cancelled at any time: the machine stops all the same.

        Raises:
            LifecycleError: From another thread.
            Exception: From the await: what an exit action raised.
        """
        chain = self._check_sender()
        if self._status in _ENDED or (self._status is Status.CREATED and not self._is_busy):
            return STOPPED
        is_inside = self in chain
        if self._stop is None:
            self._stop = Work(self._host, self._stop_steps(), is_inside=is_inside, variables=contextvars.copy_context())
            if is_inside and not self._is_busy:
                self._wake()
        if is_inside:
            return STOPPED
        self._stop.is_inside = False
        if not self._is_busy:
            self._drain()
        return self._stop

    def _check_sender(self) -> tuple[object, ...]:
        """The machines that the sender is a behaviour of.

        Raises:
            LifecycleError: The sender is on another thread.
        """
        if threading.get_ident() != self._thread:
            raise LifecycleError("this machine runs on another thread: send with 'machine.dispatch_threadsafe(event)'")
        return _inside.get()

    def _refuse(self) -> Awaitable[Outcome]:
        """The answer of a machine that is not running (rules C3 and L5)."""
        if self._status is Status.CREATED:
            raise LifecycleError("this machine was not started: 'await hsm.start(ctx, instance, model)' first")
        if self._status is Status.STOPPED:
            raise LifecycleError("this machine was stopped: it takes no events until 'await hsm.restart(machine)'")
        return OUTCOMES[Outcome.IGNORED]

    def _enqueue(self, steps: Steps[Any], event: Event[Any], chain: tuple[object, ...]) -> Work[Any]:
        """*event*'s turn comes later, in the context that its sender has now (rules Q5 and Q6)."""
        is_inside = self in chain
        work: Work[Any] = Work(
            self._host,
            steps,
            event,
            contextvars.copy_context(),
            is_inside=is_inside,
            is_fed=is_inside and self._is_busy and chain[-1] is not _ACTIVITY,
        )
        self._queue.append(work)
        if not self._is_busy:
            self._wake()
        return work

    def _expired(self, due: list[Armed]) -> None:
        """Timers are due (rule A6)."""
        for armed in due:
            steps = self._kernel.expire(armed)
            self._queue.append(Work(self._host, steps, variables=self._variables, is_inside=True))
        if not self._is_busy:
            self._drain()

    def _activity_ended(self, running: Running, error: Exception | None) -> None:
        """An activity returned or raised; that comes before queued events (rules C2 and E3)."""
        steps = self._kernel.activity_returned(running.vertex) if error is None else self._kernel.activity_failed(error)
        self._urgent.append(Work(self._host, steps, variables=self._variables, is_inside=True))
        if not self._is_busy:
            self._drain()

    # --- turns -----------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Process the queue on the next turn of the loop: the sender is not to be torn by its own event."""
        if not self._is_woken:
            self._is_woken = True
            self._host.call_soon(self._woken)

    def _woken(self) -> None:
        self._is_woken = False
        self._drain()

    def _drain(self) -> None:
        """Do one thing after the other, until nothing is left or until a step has to be waited for."""
        if self._is_draining or self._is_suspended:
            return
        self._is_busy = self._is_draining = True
        try:
            while not self._is_suspended and (work := self._next()) is not None:
                if work.variables is None:
                    self._begin(work)
                else:
                    work.variables.run(self._begin, work)
        finally:
            self._is_draining = False
            self._is_busy = self._is_suspended

    def _next(self) -> Work[Any] | None:
        """What is to be done next: stop, then what activities ended with, then recalled events, then the queue."""
        if self._stop is not None and not self._stop.is_done:
            return self._stop
        for several in (self._urgent, self._recalled, self._queue):
            if several:
                return self._counted(several.popleft())
        return None

    def _counted(self, work: Work[Any]) -> Work[Any] | None:
        """*work*, unless the machine has been feeding itself for too long (rule Q8)."""
        if not work.is_fed:
            self._kernel.refresh()
        elif work.event is not None and self._kernel.spend(work.event.name):
            self._queue = deque(other for other in self._queue if not other.is_fed)
            self._background(self._take_unhandled())
            return self._next()
        return work

    def _begin(self, work: Work[Any]) -> None:
        """Do *work* up to its end, or up to the first thing that has to be awaited: that needs a task (rule Q3)."""
        token = _inside.set((*_inside.get(), self))
        try:
            awaitable = next(work.steps)
        except StopIteration as end:
            self._finish(work, end.value)
        except Exception as error:
            self._finish(work, None, error)
        else:
            self._is_suspended = True
            self._host.spawn(self._continue(work, awaitable), contextvars.copy_context(), is_eager=True)
        finally:
            _inside.reset(token)

    async def _continue(self, work: Work[Any], awaitable: Any) -> None:
        """Do the rest of *work*, and then whatever else waits.

        Nobody but the loop, as it is taken down, can cancel this: then the machine is abandoned as it stands.
        """
        try:
            while True:
                try:
                    value = await awaitable
                except CancelledError as error:
                    if self._host.is_being_cancelled():
                        work.steps.close()
                        self._abandon(work)
                        raise
                    awaitable = work.steps.throw(error)
                except BaseException as error:
                    awaitable = work.steps.throw(error)
                else:
                    awaitable = work.steps.send(value)
        except StopIteration as end:
            self._is_suspended = False
            self._finish(work, end.value)
        except Exception as error:
            self._is_suspended = False
            self._finish(work, None, error)
        self._drain()

    def _finish(self, work: Work[Any], value: Any, failure: Exception | None = None) -> None:
        """*work* is done, with all that followed from it: tell who waits, recall what is deferred (rules D2, E4)."""
        errors = self._take_unhandled()
        if failure is not None:
            errors.insert(0, failure)
        if value is Outcome.DEFERRED and work.event is not None:
            self._hold_back(work.event)
        if self._kernel.has_moved:
            self._kernel.has_moved = False
            self._recalled.extendleft(reversed(self._deferred))
            self._deferred.clear()
        if self._kernel.ended is not None and self._status not in _ENDED:
            self._close(self._kernel.ended)
        fatal = [error for error in errors if not isinstance(error, Exception | CancelledError)]
        errors = [error for error in errors if error not in fatal]
        work.finish(value, [] if work.is_inside else errors)
        if work.is_inside:
            self._background(errors)
        if fatal:
            raise fatal[0]

    def _hold_back(self, event: Event[Any]) -> None:
        """Keep *event* until no state defers it any more; whoever sent it has had the answer (rule D4)."""
        variables = contextvars.copy_context()
        variables.run(_inside.set, tuple(machine for machine in _inside.get() if machine is not self))
        steps = self._kernel.handle(event)
        self._deferred.append(Work(self._host, steps, event, variables, is_inside=True))

    def _take_unhandled(self) -> list[BaseException]:
        errors, self._kernel.unhandled = self._kernel.unhandled, []
        return errors

    def _background(self, errors: list[BaseException]) -> None:
        """Errors that nobody awaits: to the block around the machine, or to the loop (rules E4 and E6)."""
        for error in errors:
            if self._on_background_error is not None:
                self._on_background_error(error)
            else:
                self._host.report(f"unhandled error in machine '{self.program.name}'", error)

    # --- beginning and end -----------------------------------------------------------------------------------

    def begin(self, on_background_error: Callable[[BaseException], object] | None = None) -> Awaitable[None]:
        """Start: enter the default entry and process everything that it causes (rules L1 and E8).

        Args:
            on_background_error: Is given errors that nobody awaits; they are reported to the loop without it.

        Raises:
            LifecycleError: It runs already, or its instance is run by another machine, or its context is done.
            Exception: From the await: what start raised and no transition took; nothing is active then.
        """
        self._check_sender()
        runner = self.instance._runner
        if self._status is not Status.CREATED or self._is_busy:
            raise LifecycleError(f"this machine is {self._status.value} already")
        if isinstance(runner, Machine) and runner is not self and runner._is_alive():
            raise LifecycleError(
                f"this {type(self.instance).__name__} is run by a machine already: stop that one first"
            )
        if self._context.done:
            raise LifecycleError("the context given to start is cancelled already")
        self.instance._runner = self
        self._on_background_error = on_background_error
        self._context.on_cancel(self._context_cancelled)
        work: Work[None] = Work(self._host, self._start_steps())
        self._queue.append(work)
        self._drain()
        return work

    def _is_alive(self) -> bool:
        return self._status is Status.RUNNING or self._is_busy

    def _start_steps(self) -> Steps[None]:
        kernel = self._kernel
        yield from kernel.start()
        while not kernel.unhandled and kernel.ended is None and self._queue and self._queue[0].is_inside:
            work = self._counted(self._queue.popleft())
            if work is not None:
                value = yield from work.steps
                if value is Outcome.DEFERRED and work.event is not None:
                    self._hold_back(work.event)
        if kernel.unhandled:
            kernel.timers.disarm_all()
            yield from kernel.stop()
            self._close(Status.STOPPED)
        elif kernel.ended is None:
            self._status = Status.RUNNING

    def _stop_steps(self) -> Steps[None]:
        if self._status not in _ENDED:
            yield from self._kernel.stop()
            self._close(Status.STOPPED)

    def _context_cancelled(self) -> None:
        """The context given to start was cancelled: stop, after the current step (rule L7)."""
        if self._status in _ENDED or self._stop is not None:
            return
        self._stop = Work(self._host, self._stop_steps(), is_inside=True, variables=self._variables)
        if not self._is_busy:
            self._wake()

    def _close(self, status: Status) -> None:
        """The end: nothing is processed any more, and everybody is told (rules C3, R8 and L4)."""
        self._status = status
        waiting = [work for several in (self._urgent, self._recalled, self._queue) for work in several]
        dropped = [work for work in waiting + self._deferred if work.is_inside and work.event is not None]
        self._queue.clear()
        self._urgent.clear()
        self._recalled.clear()
        self._deferred.clear()
        for work in waiting:
            if status is Status.STOPPED and not work.is_inside:
                name = work.event.name if work.event is not None else ""
                error = MachineStopped(f"the machine was stopped before '{name}' was processed")
                work.finish(None, [error], is_quiet=True)
            else:
                work.finish(Outcome.IGNORED, [])
        if dropped and status is Status.STOPPED:
            names = ", ".join(f"'{work.event.name}'" for work in dropped if work.event is not None)
            _logger.warning("machine '%s' was stopped before it processed %s", self.program.name, names)
        self._context.cancel()
        if self._end is not None:
            self._end.finish(status, [])

    def _abandon(self, work: Work[Any]) -> None:
        """The loop is being taken down in the middle of a step: end without another behaviour."""
        self._is_suspended = self._is_busy = False
        self._kernel.timers.disarm_all()
        self._kernel.activities.abandon()
        self._close(Status.STOPPED)
        name = work.event.name if work.event is not None else self.program.name
        work.finish(None, [MachineStopped(f"the loop was closed while '{name}' was processed")], is_quiet=True)
        if self._stop is not None and self._stop is not work:
            self._stop.finish(None, [])

    async def restart(self) -> None:
        """Stop, and start again on the same instance: history, deferred and queued events are gone (rule L6).

        Raises:
            LifecycleError: From another thread, or from inside a behaviour of this machine.
            Exception: What exit actions, or start, raised.
        """
        if self in self._check_sender():
            raise LifecycleError("a behaviour cannot restart its own machine: it would wait for itself")
        await self.stop()
        on_background_error = self._on_background_error
        self._reset()
        await self.begin(on_background_error)


def as_event(event: object, data: Any) -> Event[Any]:
    """*event* as an event.

    Raises:
        TypeError: It is neither an event nor a name, or *data* comes with an event that has its own.
    """
    if isinstance(event, str):
        return Event(event, data)
    if not isinstance(event, Event):
        hint = ""
        if isinstance(event, type) and issubclass(event, Event):
            hint = f": write {event.__name__}(...) to make one"
        raise TypeError(f"dispatch takes an hsm.Event, an hsm.Signal or a name, not {event!r}{hint}")
    if data is not None:
        raise TypeError(f"data goes with a name; {event!r} has its own")
    return event
