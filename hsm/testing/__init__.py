"""For tests of machines, yours and ours: time that does not have to be waited for.

As in `hsm`, what is here is loaded when it is first used: pytest loads the plug-in in this package at its start.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsm.testing.clock import VirtualClock, loop_factory, run, running_clock, virtual_time

__all__ = ["VirtualClock", "loop_factory", "run", "running_clock", "virtual_time"]

if not TYPE_CHECKING:  # as in `hsm`

    def __getattr__(name: str) -> Any:
        """A public name of `hsm.testing.clock`, which is loaded now and then kept here."""
        if name not in __all__:
            raise AttributeError(f"module 'hsm.testing' has no attribute {name!r}")
        from hsm.testing import clock

        found = globals()[name] = getattr(clock, name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
