"""Searching: the shortest sequences of inputs to every state and every transition of a model (`paths`).

In: a model, what makes its instances, the data of its events. Out: `Paths`, and of what was not reached the reason.
Nothing is worked out from the model: the real machine is run, so that guards, data and timers decide as they always do.

Places that are new are looked at first, and those that differ in data alone after them; so counters do not keep the
search from what lies behind. It ends when no sequence that is left can be shorter than what was found.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, overload

import attrs

from hsm import charting
from hsm.charts import Chart
from hsm.defining import program_of
from hsm.events import Arguments, Event
from hsm.instance import Instance
from hsm.kinds import is_a
from hsm.program import Program
from hsm.testing.arriving import Arrival, Journeys, matching
from hsm.testing.inputs import Call, Input, Path, Send
from hsm.testing.reasons import Found, reason
from hsm.testing.subjects import Tested, described, states_of, tested, transitions_of

WALL = datetime(2024, 1, 1, tzinfo=UTC)
"""Where the wall clock begins unless one is given: the same each time, as tests are named after the time they wait."""


@attrs.frozen
class Missing:
    """What was not reached.

    Attributes:
        name: The path of a state, or the identifier of a transition.
        text: The same in a message.
        reason: Why, as far as the search can tell.
    """

    name: str
    text: str
    reason: str


class Paths(Sequence[Path]):
    """The paths that were found, shortest first; each for what no shorter one reaches.

    Attributes:
        model: The name of the model.
        missing: What was not reached, in the order of the chart.
        runs: How many machines were run to find this out.
        is_complete: Whether the search came to its end; else it ended at its bounds, and there may be more, or shorter,
            paths.
    """

    def __init__(self, model: str, paths: tuple[Path, ...], missing: tuple[Missing, ...], found: Found) -> None:
        self.model = model
        self._paths = paths
        self._found = found
        self.missing = missing
        self.runs = found.runs
        self.is_complete = found.is_complete

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Path]: ...
    def __getitem__(self, index: int | slice) -> Path | Sequence[Path]:
        return self._paths[index]

    def __len__(self) -> int:
        return len(self._paths)

    def to(self, name: str) -> Path:
        """The shortest path to a state, by its path, or to a transition, by its identifier.

        Raises:
            KeyError: There is none; the message has the reason.
        """
        for path in self._paths:
            if name in path.reaches:
                return path
        for each in self.missing:
            if each.name == name:
                raise KeyError(f"{each.text} was not reached: {each.reason}")
        raise KeyError(f"model '{self.model}' has no state and no transition {name!r}")

    def check(self) -> None:
        """See that everything was reached.

        Raises:
            AssertionError: Something was not; the message has it all, with the reasons.
        """
        if self.missing:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        """How many paths there are, and what was not reached, one line each."""
        bound = "" if self.is_complete else f"; the search ended at its bounds, {self._found.bounds}"
        head = f"model '{self.model}': {len(self)} paths, {len(self.missing)} not reached, {self.runs} runs{bound}"
        return "\n".join([head, *[f"  {each.text}: {each.reason}" for each in self.missing]])

    def __repr__(self) -> str:
        return f"<Paths of {self.model!r}: {len(self)}, {len(self.missing)} not reached>"


def paths(
    subject: Tested,
    factory: Callable[[], Instance] | None = None,
    *,
    data: Mapping[str, Iterable[Any]] | None = None,
    longest: int = 20,
    runs: int = 1000,
    wall: datetime = WALL,
) -> Paths:
    """The shortest sequences of inputs to every state and every transition, for ``pytest.mark.parametrize``.

    They are found by running the machine, in virtual time. It should do the same each time, and not care who else runs.
    Events that it sends itself are not offered, nor are built-in ones.

    Args:
        subject: A model, or a machine class.
        factory: Makes an instance for each run; by default the class that the model works on, without arguments.
        data: What comes with events, by name: each of the values is tried. A value may be an event, such as a signal,
            which is sent as it is. Of an operation, an argument, or several as an `hsm.Arguments`. What is named here
            is offered even if the machine sends it itself, and so are names for patterns such as ``order.*``.
        longest: How many inputs a path has at most.
        runs: How many machines are run at most.
        wall: What the wall clock says at their start; where moments of `hsm.at` matter, tests need the same.

    Returns:
        The paths, shortest first, and what was not reached, with the reasons.

    Raises:
        TypeError: *subject* is neither, or the class needs arguments and there is no *factory*.
        ValueError: *longest* or *runs* is not positive, or *data* has a name that the model does not react to.
        RuntimeError: An event loop is running already.
        Exception: What the start of a machine raised.
    """
    if longest < 1 or runs < 1:
        raise ValueError(f"a path has 1 or more inputs, found in 1 or more runs; not {min(longest, runs)}")
    model, make = tested(subject, factory)
    program = program_of(model)
    offers = Offers(program, charting.chart_of(program), {name: [*values] for name, values in (data or {}).items()})
    own = set[str]()
    while True:
        search = _Search(offers, Journeys(model, make, wall), longest, runs)
        search.found.own |= own
        search.go_on()
        # a machine sends itself what was offered to it before that was known: what followed from that does not count
        if search.found.own - own <= offers.given or search.found.own == own:
            return search.result()
        own = search.found.own


class Offers:
    """What may be sent to a machine.

    Args:
        program: What runs.
        chart: The same as public data.
        data: What comes with events.

    Attributes:
        given: The names in *data*.
        needy: The names of signals that cannot be made without arguments.

    Raises:
        ValueError: The model does not react to a name in *data*.
    """

    def __init__(self, program: Program, chart: Chart, data: dict[str, list[Any]]) -> None:
        self.chart = chart
        self.given = frozenset(data)
        self.needy: set[str] = set()
        self._events: dict[str, tuple[Input, ...]] = {}
        self._calls: list[Input] = []
        for name in [each for each in chart.events if not each.endswith("*")]:
            self._events[name] = self._sent(program, name, data.get(name))
        for name, values in data.items():
            if name in chart.operations:
                continue
            if not any(matching(name, chart.events)):
                raise ValueError(f"data: model '{chart.name}' does not react to {name!r}")
            self._events[name] = self._sent(program, name, values)
        for pattern in [each for each in chart.events if each.endswith("*")]:
            if not any(each != pattern and [*matching(each, (pattern,))] for each in self.given):
                example = f"{pattern[:-1]}something"
                self._events[example] = (Send(example),)
        for name in chart.operations:
            self._calls += [called(name, value) for value in data[name]] if name in data else [Call(name)]

    def _sent(self, program: Program, name: str, values: list[Any] | None) -> tuple[Input, ...]:
        if values is not None:
            return tuple([sent(name, each) for each in values])
        signals = program.signals.get(name, ())
        try:
            return (Send(signals[0]() if signals else name),)
        except TypeError:
            self.needy.add(name)
            return ()

    def all(self) -> list[Input]:
        """Everything that may be sent or called."""
        return [*[each for inputs in self._events.values() for each in inputs], *self._calls]

    def at(self, arrival: Arrival, own: set[str]) -> Iterator[Input]:
        """What can be given to a machine that has come to *arrival*, and sends itself events of the names *own*."""
        for name, inputs in self._events.items():
            if name in own and name not in self.given:
                continue
            if any(matching(name, arrival.events)):
                yield from inputs
        yield from self._calls
        yield from arrival.waits


def sent(name: str, value: Any) -> Send:
    """An event called *name* with *value* as its data; or *value* itself, if it is one."""
    return Send(value) if is_a(value, Event) else Send(name, value)


def called(operation: str, value: object) -> Call:
    """A call of *operation* with *value*: its only argument, or an `hsm.Arguments`."""
    return Call(operation, value.args if isinstance(value, Arguments) else (value,))


class _Search:
    """One search, from the start of a machine on."""

    def __init__(self, offers: Offers, journeys: Journeys, longest: int, runs: int) -> None:
        self._offers = offers
        self._journeys = journeys
        self._longest = longest
        chart = offers.chart
        self._goals = {each.path: each.path for each in states_of(chart)}
        self._goals |= {each.id: described(each) for each in transitions_of(chart)}
        self.found = Found(
            journeys.answers, journeys.own, journeys.errors, offers.needy, f"{runs} runs of up to {longest} inputs"
        )
        self._runs = runs
        self._best: dict[str, Arrival] = {}
        self._lengths: dict[object, int] = {}
        self._places: set[object] = set()
        # where to go on from, shortest first: from new places, and from known ones with other data
        self._new: list[tuple[int, int, Arrival]] = []
        self._known: list[tuple[int, int, Arrival]] = []

    def go_on(self) -> None:
        """Search until nothing is left that could be reached, or reached sooner; or up to the bounds."""
        self._arrive(())
        while self._new or self._known:
            length, _, arrival = heapq.heappop(self._new or self._known)
            if self._is_too_long(length + 1):
                continue
            for each in self._offers.at(arrival, self.found.own):
                if self.found.runs >= self._runs:
                    self.found.is_complete = False
                    return
                self._arrive((*arrival.inputs, each))

    def _is_too_long(self, length: int) -> bool:
        """Whether sequences of *length* inputs reach nothing sooner than it was reached."""
        if len(self._best) == len(self._goals):
            return length >= max([len(each.inputs) for each in self._best.values()], default=0)
        if length > self._longest:
            self.found.is_complete = False
            return True
        return False

    def _arrive(self, inputs: tuple[Input, ...]) -> None:
        """Run *inputs*, and note what they reach."""
        self.found.runs += 1
        arrival = self._journeys.run(inputs)
        if arrival is None or arrival.error is not None:
            return
        length = len(arrival.inputs)
        for name in arrival.reached:
            self.found.reached.add(name)
            if name in self._goals and (name not in self._best or length < len(self._best[name].inputs)):
                self._best[name] = arrival
        if self._lengths.get(arrival.situation, length + 1) <= length or arrival.is_over:
            return
        self._lengths[arrival.situation] = length
        waiting = self._known if arrival.place in self._places else self._new
        self._places.add(arrival.place)
        heapq.heappush(waiting, (length, self.found.runs, arrival))

    def result(self) -> Paths:
        """What was found."""
        arrivals = {id(arrival): arrival for arrival in self._best.values()}
        reaches: dict[int, list[str]] = {}
        for name in self._goals:
            if name in self._best:
                reaches.setdefault(id(self._best[name]), []).append(name)
        paths = [
            Path(arrival.inputs, tuple(reaches[key]), arrival.states)
            for key, arrival in sorted(arrivals.items(), key=lambda each: len(each[1].inputs))
        ]
        chart = self._offers.chart
        missing = [
            Missing(name, text, reason(chart, name, self.found))
            for name, text in self._goals.items()
            if name not in self._best
        ]
        return Paths(chart.name, tuple(paths), tuple(missing), self.found)
