"""Hierarchical state machines for asyncio: declare a model, start it on an instance, dispatch events to it.

Every public name is here. See the documentation for a tutorial, the rules and the reference.

A module is loaded when one of its names is first used, so that importing `hsm` costs next to nothing: pytest does that
at its start, for the plug-in in `hsm.testing`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsm import trace as trace
    from hsm.answer import Answer
    from hsm.api import Clock, Machine, generated, machine_of, restart, start, stop
    from hsm.behaviors import Action, DurationFunction, Predicate, TimepointFunction
    from hsm.charts import Chart, ChartBehavior, ChartGuard, ChartTransition, ChartTrigger, ChartVertex
    from hsm.context import Context
    from hsm.defining import Collected, chart, collect, define
    from hsm.dsl import (
        activity,
        after,
        all_of,
        any_of,
        at,
        choice,
        deep_history,
        defer,
        effect,
        entry,
        entry_point,
        every,
        exit,
        exit_point,
        external,
        final,
        fork,
        guard,
        in_state,
        initial,
        join,
        junction,
        not_,
        on,
        on_call,
        region,
        renamed,
        shallow_history,
        source,
        state,
        submachine,
        target,
        terminate,
        transition,
        when,
    )
    from hsm.elements.nodes import Model
    from hsm.elements.parts import AnywherePart, ModelPart, RegionPart, StatePart, TransitionPart
    from hsm.errors import (
        ActivityLost,
        CallError,
        DeadlockError,
        DefinitionError,
        DefinitionWarning,
        Diagnostic,
        DurationError,
        GuardError,
        HsmError,
        LifecycleError,
        LoopBudgetError,
        MachineStopped,
        RestoredError,
        SnapshotError,
        UnknownEvent,
    )
    from hsm.events import Arguments, Event, Signal, Tick
    from hsm.explanation import Candidate, Explanation, GuardAnswer, Verdict
    from hsm.instance import Instance
    from hsm.outcome import Outcome, Status
    from hsm.restoring import restore
    from hsm.saved.coding import Codec
    from hsm.saved.msgspec_codec import MsgspecCodec
    from hsm.saved.snapshots import Snapshot, SnapshotActivity, SnapshotEvent, SnapshotRegion, SnapshotTimer

__version__ = "0.1.0"
"""The version of this package; the build reads it here."""

# fmt: off
__all__ = [
    # what a model is made of
    "define", "state", "region", "submachine", "final", "choice", "junction", "shallow_history", "deep_history", "fork",
    "join", "entry_point", "exit_point", "terminate", "initial",
    "transition", "on", "on_call", "after", "every", "at", "when", "source", "target", "external",
    "guard", "all_of", "any_of", "not_", "in_state",
    "effect", "entry", "exit", "activity", "defer", "renamed",
    # what runs it
    "start", "stop", "restart", "machine_of", "generated", "Machine", "Instance", "Context", "Clock",
    # what comes in, and what comes of it
    "Event", "Signal", "Arguments", "Tick", "Answer", "Outcome", "Status",
    # what a machine tells about an event
    "Explanation", "Candidate", "GuardAnswer", "Verdict",
    # what a model is, as data
    "chart", "Chart", "ChartVertex", "ChartTransition", "ChartTrigger", "ChartGuard", "ChartBehavior",
    # what a machine is saved as
    "restore", "Snapshot", "SnapshotTimer", "SnapshotActivity", "SnapshotEvent", "SnapshotRegion", "Codec",
    "MsgspecCodec",
    # what annotations say
    "Action", "Predicate", "DurationFunction", "TimepointFunction",
    "Model", "ModelPart", "StatePart", "RegionPart", "TransitionPart", "AnywherePart",
    # what is raised and warned of
    "collect", "Collected", "DefinitionError", "DefinitionWarning", "Diagnostic",
    "HsmError", "CallError", "DeadlockError", "DurationError", "GuardError", "LifecycleError", "LoopBudgetError",
    "MachineStopped", "UnknownEvent", "SnapshotError", "ActivityLost", "RestoredError",
]
# fmt: on

_MODULES = (
    "outcome", "answer", "errors", "events", "explanation", "context", "instance", "behaviors", "elements.nodes",
    "elements.parts", "dsl", "charts", "saved.coding", "saved.snapshots", "defining", "api", "restoring",
    "saved.msgspec_codec",
)  # fmt: skip
"""The modules that have these names, lower floors first."""

if not TYPE_CHECKING:  # a checker that saw this would accept any name

    def __getattr__(name: str) -> Any:
        """A public name, from the module that has it, which is loaded now; the name is kept here."""
        from importlib import import_module

        if name == "trace":  # the only public module that needs no import of its own
            return import_module("hsm.trace")
        if name in __all__:
            modules = (import_module(f"hsm.{each}") for each in _MODULES)
            found = globals()[name] = next(getattr(each, name) for each in modules if hasattr(each, name))
            return found
        raise AttributeError(f"module 'hsm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "trace"})
