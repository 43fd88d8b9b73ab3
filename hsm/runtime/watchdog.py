"""The watchdog: which behaviour a step is suspended in, and a warning when that takes long (rule L4).

In: the behaviours of one machine that are awaited. Out: a line in the log. It looks at a machine at most once in the
time that counts as long, so that behaviours that end in time cost no timer each.
Never imports asyncio: the host calls back.
"""

from __future__ import annotations

import logging

import attrs

from hsm.program import Behavior, Program, describe_behavior
from hsm.runtime.host import Cancellable, Host

_logger = logging.getLogger("hsm")


@attrs.define(eq=False)
class Watchdog:
    """Watches the steps of one machine.

    Attributes:
        program: What runs.
        host: The loop whose time counts.
        slow: Seconds that a behaviour may be suspended before it is named.
        behavior: What the step is suspended in; ``None`` when it is in no behaviour.
        limits: Alarms of others that end with the machine.
    """

    program: Program
    host: Host
    slow: float
    behavior: Behavior | None = None
    limits: list[Cancellable] = attrs.field(factory=list[Cancellable])
    _since: float = 0.0
    _alarm: Cancellable | None = None

    def begin(self, behavior: Behavior) -> None:
        """The step is suspended in *behavior* from now on, until `behavior` is reset."""
        self.behavior = behavior
        self._since = self.host.loop.time()
        if self._alarm is None:
            self._alarm = self.host.call_later(self.slow, self._look)

    def place(self) -> str:
        """Where the step is suspended, for messages."""
        return "an activity" if self.behavior is None else describe_behavior(self.program, self.behavior)

    def end(self) -> None:
        """The machine has ended: nothing of it is kept by a timer any more."""
        for alarm in (self._alarm, *self.limits):
            if alarm is not None:
                alarm.cancel()
        self._alarm = None
        self.limits.clear()

    def _look(self) -> None:
        """Warn if the behaviour has been suspended for too long, or look again when it will have been."""
        self._alarm = None
        if self.behavior is None:
            return
        left = self._since + self.slow - self.host.loop.time()
        if left > 0:  # another behaviour than the one for which the alarm was set
            self._alarm = self.host.call_later(left, self._look)
            return
        name = self.program.name
        _logger.warning("machine '%s' processes nothing: %s has been running for %g s", name, self.place(), self.slow)
