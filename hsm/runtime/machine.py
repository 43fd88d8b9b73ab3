"""The Machine: a Program over time, as users see it.

In: events, from wherever. Out: their outcomes, and what is active. Checks what comes in, and hands it on: steps to
`generated`, start and stop to `lifecycle`. Everything that changes is in its record. Never imports asyncio.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from sys import getrecursionlimit, setrecursionlimit
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar, overload

from hsm import trace
from hsm.answer import Answer
from hsm.configuration import innermost, is_active
from hsm.context import Context
from hsm.events import Arguments, Event, as_event
from hsm.explanation import Explanation
from hsm.instance import Instance
from hsm.names import shown
from hsm.outcome import Outcome, Status
from hsm.program import OUTSIDE, Program
from hsm.runtime import lifecycle
from hsm.runtime.awaitables import Done, Pending, Promise
from hsm.runtime.generated import SPARE, rescue, resume_left
from hsm.runtime.host import running_loop
from hsm.runtime.questions import can, explain, reacts_to, until, vertices_at
from hsm.runtime.record import ENDED, Record
from hsm.runtime.sending import call, dispatch_name, dispatch_other, without_step
from hsm.runtime.threads import BY_COROUTINE, check_sender, send_from_thread

if TYPE_CHECKING:
    from hsm.charts import Chart
    from hsm.saved.coding import Codec
    from hsm.saved.snapshots import Snapshot

J = TypeVar("J", bound=Instance)
"""The type of a machine's instance."""


