"""Playing one machine twice: by the reference, and by the library, in time that is virtual or real.

In: a `Description` and operations. Out: for each operation everything about it that can be seen from outside.
"""

from __future__ import annotations

import asyncio
import itertools
import warnings
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import attrs
from laws.background import CALL, CHANGE, SEND, WAIT
from laws.description import MIXED, SENDS, Description, Failure, Recorder, build_functional
from laws.models import RESTART
from laws.reference import CALLER, Due, Reference

import hsm
from hsm.testing import VirtualClock

ENDED = ("stopped", "created")
START, STOP = "start", "stop"
LONGEST = 1_000.0
"""Seconds after which an operation that does not end is one that differs."""
WAITS = "waits"
"""What a call comes to that takes longer than `CALL_SECONDS`, because it is deferred (rule D4), or for whatever reason."""
CALL_SECONDS = 6.5 + 1 / 4096
"""No sum of the seconds that behaviours take, so that a call does not end at the same time."""
PATIENCE = 20_000
"""How many iterations of the event loop may follow each other without time passing."""


@attrs.frozen
class Told:
    """What an operation came to.

    Attributes:
        operation: ``start``, ``stop``, ``restart``, a call, a wait or the name of an event.
        result: The outcome, what a call gave, or a list of what was raised.
        log: What behaviours wrote, with the event that they saw.
        begun: The activities that began, in no order, with the event that they saw, and when.
        states: What is active then.
        status: How far the machine's life has come.
        background: The errors that nobody awaited, in no order.
        late: What earlier calls came to meanwhile, in no order.
        time: When nothing more could happen without time passing, in virtual time.
    """

    operation: str
    result: str | list[str]
    log: tuple[str, ...]
    begun: tuple[str, ...]
    states: tuple[str, ...]
    status: str
    background: tuple[str, ...]
    late: tuple[str, ...]
    time: float


# --- by the reference ----------------------------------------------------------------------------------------


def by_reference(description: Description, operations: list[str], *, is_strict: bool = False) -> list[Told]:
    """What should happen.

    Raises:
        Endless: The machine feeds itself for ever.
        Unspecified: The rules do not say what should happen.
        KnownDifference: The library does otherwise; not raised when *is_strict*.
    """
    return _Playing(Reference(description, is_strict=is_strict), operations).play()


class _Playing:
    """Whoever asks the reference for one operation after the other, each when the one before has come to its end."""

    def __init__(self, machine: Reference, operations: list[str]) -> None:
        self.machine = machine
        self.present = machine.present
        self.timeline = machine.timeline
        self.left = [START, *operations, STOP]
        self.told: list[Told] = []
        self.late: list[str] = []

    def play(self) -> list[Told]:
        self._begin()
        while self.left:
            self.timeline.happen()
        return self.told

    def _begin(self) -> None:
        operation, machine = self.left[0], self.machine
        machine.begin()
        if operation.startswith(WAIT):
            self._later("waited", float(operation.removeprefix(WAIT)))
        elif operation.startswith(SEND):
            self._later("sent")
            machine.dispatch(operation.removeprefix(SEND), None)
        elif operation.startswith(CALL):
            self._call(operation.removeprefix(CALL))
        elif operation in (START, STOP, RESTART):
            getattr(machine, operation)(self._later)
        else:
            machine.dispatch(operation, self._later)

    def _call(self, operation: str) -> None:
        """A call for which nobody waits too long."""
        waiting = self._later(WAITS, CALL_SECONDS)

        def answer(result: object) -> None:
            if waiting in self.timeline.agenda:
                self.timeline.drop(waiting)
                self._later(result)
            else:
                self.late.append(str(result))

        self.machine.call(operation, answer)

    def _later(self, result: object, seconds: float = 0.0) -> Due:
        """The operation has come to *result*: it is told when nothing more can happen without time passing."""
        return self.timeline.add(Due(CALLER, lambda: self._tell(result)), seconds)

    def _tell(self, result: object) -> None:
        machine, present = self.machine, self.present
        log, present.log = present.log, []
        begun, present.begun = present.begun, []
        reported, machine.reported = machine.reported, []
        late, self.late = tuple(sorted(self.late)), []
        seen = present.states(), machine.status, tuple(sorted(reported)), late, self.timeline.now
        self.told.append(Told(self.left.pop(0), result, _in_order(log), tuple(sorted(begun)), *seen))
        if machine.status in ENDED:
            self.left = []
        elif self.left:
            self._begin()


# --- by the library ------------------------------------------------------------------------------------------


