"""Properties: models that watch a machine, and say by where they are that something is wrong.

In: a machine, and a model whose events are the records of its trace. Out: a `Property`, which raises when it is checked
after the model has come to ``violated``, or to its end.
"""

from __future__ import annotations

from typing import Any

from hsm import trace
from hsm.api import machine_of, start
from hsm.events import Event, name_of
from hsm.instance import Instance
from hsm.names import one_line
from hsm.program import includes
from hsm.runtime.machine import Machine, record_of
from hsm.testing.recording import Recorder
from hsm.testing.subjects import Tested, tested

VIOLATED = "violated"
"""What a state is called in which something is wrong."""


class Property:
    """A model that watches a machine; `watch` makes one.

    Attributes:
        name: The name of the model.
        machine: What runs it.
        violation: What it saw last when it was violated; ``None`` as long as it is not.
    """

    def __init__(self, watched: Machine[Any]) -> None:
        self.name = ""
        self.machine: Machine[Any] | None = None
        self.violation: trace.Record | None = None
        self._recorder = Recorder(200)
        self._seen: trace.Record | None = None
        self._name = ""
        self._errors: list[BaseException] = []
        self.detach = watched.observe(self._see)

    async def begin(self, subject: Tested, instance: Instance | None) -> None:
        """Start the model that watches; raises as `hsm.start`."""
        model, make = tested(subject, None)
        self.name = model.name
        self.machine = await start(None, instance or make(), model, observe=self._judge)
        record_of(self.machine).on_background_error = self._errors.append

    async def stop(self) -> None:
        """Watch no longer, and stop the model that does."""
        self.detach()
        assert self.machine is not None  # nobody is given one that could not start
        await self.machine.stop()

    def check(self) -> None:
        """See that nothing was wrong so far.

        Raises:
            AssertionError: Something was; the message has what was seen last, and the steps up to it.
            Exception: What a behaviour of the model that watches raised.
        """
        for error in self._errors:
            raise error
        if self.violation is None:
            return
        record = self.violation
        name = self._name or events_of(record)[0]  # without a name, it is its own start that violates it
        steps = "\n".join([f"  {line}" for line in self._recorder.lines()[-10:]])
        raise AssertionError(
            f"property '{one_line(self.name)}' is violated by {one_line(name)} at {record.time:g} s, in step "
            f"{record.step}, on {record.cause}; the last steps:\n{steps}"
        )

    def _see(self, record: trace.Record) -> None:
        """The machine that is watched has done something."""
        machine = self.machine
        if self.violation is None:
            self._recorder(record)
        for name in events_of(record):
            if machine is None or self.violation is not None or machine.is_over():
                return
            if includes(machine.program.event_names, name):
                self._seen, self._name = record, name
                machine.dispatch(Event(name, record))

    def _judge(self, record: trace.Record) -> None:
        """The model that watches has done something."""
        match record:
            case trace.Entered(vertex=path) if path.rpartition("/")[2] == VIOLATED:
                self.violation = self.violation or self._seen or record
            case trace.Ended(status=status) if status.value != "stopped":
                self.violation = self.violation or self._seen or record
            case _:
                pass


async def watch(machine: Machine[Any] | Instance, subject: Tested, instance: Instance | None = None) -> Property:
    """Have a model watch *machine*: each record of its trace is an event of the model, with the record as its data.

    Their names are ``entered.PATH``, ``exited.PATH``, ``took.TRANSITION``, ``received.EVENT``, ``deferred.EVENT``,
    ``dropped.EVENT``, ``ran.BEHAVIOR``, ``failed.BEHAVIOR``, ``fired.PATH`` for a timer of a state, and
    ``ended.STATUS``, so that ``hsm.on("entered.*")`` takes all of a kind. ``took`` comes at the end of a step, once for
    each transition in it. The model is on the same clock, and may have
    timers. It is violated when a state called ``violated`` is entered, or when it comes to its end.

    Args:
        machine: What is watched, or the instance that it runs on.
        subject: The model that watches, or a machine class.
        instance: What that runs on; by default a new one.

    Returns:
        The property. `Property.check` raises if it is violated; `Property.stop` ends it.

    Raises:
        Exception: As `hsm.start`.
    """
    found = Property(machine_of(machine))
    try:
        await found.begin(subject, instance)
    except BaseException:
        found.detach()
        raise
    return found


def events_of(record: trace.Record) -> tuple[str, ...]:
    """The names of the events that *record* is to a model that watches; none for what is none."""
    match record:
        case trace.StepEnded(transitions=transitions):
            return tuple([f"took.{each}" for each in transitions])
        case trace.Entered(vertex=about) | trace.Exited(vertex=about):
            pass
        case trace.Received(event=event) | trace.Deferred(event=event) | trace.Dropped(event=event):
            about = name_of(event)
        case trace.Ran(behavior=about) | trace.Failed(behavior=about):
            pass
        case trace.TimerFired(vertex=path):
            return (f"fired.{path}",)
        case trace.Ended(status=status):
            about = status.value
        case _:
            return ()
    return (f"{type(record).__name__.lower()}.{about}",)
