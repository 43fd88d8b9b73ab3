"""The joints: where a model meets the compiler, and a program meets a machine.

In: what users hand over. Out: compiled models, machines. Everything that joins two floors is here, and nothing else.
"""

from __future__ import annotations

from typing import Any, Literal, cast

from hsm.behaviors import I
from hsm.codegen.specialize import COMPLETIONS
from hsm.compiler import compile as compile_model
from hsm.context import Context
from hsm.elements.assembly import model_of
from hsm.elements.nodes import Model
from hsm.elements.parts import ModelPart
from hsm.events import Event, as_event
from hsm.instance import Instance, runner
from hsm.program import Program, vertex_at
from hsm.runtime.done import STOPPED
from hsm.runtime.loop import Clock, host_of_loop
from hsm.runtime.machine import J, Machine
from hsm.runtime.starting import Starting
from hsm.runtime.stepping import DEFAULTS, Options, engine_of
from hsm.source import call_site

__all__ = ["Clock", "Machine", "define", "generated", "machine_of", "restart", "start", "stop"]


def define(name: str, *parts: ModelPart[I]) -> Model[I]:
    """A model, compiled: every mistake in it is told here, all at once.

    Args:
        name: The first step of every path in it.
        parts: States, regions, pseudostates, transitions and behaviours, in any order.

    Returns:
        The model: an immutable value that any number of machines may run.

    Raises:
        DefinitionError: The model breaks rules; the exception carries every one with its place.
    """
    model: Model[I] = model_of(name, parts, call_site())
    program_of(model)
    return model


def program_of(model: Model[Any]) -> Program:
    """The Program of *model*, made once.

    Raises:
        DefinitionError: As `define`, for a model that came from somewhere else.
    """
    program: Program | None = model.compiled
    if program is None:
        program = compile_model(model)
        object.__setattr__(model, "compiled", program)
    return program


def start(
    ctx: Context | None,
    instance: J,
    model: Model[J],
    *,
    clock: Clock | None = None,
    grace: float = 5.0,
    step_budget: int = 1000,
    engine: Literal["generated", "kernel"] = "generated",
) -> Starting[J]:
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

    Raises:
        TypeError: *instance* is no `Instance`, or not of the machine class that *model* belongs to; or *model* is no
            model, or *ctx* no `Context`.
        ValueError: *grace* or *step_budget* is no number that makes sense.
        RuntimeError: No event loop is running.
        LifecycleError: From the await: *instance* is run by a machine already, or *ctx* is cancelled.
        Exception: From the await: what start raised and no transition took; nothing is active then (rule E8).
    """
    if not isinstance(model, Model):
        raise TypeError(f"start takes the model that hsm.define gave, not {model!r}")
    if not isinstance(instance, Instance):
        hint = ": make one with ()" if isinstance(instance, type) and issubclass(instance, Instance) else ""
        raise TypeError(f"start takes an instance of a subclass of hsm.Instance, not {instance!r}{hint}")
    if not isinstance(instance, model.instance_type):
        wanted = model.instance_type.__qualname__
        raise TypeError(f"model '{model.name}' works on {wanted}, not on {instance!r}: give it an instance of {wanted}")
    if ctx is not None and not isinstance(ctx, Context):
        raise TypeError(f"start takes an hsm.Context or None first, not {ctx!r}")
    options = DEFAULTS
    if clock is not None or grace != 5.0 or step_budget != 1000 or engine != "generated":
        options = _options(clock, grace, step_budget, engine)
    host = host_of_loop()
    return Starting(Machine(model.compiled or program_of(model), instance, host, options, ctx), host)


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
    program = program_of(model)
    leaves = tuple(sorted(vertex_at(program, path) for path in paths))
    if not leaves:
        raise ValueError("name the active leaves, as machine.states() gives them")
    return engine_of(program).source(leaves, as_event(event, None).name)


def _options(clock: Clock | None, grace: float, step_budget: int, engine: str) -> Options:
    """What `start` was told, looked at.

    Raises:
        ValueError: A number or a word that makes no sense.
        TypeError: *clock* is none.
    """
    if not isinstance(grace, int | float) or not grace >= 0:
        raise ValueError(f"grace is 0 or more seconds, not {grace!r}")
    if not isinstance(step_budget, int) or step_budget < 1:
        raise ValueError(f"step_budget is 1 or more steps, not {step_budget!r}")
    if engine not in ("generated", "kernel"):
        raise ValueError(f"engine is 'generated' or 'kernel', not {engine!r}")
    if clock is not None and not callable(getattr(clock, "call_at", None)):
        raise TypeError(f"a clock has the methods of hsm.Clock, and {clock!r} has not")
    # a generated step does not look whether it has used up a budget, and so may have to be one for the kernel
    return Options(clock, grace, step_budget, engine == "generated" and step_budget >= COMPLETIONS)


async def stop(machine: Machine[Any] | Instance) -> None:
    """Leave every active state, running exit actions, and end; idempotent (rule L4).

    May be cancelled at any time: the machine stops all the same.

    Args:
        machine: A machine, or the instance that it runs on.

    Raises:
        LifecycleError: The instance was never started, or this is another thread.
        Exception: What an exit action raised.
    """
    answer = machine_of(machine).stop()
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
        raise TypeError(f"this takes a machine or an instance, not {machine!r}")
    return cast("Machine[J]", runner(machine))  # only a machine makes itself the runner of an instance
