"""For tests of machines, yours and ours: time that does not have to be waited for."""

from hsm.testing.clock import VirtualClock, loop_factory, run, running_clock, virtual_time

__all__ = ["VirtualClock", "loop_factory", "run", "running_clock", "virtual_time"]
