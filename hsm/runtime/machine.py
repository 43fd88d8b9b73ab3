"""The Machine: a Program over time.

In: events, from wherever. Out: their outcomes, and what is active. The public face of the run time: it checks what
comes in, and leaves the steps to `stepping`, the order of things to `turns` and their meaning to `kernel`.
Never imports asyncio: the host is asked for tasks and time.
"""

from __future__ import annotations

import concurrent.futures
import contextvars
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from hsm.answer import Answer
from hsm.configuration import Configuration
from hsm.context import Context
from hsm.errors import LifecycleError, MachineStopped
from hsm.events import FINAL, INITIAL, Arguments, Event, as_event
from hsm.instance import Instance
from hsm.outcome import Outcome, Status
from hsm.program import OUTSIDE, vertex_at
from hsm.runtime.actions import Steps
from hsm.runtime.delivery import Pending, Promise, Restarting, Work, drive
from hsm.runtime.done import STARTED, STOPPED, TAKEN, Done, is_done
from hsm.runtime.loop import here
from hsm.runtime.record import BY_TURNS, WANTED, Step, senders
from hsm.runtime.stepping import CREATED, ENDED, RUNNING, Stepping
from hsm.runtime.threads import send_from_thread
from hsm.runtime.timers import disarm_all

_INITIAL: Event[Any] = Event(INITIAL)
_FINAL: Event[Any] = Event(FINAL)
_FROM_ANOTHER_THREAD = "'asyncio.run_coroutine_threadsafe' does that on its own loop"
_CALLED_OFF = "the machine was stopped while it was being restarted"
J = TypeVar("J", bound=Instance)
"""The type of a machine's instance."""


