"""The user's own object: what a machine works on, and the way from it to its machine.

In: a subclass with the user's data. Out: `Instance`, whose methods go on to the machine that runs it.
Never imports the run time: the machine is known by a Protocol, and its run is put here when it starts. The run names
the object that it belongs to: whatever else has the attribute is a copy, however it was made, and is run by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, Self, cast, overload

from hsm.answer import Answer
from hsm.context import Context
from hsm.errors import DefinitionError, LifecycleError
from hsm.events import Event
from hsm.explanation import Explanation
from hsm.outcome import Outcome
from hsm.reserved import check_names, reserved_names


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

    def is_in(self, path: str | type) -> bool:
        """Whether the state at *path* is active."""
        ...

    def events(self) -> tuple[str, ...]:
        """What active states react to."""
        ...

    @overload
    def can(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def can(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def can(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """What would become of *event*."""
        ...

    @overload
    def explain(self, event: Event[Any]) -> Answer[Explanation]: ...
    @overload
    def explain(self, event: str, data: Any = None) -> Answer[Explanation]: ...
    def explain(self, event: Event[Any] | str, data: Any = None) -> Answer[Explanation]:
        """Why that would become of *event*."""
        ...

    def until(self, condition: Any) -> Answer[None]:
        """Wait until *condition* holds."""
        ...

    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        ...

    def stop(self, timeout: float | None = None) -> Answer[None]:
        """Exit everything and end."""
        ...


class NotCopied:
    """What belongs to one object alone: a deep copy of that object, or a pickle of it, has ``None`` in its place."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return (type(None), ())


class Run(Protocol):
    """What ties an instance to its machine; for `NotCopied` things, as it is an attribute of the instance.

    Attributes:
        instance: The very object that is run.
        machine: What runs it.
    """

    instance: Any
    machine: Any


