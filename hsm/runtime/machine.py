"""The Machine: a Program over time.

In: events, from wherever. Out: their outcomes, and what is active. The public face of the run time: it checks what
comes in, and leaves the order of things to `turns` and their meaning to `kernel`.
Never imports asyncio: the host is asked for tasks and time.
"""

from __future__ import annotations

import concurrent.futures
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar, overload

from hsm.context import Context
from hsm.errors import LifecycleError
from hsm.events import Arguments, Event, as_event
from hsm.instance import Instance
from hsm.outcome import Outcome, Status
from hsm.program import OUTSIDE, Program, vertex_at
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.activities import Activities, Running
from hsm.runtime.configuration import Configuration
from hsm.runtime.delivery import OUTCOMES, STOPPED, Answer, Done, Pending, Work
from hsm.runtime.kernel import Kernel
from hsm.runtime.loop import Clock, Host
from hsm.runtime.threads import send_from_thread
from hsm.runtime.timers import Armed, Timers
from hsm.runtime.traversal import Traversal
from hsm.runtime.turns import Turns, senders

J = TypeVar("J", bound=Instance)
"""The type of a machine's instance."""

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
        "_configuration",
        "_context",
        "_end",
        "_grace",
        "_host",
        "_kernel",
        "_on_background_error",
        "_parent",
        "_restarting",
        "_status",
        "_thread",
        "_turns",
        "_variables",
        "_wish",
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
        self._restarting: Pending[None] | None = None
        self._reset()

    def _reset(self) -> None:
        """As new: nothing active, nothing queued, nothing remembered (rule L6)."""
        self._status = Status.CREATED
        self._end: Pending[Status] | None = None
        # cancelling what the behaviours are given is their own affair; what is above it ends the machine (rule L7)
        self._wish = Context(self._parent)
        self._context = Context(self._wish)
        self._variables = contextvars.copy_context()
        configuration = Configuration(self.program)
        actions = Actions(self.program, configuration, self.instance, self._context)
        timers = Timers(self.program, actions, self._clock, self._expired)
        activities = Activities(self.program, actions, self._host, self._grace, self._activity_ended)
        traversal = Traversal(self.program, configuration, actions, timers, activities)
        self._configuration = configuration
        self._kernel = Kernel(self.program, traversal, self._budget)
        self._turns = Turns(self, self.program.name, self._host, self._kernel, self._close, self._background)

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
        innermost = self._configuration.innermost()
        return "" if innermost == OUTSIDE else self.program.vertices[innermost].path

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves in order of declaration; empty when nothing is active (rule L2)."""
        return tuple(self.program.vertices[leaf].path for leaf in self._configuration.leaves)

    def is_in(self, path: str) -> bool:
        """Whether the vertex at *path* is active (rule L2).

        Args:
            path: A qualified name such as ``/Door/open``, or the same without the model's name.

        Raises:
            ValueError: The model has no such vertex.
            TypeError: *path* is no string.
        """
        vertex = vertex_at(self.program, path)
        return self._configuration.is_active(vertex)

    def is_over(self) -> bool:
        """Whether the machine has ended, in whatever way."""
        return self._status in _ENDED

    def wait(self) -> Awaitable[Status]:
        """Wait until the machine has ended, in whatever way; gives its last `status`.

        May be cancelled at any time; the machine goes on.
        """
        if self._status in _ENDED:
            return Done(self._status)
        if self._end is None:
            self._end = Pending(self._host, self._background)
        return Answer(self._end)

    def locals(self) -> dict[int, object]:
        """What behaviours keep for the vertices that are active, by index; an entry goes when its vertex is left."""
        return self._kernel.traversal.locals

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
        if self._status is not Status.RUNNING and not self._turns.is_busy:
            return self._refuse()
        work = self._work(self._kernel.handle(event), event)
        if self in chain:
            self._turns.do_later(work, chain)
            return OUTCOMES[Outcome.QUEUED]
        if self._turns.is_busy:
            self._turns.do_later(work, chain)
            return work.answer()
        self._turns.do(work)
        return work.answer()

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
        work = self._work(self._kernel.call(event), event, is_call=True)
        if self._turns.is_busy:
            self._turns.do_later(work, chain)
        else:
            self._turns.do(work)
        return work.answer()

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
        return send_from_thread(self, self._host, sent)

    def stop(self) -> Awaitable[None]:
        """Leave every active state, running exit actions, and end (rule L4); once ended, nothing happens.

        From inside a behaviour or activity of this machine it takes effect after the current step, and the await
        gives at once. May be cancelled at any time: the machine stops all the same.

        Raises:
            LifecycleError: From another thread.
            Exception: From the await: what an exit action raised.
        """
        chain = self._check_sender()
        turns = self._turns
        if self._status in _ENDED or (self._status is Status.CREATED and not turns.is_busy):
            return STOPPED
        is_inside = self in chain
        if turns.stopping is None:
            turns.stopping = self._stopping()
        if is_inside:
            turns.wake()
            return STOPPED
        turns.stopping.is_inside = False
        if not turns.is_busy:
            turns.drain()
        return Answer(turns.stopping)

    def _stopping(self) -> Work[None]:
        return self._work(self._stop_steps(), variables=contextvars.copy_context(), is_inside=True)

    def _check_sender(self) -> tuple[object, ...]:
        """The machines that the sender is a behaviour of.

        Raises:
            LifecycleError: The sender is on another thread.
        """
        if threading.get_ident() != self._thread:
            raise LifecycleError("this machine runs on another thread: send with 'machine.dispatch_threadsafe(event)'")
        if self._host.loop.is_closed():
            raise LifecycleError("the loop of this machine is closed: a machine lives on the loop that started it")
        return senders()

    def _refuse(self) -> Awaitable[Outcome]:
        """The answer of a machine that is not running (rules C3 and L5)."""
        if self._status is Status.CREATED:
            raise LifecycleError("this machine was not started: 'await hsm.start(ctx, instance, model)' first")
        if self._status is Status.STOPPED:
            raise LifecycleError("this machine was stopped: it takes no events until 'await hsm.restart(machine)'")
        return OUTCOMES[Outcome.IGNORED]

    def _expired(self, due: list[Armed]) -> None:
        """Timers are due (rule A6)."""
        for armed in due:
            self._turns.do(self._work(self._kernel.expire(armed), variables=self._variables, is_inside=True))

    def _activity_ended(self, running: Running, error: BaseException | None) -> None:
        """An activity returned or raised; that comes before queued events (rules C2, E3 and E7)."""
        if error is not None and not isinstance(error, Exception):
            self._background([error])
            return
        if error is None:
            steps = self._kernel.activity_returned(running.vertex)
        elif self._turns.is_busy:
            self._kernel.keep(error)
            return
        else:
            steps = self._kernel.activity_failed(error)
        self._turns.do_first(self._work(steps, variables=self._variables, is_inside=True))

    def _work(
        self,
        steps: Steps[Any],
        event: Event[Any] | None = None,
        variables: contextvars.Context | None = None,
        *,
        is_inside: bool = False,
        is_call: bool = False,
    ) -> Work[Any]:
        return Work(self._host, self._background, steps, event, variables, is_inside=is_inside, is_call=is_call)

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
        if self._status is not Status.CREATED or self._turns.is_busy:
            raise LifecycleError(f"this machine is {self._status.value} already")
        if isinstance(runner, Machine) and runner is not self and runner._is_alive():
            raise LifecycleError(
                f"this {type(self.instance).__name__} is run by a machine already: stop that one first"
            )
        if self._context.done:
            raise LifecycleError("the context given to start is cancelled already")
        object.__setattr__(self.instance, "_runner", self)  # an instance may be frozen
        self._on_background_error = on_background_error
        self._wish.on_cancel(self._context_cancelled)
        work = self._work(self._start_steps())
        self._turns.do(work)
        return work.answer()

    def _is_alive(self) -> bool:
        return self._status is Status.RUNNING or self._turns.is_busy

    def _start_steps(self) -> Steps[None]:
        kernel = self._kernel
        yield from kernel.start()
        while (
            not kernel.unhandled
            and kernel.traversal.ended is None
            and (work := self._turns.next_of_start()) is not None
        ):
            value = yield from work.steps
            self._turns.hold_back_if_deferred(work, value)
        if kernel.unhandled:
            yield from kernel.traversal.end_all()
            yield from kernel.stop()
            self._close(Status.STOPPED)
        elif kernel.traversal.ended is None:
            self._status = Status.RUNNING

    def _stop_steps(self) -> Steps[None]:
        if self._status not in _ENDED:
            yield from self._kernel.stop()
            self._close(Status.STOPPED)

    def _context_cancelled(self) -> None:
        """The context given to start was cancelled: stop, after the current step (rule L7)."""
        if self._status not in _ENDED and self._turns.stopping is None:
            self._turns.stopping = self._stopping()
            self._turns.wake()

    def _close(self, status: Status) -> None:
        """The end: nothing is processed any more, and everybody is told (rules C3, R8 and L4)."""
        if self._status in _ENDED:
            return
        self._status = status
        self._turns.close(status)
        self._wish.cancel()
        if self._end is not None:
            self._end.finish(status, [])

    async def restart(self) -> None:
        """Stop, and start again on the same instance: history, deferred and queued events are gone (rule L6).

        Two at the same time are one. May be cancelled at any time: what has begun, stop or start, goes on.

        Raises:
            LifecycleError: From another thread, or from inside a behaviour of this machine.
            Exception: What exit actions, or start, raised.
        """
        if self in self._check_sender():
            raise LifecycleError("a behaviour cannot restart its own machine: it would wait for itself")
        if self._restarting is not None:
            await Answer(self._restarting)
            return
        restarting = self._restarting = Pending[None](self._host, self._background)
        failures: list[BaseException] = []
        try:
            await self.stop()
            on_background_error = self._on_background_error
            self._reset()
            await self.begin(on_background_error)
        except BaseException as failure:
            failures.append(failure)
            raise
        finally:
            self._restarting = None
            restarting.finish(None, failures)