class Machine(Stepping, Generic[J]):
    """A model that runs on an instance; `hsm.start` makes one and starts it.

    Args:
        program: What runs.
        instance: What it runs on.
        host: The event loop.
        options: The clock, the time of grace, the budget, the engine.
        parent: The context whose cancellation stops the machine (rule L7).

    Attributes:
        instance: What it runs on.
        program: What runs.
    """

    __slots__ = ("__weakref__",)

    instance: J

    # --- what it tells ---------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """How far the machine's life has come (rule L3)."""
        return self._status

    def state(self) -> str:
        """The path of the active leaf; with regions, of the innermost state that contains all active leaves.

        Empty when nothing is active. In the middle of a step it tells what is really active (rule L2).
        """
        innermost = Configuration(self.program, self).innermost()
        return "" if innermost == OUTSIDE else self.program.vertices[innermost].path

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves in order of declaration; empty when nothing is active (rule L2)."""
        return tuple(self.program.vertices[leaf].path for leaf in self.leaves)

    def is_in(self, path: str) -> bool:
        """Whether the vertex at *path* is active (rule L2).

        Args:
            path: A qualified name such as ``/Door/open``, or the same without the model's name.

        Raises:
            ValueError: The model has no such vertex.
            TypeError: *path* is no string.
        """
        vertex = vertex_at(self.program, path)
        return Configuration(self.program, self).is_active(vertex)

    def is_over(self) -> bool:
        """Whether the machine has ended, in whatever way."""
        return self._status in ENDED

    def wait(self) -> Answer[Status]:
        """Wait until the machine has ended, in whatever way; gives its last `status`.

        May be cancelled at any time; the machine goes on.
        """
        if self._status in ENDED:
            return Done(self._status)
        if self._end is None:
            self._end = Pending(self._host, self._background)
        return Promise(self._end)

    def __repr__(self) -> str:
        state = self.state()
        return f"<Machine {self.program.name} {self._status.value}{' in ' + state if state else ''}>"

    # --- what comes in ---------------------------------------------------------------------------------------

    @overload
    def dispatch(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def dispatch(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def dispatch(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
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
        try:
            step = self.steps[event._hsm_key]  # type: ignore[union-attr]  # nothing else than an event has one
        except (AttributeError, KeyError, TypeError):
            step = None
        if step is None or data is not None or here() is not self._mark:
            return self._dispatch(event, data)
        return step(self, event)

    def _dispatch(self, event: Event[Any] | str, data: Any) -> Answer[Outcome]:
        """`dispatch`, for what is no event that this configuration has had before."""
        sent = as_event(event, data)
        self._check_sender()
        step = self._find(sent.name)
        return self.by_turns(sent) if step is None else step(self, sent)

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Answer[Any]:
        """Call *operation*: the await gives what the effect of the transition on it gave, when the step is done.

        The event's data is an `hsm.Arguments`. Cancelling the await does not stop the step.

        Raises:
            LifecycleError: As for `dispatch`; also from inside a behaviour of this machine, which could never end.
            CallError: From the await: no transition takes the call.
            Exception: From the await: what a behaviour raised and no transition took (rule E4).
        """
        event = Event(operation, Arguments(args, kwargs))
        chain = self._check_sender(_FROM_ANOTHER_THREAD)
        if self._is_inside(chain):
            raise LifecycleError(f"a behaviour cannot wait for a call of its own machine: dispatch '{operation}'")
        if self._status is not RUNNING:
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

    def stop(self) -> Answer[None]:
        """Leave every active state, running exit actions, and end (rule L4); once ended, nothing happens.

        From inside a behaviour or activity of this machine it takes effect after the current step, and the await
        gives at once. May be cancelled at any time: the machine stops all the same.

        Raises:
            LifecycleError: From another thread.
            Exception: From the await: what an exit action raised.
        """
        if self._restarting is not None:
            self._restarting.is_called_off = True
        return self._leave()

    def _leave(self) -> Answer[None]:
        chain = (
            senders()
            if here() is self._mark
            else self._check_sender("stop it with 'loop.call_soon_threadsafe(machine.stop)'")
        )
        if self not in chain and (step := self._find(None)) is not None:
            return self._stop_now(step)
        if self._status in ENDED or (self._status is CREATED and not self._is_busy):
            return STOPPED
        turns = self._turns
        is_inside = self._is_inside(chain)
        if turns.stopping is None:
            turns.stopping = self._stopping()
        if is_inside:
            turns.wake()
            return STOPPED
        turns.stopping.is_inside = False
        if not turns.is_busy:
            turns.drain()
        return turns.stopping.answer()

    def _stop_now(self, step: Step) -> Answer[None]:
        """Stop a machine that rests."""
        answer = step(self, _FINAL)
        if answer is not TAKEN:
            try:
                return answer
            finally:
                del answer  # the frames of an error keep this one, and this one must not keep what only users may
        self._close(Status.STOPPED)
        return STOPPED

    def _stopping(self) -> Work[None]:
        return self._work(self._stop_steps(), variables=contextvars.copy_context(), is_inside=True)

    # --- beginning and end -----------------------------------------------------------------------------------

    def begin(self, on_background_error: Callable[[BaseException], object] | None = None) -> Answer[None]:
        """Start: enter the default entry and process everything that it causes (rules L1 and E8).

        Args:
            on_background_error: Is given errors that nobody awaits; they are reported to the loop without it.

        Raises:
            LifecycleError: It runs already, or its instance is run by another machine, or its context is done.
            Exception: From the await: what start raised and no transition took; nothing is active then.
        """
        if here() is not self._mark:
            self._check_sender(_FROM_ANOTHER_THREAD)
        instance = self.instance
        if self._status is not CREATED or self.steps is not BY_TURNS or (self._room and self._is_busy):
            how = "being started" if self._status is CREATED else self._status.value
            raise LifecycleError(f"this machine is {how} already")
        if instance._runner is not None or self._parent is not None:
            self._check_free()
        # cancelling what the behaviours are given is their own affair; what is above it ends the machine (rule L7)
        self._wish = None
        if self._parent is not None:
            self._wish = Context(self._parent)
            self._wish.on_cancel(self._context_cancelled)
        self.context = Context(self._wish)
        if self.program.has_background:
            self.variables = contextvars.copy_context()
        if type(instance).__setattr__ is object.__setattr__:
            instance._runner = self
        else:
            object.__setattr__(instance, "_runner", self)  # it may be frozen
        self._on_background_error = on_background_error
        step = self._engine.start() if self._engine is not None else None
        if step is None:
            work = self._work(self._start_steps())
            self._turns.do(work)
            return work.answer()
        answer = step(self, _INITIAL)
        if answer is not TAKEN:
            try:
                return answer
            finally:
                del answer  # as in `_stop_now`
        if self.steps is WANTED:
            work = self._work(self._start_steps(_nothing()))
            self._turns.go_on(work)
            return work.answer()
        self._status = RUNNING
        self._rest()
        return STARTED

    def _check_free(self) -> None:
        """Whether it could begin.

        Raises:
            LifecycleError: Its instance is run by another machine, or its context is done.
        """
        runner = self.instance._runner
        if runner is not None and runner is not self and isinstance(runner, Machine) and runner._is_alive():
            kind = type(self.instance).__name__
            raise LifecycleError(f"this {kind} is run by a machine already: stop that one first")
        if self._parent is not None and self._parent.done:
            raise LifecycleError("the context given to start is cancelled already")

    def _is_alive(self) -> bool:
        return self._status is RUNNING or self._is_busy

    def _context_cancelled(self) -> None:
        """The context given to start was cancelled: stop, after the current step (rule L7)."""
        if self._status not in ENDED and self._turns.stopping is None:
            self._turns.stopping = self._stopping()
            self._turns.wake()

    def _close(self, status: Status) -> None:
        """The end: nothing is processed any more, and everybody is told (rules C3, R8 and L4)."""
        if self._status is not RUNNING and self._status in ENDED:  # the quick test decides nearly always
            return
        self._status = status
        self.steps = BY_TURNS
        if self.armed is not None:
            disarm_all(self)
        if self._room is not None:
            self._room.turns.close(status)
        if self._end is not None:
            self._end.finish(status, [])
        try:
            (self._wish or self.context).cancel()  # with everything below it
        except Exception as error:  # of a callback that a behaviour has left there
            self._background([error])

    async def restart(self) -> None:
        """Stop, and start again on the same instance: history, deferred and queued events are gone (rule L6).

        Two at the same time are one. May be cancelled at any time: the restart goes on. A stop that is asked for
        meanwhile, also by the end of a block, calls it off.

        Raises:
            LifecycleError: From another thread, or from inside a behaviour of this machine; or the machine cannot
                start again, as for `begin`.
            MachineStopped: It was called off.
            Exception: What exit actions, or start, raised.
        """
        if self._is_inside(self._check_sender(_FROM_ANOTHER_THREAD)):
            raise LifecycleError("a behaviour cannot restart its own machine: it would wait for itself")
        restarting = self._restarting
        if restarting is None:
            restarting = self._restarting = Restarting(self._host, self._background)
            drive(self._restart(restarting), self._host)
        await Promise(restarting)

    def _restart(self, restarting: Restarting) -> Steps[None]:
        failures: list[BaseException] = []
        try:
            stopping = self._leave()
            if not is_done(stopping):
                yield stopping
            if restarting.is_called_off:
                raise MachineStopped(_CALLED_OFF)
            self._check_free()  # it stays stopped, instead of being neither stopped nor started
            on_background_error = self._on_background_error
            self._reset()
            begun = self.begin(on_background_error)
            if not is_done(begun):
                yield begun
            if restarting.is_called_off:
                raise MachineStopped(_CALLED_OFF)
        except GeneratorExit:  # the task that was to go on with this was cancelled before its first turn
            failures.append(MachineStopped(_CALLED_OFF))
            raise
        except BaseException as failure:
            failures.append(failure)
            if not isinstance(failure, Exception):
                raise
        finally:
            self._restarting = None
            is_quiet = bool(failures) and isinstance(failures[0], MachineStopped)  # whoever stopped it knows
            restarting.finish(None, failures, is_quiet=is_quiet)


def _nothing() -> Steps[None]:
    """Steps that have been taken already."""
    yield from ()
