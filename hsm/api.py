"""The joint of a model and the run time: `start`, and what else is done with machines.

In: what users hand over. Out: machines, and the text of their generated steps.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, Literal, cast

import attrs

from hsm import trace
from hsm.codegen.explore import COMPLETIONS
from hsm.codegen.text import annotated
from hsm.collecting import again
from hsm.compiler import warn_alone
from hsm.context import Context
from hsm.defining import Compiled, compiled
from hsm.elements.nodes import Model
from hsm.events import Event, as_event, key_of
from hsm.instance import Instance, runner
from hsm.names import plain, shown
from hsm.program import Program, describe_behavior, vertex_at
from hsm.runtime.awaitables import STOPPED
from hsm.runtime.event_names import UnknownNames
from hsm.runtime.generated import EVENT, SHAPES
from hsm.runtime.host import Clock, host_of_loop
from hsm.runtime.machine import J, Machine
from hsm.runtime.observation import WATCHERS
from hsm.runtime.record import Options, Record
from hsm.runtime.starting import Starting
from hsm.runtime.step_cache import StepCache

__all__ = ["Clock", "Machine", "generated", "machine_of", "restart", "start", "stop"]


DEFAULTS = Options()
"""The options of `start` unless others are given."""
_DEFAULTS = (
    DEFAULTS.grace, DEFAULTS.step_budget, "generated", DEFAULTS.generate_after, DEFAULTS.step_memory, DEFAULTS.slow,
    DEFAULTS.stop_timeout, DEFAULTS.is_strict,
)  # fmt: skip


_MOST = sys.float_info.max
"""Seconds that a clock can count; an int may be more than that."""


@attrs.define(eq=False)
class Running:
    """What the machines of a model share.

    Attributes:
        program: The model's Program.
        steps: The generated steps of that.
        unknown: The unknown names that were sent to its machines.
        has_run: Whether a machine of it was started: whoever does that first gets the warnings about it (rule R9).
    """

    program: Program
    steps: StepCache
    unknown: UnknownNames
    has_run: bool = False
    _strict_steps: StepCache | None = None

    def steps_for(self, options: Options) -> StepCache | None:
        """The generated steps for machines with *options*, if there are to be any.

        Those of strict machines are kept apart: they have no step on an unknown name.
        """
        if not options.is_generated or not options.is_strict:
            return self.steps if options.is_generated else None
        if self._strict_steps is None:
            self._strict_steps = StepCache(self.program, SHAPES)
        return self._strict_steps


def _running(known: Compiled) -> Running:
    """What the machines of a model share, made for the first one."""
    # no lock, as for what is compiled
    program = known.program
    running = known.running = Running(program, StepCache(program, SHAPES), UnknownNames(program))
    return running


def start(
    ctx: Context | None,
    instance: J,
    model: Model[J],
    *,
    clock: Clock | None = None,
    grace: float = DEFAULTS.grace,
    step_budget: int = DEFAULTS.step_budget,
    engine: Literal["generated", "kernel"] = "generated",
    generate_after: int = DEFAULTS.generate_after,
    step_memory: int = DEFAULTS.step_memory,
    slow: float = DEFAULTS.slow,
    stop_timeout: float | None = DEFAULTS.stop_timeout,
    strict: bool = DEFAULTS.is_strict,
    observe: Callable[[trace.Record], object] | None = None,
) -> Starting[Machine[J]]:
    """Start *model* on *instance*: ``machine = await hsm.start(...)``, or ``async with hsm.start(...) as machine``.

    The await returns when the default entry and everything that it caused has been processed (rule L1). The block
    stops the machine at its end, and raises errors that nobody awaits (rule E6).

    Args:
        ctx: Its cancellation stops the machine (rule L7); may be ``None``.
        instance: What the behaviours work on.
        model: What `define` gave.
        clock: Where time comes from; the loop's clock by default (rule A7).
        grace: Seconds that a cancelled activity has to end (rule A1).
        step_budget: How many internal steps may follow each other without an event from outside (rule Q8).
        engine: ``"kernel"`` has every step taken by the kernel, which is the reference, and slower; see
            *Performance*.
        generate_after: How many times the kernel takes a step before the step is generated; 0 generates at once.
        step_memory: Bytes that the generated steps of *model* may take, by estimate; beyond that the kernel takes
            whatever is not generated yet.
        slow: Seconds that a behaviour may be suspended before a warning of the ``hsm`` logger names it.
        stop_timeout: Seconds that a stop, also that at the end of the block, waits for behaviours; ``None`` for as long
            as they take (rule L4).
        strict: Whether an event that no transition and no deferral of the model names raises `UnknownEvent`; otherwise
            it is ignored, and logged once (rule T7).
        observe: Is called with every record of what the machine does, from its start on; see `hsm.Machine.observe`.

    Raises:
        TypeError: *instance* is not an `Instance`, or not one of the machine class that *model* belongs to; or
            *model* is not a model, or *ctx* not a `Context`.
        ValueError: A number is out of its range.
        RuntimeError: No event loop is running.
        DefinitionError: The model or the class of *instance* is broken, where `collect` let it pass.
        LifecycleError: From the await: *instance* is run by a machine already, or *ctx* is cancelled.
        Exception: From the await: what start raised and no transition took; nothing is active then (rule E8).
    """
    given = (grace, step_budget, engine, generate_after, step_memory, slow, stop_timeout, strict)
    record, machine = new_machine("start", ctx, instance, model, clock, given, observe)
    return Starting(record, machine)


def new_machine(
    word: str,
    ctx: Context | None,
    instance: J,
    model: Model[J],
    clock: Clock | None,
    given: tuple[Any, ...],
    observe: Callable[[trace.Record], object] | None,
) -> tuple[Record, Machine[J]]:
    """A machine that has not been started, and its record; *word* names the caller, *given* are its options in order.

    Raises:
        TypeError, ValueError, RuntimeError, DefinitionError: As for `start`.
    """
    if not isinstance(model, Model):
        raise TypeError(f"{word} takes the model that hsm.define gave, not {shown(model)}")
    if not isinstance(instance, Instance):
        hint = ": make one with ()" if isinstance(instance, type) and issubclass(instance, Instance) else ""
        raise TypeError(f"{word} takes an instance of a subclass of hsm.Instance, not {shown(instance)}{hint}")
    if instance.hsm_broken is not None:
        raise again(instance.hsm_broken)
    if not isinstance(instance, model.instance_type):
        wanted = model.instance_type.__qualname__
        raise TypeError(
            f"model '{plain(model.name)}' works on {wanted}, not on {shown(instance)}: give it an instance of {wanted}"
        )
    if ctx is not None and not isinstance(ctx, Context):
        raise TypeError(f"{word} takes an hsm.Context or None first, not {shown(ctx)}")
    # nearly every machine is started with the defaults, which need no check, and share one object
    options = DEFAULTS
    if clock is not None or given != _DEFAULTS:
        options = _options(clock, *given)
    known = compiled(model)
    running: Running = known.running or _running(known)
    if not running.has_run:
        warn_alone(running.program)
        running.has_run = True
    steps = running.steps if options is DEFAULTS else running.steps_for(options)
    record = Record(running.program, instance, host_of_loop(), options, ctx, steps, running.unknown)
    machine: Machine[J] = Machine(record)
    if observe is not None:
        machine.observe(observe)
    for watcher in WATCHERS:
        machine.observe(watcher(running.program))
    return record, machine


def generated(model: Model[Any], event: Event[Any] | str, *paths: str) -> str | None:
    """The Python text of a generated step: what a machine of *model* runs when it rests in *paths* and *event* comes.

    Args:
        model: What `define` gave.
        event: An event or a name.
        paths: The active leaves, one for each region; what `Machine.states` gives.

    Returns:
        The text, with the place of every behaviour behind the line that calls it; ``None`` where the kernel takes the
        step.

    Raises:
        ValueError: A path names no vertex of the model, or there is none.
    """
    known = compiled(model)
    program = known.program
    leaves = tuple(sorted([vertex_at(program, path) for path in paths]))
    if not leaves:
        raise ValueError("name the active leaves, as machine.states() returns them")
    text = (known.running or _running(known)).steps.source(leaves, key_of(as_event(event, None)), EVENT)
    if text is None:
        return None
    notes = {line: describe_behavior(program, program.behaviors[index]) for line, index in text.behaviors.items()}
    return annotated(text.source, notes)


def _options(
    clock: Clock | None,
    grace: float,
    step_budget: int,
    engine: str,
    generate_after: int,
    step_memory: int,
    slow: float,
    stop_timeout: float | None,
    strict: bool,
) -> Options:
    """The options of `start`, checked.

    Raises:
        ValueError: A number is out of its range, or *engine* is neither of the two words.
        TypeError: *clock* lacks a method of a clock.
    """
    for name, seconds in (("grace", grace), ("slow", slow), ("stop_timeout", stop_timeout)):
        if seconds is None and name == "stop_timeout":
            continue
        if not isinstance(seconds, int | float) or not (0 <= seconds <= _MOST or seconds == math.inf):
            raise ValueError(f"{name} must be 0 or more seconds, not {shown(seconds)}")
    for name, number, least in (
        ("step_budget", step_budget, 1),
        ("generate_after", generate_after, 0),
        ("step_memory", step_memory, 0),
    ):
        if not isinstance(number, int) or number < least:
            raise ValueError(f"{name} must be {least} or more, not {shown(number)}")
    if not isinstance(strict, bool):
        raise ValueError(f"strict must be True or False, not {shown(strict)}")
    if engine not in ("generated", "kernel"):
        raise ValueError(f"engine must be 'generated' or 'kernel', not {shown(engine)}")
    if clock is not None and not callable(getattr(clock, "call_at", None)):
        raise TypeError(f"a clock must have the methods of hsm.Clock; {shown(clock)} has not")
    # a generated step does not check whether it has spent a budget, and handles this many completions by itself
    is_generated = engine == "generated" and step_budget >= COMPLETIONS
    return Options(clock, grace, step_budget, is_generated, generate_after, step_memory, slow, stop_timeout, strict)


async def stop(
    machine: Machine[Any] | Instance,
    *,
    timeout: float | None = None,  # noqa: ASYNC109  # of the machine, and not of the wait for it
) -> None:
    """Exit every active state, running exit actions, and end; idempotent (rule L4).

    May be cancelled at any time: the machine stops all the same.

    Args:
        machine: A machine, or the instance that it runs on.
        timeout: Seconds after which a behaviour that still runs is cancelled and named in the log, and what is left of
            the machine is abandoned; ``None`` for the ``stop_timeout`` of `start`.

    Raises:
        LifecycleError: The instance was never started, or this is another thread or another event loop.
        ValueError: *timeout* is negative.
        Exception: What an exit action raised.
    """
    answer = machine_of(machine).stop(timeout)
    if answer is not STOPPED:  # otherwise there is nothing to wait for, and a wait for nothing takes its time, too
        await answer


async def restart(machine: Machine[J] | J) -> Machine[J]:
    """Stop, and start again on the same instance; history, deferred and queued events are gone (rule L6).

    Returns:
        The machine, running: the same object as before.

    Raises:
        LifecycleError: The instance was never started, or a behaviour of the machine asks for it.
        Exception: What exit actions, or start, raised.
    """
    found = machine_of(machine)
    await found.restart()
    return found


def machine_of(machine: Machine[J] | J) -> Machine[J]:
    """The machine that runs an instance, such as one of a machine class; a machine is its own.

    Inside of behaviours too, which are given the instance: for `Machine.call`, `Machine.wait`, `Machine.status` and
    `Machine.dispatch_threadsafe`.

    Raises:
        LifecycleError: The instance was never started.
        TypeError: It is neither.
    """
    if isinstance(machine, Machine):
        return machine
    if not isinstance(machine, Instance):
        raise TypeError(f"this takes a machine or an instance, not {shown(machine)}")
    return cast("Machine[J]", runner(machine))  # only a machine makes itself the runner of an instance
