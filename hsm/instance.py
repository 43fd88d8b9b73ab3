"""The user's own object: what a machine works on, and the way from it to its machine.

In: a subclass with the user's data. Out: `Instance`, whose methods go on to the machine that runs it.
Never imports the run time: the machine is known by a Protocol, and puts itself here when it starts.
"""

from __future__ import annotations

from typing import Any, Protocol, cast, overload

from hsm.answer import Answer
from hsm.errors import LifecycleError
from hsm.events import Event
from hsm.outcome import Outcome


class Runner(Protocol):
    """What an instance needs of the machine that runs it."""

    @overload
    def dispatch(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def dispatch(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def dispatch(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """Put *event* in."""
        ...

    def state(self) -> str:
        """The path of the active state."""
        ...

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves."""
        ...

    def is_in(self, path: str) -> bool:
        """Whether the state at *path* is active."""
        ...

    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        ...

    def stop(self) -> Answer[None]:
        """Exit everything and end."""
        ...


class Instance:
    """What every behaviour is given as its second argument: subclass it and put your data there.

    An instance is run by one machine at a time: `hsm.start` ties the two. Calling ``super().__init__()`` is
    welcome and not needed.
    """

    _runner: Any = None

    def __getstate__(self) -> object:
        """What a copy or a pickle takes along: all but the machine, which runs this instance and no copy of it."""
        return without("_runner", super().__getstate__())

    @overload
    def dispatch(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def dispatch(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def dispatch(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """Send *event* to the machine that runs this instance; see `hsm.Machine.dispatch`.

        Raises:
            LifecycleError: The instance was never started, or its machine is stopped (rule L5).
        """
        machine: Any = runner(self)  # whose overloads do not take a union
        # not kept in a local: the frames of an error keep this one, and a dropped error is reported when that goes
        return machine.dispatch(event, data)  # type: ignore[no-any-return]

    def state(self) -> str:
        """The path of the active state; see `hsm.Machine.state`."""
        return runner(self).state()

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves; see `hsm.Machine.states`."""
        return runner(self).states()

    def is_in(self, path: str) -> bool:
        """Whether the state at *path* is active; see `hsm.Machine.is_in`."""
        return runner(self).is_in(path)

    def stop(self) -> Answer[None]:
        """Stop the machine that runs this instance; see `hsm.stop`."""
        return runner(self).stop()


def runner(instance: Instance) -> Runner:
    """The machine that runs *instance*, or ran it last.

    Raises:
        LifecycleError: It was never started.
    """
    found = runner_of(instance)
    if found is None:
        kind = type(instance).__name__
        raise LifecycleError(f"this {kind} has not been started: 'await hsm.start(ctx, instance, model)' first")
    return found


def runner_of(instance: Instance) -> Runner | None:
    """The machine that runs *instance*, or ran it last; ``None`` when it was never started."""
    found: Runner | None = instance._runner  # pyright: ignore[reportPrivateUsage]  # declared in this very file
    return found


def check_free(instance: Instance, machine: Runner) -> None:
    """Whether *machine* may run *instance*.

    Raises:
        LifecycleError: Another machine runs it.
    """
    current = runner_of(instance)
    if current is not None and current is not machine and not current.is_over():
        kind = type(instance).__name__
        raise LifecycleError(f"this {kind} is run by a machine already: stop that one first")


def attach(instance: Instance, machine: Runner) -> None:
    """Let *machine* run *instance*.

    Raises:
        LifecycleError: Another machine runs it.
    """
    if instance._runner is not None:  # pyright: ignore[reportPrivateUsage]  # as above
        check_free(instance, machine)
    if type(instance).__setattr__ is object.__setattr__:
        instance._runner = machine  # pyright: ignore[reportPrivateUsage]  # as above
    else:
        object.__setattr__(instance, "_runner", machine)  # it may be frozen


def without(attribute: str, state: Any) -> Any:
    """*state*, which a ``__getstate__`` gave, without one *attribute*; what is no ordinary state stays as it is."""
    if hasattr(state, "items"):
        return {name: value for name, value in state.items() if name != attribute}
    if type(state) is tuple:  # of a class with slots: these stand behind the rest
        rest, slots = cast("tuple[Any, Any]", state)
        return (without(attribute, rest), slots)
    return state
