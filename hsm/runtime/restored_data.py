"""Restored data: the events, attributes and objects that a snapshot has, read by its codec (rule S1).

In: what `saving` wrote. Out: events, and attributes given back; and everything that is wrong with them, which is noted.
Never raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hsm.errors import Diagnostic, RestoredError
from hsm.events import Arguments, Event, Signal, Tick, event_name
from hsm.kinds import type_of
from hsm.names import shown
from hsm.program import Program
from hsm.saved.attributes import Attributes
from hsm.saved.coders import PLAIN
from hsm.saved.coding import Codec, Misfit
from hsm.saved.shapes import COUNT, MOMENT
from hsm.saved.snapshots import SnapshotEvent


class RestoredData:
    """The reading of one snapshot's data, with everything that is wrong with it.

    Args:
        program: What the machine runs: it knows signals by their names.
        codec: Wrote the data.
        signals: Classes of signals that the Program does not name.
        shift: What is to be added to seconds on the machine's clock, to get seconds since 1970.

    Attributes:
        problems: What is wrong.
    """

    def __init__(self, program: Program, codec: Codec, signals: Iterable[type[Signal]], shift: float) -> None:
        self._program = program
        self._codec = codec
        self._signals = {str(event_name(signal)): (signal,) for signal in signals}
        self._shift = shift
        self.problems: list[Diagnostic] = []

    def wrong(self, code: str, message: str, within: str, help_: str = "") -> None:
        """Note that something does not fit."""
        self.problems.append(Diagnostic(code, message, None, within=within, help=(help_,) if help_ else ()))

    # --- events ----------------------------------------------------------------------------------------------

    def event(self, saved: SnapshotEvent, what: str, within: str) -> Event[Any]:
        """The event that was *saved*; *what* it is, in messages."""
        data: Any = saved.data
        if not saved.name:
            self.wrong("HSM201", "an event has no name", within)
            return Event("-")
        if saved.kind == "signal":
            return self.signal(saved, what, within)
        if saved.kind == "call":
            return Event(saved.name, self.arguments(data, what, within))
        if saved.kind == "error":
            found: dict[str, Any] = data if type_of(data) is dict else {}
            return Event(saved.name, RestoredError(f"{found.get('type')}: {found.get('text')}"))
        if saved.kind == "tick":
            return Event(saved.name, self.tick(data, what, within))
        if data is None:
            return Event(saved.name)
        return Event(saved.name, self.decoded(data, Any, f"the data of {what}", within))

    def signal(self, saved: SnapshotEvent, what: str, within: str) -> Event[Any]:
        """The signal that was *saved*, of its class."""
        known = self._signals.get(saved.name) or self._program.signals.get(saved.name, ())
        if len(known) == 1:
            found: Any = self.decoded(saved.data, known[0], f"the data of {what}", within)
            return found if found is not None else Event(saved.name)
        message = f"{what} is an hsm.Signal, and no class of that name is known"
        if known:
            message = f"{what} is an hsm.Signal, and {len(known)} classes have that name"
        self.wrong("HSM207", message, within, "pass its class to hsm.restore: signals=[...]")
        return Event(saved.name)

    def arguments(self, data: Any, what: str, within: str) -> Arguments:
        """The arguments of a call."""
        given: dict[str, Any] = data if type_of(data) is dict else {}
        args: Any = given.get("args")
        kwargs: Any = given.get("kwargs")
        if type_of(args) is not list or type_of(kwargs) is not dict:
            self.wrong("HSM201", f"{shown(data, 60)} is not the arguments of {what}", within)
            return Arguments()
        return Arguments(
            tuple([self.decoded(each, Any, f"an argument of {what}", within) for each in args]),
            {str(name): self.decoded(each, Any, f"an argument of {what}", within) for name, each in kwargs.items()},
        )

    def tick(self, data: Any, what: str, within: str) -> Tick:
        """The data of a timer's event."""
        given: dict[str, Any] = data if type_of(data) is dict else {}
        due: Any = given.get("due")
        number: Any = given.get("number")
        missed: Any = given.get("missed")
        if type(due) is str or not (MOMENT[0](due) and COUNT[0](number) and COUNT[0](missed)):
            self.wrong("HSM201", f"{shown(data, 60)} is not the data of {what}", within)
            return Tick(0.0)
        return Tick(due - self._shift, number, missed, due)

    # --- attributes ------------------------------------------------------------------------------------------

    def values(self, attributes: Attributes, kind: str, data: Mapping[str, Any], within: str) -> dict[str, Any]:
        """The attributes of an object of *kind*, of which the codec made *data*."""
        codec, values = self._codec, dict[str, Any]()
        for name, each in data.items():
            try:
                if codec is PLAIN:
                    values[name] = attributes.coder(name).decode(each)
                else:
                    attributes.check(name)
                    values[name] = codec.decode(each, attributes.annotation(name))
            except Exception as error:
                where = error.path if isinstance(error, Misfit) else ""
                self.wrong("HSM209", f"attribute '{name}{where}' of '{kind}' {_why(error)}", within)
        return values

    def fill(self, attributes: Attributes, target: Any, values: dict[str, Any], within: str) -> None:
        """Give *target* its attributes back."""
        try:
            attributes.fill(target, values)
        except Misfit as misfit:
            self.wrong("HSM209", f"'{type(target).__qualname__}' {misfit.why}", within)

    def decoded(self, data: Any, annotation: Any, what: str, within: str) -> Any:
        """What the codec makes of *data*; ``None`` if it cannot, which is noted."""
        try:
            return self._codec.decode(data, annotation)
        except Exception as error:
            where = f" at '{error.path}'" if isinstance(error, Misfit) and error.path else ""
            self.wrong("HSM209", f"{what}{where} {_why(error)}", within)
            return None


def _why(error: Exception) -> str:
    return error.why if isinstance(error, Misfit) else f"cannot be restored: the codec raised {shown(error, 100)}"