def by_library(
    description: Description,
    operations: list[str],
    mode: str = MIXED,
    *,
    is_real: bool = False,
    build=build_functional,
    engine="generated",
    asked: list[Asked] | None = None,
    between: Between | None = None,
    **options,
) -> list[Told]:
    """What does happen; *options* are more of those of `hsm.start`.

    With *asked*, the machine is asked before each event what that would do, and the answers go there. With *between*,
    another machine may take its place after each operation.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        model = build(description, mode)
        chosen = {"engine": engine, **options}
        if is_real:
            return asyncio.run(_play(model, operations, None, asked, between, **chosen))
        clock = VirtualClock(patience=PATIENCE)
        return clock.run(_play(model, operations, clock, asked, between, **chosen))


Between: TypeAlias = Callable[[hsm.Model, Recorder], Awaitable[Recorder]]
"""What happens between two operations: takes the model and the instance, and gives the one that goes on."""


@attrs.frozen
class Asked:
    """What a machine said about an event before it was sent.

    Attributes:
        outcome: What `can` returned, or the texts of what it raised.
        explanation: What `explain` returned.
        told: How many operations had been told by then.
    """

    outcome: str | list[str]
    explanation: hsm.Explanation
    told: int


async def _ask(machine: hsm.Machine, recorder: Recorder, event: str, told: int) -> Asked:
    """Ask *machine* about *event*, and hold that nothing but guards were called."""
    before = machine.states(), machine.status, dict(recorder.variables), recorder.sends, machine.events()
    explanation = await machine.explain(event)
    try:
        outcome = (await machine.can(event)).name
    except Exception as error:
        outcome = _messages(error)
    assert before == (machine.states(), machine.status, dict(recorder.variables), recorder.sends, machine.events())
    assert all(line.startswith("?") for line in recorder.log), recorder.log
    recorder.log.clear()
    return Asked(outcome, explanation, told)


async def _play(
    model: hsm.Model,
    operations: list[str],
    clock: VirtualClock | None,
    asked: list[Asked] | None = None,
    between: Between | None = None,
    **options: object,
) -> list[Told]:
    recorder = model.instance_type() if issubclass(model.instance_type, Recorder) else Recorder()
    background: list[str] = []
    late: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: background.extend(_messages(context.get("exception"), context)))
    told = []
    machine = None

    async def tell(operation: str, call, *arguments) -> None:
        nonlocal machine, recorder
        recorder.sends = SENDS
        try:
            async with asyncio.timeout(LONGEST):
                result = await call(*arguments)
        except Exception as error:
            result = _messages(error)
        if isinstance(result, hsm.Outcome):
            result = result.name
        elif operation.startswith(CALL):
            result = result if isinstance(result, list) else str(result)
        elif not isinstance(result, list):
            result = {STOP: "stopped", SEND: "sent", WAIT: "waited"}.get(_word(operation), "started")
        await (_settle(recorder) if clock is None else clock.settle())
        machine = recorder._runner
        log, begun = _in_order(recorder.log), tuple(sorted(recorder.begun))
        written = (
            machine.states(),
            machine.status.value,
            tuple(sorted(background)),
            tuple(sorted(late)),
            0.0 if clock is None else clock.time(),
        )
        recorder.log.clear()
        recorder.begun.clear()
        background.clear()
        late.clear()
        told.append(Told(operation, result, log, begun, *written))
        if between is not None and machine.status.value == "running":
            recorder = await between(model, recorder)
            machine = recorder._runner

    await tell(START, partial(hsm.start, **options), None, recorder, model)
    for operation in (*operations, STOP):
        if machine.status.value in ENDED:
            break
        if operation == RESTART:
            await tell(operation, hsm.restart, machine)
        elif operation == STOP:
            await tell(operation, hsm.stop, machine)
        elif operation.startswith(WAIT):
            await tell(operation, asyncio.sleep, float(operation.removeprefix(WAIT)))
        elif operation.startswith(SEND):
            await tell(operation, partial(_send, machine), operation.removeprefix(SEND))
        elif operation.startswith(CALL):
            await tell(operation, partial(_call, machine, late), operation.removeprefix(CALL))
        else:
            if asked is not None:
                asked.append(await _ask(machine, recorder, operation, len(told)))
            await tell(operation, machine.dispatch, operation)
    return told


async def _call(machine: hsm.Machine, late: list[str], operation: str) -> object:
    """What the call gives, or `WAITS`; then what it comes to goes into *late*."""
    task = asyncio.ensure_future(machine.call(operation))
    done, _ = await asyncio.wait([task], timeout=CALL_SECONDS)
    if done:
        return await task

    def ended(task: asyncio.Future) -> None:
        error = task.exception()
        late.append(str(task.result() if error is None else _messages(error)))

    task.add_done_callback(ended)
    return WAITS


async def _send(machine: hsm.Machine, name: str) -> None:
    machine.dispatch(name)  # nobody awaits it: its errors are reported (rule E4)


def _word(operation: str) -> str:
    return next((word for word in (SEND, WAIT) if operation.startswith(word)), operation)


async def _settle(recorder: Recorder) -> None:
    """Until nothing has been written for many iterations of the event loop: real time is not waited for."""
    still, before = 0, -1
    while still < 8:
        still, before = (still + 1 if len(recorder.log) == before else 0), len(recorder.log)
        await asyncio.sleep(0)


def _messages(error: BaseException | None, context: object = None) -> list[str]:
    """The texts of *error*, or of each in it: no rule says whether what nobody awaits is reported one by one."""
    return (
        [_text(each, context) for each in error.exceptions]
        if isinstance(error, ExceptionGroup)
        else [_text(error, context)]
    )


def _text(error: BaseException | None, context: object) -> str:
    if isinstance(error, Failure):
        return str(error)
    if isinstance(error, hsm.CallError | hsm.MachineStopped | hsm.LifecycleError):
        return type(error).__name__  # its text names what is active, and is not a matter of the rules
    return f"{error!r} {context or ''}".strip()


def _in_order(log: list[str]) -> tuple[str, ...]:
    """*log* without what no rule promises.

    That is how often change triggers are asked where something goes on beside the steps (T6), and which of several
    activities ends first that are cancelled, and awaited, together: those of one state (A1), and all of them when the
    machine has come to its end (C3, R8). Between states that are left the exit actions tell the order.
    """
    lines: list[str] = []
    kept = (line for line in log if not line.startswith("?" + CHANGE))
    for are_cancelled, group in itertools.groupby(kept, lambda line: line.startswith("unwanted ")):
        several = [*group]
        lines += sorted(several) if are_cancelled else several
    return tuple(lines)