class Instance:
    """What every behaviour is given as its second argument: subclass it and put your data there.

    An instance is run by one machine at a time: `hsm.start` ties the two. A copy of it, however it was made, is run by
    none until it is started itself. Calling ``super().__init__()`` is welcome and not needed.

    Raises:
        DefinitionError: From the class statement of a subclass: it hides one of the names below.
    """

    hsm_reserved: ClassVar[tuple[str, ...]] = ()
    """The names that no subclass may use for something else."""
    hsm_broken: ClassVar[DefinitionError | None] = None
    """What is wrong with the class, if it was made where the user collects mistakes."""
    _hsm_run: Run | None = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        check_names(cls)

    @property
    def _runner(self) -> Runner | None:
        """The machine that runs this very object, or ran it last; ``None`` when it was never started."""
        run = self._hsm_run
        if run is None or run.instance is not self:  # otherwise it came with the attributes of the original
            return None
        runner: Runner = run.machine
        return runner

    def __getstate__(self) -> Any:  # whatever another base class, such as one of pydantic, says of it
        """What a copy or a pickle takes along: all but the machine, which runs this instance and no copy of it."""
        return without("_hsm_run", super().__getstate__())

    @overload
    def dispatch(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def dispatch(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def dispatch(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """Send *event* to the machine that runs this instance; see `hsm.Machine.dispatch`.

        Raises:
            LifecycleError: The instance was never started, or its machine is stopped (rule L5).
        """
        run = self._hsm_run
        if run is None or run.instance is not self:  # as in `_runner`; a call of that takes longer than the answer
            raise _not_started(self)
        # not kept in a local: the frames of an error keep this one, and a dropped error is reported when that goes
        return run.machine.dispatch(event, data)  # type: ignore[no-any-return]

    def state(self) -> str:
        """The path of the active state; see `hsm.Machine.state`."""
        return runner(self).state()

    def states(self) -> tuple[str, ...]:
        """The paths of the active leaves; see `hsm.Machine.states`."""
        return runner(self).states()

    def is_in(self, path: str | type) -> bool:
        """Whether the state at *path* is active; see `hsm.Machine.is_in`."""
        return runner(self).is_in(path)

    def events(self) -> tuple[str, ...]:
        """The names and patterns of events that active states react to or defer; see `hsm.Machine.events`."""
        return runner(self).events()

    @overload
    def can(self, event: Event[Any]) -> Answer[Outcome]: ...
    @overload
    def can(self, event: str, data: Any = None) -> Answer[Outcome]: ...
    def can(self, event: Event[Any] | str, data: Any = None) -> Answer[Outcome]:
        """What `dispatch` of the same would return now; see `hsm.Machine.can`."""
        return runner(self).can(event, data)  # type: ignore[arg-type]  # one of the two, as above

    @overload
    def explain(self, event: Event[Any]) -> Answer[Explanation]: ...
    @overload
    def explain(self, event: str, data: Any = None) -> Answer[Explanation]: ...
    def explain(self, event: Event[Any] | str, data: Any = None) -> Answer[Explanation]:
        """Why `dispatch` of the same would return what it would; see `hsm.Machine.explain`."""
        return runner(self).explain(event, data)  # type: ignore[arg-type]  # one of the two, as above

    @overload
    def until(self, condition: str | type) -> Answer[None]: ...
    @overload
    def until(self, condition: Callable[[], bool]) -> Answer[None]: ...
    @overload
    def until(self, condition: Callable[[Self], bool]) -> Answer[None]: ...
    @overload
    def until(self, condition: Callable[[Context, Self, Event[Any]], bool]) -> Answer[None]: ...
    def until(self, condition: str | type | Callable[..., bool]) -> Answer[None]:
        """Wait until *condition* holds between two steps; see `hsm.Machine.until`."""
        return runner(self).until(condition)

    def hsm_paths_of(self, vertex: type) -> tuple[str, ...]:
        """The paths of a class of the class front end, where the model is one of its machine classes.

        Raises:
            TypeError: This is an instance of another class.
        """
        raise TypeError(f"a path is a string such as '/Model/state', not {vertex!r}")

    def stop(self, timeout: float | None = None) -> Answer[None]:
        """Stop the machine that runs this instance; see `hsm.stop`."""
        return runner(self).stop(timeout)


Instance.hsm_reserved = reserved_names(Instance)


def runner(instance: Instance) -> Runner:
    """The machine that runs *instance*, or ran it last.

    Raises:
        LifecycleError: It was never started.
    """
    run = instance._hsm_run  # pyright: ignore[reportPrivateUsage]  # declared in this very file
    if run is None or run.instance is not instance:  # as in `dispatch`
        raise _not_started(instance)
    found: Runner = run.machine
    return found


def _not_started(instance: Instance) -> LifecycleError:
    """What is raised when something is asked of the machine of *instance*, and there is none."""
    kind = type(instance).__name__
    is_copy = instance._hsm_run is not None  # pyright: ignore[reportPrivateUsage]  # as above
    why = ": it is a copy, which the machine of the original does not run" if is_copy else ""
    return LifecycleError(f"this {kind} has not been started{why}: 'await hsm.start(ctx, instance, model)' first")


def runner_of(instance: Instance) -> Runner | None:
    """The machine that runs *instance*, or ran it last; ``None`` when it was never started, or is a copy."""
    return instance._runner  # pyright: ignore[reportPrivateUsage]  # as above


def check_free(run: Run) -> None:
    """Whether the instance of *run* may be run by its machine.

    Raises:
        LifecycleError: Another machine runs it.
    """
    current = runner_of(run.instance)
    if current is not None and current is not run.machine and not current.is_over():
        kind = type(run.instance).__name__
        raise LifecycleError(f"this {kind} is run by a machine already: stop that one first")


def attach(run: Run) -> None:
    """Tie the instance of *run* to its machine.

    Raises:
        LifecycleError: Another machine runs it.
    """
    instance: Instance = run.instance
    if instance._hsm_run is not None:  # pyright: ignore[reportPrivateUsage]  # as above
        check_free(run)
    if type(instance).__setattr__ is object.__setattr__:
        instance._hsm_run = run  # pyright: ignore[reportPrivateUsage]  # as above
    else:
        object.__setattr__(instance, "_hsm_run", run)  # it may be frozen


def without(attribute: str, state: Any) -> Any:
    """*state*, which a ``__getstate__`` gave, without one *attribute*; what is no ordinary state stays as it is."""
    if hasattr(state, "items"):
        return {name: value for name, value in state.items() if name != attribute}
    if type(state) is tuple:  # of a class with slots: these stand behind the rest
        rest, slots = cast("tuple[Any, Any]", state)
        return (without(attribute, rest), slots)
    return state
