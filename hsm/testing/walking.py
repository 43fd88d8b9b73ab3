"""Walking: a machine is given inputs at random, by Hypothesis, which looks for some that break a claim.

In: a model, strategies for the data of its events, claims. Out: a `RuleBasedStateMachine`, whose failures are shrunk to
the inputs that it takes, and have a note with the `Path` of them. Each walk is in a virtual time of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, rule
except ImportError as error:
    raise ImportError("hsm.testing.walks needs Hypothesis: pip install 'hsm-dsl[hypothesis]'") from error

import hsm
from hsm import charting, trace
from hsm.charts import Chart
from hsm.defining import program_of
from hsm.errors import CallError
from hsm.instance import Instance
from hsm.runtime.machine import Machine, record_of
from hsm.testing.claims import Claim
from hsm.testing.clock import lonely_clock, running_clock
from hsm.testing.inputs import Input, Path, Wait, give
from hsm.testing.loop import runner_on
from hsm.testing.properties import Property, watch
from hsm.testing.searching import WALL, Offers, called, sent
from hsm.testing.subjects import Factory, Tested, tested


def walks(
    subject: Tested,
    factory: Callable[[], Instance] | None = None,
    *,
    data: Mapping[str, st.SearchStrategy[Any]] | None = None,
    waits: Iterable[float] | None = None,
    claims: Iterable[Claim] = (),
    properties: Iterable[Tested] = (),
    without: Collection[str] = (),
    wall: datetime = WALL,
) -> type[RuleBasedStateMachine]:
    """A test of Hypothesis that walks through a model at random: ``TestDoor = hsm.testing.walks(Door).TestCase``.

    It is a `RuleBasedStateMachine`. Each step is an event, a call, or time that passes. What a behaviour raises, and
    what breaks a claim or a property, fails the test; a note has the `Path` to it, to be replayed.

    Args:
        subject: A model, or a machine class.
        factory: Makes an instance for each walk; by default the class that the model works on, without arguments.
        data: Strategies for what comes with events, by name; otherwise as for `paths`.
        waits: The seconds that may pass at a time; by default the times of the timers, their halves, and a second.
        claims: What must hold: `always`, `while_in`, `eventually`.
        properties: Models that watch the machine, as for `watch`.
        without: Names of events that are not sent, such as those that the machine sends itself.
        wall: What the wall clock says at the start of each walk.

    Raises:
        TypeError: *subject* is neither.
        ValueError: *data* has a name that the model does not react to, or there is nothing to be sent or waited for.
    """
    model, make = tested(subject, factory)
    program = program_of(model)
    chart = charting.chart_of(program)
    strategies = data or {}
    offered = [
        each
        for each in Offers(program, chart, {name: [] for name in strategies}).all()
        if str(each).partition("(")[0] not in without
    ]
    passing: list[Input] = [Wait(seconds) for seconds in (_times(chart) if waits is None else waits)]
    ways: list[st.SearchStrategy[Input]] = [st.sampled_from(each) for each in (offered, passing) if each]
    for name, strategy in strategies.items():
        as_input = called if name in chart.operations else sent
        ways.append(st.builds(as_input, st.just(name), strategy))
    if not ways:
        raise ValueError(f"model '{model.name}' reacts to nothing that could be sent, and has no timers")
    settings = (model, make, tuple(claims), tuple(properties), wall)

    class Walk(_Walk):
        def __init__(self) -> None:
            super().__init__(*settings)

        @rule(each=st.one_of(ways))
        def give(self, each: Input) -> None:
            self.take(each)

    Walk.__name__ = Walk.__qualname__ = f"{model.name}Walk"
    return Walk


def _times(chart: Chart) -> list[float]:
    """The seconds of the timers in *chart*, their halves, and one second, in order."""
    triggers = [trigger for transition in chart.transitions for trigger in transition.triggers]
    seconds = [trigger.seconds for trigger in triggers if trigger.seconds]
    return sorted({1.0, *seconds, *[each / 2 for each in seconds]})


class _Walk(RuleBasedStateMachine):
    """One walk: a machine, what it was given, and what is claimed of it."""

    def __init__(
        self, model: Any, make: Factory, claims: tuple[Claim, ...], properties: tuple[Tested, ...], wall: datetime
    ) -> None:
        super().__init__()
        self._inputs: list[Input] = []
        self._judges = [(claim, claim.judge()) for claim in claims]
        self._wrong: list[str] = []
        self._raised: list[BaseException] = []
        self._properties: list[Property] = []
        self._runner = runner_on(lonely_clock(wall).new_loop)
        try:
            self._machine: Machine[Any] = self._runner.run(self._begin(model, make, properties))
        except BaseException:
            self._runner.close()
            raise

    async def _begin(self, model: Any, make: Factory, properties: tuple[Tested, ...]) -> Machine[Any]:
        machine = await hsm.start(None, make(), model)
        record_of(machine).on_background_error = self._raised.append
        machine.observe(lambda record: self._look(machine, record))
        for each in properties:
            self._properties.append(await watch(machine, each))
        await running_clock().settle()
        self._judge(machine, running_clock().time())
        self._check()
        return machine

    def take(self, each: Input) -> None:
        """Give the machine *each*, and see that all is well.

        Raises:
            AssertionError: A claim or a property does not hold.
            Exception: What a behaviour raised.
        """
        if self._machine.is_over():
            return
        self._inputs.append(each)
        try:
            self._runner.run(self._give(each))
        except Exception as error:
            error.add_note(f"to replay it: {Path(tuple(self._inputs))!r}")
            raise

    async def _give(self, each: Input) -> None:
        try:
            await give(self._machine, each)
        except CallError:
            self._inputs.pop()  # nothing takes it here, which is no fault
        self._judge(self._machine, running_clock().time())
        self._check()

    def _look(self, machine: Machine[Any], record: trace.Record) -> None:
        if isinstance(record, trace.StepEnded):
            self._judge(machine, record.time)

    def _judge(self, machine: Machine[Any], now: float) -> None:
        """Note what is wrong; once something is, nothing more is looked at."""
        for claim, judge in () if self._wrong else self._judges:
            found = judge(machine, now)
            if found is not None:
                self._wrong.append(f"{claim.text}: {found}" if claim.text not in found else found)
                return

    def _check(self) -> None:
        for error in self._raised:
            raise error
        for text in self._wrong:
            raise AssertionError(text)
        for each in self._properties:
            each.check()

    def teardown(self) -> None:
        """Stop everything; what exit actions raise then is of no interest here."""
        try:
            self._runner.run(self._end())
        finally:
            self._runner.close()

    async def _end(self) -> None:
        for each in self._properties:
            await each.stop()
        # a machine that has failed may be in the middle of a step, which would never end
        record_of(self._machine).on_background_error = self._raised.append
        if not record_of(self._machine).is_busy:
            self._machine.detach()
