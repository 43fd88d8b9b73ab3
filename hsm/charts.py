"""The chart: a model as public data, for whatever draws, checks, documents or edits it.

In: nothing; `charting` makes it from a Program. Out: frozen values of strings and numbers, equal by value, and the same
as JSON. Never imports the tree, the tables or the run time: this is what a tool may rely on, and they may change.

Everything refers to vertices by their paths, and to transitions, triggers and behaviours by their identifiers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypeVar

import attrs

from hsm.events import BUILT_IN
from hsm.names import closest, either, is_text, join, one_line, plain, shown
from hsm.position import Place

FORMAT = 1
"""The version of the format, which `docs/schemas/chart-1.json` describes."""

VertexKind: TypeAlias = Literal[
    "state", "region", "final", "choice", "junction", "shallow_history", "deep_history", "fork", "join",
    "entry_point", "exit_point", "terminate",
]  # fmt: skip
TransitionKind: TypeAlias = Literal["internal", "local", "external"]
TransitionRole: TypeAlias = Literal["transition", "default_entry", "branch", "history_default"]
TriggerKind: TypeAlias = Literal["event", "prefix", "any", "call", "after", "every", "at", "when", "completion"]
GuardKind: TypeAlias = Literal["call", "all_of", "any_of", "not_", "in_state"]


@attrs.frozen
class ChartBehavior:
    """A behaviour: an action, an activity, a guard, or the function of a timer.

    Attributes:
        id: ``/Door/closed#entry.0``, or ``/Door/closed#0.effect.0`` for one of a transition.
        name: Its qualified name, as in messages.
        place: Where it was put into the model; ``None`` if that is unknown.
    """

    id: str
    name: str
    place: Place | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class ChartGuard:
    """A condition: one predicate, one `in_state`, or a combination of others (rule T3).

    Attributes:
        kind: ``call``, ``in_state``, ``all_of``, ``any_of`` or ``not_``.
        behavior: The predicate of a ``call``.
        vertex: The path of an ``in_state``.
        parts: What a combination is made of, in the order in which it is asked.
    """

    kind: GuardKind
    behavior: ChartBehavior | None = None
    vertex: str | None = None
    parts: tuple[ChartGuard, ...] = ()

    def __str__(self) -> str:
        """The condition as messages have it: ``unlocked``, ``not_(in_state('/Door/open'))``."""
        if self.behavior is not None:
            return self.behavior.name
        inner = f"'{self.vertex}'" if self.vertex is not None else ", ".join([str(part) for part in self.parts])
        return f"{self.kind}({inner})"


@attrs.frozen
class ChartTrigger:
    """What makes a transition fire.

    Attributes:
        id: The transition's and an ordinal, such as ``/Door/open#0.event.0``; of a timer or a change trigger the
            state's, and its name or an ordinal: ``/Door/open#after.timeout``, ``/Door/open#when.0``.
        kind: ``event``, ``prefix``, ``any``, ``call``, ``after``, ``every``, ``at``, ``when`` or ``completion``.
        name: The name of an event; for a ``prefix`` the beginning of names, which ends in a dot; for a ``call`` the
            operation.
        seconds: The time span of ``after`` and ``every``, if it is a literal one.
        moment: The moment of ``at``, if it is a literal one.
        function: What gives the time span or the moment, if it is no literal one.
        condition: What ``when`` waits for.
    """

    id: str
    kind: TriggerKind
    name: str | None = None
    seconds: float | None = None
    moment: datetime | None = None
    function: ChartBehavior | None = None
    condition: ChartGuard | None = None

    def __str__(self) -> str:
        """The trigger in a label: ``open``, ``order.*``, ``*``, ``after 5 s``, ``when is_empty``, ``reserve()``."""
        if self.kind == "completion":
            return ""
        if self.kind in ("event", "prefix", "any", "call"):
            return f"{self.name or ''}{_ENDINGS.get(self.kind, '')}"
        if self.seconds is not None:
            return f"{self.kind} {self.seconds:g} s"
        return f"{self.kind} {self.moment or self.condition or (self.function and self.function.name)}"


_ENDINGS = {"prefix": "*", "any": "*", "call": "()"}


@attrs.frozen
class ChartTransition:
    """A transition, or one segment of a longer way through pseudostates.

    Attributes:
        id: The path of its source and an ordinal there: ``/Door/closed#0``; for a default entry ``/Door#default``.
        source: The path of the vertex that it leaves; for a default entry, of the vertex that is entered.
        targets: The paths of the vertices that it leads to; several lie in different regions; none: it is internal.
        kind: ``internal``, ``local`` or ``external`` (rules K1 to K3).
        role: ``transition``; ``default_entry`` for what an `initial` says or implies (rules R1 and R2); ``branch`` for
            what goes on from a pseudostate; ``history_default`` for where a history without memory leads (rule R5).
        triggers: What makes it fire, in the order in which that was written; empty in every role but the first.
        guard: What must hold.
        effects: What it does, in order.
        place: Where it was written; ``None`` if nobody wrote it, or that is unknown.
    """

    id: str
    source: str
    targets: tuple[str, ...]
    kind: TransitionKind
    role: TransitionRole
    triggers: tuple[ChartTrigger, ...] = ()
    guard: ChartGuard | None = None
    effects: tuple[ChartBehavior, ...] = ()
    place: Place | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def label(self) -> str:
        """Triggers, guard and effects as UML writes them beside an arrow: ``open, kick [unlocked] / count``."""
        words = [", ".join(filter(None, map(str, self.triggers)))]
        words += [f"[{self.guard}]"] if self.guard is not None else []
        words += [f"/ {', '.join([effect.name for effect in self.effects])}"] if self.effects else []
        return one_line(" ".join(filter(None, words)))


@attrs.frozen
class ChartVertex:
    """A state, a region or a pseudostate; the model itself is the first one.

    Attributes:
        path: Its qualified name.
        kind: What it is, by its name in UML.
        parent: The path of the vertex around it; ``None`` for the model itself.
        regions: The paths of its regions, if it is orthogonal.
        is_initial: Whether a default entry leads to it.
        default_entry: The identifier of the transition of its own default entry, if it has one.
        entry: Its entry actions, in order.
        exit: Its exit actions, in order.
        activities: Its activities, in order.
        deferrals: The names and patterns of the events that it defers.
        joined_regions: For a join, and an exit point that acts as one: the paths of the regions that wait there.
        submachine: The name of the model that is embedded as this state.
        place: Where it was written; ``None`` if that is unknown.
    """

    path: str
    kind: VertexKind
    parent: str | None = None
    regions: tuple[str, ...] = ()
    is_initial: bool = False
    default_entry: str | None = None
    entry: tuple[ChartBehavior, ...] = ()
    exit: tuple[ChartBehavior, ...] = ()
    activities: tuple[ChartBehavior, ...] = ()
    deferrals: tuple[str, ...] = ()
    joined_regions: tuple[str, ...] = ()
    submachine: str | None = None
    place: Place | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def name(self) -> str:
        """The last step of its path."""
        return self.path.rpartition("/")[2]


@attrs.frozen
class Chart:
    """A model as data: what there is, what it reacts to, and what it does then.

    Two charts are equal if their models are, where things were written aside; so are those of both front ends, names
    of behaviours aside.

    Attributes:
        name: The name of the model.
        vertices: The model itself, then all others in the order of the tree, each before what it contains.
        transitions: In order of declaration, default entries among them.
    """

    name: str
    vertices: tuple[ChartVertex, ...]
    transitions: tuple[ChartTransition, ...]

    @property
    def states(self) -> tuple[ChartVertex, ...]:
        """The states, the model itself first, in the order of the tree."""
        return tuple([vertex for vertex in self.vertices if vertex.kind == "state"])

    @property
    def events(self) -> tuple[str, ...]:
        """The names of events that a transition or a deferral has, in alphabetical order, then patterns.

        Built-in names, such as ``hsm_error``, and operations are left out, as in `Machine.events`.
        """
        named = {str(each) for each in self._triggers("event", "prefix", "any")} - BUILT_IN
        named.update([name for vertex in self.vertices for name in vertex.deferrals])
        return tuple(sorted(named, key=lambda name: (name == "*", name.endswith("*"), name)))

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that a transition takes calls of, in alphabetical order."""
        return tuple(sorted({trigger.name or "" for trigger in self._triggers("call")}))

    def vertex(self, path: str) -> ChartVertex:
        """The vertex at *path*: a qualified name, or the same without the model's name.

        Raises:
            ValueError: There is none; the message names the closest.
            TypeError: *path* is no string.
        """
        if not is_text(path):
            raise TypeError(f"a path is a string such as '/{self.name}/a', not {shown(path)}")
        name = plain(path)
        full = name if name.startswith("/") else join(f"/{self.name}", name)
        return _found("vertex", full, {vertex.path: vertex for vertex in self.vertices}, self.name)

    def transition(self, id: str) -> ChartTransition:  # noqa: A002 - the name of the attribute
        """The transition with the identifier *id*, such as ``/Door/closed#0``.

        Raises:
            ValueError: There is none; the message names the closest.
        """
        return _found("transition", plain(id), {each.id: each for each in self.transitions}, self.name)

    def children(self, path: str) -> tuple[ChartVertex, ...]:
        """What stands directly in the vertex at *path*, in order; errors as for `vertex`."""
        parent = self.vertex(path).path
        return tuple([vertex for vertex in self.vertices if vertex.parent == parent])

    def transitions_from(self, path: str) -> tuple[ChartTransition, ...]:
        """The transitions whose source is the vertex at *path*, in order of declaration; errors as for `vertex`.

        Its own default entry is not one of them: that one leads into it.
        """
        source = self.vertex(path).path
        return tuple([each for each in self.transitions if each.source == source and each.role != "default_entry"])

    def vertex_at(self, file: str | os.PathLike[str], line: int, column: int | None = None) -> ChartVertex | None:
        """The innermost vertex that is written at a position; arguments as for `transition_at`."""
        return _innermost(self.vertices, file, line, column)

    def transition_at(
        self, file: str | os.PathLike[str], line: int, column: int | None = None
    ) -> ChartTransition | None:
        """The innermost transition that is written at a position, as an editor asks for it; ``None`` if there is none.

        Args:
            file: The file, relative to the working directory or not.
            line: Counted from 1.
            column: In characters, counted from 0; ``None`` for anywhere in the line, where of several the first counts.
        """
        return _innermost(self.transitions, file, line, column)

    def to_dict(self, *, has_places: bool = True, root: str | os.PathLike[str] | None = None) -> dict[str, Any]:
        """The chart as dictionaries, lists, strings, numbers and booleans; what is empty is left out.

        Args:
            has_places: Whether it says where everything was written.
            root: A directory; the names of files in it are made relative to it, with ``/`` between their parts.
        """
        writer = _Writer(has_places, os.path.abspath(root) + os.sep if root is not None else None)
        return {
            "format": FORMAT,
            "name": self.name,
            "vertices": [writer.written(vertex) for vertex in self.vertices],
            "transitions": [writer.written(transition) for transition in self.transitions],
        }

    def to_json(self, *, has_places: bool = True, root: str | os.PathLike[str] | None = None) -> str:
        """The chart as JSON text, indented; arguments as for `to_dict`. `docs/schemas/chart-1.json` describes it."""
        return json.dumps(self.to_dict(has_places=has_places, root=root), indent=2, ensure_ascii=False) + "\n"

    def _triggers(self, *kinds: TriggerKind) -> Iterator[ChartTrigger]:
        for transition in self.transitions:
            yield from [trigger for trigger in transition.triggers if trigger.kind in kinds]


