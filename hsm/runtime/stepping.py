"""Stepping: how a machine gets from one event to the next, by generated steps or by turns.

In: events and timers that are due. Out: steps taken. While the machine rests, `steps` has what each event does here
as a function of its own. Where that function cannot go on, or must not begin, the *room* does it: the kernel and its
turns, which are furnished when they are first needed.
Never imports asyncio: the host is asked for tasks and time.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import attrs

from hsm.answer import Answer
from hsm.codegen.load import Shapes
from hsm.configuration import Configuration
from hsm.context import Context
from hsm.errors import LifecycleError
from hsm.events import Event
from hsm.outcome import Outcome, Status
from hsm.program import Program
from hsm.runtime.actions import NOTHING, Actions, Steps
from hsm.runtime.activities import Activities, Running
from hsm.runtime.delivery import Pending, Restarting, Work
from hsm.runtime.done import OUTCOMES
from hsm.runtime.engine import Engine, Phase, Plan, links
from hsm.runtime.heap import Armed, heap_of
from hsm.runtime.kernel import Kernel
from hsm.runtime.loop import Clock, Host, here
from hsm.runtime.record import BUSY, BY_TURNS, COMPLETED, WANTED, Locals, Record, Step, senders
from hsm.runtime.resuming import resume
from hsm.runtime.timers import Timers, take
from hsm.runtime.traversal import Traversal
from hsm.runtime.turns import Turns

CREATED, RUNNING = Status.CREATED, Status.RUNNING
"""Where a machine's life begins; looked up once, as an enum's members take their time on Python 3.11."""
ENDED = (Status.COMPLETED, Status.TERMINATED, Status.STOPPED)
"""What a machine can be at its end."""


@attrs.frozen
class Options:
    """What `hsm.start` was told; most machines share one.

    Attributes:
        clock: Where time comes from; ``None``: the loop's own.
        grace: Seconds that a cancelled activity has to end (rule A1).
        step_budget: How many internal steps may follow each other without an event from outside (rule Q8).
        is_generated: Whether steps are generated; otherwise the kernel takes every one.
    """

    clock: Clock | None = None
    grace: float = 5.0
    step_budget: int = 1000
    is_generated: bool = True


DEFAULTS = Options()
"""What `hsm.start` does without being told."""


@attrs.frozen(eq=False)
class Room:
    """What a machine needs when it does not rest."""

    kernel: Kernel
    turns: Turns


class Stepping(Record):
    """A machine, as far as its steps go."""

    __slots__ = (
        "_end",
        "_engine",
        "_host",
        "_mark",
        "_on_background_error",
        "_options",
        "_parent",
        "_restarting",
        "_room",
        "_status",
        "_wish",
    )

    def __init__(self, program: Program, instance: Any, host: Host, options: Options, parent: Context | None) -> None:
        self.program = program
        self.instance = instance
        self._host = host
        self._mark = host.mark
        self._restarting: Restarting | None = None
        self._options = options
        self._parent = parent
        self._on_background_error: Callable[[BaseException], object] | None = None
        self._engine: Engine | None = engine_of(program) if options.is_generated else None
        self._reset()

    def _reset(self) -> None:
        """As new: nothing active, nothing queued, nothing remembered (rule L6)."""
        self._status = CREATED
        self._room: Room | None = None
        self._end: Pending[Status] | None = None
        self._wish: Context | None = None
        self.leaves = ()
        self.steps = BY_TURNS
        self.history = {} if self.program.has_history else None
        self.locals = Locals(self.program, self.instance) if self.program.has_state_objects else None
        self.complete = None
        self.armed = None
        self.heap = self.variables = None
        if self.program.has_background:
            self.heap = heap_of(self._host, self._options.clock)

    @property
    def _turns(self) -> Turns:
        return (self._room or self._furnish()).turns

    @property
    def _kernel(self) -> Kernel:
        return (self._room or self._furnish()).kernel

    def _furnish(self) -> Room:
        """Make what the machine needs when it does not rest."""
        configuration = Configuration(self.program, self)
        actions = Actions(self.program, configuration, self.instance, self.context)
        timers = Timers(self.program, actions, self)
        activities = Activities(self.program, actions, self._host, self._options.grace, self._activity_ended)
        kernel = Kernel(
            self.program, Traversal(self, configuration, actions, timers, activities), self._options.step_budget
        )
        turns = Turns(self, self._host, kernel, self._rest, self._close, self._background)
        self._room = Room(kernel, turns)
        return self._room

    @property
    def _is_busy(self) -> bool:
        """Whether a step is under way."""
        if self._room is not None:
            return self._room.turns.is_busy
        return self.steps is BUSY or self.steps is WANTED

    def _rest(self) -> None:
        """Nothing is being done: the next event may be one for a generated step."""
        if self._engine is not None and self._status is RUNNING and (self._room is None or self._room.turns.is_at_rest):
            self.steps = self._engine.table(self.leaves)
        else:
            self.steps = BY_TURNS

    def _find(self, key: str | int | None) -> Step | None:
        """The step on *key* of a machine that rests, or ``None`` when it is one for the kernel."""
        steps = self.steps
        if self._engine is None or steps is BY_TURNS or steps is BUSY or steps is WANTED:
            return None
        step = steps.get(key) or self._engine.find(steps, self.leaves, key)
        return None if step is self._engine.by_turns else step

    # --- events ----------------------------------------------------------------------------------------------

    def by_turns(self, event: Event[Any]) -> Answer[Outcome]:
        """Do what *event* does when its turn comes (rules Q1 to Q5)."""
        chain = senders()
        if self._status is not RUNNING and not self._is_busy:
            return self._refuse()
        turns = self._turns
        work = self._work(self._kernel.handle(event), event)
        if self._is_inside(chain):
            turns.do_later(work, chain)
            return OUTCOMES[Outcome.QUEUED]
        if turns.is_busy:
            turns.do_later(work, chain)
            return work.answer()
        turns.do(work)
        return work.answer()

    def _is_inside(self, chain: tuple[object, ...]) -> bool:
        """Whether a sender with *chain* is a behaviour of this machine, or was called by one (rule Q2)."""
        if self in chain or self.steps is BUSY or self.steps is WANTED:
            return True
        return self._room is not None and self._room.turns.is_on_stack

    def _refuse(self) -> Answer[Outcome]:
        """The answer of a machine that has ended (rules C3 and L5); before its start nobody has it."""
        if self._status is Status.COMPLETED or self._status is Status.TERMINATED:
            return OUTCOMES[Outcome.IGNORED]
        raise LifecycleError("this machine was stopped: it takes no events until 'await hsm.restart(machine)'")

    def _check_sender(self, way: str = "send with 'machine.dispatch_threadsafe(event)'") -> tuple[object, ...]:
        """The machines that the sender is a behaviour of.

        Args:
            way: How to do from another thread what the sender does.

        Raises:
            LifecycleError: The sender is on another thread.
        """
        if here() is self._mark:
            return senders()
        if threading.get_ident() != self._host.thread:
            raise LifecycleError(f"this machine runs on another thread: {way}")
        if self._host.loop.is_closed():
            raise LifecycleError("the loop of this machine is closed: a machine lives on the loop that started it")
        return senders()

    # --- what generated steps call ---------------------------------------------------------------------------

    def hand_over(
        self, event: Event[Any], plan: Plan, line: int, given: object = NOTHING, error: BaseException | None = None
    ) -> Answer[Any]:
        """Go on in the middle of a generated step, at the operation that *line* does."""
        point = plan.points[line]
        kernel = self._kernel
        for vertex in point.complete:
            kernel.traversal.complete(vertex)
        kernel.count(point.handled)
        about = COMPLETED if point.handled else event
        resumed = resume(kernel.traversal, point.block, point.place, about, given, error)
        if plan.phase is Phase.STOP:
            self._turns.stopping = work = self._work(self._stop_steps(resumed))
        elif plan.phase is Phase.START:
            work = self._work(self._start_steps(kernel.go_on(resumed, event)))
        else:
            work = self._work(kernel.go_on(resumed, event), event, is_inside=plan.phase is Phase.TIMER)
        self._turns.go_on(work)
        return work.answer()

    def failed(self, event: Event[Any], plan: Plan, error: BaseException) -> Answer[Any]:
        """Go on where *error* was raised; raise it when no behaviour did (rules E1, E2 and E7)."""
        assert error.__traceback__ is not None  # it was raised
        line = error.__traceback__.tb_lineno
        if line not in plan.calls:
            if self.steps is BUSY or self.steps is WANTED:
                self._turns.drain()  # torn as it is, it is not to wait for the end of this step for ever
            raise error
        return self.hand_over(event, plan, line, NOTHING, error)

    def after(self, answer: Answer[Any], handled: tuple[int, ...] = ()) -> Answer[Any]:
        """Do what waited for the end of the step, in which states completed; *answer* is what came of it."""
        self.count(handled)
        self._turns.drain()
        return answer

    def count(self, handled: tuple[int, ...]) -> None:
        """These states completed in a step that something waits for (rule Q8)."""
        self._kernel.count(handled)

    def hold(self, event: Event[Any]) -> Answer[Outcome]:
        """Hold *event* back (rule D1)."""
        self._turns.hold(event)
        return OUTCOMES[Outcome.DEFERRED]

    # --- timers and activities -------------------------------------------------------------------------------

    def expired(self, armed: Armed, due: float) -> None:
        """A timer is due (rule A6)."""
        assert self.variables is not None  # the program has timers
        step = self._find(armed.timer.transition)
        if step is None:
            steps = self._kernel.expire(armed, due)
            self._turns.do(self._work(steps, variables=self.variables.copy(), is_inside=True))
        elif (event := take(armed, due)) is not None:
            self.variables.copy().run(step, self, event)

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
        variables = self.variables.copy() if self.variables is not None else None
        self._turns.do_first(self._work(steps, variables=variables, is_inside=True))

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

    def _start_steps(self, entering: Steps[Any] | None = None) -> Steps[None]:
        """Enter the model, or go on with that; then everything that it caused (rule L1)."""
        kernel = self._kernel
        yield from entering if entering is not None else kernel.start()
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
            self._status = RUNNING

    def _stop_steps(self, leaving: Steps[Any] | None = None) -> Steps[None]:
        if self._status not in ENDED:
            yield from self._kernel.stop(leaving)
            self._close(Status.STOPPED)

    def _close(self, status: Status) -> None:
        """The end: nothing is processed any more, and everybody is told; `Machine` says how (rules C3, R8 and L4)."""


SHAPES = Shapes(links(Stepping))
"""The code of all generated steps of this process."""


def engine_of(program: Program) -> Engine:
    """The generated steps of *program*, kept beside it."""
    engine: Engine | None = program.kept.get("engine")
    if engine is None:
        engine = program.kept["engine"] = Engine(program, SHAPES, Stepping.by_turns)
    return engine
