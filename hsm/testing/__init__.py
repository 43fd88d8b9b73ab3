"""For tests of machines, yours and ours: time that does not have to be waited for, and what finds what to test.

As in `hsm`, what is here is loaded when it is first used: pytest loads the plug-in in this package at its start.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsm.testing.claims import Check, Claim, always, eventually, while_in
    from hsm.testing.clock import VirtualClock, loop_factory, run, running_clock, virtual_time
    from hsm.testing.covering import Coverage, Mark, ModelCoverage
    from hsm.testing.inputs import Call, Input, Path, Send, Wait
    from hsm.testing.machines import Machines
    from hsm.testing.properties import Property, watch
    from hsm.testing.recording import Recorder
    from hsm.testing.searching import Missing, Paths, paths
    from hsm.testing.walking import walks

__all__ = [
    # time
    "VirtualClock", "loop_factory", "run", "running_clock", "virtual_time",
    # what comes to a machine, and what finds the ways through it
    "paths", "Paths", "Path", "Missing", "Send", "Call", "Wait", "Input",
    # how much was gone through
    "Coverage", "ModelCoverage", "Mark",
    # what happened, and what must hold
    "Machines", "Recorder", "walks", "always", "while_in", "eventually", "Claim", "Check", "watch", "Property",
]  # fmt: skip

_MODULES = ("clock", "inputs", "searching", "covering", "recording", "claims", "properties", "machines", "walking")
"""The modules that have these names, lower floors first."""

if not TYPE_CHECKING:  # as in `hsm`

    def __getattr__(name: str) -> Any:
        """A public name, from the module that has it, which is loaded now; the name is kept here."""
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module 'hsm.testing' has no attribute {name!r}")
        modules = (import_module(f"hsm.testing.{each}") for each in _MODULES)
        found = globals()[name] = next(getattr(each, name) for each in modules if hasattr(each, name))
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