V = TypeVar("V", ChartVertex, ChartTransition)


def _found(word: str, wanted: str, known: dict[str, V], model: str) -> V:
    """What is *known* as *wanted*.

    Raises:
        ValueError: Nothing is.
    """
    found = known.get(wanted)
    if found is None:
        close = closest(wanted, known)
        hint = f": did you mean {either(close)}?" if close else ""
        raise ValueError(f"the chart of model '{model}' has no {word} {wanted!r}{hint}")
    return found


def _innermost(values: tuple[V, ...], file: str | os.PathLike[str], line: int, column: int | None) -> V | None:
    """Which of *values* is written in the shortest stretch of text around a position; of equal ones the first."""
    wanted = os.path.abspath(file)
    around = [
        (value, value.place)
        for value in values
        if value.place is not None
        and _contains(value.place, line, column)
        and os.path.abspath(value.place.file) == wanted
    ]
    found = min(around, key=lambda each: _length(each[1], column is not None), default=None)
    return None if found is None else found[0]


def _contains(place: Place, line: int, column: int | None) -> bool:
    last = place.end_line or place.line
    if column is None or place.column is None or place.end_column is None:
        return place.line <= line <= last
    return (place.line, place.column) <= (line, column) <= (last, place.end_column)


def _length(place: Place, counts_columns: bool) -> tuple[int, int]:
    columns = (place.end_column or 0) - (place.column or 0) if counts_columns else 0
    return (place.end_line or place.line) - place.line, columns


@attrs.frozen
class _Writer:
    """Writes values as JSON has them.

    Attributes:
        has_places: Whether places are written.
        root: What is taken from the front of files' names; ``None`` for nothing.
    """

    has_places: bool
    root: str | None

    def written(self, value: Any) -> Any:
        """*value* and everything in it; an attribute that is empty is left out."""
        kind: type[Any] = value.__class__
        if kind is tuple:
            return [self.written(each) for each in value]
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, Place):
            return self._place(value)
        if not attrs.has(kind):
            return value
        fields = [field.name for field in attrs.fields(kind) if self.has_places or field.name != "place"]
        found = {name: getattr(value, name) for name in fields}
        return {name: self.written(each) for name, each in found.items() if not _is_empty(each)}

    def _place(self, place: Place) -> dict[str, Any]:
        fields = attrs.asdict(place, filter=lambda _, value: value is not None)
        if self.root is not None and os.path.abspath(place.file).startswith(self.root):
            fields["file"] = os.path.abspath(place.file).removeprefix(self.root).replace(os.sep, "/")
        return fields


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == ()


for _public in (Chart, ChartVertex, ChartTransition, ChartTrigger, ChartGuard, ChartBehavior):
    _public.__module__ = "hsm"  # where users import them from
