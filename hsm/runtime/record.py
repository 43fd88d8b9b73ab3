"""The record: everything that changes in a machine, in one object with named parts.

In: a Program and an instance. Out: a slotted object that the kernel and generated steps both work on, so that either
may take the next step. What only some machines need, or only while they do not rest, is made when it is first asked
for: a machine whose steps are all generated consists of little more than its leaves.
"""

from __future__ import annotations

import contextvars
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs

from hsm.configuration import Leaves
from hsm.context import Context
from hsm.events import COMPLETION, Event
from hsm.facts import FactsOf
from hsm.instance import NotCopied, Runner
from hsm.names import one_line
from hsm.outcome import Status
from hsm.program import Program
from hsm.rules.step import Step
from hsm.runtime.activities import Activities, Activity
from hsm.runtime.awaitables import Pending
from hsm.runtime.budget import Budget
from hsm.runtime.event_names import UnknownNames
from hsm.runtime.event_queue import EventQueue
from hsm.runtime.failures import Failures
from hsm.runtime.host import Clock, Host, Task
from hsm.runtime.observation import Observation
from hsm.runtime.state_objects import StateObjects
from hsm.runtime.step_cache import NO_STEPS, StepCache, StepTable
from hsm.runtime.timer_heap import Armed, TimerHeap
from hsm.runtime.watchdog import Watchdog

_logger = logging.getLogger("hsm")
CREATED, RUNNING = Status.CREATED, Status.RUNNING
"""How a machine's life begins; looked up once, as members of an enum are slow to look up on Python 3.11."""
ENDED = (Status.COMPLETED, Status.TERMINATED, Status.STOPPED)
"""What a machine can be at its end."""

QUEUED: StepTable = {}
"""In place of a table of steps: the machine does not rest, so that the next event goes through the queue."""
BUSY: StepTable = {}
"""In place of a table of steps: a generated step is under way."""
WATCHED: StepTable = {}
"""In place of a table of steps: the machine rests, and every step is looked for, as somebody waits for a condition."""
AWAITED: StepTable = {}
"""The same, and something waits for its end. Generated steps set `BUSY`; whoever adds to the queue meanwhile, this; the
queue itself sets `QUEUED`, until nothing is left in it.
"""

COMPLETED: Event[Any] = Event(COMPLETION)
"""The event that behaviours are given when a state completes."""


@attrs.frozen
class Options:
    """The options of `hsm.start`; most machines share one object.

    Attributes:
        clock: Where time comes from; ``None`` for the loop's own.
        grace: Seconds that a cancelled activity has to end (rule A1).
        step_budget: How many internal steps may follow each other without an event from outside (rule Q8).
        is_generated: Whether steps are generated; otherwise the kernel takes every one.
        generate_after: How many uses of a step the kernel takes before the step is generated.
        step_memory: Estimated bytes of generated steps beyond which the kernel takes those that are not generated yet.
        slow: Seconds that a behaviour may be suspended before a warning names it.
        stop_timeout: Seconds that a stop waits for behaviours; ``None`` for as long as they take (rule L4).
        is_strict: Whether an event that the Program does not name is an error of its sender (rule T7).
    """

    clock: Clock | None = None
    grace: float = 5.0
    step_budget: int = 1000
    is_generated: bool = True
    generate_after: int = 2
    step_memory: int = 50_000_000
    slow: float = 10.0
    stop_timeout: float | None = None
    is_strict: bool = False


@attrs.define(eq=False)
class Parts:
    """What a machine needs to take a step that is not generated. Starting an activity always is such a step.

    Attributes:
        step: What the rules read and change.
        queue: What waits to be processed.
        failures: What behaviours raised, until somebody takes it.
        budget: How long the machine may go on feeding itself.
        activities: What runs beside the steps.
        truths: What change conditions were at their last evaluation, by transition (rule T6).
        watchdog: What a step is suspended in, and for how long.
    """

    step: Step
    queue: EventQueue
    failures: Failures
    budget: Budget
    activities: Activities
    truths: dict[int, bool]
    watchdog: Watchdog