class Machine(Generic[J]):
    """A model that runs on an instance; `hsm.start` makes one and starts it."""

    __slots__ = ("__weakref__", "_record")

    def __init__(self, record: Record) -> None:
        self._record = record

    # --- what it tells ---------------------------------------------------------------------------------------

    @property
    def instance(self) -> J:
        """What it runs on."""
        instance: J = self._record.instance
        return instance

    @property
    def program(self) -> Program:
        """What runs."""
        return self._record.program

    def chart(self) -> Chart:
        """What runs, as public data, made anew: the same as `hsm.chart` of its model."""
        from hsm.charting import chart_of  # imported late: most programs never look at a chart

        return chart_of(self._record.program)

    @property
    def context(self) -> Context:
        """What its behaviours are given; a child of the context given to `hsm.start` (rule L7)."""
        return self._record.context

    @property
    def status(self) -> Status:
        """How far the machine's life has come (rule L3)."""
        return self._record.status

    def state(self) -> str:
        """The path of the active leaf; with regions, of the innermost state that contains all active leaves.

        Empty when nothing is active. In the middle of a step it is what is really active (rule L2).
        """
        vertices = self._record.program.vertices
        found = innermost(vertices, self._record.leaves)
        return "" if found == OUTSIDE else vertices[found].path

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves in order of declaration; empty when nothing is active (rule L2)."""
        vertices = self._record.program.vertices
        return tuple([vertices[leaf].path for leaf in self._record.leaves])

    def is_in(self, path: str | type) -> bool:
        """Whether the vertex at *path* is active (rule L2).

        Args:
            path: A qualified name such as ``/Door/open``, or the same without the model's name. With a machine class,
                also the class of a state; of one that several states derive from, whether any of them is active.

        Raises:
            ValueError: The model has no such vertex.
            TypeError: *path* is neither.
        """
        vertices, leaves = self._record.program.vertices, self._record.leaves
        return any(is_active(vertices, leaves, each) for each in vertices_at(self._record, path))

    def events(self) -> tuple[str, ...]:
        """The names and patterns of events that active states react to or defer, innermost first (rule L3a).

        Evaluates no guard, so that some of them may be ignored now; built-in names and operations are left out. Of each
        state, names come first, in order of declaration, then patterns, longer ones first, then what it defers. Empty
        once the machine has ended.
        """
        return reacts_to(self._record)

    @overload
    def can(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def can(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def can(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """What `dispatch` of the same would return now: guards are evaluated, and nothing else runs (rule L3a).

        Like `dispatch` it is answered after what is queued already, and from inside a behaviour of this machine
        returns `Outcome.QUEUED`. The event is given to the guards.

        Args:
            event: An `Event` or `Signal`, or a name.
            data: The event's data, with a name.

        Raises:
            TypeError, LifecycleError, UnknownEvent: As for `dispatch`.
            MachineStopped: From the await: the machine ended before it was answered.
            Exception: From the await: what guards raised, if no transition on ``hsm_error`` would take it in the
                configuration that the event leads to (rules E2 to E4). What actions would raise cannot be known.
        """
        return can(self._record, as_event(event, data))

    @overload
    def explain(self, event: Event[Any]) -> Answer[Explanation]: ...
    @overload
    def explain(self, event: str, data: Any = None) -> Answer[Explanation]: ...
    def explain(self, event: Event[Any] | str, data: Any = None) -> Answer[Explanation]:
        """Why `dispatch` of the same would return now what it would: every candidate, and its guards' answers.

        As `can`, but what guards raise is in the explanation, and names that the model does not know are explained as
        well (rule L3a). ``print`` the explanation to read it.

        Args:
            event: An `Event` or `Signal`, or a name.
            data: The event's data, with a name.

        Raises:
            TypeError, LifecycleError: As for `dispatch`.
            MachineStopped: From the await: the machine ended before it was answered.
        """
        return explain(self._record, as_event(event, data))

    @overload
    def until(self, condition: str | type) -> Answer[None]: ...
    @overload
    def until(self, condition: Callable[[], bool]) -> Answer[None]: ...
    @overload
    def until(self, condition: Callable[[J], bool]) -> Answer[None]: ...
    @overload
    def until(self, condition: Callable[[Context, J, Event[Any]], bool]) -> Answer[None]: ...
    def until(self, condition: str | type | Callable[..., bool]) -> Answer[None]:
        """Wait until *condition* holds between two steps: at once if it does, else after the step that makes it so.

        It is looked at when this is called, and after each step until then, whether or not this is awaited already
        (rule L3a). What a step only passes through is not seen. Cancelling the await ends the wait.

        Args:
            condition: A path, or the class of a state, as for `is_in`; or a predicate, called with nothing if it needs
                nothing, else with the instance, or as guards are. It must answer at once.

        Raises:
            ValueError: The model has no such vertex.
            TypeError: *condition* is neither, or takes other parameters.
            LifecycleError: From another thread, or from inside a behaviour of this machine, which could never end.
            MachineStopped: The machine ended, or ends first.
            GuardError: From the await: a predicate returned something other than a bool.
            Exception: From the await: what a predicate raised.
        """
        return until(self._record, condition)

    def observe(self, callback: Callable[[trace.Record], object]) -> Callable[[], None]:
        """Call *callback* with every record of what the machine does, from its next step on (rules O1 and O2).

        Records are those of `hsm.trace`; they come in the order in which things happen, before anything else does. A
        callback that raises is logged, and removed. What is observed has generated steps of its own, which tell it.

        Returns:
            What ends it; may be called any number of times.

        Raises:
            LifecycleError: From another thread or another event loop.
            TypeError: *callback* cannot be called.
        """
        check_sender(self._record, BY_COROUTINE)
        if not callable(callback):
            raise TypeError(f"an observer is called with each record, and {shown(callback)} cannot be")
        return self._record.observe(callback)

    @property
    def observers(self) -> tuple[Callable[[trace.Record], object], ...]:
        """What `observe` was given and has not ended, in the order in which it came (rule O1)."""
        observation = self._record.observation
        return () if observation is None else observation.observers

    # --- saving it -------------------------------------------------------------------------------------------

    def snapshot(self, *, codec: Codec | None = None) -> Snapshot:
        """The machine as a value that `hsm.restore` makes a machine of, in this process or in another (rule S1).

        Args:
            codec: Writes the data of the instance, of state objects and of events; by default attrs classes,
                dataclasses and plain classes are written by their annotations.

        Raises:
            SnapshotError: A step is under way, or the machine has not been started; or some data cannot be written.
                The exception has every reason.
            LifecycleError: From another thread or another event loop.
        """
        from hsm.runtime.saving import snapshot  # imported late: most programs save nothing

        check_sender(self._record, BY_COROUTINE)
        resume_left(self._record)
        return snapshot(self._record, codec)

    async def settled(self) -> None:
        """Wait until no step is under way and nothing is queued, so that the machine can be saved (rule S1).

        Returns at once if that is so, or if the machine has ended. What others send before the caller goes on is
        waited for as well. May be cancelled at any time; the machine goes on.

        Raises:
            LifecycleError: From another thread or another event loop, or from inside a behaviour of this machine.
        """
        from hsm.runtime.keeping import settled  # as above

        await settled(self._record)

    def detach(self) -> Answer[None]:
        """End without exiting anything: no exit action runs (rule S5).

        Activities are cancelled and awaited, timers end, whoever awaits an event gets `MachineStopped`. For a machine
        that was saved, and goes on elsewhere; events that the last snapshot does not have are named in a warning. From
        inside a behaviour or activity it takes effect after the current step, as `stop` does.

        Raises:
            LifecycleError: From another thread or another event loop.
        """
        from hsm.runtime.keeping import detach  # as above

        return detach(self._record)

    def next_due(self) -> float | None:
        """When the next timer fires, in seconds since 1970; ``None`` when none is armed.

        For hosts that save machines and let them sleep until then.

        Raises:
            LifecycleError: From another thread or another event loop.
        """
        from hsm.runtime.keeping import next_due  # as above

        return next_due(self._record)

    async def advance(self, now: float | None = None) -> float | None:
        """Fire the timers that are due, without waiting for the event loop to do it, and process what follows.

        What they arm fires when its own time comes, and not in the same call. May be cancelled at any time; the steps
        go on.

        Args:
            now: What time it is, in seconds since 1970; by default what the machine's clock says.

        Returns:
            The same as `next_due`, afterwards.

        Raises:
            LifecycleError: From another thread or another event loop, or from inside a behaviour of this machine.
        """
        from hsm.runtime.keeping import advance  # as above

        return await advance(self._record, now)

    # --- its end ---------------------------------------------------------------------------------------------
    def is_over(self) -> bool:
        """Whether the machine has ended, in whatever way; also with its event loop (rule Q7a)."""
        record = self._record
        return record.status in ENDED or record.host.loop.is_closed()

    def wait(self) -> Answer[Status]:
        """Wait until the machine has ended, in whatever way; returns its last `status`.

        May be cancelled at any time; the machine goes on.

        Raises:
            LifecycleError: From another thread or another event loop.
        """
        record = self._record
        check_sender(record, BY_COROUTINE)
        if record.status in ENDED:
            return Done(record.status)
        # made when somebody waits, and shared by all who do: most machines are never waited for
        if record.end is None:
            record.end = Pending(record, comes_after_step=False)
        return Promise(record.end)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        raise TypeError("a machine cannot be copied or pickled: start another one on a copy of its instance")

    def __repr__(self) -> str:
        state = self.state()
        return f"<Machine {self.program.name} {self.status.value}{' in ' + state if state else ''}>"

    # --- what comes in ---------------------------------------------------------------------------------------

    @overload
    def dispatch(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def dispatch(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def dispatch(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """Put *event* in, at once, whether or not the result is awaited (rules Q1 to Q4).

        Where no behaviour of the step can suspend, everything has been done when this returns. Awaiting returns the
        event's own outcome, and may be cancelled at any time: the step goes on. From inside a behaviour of this
        machine it returns `Outcome.QUEUED` at once.

        Args:
            event: An `Event` or `Signal`, or a name.
            data: The event's data, with a name.

        Raises:
            TypeError: *event* is neither, or *data* comes with an event that has its own.
            LifecycleError: Before start, after stop, or from another thread (rules L5 and Q7).
            UnknownEvent: The machine is strict, and its model does not name the event (rule T7).
            Exception: From the await: what a behaviour raised and no transition took (rule E4).
        """
        record = self._record
        if event.__class__ is str:  # asked for first: an attribute that is missing takes as long as ten events
            return dispatch_name(record, event, data)
        try:
            step = record.steps[event._hsm_key]  # type: ignore[union-attr]  # only events have one
        except (AttributeError, KeyError, TypeError):
            step = without_step  # and not called from here: what it raises was not raised in handling this
        if data is None and running_loop() is record.mark:
            try:
                return step(record, event)
            except RecursionError:
                if record.left is not None:  # no call before there is room for one
                    setrecursionlimit(getrecursionlimit() + SPARE)
                    rescue(record)
                raise
        return dispatch_other(record, event, data)

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Answer[Any]:
        """Call *operation*: the await returns what the effect of the transition on it returned, after the step.

        The event's data is an `hsm.Arguments`. Cancelling the await does not stop the step. A call that a state defers
        waits until it is recalled (rule D4).

        Raises:
            LifecycleError: As for `dispatch`; also from inside a behaviour of this machine, which could never end.
            CallError: From the await: no transition takes the call.
            MachineStopped: From the await: the machine ended before the call was processed.
            Exception: From the await: what a behaviour raised and no transition took (rule E4).
        """
        return call(self._record, Event(operation, Arguments(args, kwargs)))

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
        return send_from_thread(self._record.host, self.dispatch, as_event(event, data))

    def stop(self, timeout: float | None = None) -> Answer[None]:
        """Exit every active state, running exit actions, and end (rule L4); once ended, nothing happens.

        From inside a behaviour or activity of this machine it takes effect after the current step, and the await
        returns at once. May be cancelled at any time: the machine stops all the same.

        Args:
            timeout: Seconds after which a behaviour that still runs is cancelled and named in the log, and what is left
                of the machine is abandoned; ``None`` for the ``stop_timeout`` of `hsm.start`.

        Raises:
            LifecycleError: From another thread or another event loop.
            ValueError: *timeout* is negative.
            Exception: From the await: what an exit action raised.
        """
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"timeout must be 0 or more seconds, not {shown(timeout)}")
        return lifecycle.stop(self._record, timeout)

    async def restart(self) -> None:
        """Stop, and start again on the same instance: history, deferred and queued events are gone (rule L6).

        Two at the same time are one. May be cancelled at any time: the restart goes on. A stop that is asked for
        meanwhile, also by the end of a block, calls it off.

        Raises:
            LifecycleError: From another thread, or from inside a behaviour of this machine; or the machine cannot
                start again: its instance is run by another one, or its context is cancelled.
            MachineStopped: It was called off.
            Exception: What exit actions, or start, raised.
        """
        await lifecycle.restart(self._record)


def record_of(machine: Machine[Any]) -> Record:
    """Everything that changes in *machine*."""
    return machine._record  # pyright: ignore[reportPrivateUsage]  # declared in this very file
