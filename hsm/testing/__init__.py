"""For tests of machines, yours and ours: time that does not have to be waited for."""

from hsm.testing.clock import VirtualClock, run, virtual_time

__all__ = ["VirtualClock", "run", "virtual_time"]