@attrs.define(eq=False, repr=False, weakref_slot=False)  # its instance may show it
class Record(NotCopied):
    """The state of one machine.

    Attributes:
        left: A generated step that had no room on the stack to hand over: its event, what it was made from, where it
            stands, and what was raised there.
        step_mark: What the tasks that the last marked step has started carry in `inside`.
        machine: Its public face.
        program: What runs.
        instance: What the behaviours work on.
        host: The loop that it runs on.
        mark: What `host.running_loop` returns on that loop.
        options: What `hsm.start` was given.
        parent: The context whose cancellation stops it (rule L7).
        cache: The generated steps of its Program; ``None`` when the kernel takes every step.
        status: How far its life has come (rule L3).
        leaves: The active leaves, ascending: the whole configuration.
        steps: What the configuration does, by key; `QUEUED`, `BUSY` or `AWAITED` when it does not rest.
        context: What the behaviours are given.
        request: What stands between `parent` and `context`; cancelling it ends nothing above.
        history: What was last active, by the owner of a history (rule R5).
        completed: The active states that have completed; ``None`` where the kernel has seen none.
        state_objects: The objects whose methods are behaviours of active vertices; ``None`` where there are none.
        timers: The first in the chain of all timers that were armed so far, whether or not they still are.
        heap: Where its timers lie; unset in a program without timers and activities, where nobody asks for it.
        variables: The ``contextvars`` that timers and activities run in: those of the start (rule Q6); unset as
            `heap` is.
        parts: What steps that are not generated need; ``None`` until the first of them.
        end: The result of `wait`, once somebody has asked.
        observation: Its observers, and what records are made of; ``None`` when nobody observes it (rule O1).
        waiting: Waits for conditions (rule L3a); ``None`` when nobody waits.
        unknown: The unknown names that were sent to machines of its Program (rule T7).
        restart: The restart that is under way.
        on_background_error: Takes errors that nobody awaits; without it they are reported to the loop (rule E6).
    """

    program: Program
    instance: Any
    host: Host
    options: Options
    parent: Context | None
    cache: StepCache | None
    unknown: UnknownNames
    mark: object = attrs.field(init=False)
    machine: Runner = attrs.field(init=False)
    status: Status = attrs.field(init=False)
    leaves: Leaves = attrs.field(init=False)
    steps: StepTable = attrs.field(init=False)
    context: Context = attrs.field(init=False)
    request: Context | None = attrs.field(init=False)
    history: dict[int, Leaves] | None = attrs.field(init=False)
    completed: set[int] | None = attrs.field(init=False)
    state_objects: StateObjects | None = attrs.field(init=False)
    timers: Armed | None = attrs.field(init=False)
    heap: TimerHeap = attrs.field(init=False)
    variables: contextvars.Context = attrs.field(init=False)
    parts: Parts | None = attrs.field(init=False)
    end: Pending[Status] | None = attrs.field(init=False)
    waiting: list[Any] | None = None
    observation: Observation | None = None
    restart: Restart | None = None
    on_background_error: Callable[[BaseException], object] | None = None
    step_mark: tuple[Record, Activity | None] | None = None
    left: tuple[Event[Any], Any, int | None, BaseException] | None = None

    def __attrs_post_init__(self) -> None:
        self.mark = self.host.mark
        self.reset()

    def reset(self) -> None:
        """As new: nothing active, nothing queued, nothing remembered (rule L6)."""
        program = self.program
        self.status = CREATED
        self.leaves = ()
        self.steps = QUEUED
        self.history = {} if program.has_history else None
        self.state_objects = StateObjects(program, self.instance) if program.has_state_objects else None
        self.request = self.completed = self.timers = self.parts = self.end = None

    # --- whether it rests ------------------------------------------------------------------------------------

    @property
    def is_in_generated_step(self) -> bool:
        """Whether a generated step is under way."""
        return self.steps is BUSY or self.steps is AWAITED

    @property
    def rests(self) -> bool:
        """Whether the next step may be a generated one: nothing is under way or waits. Never on the kernel engine."""
        steps = self.steps
        return steps is not QUEUED and steps is not BUSY and steps is not AWAITED

    @property
    def is_busy(self) -> bool:
        """Whether a step is under way."""
        return self.is_in_generated_step or (self.parts is not None and self.parts.queue.is_working)

    @property
    def step_task(self) -> Task | None:
        """The task in which its step is suspended; ``None`` when there is none."""
        drive = None if self.parts is None else self.parts.queue.drive
        return None if drive is None else drive.task

    def describe_step(self) -> str:
        """The step under way, for messages."""
        drive = None if self.parts is None else self.parts.queue.drive
        what = "" if drive is None or drive.event is None else f" on '{drive.event.name}'"
        return f"the step of machine '{self.program.name}'{what}"

    def rest(self) -> None:
        """Nothing is under way: the next event may be one for a generated step."""
        cache, parts = self.cache if self.observation is None else self._observed_steps(), self.parts
        if cache is not None and self.status is RUNNING and (parts is None or parts.queue.is_at_rest):
            self.steps = cache.tables.get(self.leaves, NO_STEPS) if self.waiting is None else WATCHED
        else:
            self.steps = QUEUED

    # --- who observes it --------------------------------------------------------------------------------------

    def observe(self, observer: Callable[[Any], object]) -> Callable[[], None]:
        """Tell *observer* what happens from the next step on; returns what ends that (rule O1)."""
        if self.observation is None:
            self.observation = self._new_observation()
            self._change_steps()
        elif self.steps is BUSY:
            self.steps = AWAITED  # who comes within a step is admitted when that has come to its end
        return self.observation.add(observer, is_later=self.is_busy)

    def observer_raised(self, error: BaseException, told: Callable[[Any], object] | None = None) -> None:
        """An observer, *told* if others may have come since, has raised in a generated step or before it (rule O2)."""
        # it may have detached itself before, as the last one
        (self.observation or self._new_observation()).raised(error, told)

    def _new_observation(self) -> Observation:
        now = (self.options.clock or self.host.clock).time
        facts = FactsOf(self.program) if self.cache is None else self.cache.observed.facts
        return Observation(self.program, facts, now, self.leaves, self._observed_no_more, self._interrupt)

    def _observed_no_more(self) -> None:
        self.observation = None
        self._change_steps()

    def _change_steps(self) -> None:
        """The first observer has come, or the last one is gone: the next step is one of other tables."""
        if self.rests or self.steps is QUEUED:
            self.rest()
        else:
            self.steps = AWAITED  # so that the generated step under way has its table looked for at its end

    def _observed_steps(self) -> StepCache | None:
        """The generated steps that tell what they do; whoever came within the last step gets the next."""
        assert self.observation is not None  # otherwise the steps are others
        self.observation.admit()
        return None if self.cache is None else self.cache.observed

    def _interrupt(self, error: BaseException) -> None:
        parts_of(self).failures.interrupt(error)

    # --- what nobody awaits ---------------------------------------------------------------------------

    def report(self, errors: list[BaseException]) -> None:
        """Give errors that nobody awaits to the block around the machine, or to the loop (rules E4 and E6)."""
        for error in errors:
            if self.on_background_error is not None:
                self.on_background_error(error)
            else:
                self.host.report(f"unhandled error in machine '{self.program.name}'", error)

    def report_lost(self, events: list[Event[Any]]) -> None:
        """Name *events* that were not processed before the machine ended, and which nobody awaits (rule L4)."""
        counts = Counter([one_line(event.name) for event in events])
        names = [f"'{name}'{f' ({count}x)' if count > 1 else ''}" for name, count in counts.items()]
        more = [f"{len(names) - _NAMED} others"] if len(names) > _NAMED else []
        if names:
            listed = ", ".join(names[:_NAMED] + more)
            _logger.warning("machine '%s' %s before it processed %s", self.program.name, END[self.status], listed)


END = {Status.STOPPED: "was stopped", Status.COMPLETED: "completed", Status.TERMINATED: "terminated"}
"""How a machine came to its end, for messages."""
_NAMED = 10
"""How many events a message names."""


def parts_of(record: Record) -> Parts:
    """The parts of *record*, made when they are first needed."""
    parts = record.parts
    if parts is None:
        options, failures, queue = record.options, Failures(), EventQueue()
        parts = record.parts = Parts(
            Step(record.program, record.leaves),
            queue,
            failures,
            Budget(options.step_budget),
            Activities(record.program, record.host, options.grace, failures),
            {},
            Watchdog(record.program, record.host, queue, options.slow),
        )
    return parts


class Restart(Pending[None]):
    """A restart that is under way.

    Attributes:
        is_called_off: Whether a stop was asked for meanwhile: then the machine does not start again (rule L6).
    """

    __slots__ = ("is_called_off",)

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.is_called_off = False
