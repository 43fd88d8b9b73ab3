"""A session: a machine in virtual time, what was done to it, and what it did.

In: inputs. Out: lines of text, and the list of what was done, with its results. An input that is taken back is one that
a new machine does not get: it is given all the others again, and what it prints meanwhile is dropped.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

import attrs

import hsm
from hsm.charts import ChartTransition
from hsm.cli.armed import Armed, Timers
from hsm.cli.explain import candidates
from hsm.cli.inputs import Ask, Events, Send, Wait
from hsm.cli.instances import Instances
from hsm.cli.problems import FINDINGS, Problem
from hsm.cli.targets import Found
from hsm.testing import running_clock
from hsm.testing.clock import lonely_clock


@attrs.frozen
class Done:
    """Something that was done.

    Attributes:
        what: An event, or time that passed.
        states: The active leaves after it.
        outcome: What `dispatch` returned; ``None`` for time, and where it raised.
        error: What it raised.
    """

    what: Send | Wait
    states: tuple[str, ...]
    outcome: hsm.Outcome | None = None
    error: Exception | None = None


@attrs.frozen
class Possible:
    """What can happen now.

    Attributes:
        events: The names of events, each with what it may do, in words.
        timers: The timers that are armed, the first that is due first.
    """

    events: dict[str, str]
    timers: tuple[Armed, ...]


class Session:
    """A machine of *found* and everything that is done to it; *say* gets what there is to read.

    Attributes:
        found: The model.
        instances: Makes what it runs on.
        events: Makes what it is sent.
        wall: What the wall clock says at the beginning.
        done: What was done, in order.
        first: The active leaves after the start.
        records: What the machine did, from its start on.
    """

    def __init__(self, found: Found, expression: str | None, say: Callable[[str], None]) -> None:
        self.found = found
        self.chart = hsm.chart(found.model)
        self.instances = Instances(found, expression)
        self.events = Events(found.module)
        self.wall = datetime.now().replace(microsecond=0)
        self.done: list[Done] = []
        self.first: tuple[str, ...] = ()
        self.records: list[hsm.trace.Record] = []
        self._say = say
        self._is_quiet = False
        self._timers = Timers(self.chart)
        self._machine: Any = None
        self._clock: Any = None

    def run(self, drive: Callable[[Session], Any]) -> None:
        """Give the session to *drive*, a coroutine function, on a machine that runs, until it returns true.

        When it returns false, it goes on with a new machine, which has been through what is in `done`.

        Raises:
            Problem: The machine does not start.
        """
        with _logs_to(lambda record: self._tell(_background(record))):
            while not lonely_clock(self.wall).run(self._life(drive)):
                pass

    async def _life(self, drive: Callable[[Session], Any]) -> bool:
        again, self.done, self.records, self._timers = self.done, [], [], Timers(self.chart)
        is_first = self._machine is None
        self._is_quiet = not is_first
        with self._muted(not is_first):
            await self._start()
            for each in again:
                await self.do(each.what)
        self._is_quiet = False
        if not is_first:
            self._say(f"  back in {self.where()}")
        ended: bool = await drive(self)
        self._is_quiet = True
        with self._muted(True), contextlib.suppress(Exception):
            await self._machine.stop()
        return ended

    async def _start(self) -> None:
        self._clock = running_clock()
        instance = self.instances.made()
        try:
            self._machine = await hsm.start(None, instance, self.found.model, observe=self._observer())
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            hint = "it runs on a plain hsm.Instance; --instance EXPR says on what else"
            hint = hint if type(instance) is hsm.Instance else ""
            raise Problem(f"the machine does not start: {why}", hint, code=FINDINGS) from None
        await self._clock.settle()
        self.first = self._machine.states()

    # --- what is done ----------------------------------------------------------------------------------------

    async def do(self, what: Send | Wait) -> None:
        """Send an event, or let time pass; what comes of it is said.

        Raises:
            Problem: The event cannot be made.
        """
        outcome: hsm.Outcome | None = None
        raised: Exception | None = None
        before = len(self._steps)
        if isinstance(what, Wait):
            await self._clock.advance(what.seconds)
        else:
            event = self.events.made(what)
            try:
                outcome = await self._machine.dispatch(event)
            except Exception as error:  # of a behaviour, and no transition took it
                raised = error
                self._tell(f"  raised {type(error).__name__}: {error}")
                if type(self._machine.instance) is hsm.Instance and "'Instance' object has no attribute" in repr(error):
                    self._tell("  = help: it runs on a plain hsm.Instance; --instance EXPR says on what else")
            await self._clock.settle()
        if isinstance(what, Wait) and len(self._steps) == before:
            self._tell(f"  {self._clock.time():g} s: nothing happens")
        if self._machine.is_over():
            self._tell(f"  the machine is {self._machine.status.value}")
        self.done.append(Done(what, self._machine.states(), outcome, raised))

    def where(self) -> str:
        """What is active, and when it is."""
        states = ", ".join(self._machine.states()) or self._machine.status.value
        return f"{states}, {self._clock.time():g} s"

    def names(self) -> tuple[str, ...]:
        """The names of events that the model has."""
        return self.chart.events

    async def answer(self, ask: Ask) -> str:
        """What is possible now, or what one event would do."""
        if ask.event is not None:
            explanation: hsm.Explanation = await self._machine.explain(self.events.made(ask.event))
            return str(explanation)
        possible = await self.possible()
        lines = [f"  {name}  {prospect}".rstrip() for name, prospect in possible.events.items()]
        lines += [f"  {each}  {shortly(each.transition)}" for each in possible.timers]
        return "\n".join([f"  {self.where()}", *(lines or ["  nothing can happen"])])

    async def possible(self) -> Possible:
        """What can happen now."""
        events = {name: await self._prospect(name) for name in self._machine.events()}
        return Possible(events, tuple(self._timers.armed(self._clock.time())))

    async def _prospect(self, name: str) -> str:
        """What the event *name* may do now, and does for sure if it needs no data."""
        leaves = self._machine.states()
        found = dict.fromkeys(
            [shortly(each.transition) for leaf in leaves for each in candidates(self.chart, name, leaf)]
        )
        text = "; ".join(found)
        if name.endswith("*") or (len(found) < 2 and "if " not in text):
            return text
        with contextlib.suppress(Problem):
            explanation: hsm.Explanation = await self._machine.explain(self.events.made(Send(name)))
            if not any(guard.error for each in explanation.candidates for guard in each.guards):
                text += f"  (now: {explanation.outcome.value})"
        return text

    # --- what is said ----------------------------------------------------------------------------------------

    def _tell(self, text: str) -> None:
        if not self._is_quiet:
            self._say(text)

    def _observer(self) -> Callable[[hsm.trace.Record], None]:
        """Says each step in one line, and knows which timers are armed."""
        logger = logging.Logger("hsm.simulate", logging.DEBUG)
        logger.addHandler(_Handler(self._step))
        log = hsm.trace.log(logger=logger)
        self._steps: list[str] = []

        def observe(record: hsm.trace.Record) -> None:
            self.records.append(record)
            self._timers.note(record)
            log(record)

        return observe

    def _step(self, record: logging.LogRecord) -> None:
        text = record.getMessage().partition(": ")[2]
        self._steps.append(text)
        time: float = vars(record)["hsm_time"]
        self._tell(f"  {time:g} s: {text}")

    def _muted(self, is_muted: bool) -> contextlib.AbstractContextManager[object]:
        return contextlib.redirect_stdout(io.StringIO()) if is_muted else contextlib.nullcontext()


@contextlib.contextmanager
def _logs_to(take: Callable[[logging.LogRecord], None]) -> Generator[None]:
    """Has *take* get what the library and the event loop log in the block, in place of everybody else."""
    loggers = [logging.getLogger(name) for name in ("asyncio", "hsm")]
    handler = _Handler(take)
    # the module may have configured logging, which turns off every logger that is there
    before = [(logger.propagate, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = logger.disabled = False
    try:
        yield
    finally:
        for logger, (propagates, is_disabled) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate, logger.disabled = propagates, is_disabled


class _Handler(logging.Handler):
    """Gives every record of a logger to *take*."""

    def __init__(self, take: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        """Pass *record* on."""
        self._take(record)


def _background(record: logging.LogRecord) -> str:
    """What is logged: a remark, or an error that nobody took."""
    error = record.exc_info[1] if record.exc_info else None
    return f"  nobody handles {type(error).__name__}: {error}" if error is not None else f"  {record.getMessage()}"


def shortly(transition: ChartTransition | None) -> str:
    """Where *transition* leads, and when; a deferral has none."""
    if transition is None:
        return "deferred"
    guard = f" if {transition.guard}" if transition.guard is not None else ""
    return f"-> {', '.join(transition.targets) or '(internal)'}{guard}"
