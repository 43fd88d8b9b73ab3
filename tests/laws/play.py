"""Playing one machine twice: by the reference, and by the library, in time that is virtual or real.

In: a `Description` and operations. Out: for each operation everything about it that can be seen from outside.
"""

from __future__ import annotations

import asyncio
import warnings
from functools import partial

import attrs
from laws.background import CALL, WAIT
from laws.description import MIXED, SENDS, Description, Failure, Recorder, build_functional
from laws.models import RESTART
from laws.reference import Reference

import hsm
from hsm.testing import VirtualClock

ENDED = ("stopped", "created")
STOP = "stop"


@attrs.frozen
class Told:
    """What an operation came to.

    Attributes:
        operation: ``start``, ``stop``, ``restart``, a call, a wait or the name of an event.
        result: The outcome, or a list of what was raised.
        log: What behaviours wrote, with the name of the event that they saw.
        states: What is active then.
        status: How far the machine's life has come.
        background: The errors that nobody awaited.
    """

    operation: str
    result: str | list[str]
    log: tuple[str, ...]
    states: tuple[str, ...]
    status: str
    background: tuple[str, ...]


def by_reference(description: Description, operations: list[str]) -> list[Told]:
    """What should happen.

    Raises:
        Endless: The machine feeds itself for ever.
    """
    machine = Reference(description)
    told = []

    def tell(operation: str, result: object) -> None:
        log, machine.log = machine.log, []
        background, machine.background = machine.background, []
        told.append(Told(operation, result, tuple(log), machine.states(), machine.status, tuple(background)))

    tell("start", machine.start())
    for operation in (*operations, STOP):
        if machine.status in ENDED:
            break
        if operation == RESTART:
            tell(operation, machine.restart())
        else:
            tell(operation, machine.stop() if operation == STOP else machine.dispatch(operation))
    return told


def by_library(
    description: Description,
    operations: list[str],
    mode: str = MIXED,
    *,
    is_real: bool = False,
    build=build_functional,
    engine="generated",
) -> list[Told]:
    """What does happen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        model = build(description, mode)
    playing = _play(model, operations, engine)
    return asyncio.run(playing) if is_real else VirtualClock().run(playing)


async def _play(model: hsm.Model, operations: list[str], engine: str) -> list[Told]:
    recorder = model.instance_type() if issubclass(model.instance_type, Recorder) else Recorder()
    background: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: background.append(_text(context.get("exception"), context)))
    told = []
    machine = None

    async def tell(operation: str, call, *arguments) -> None:
        nonlocal machine
        recorder.sends = SENDS
        try:
            result = await call(*arguments)
        except Exception as error:
            result = _messages(error)
        if isinstance(result, hsm.Outcome):
            result = result.name
        elif not isinstance(result, list):
            result = "stopped" if operation == STOP else "started"
        await _settle(recorder)
        machine = recorder._runner
        written = tuple(recorder.log), machine.states(), machine.status.value, tuple(background)
        recorder.log.clear()
        background.clear()
        told.append(Told(operation, result, *written))

    await tell("start", partial(hsm.start, engine=engine), None, recorder, model)
    for operation in (*operations, STOP):
        if machine.status.value in ENDED:
            break
        if operation == RESTART:
            await tell(operation, hsm.restart, machine)
        elif operation == STOP:
            await tell(operation, hsm.stop, machine)
        elif operation.startswith(WAIT):
            await tell(operation, asyncio.sleep, float(operation.removeprefix(WAIT)))
        elif operation.startswith(CALL):
            await tell(operation, machine.call, operation.removeprefix(CALL))
        else:
            await tell(operation, machine.dispatch, operation)
    return told


async def _settle(recorder: Recorder) -> None:
    """Until nothing has been written for many turns of the loop: real time is not waited for."""
    still, before = 0, -1
    while still < 8:
        still, before = (still + 1 if len(recorder.log) == before else 0), len(recorder.log)
        await asyncio.sleep(0)


def _messages(error: Exception) -> list[str]:
    return [_text(each) for each in error.exceptions] if isinstance(error, ExceptionGroup) else [_text(error)]


def _text(error: BaseException | None, context: object = None) -> str:
    return str(error) if isinstance(error, Failure) else f"{error!r} {context or ''}".strip()
