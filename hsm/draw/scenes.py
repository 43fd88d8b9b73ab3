"""Scenes: a Chart cut up into flat graphs, one for the inside of each composite state and region.

In: a Chart. Out: a `Scene` for the ground on which the model stands, with all others in it: sizes, texts, and which
node is joined to which, but no position yet.

The one design choice: an arrow that crosses borders is cut into `Segment`s, one for each scene that it passes, which
meet at `Gate`s on the borders. What leads in comes in at the top, what leads out goes out at the bottom. So each scene
can be laid out by itself, the innermost first, and is a box with fixed gates to the one around it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from hsm.charts import Chart, ChartTransition, ChartVertex
from hsm.draw import words
from hsm.draw.measure import Face, width, wrapped

SIZE = 11.0
"""The size of letters in pixels."""
TITLE_SIZE = 12.5
"""That of names of states."""
LINE = 15.0
"""From one line of a compartment to the next."""
TITLE = 25.0
"""The height of a name with the room around it."""
MARGIN = 10.0
"""Between a border and the text inside."""
LABEL_LINE = 13.0
"""From one line of a label to the next."""
LABEL_LIMIT = 180.0
"""How wide a label may be before it breaks into lines."""
INDENT = "\u2003"
"""Stands before a line that goes on with the one above."""
TEXT_LIMIT = 280.0
"""The same for a line in a compartment."""

ShapeKind: TypeAlias = Literal[
    "state", "region", "final", "choice", "junction", "shallow_history", "deep_history", "fork", "join", "entry_point",
    "exit_point", "terminate", "initial", "bend",
]  # fmt: skip
"""What is drawn: every kind of vertex, the dot of a default entry, and a bend, which is nothing but a line's corner."""

BAR = 6.0
"""How thick a fork or join is."""
SIZES: dict[str, float] = {
    "initial": 14, "final": 20, "choice": 26, "junction": 14, "shallow_history": 24, "deep_history": 24,
    "terminate": 18, "entry_point": 14, "exit_point": 14, "bend": 2,
}  # fmt: skip
"""The width and height of what has the same size always."""


SYMBOLS = {"shallow_history": "H", "deep_history": "H*"}
"""What is written in the circle of a history; one that is called so needs no name beside it."""


@attrs.frozen
class Writing:
    """Text in a picture.

    Attributes:
        lines: What is in it, from top to bottom.
        titles: How many of the lines are the name, in larger letters.
        width: Of the widest line, in pixels.
        about: The identifiers of the transitions that the lines of compartments are, empty for those that are none.
    """

    lines: tuple[str, ...] = ()
    titles: int = 0
    width: float = 0
    about: tuple[str, ...] = ()

    @classmethod
    def titled(cls, title: str, body: tuple[tuple[str, str], ...], face: Face = "bold") -> Writing:
        """A name over the lines of compartments, broken where they are too long."""
        heading = wrapped(title, TITLE_SIZE, TEXT_LIMIT, face)
        rows = [(line, about) for text, about in body for line in _hanging(wrapped(text, SIZE, TEXT_LIMIT))]
        lines, about = [line for line, _ in rows], tuple([about for _, about in rows])
        widths = [width(line, TITLE_SIZE, face) for line in heading] + [width(line, SIZE) for line in lines]
        return cls((*heading, *lines), len(heading), max(widths), about)

    @classmethod
    def label(cls, text: str) -> Writing:
        """What stands beside an arrow or a pseudostate."""
        lines = wrapped(text, SIZE, LABEL_LIMIT) if text else ()
        return cls(lines, 0, max([width(line, SIZE) for line in lines], default=0))

    @property
    def title_height(self) -> float:
        """The height of the name with the room around it."""
        return TITLE + (self.titles - 1) * LINE

    @property
    def height(self) -> float:
        """That of all of it, in a state."""
        body = len(self.lines) - self.titles
        return self.title_height + (body * LINE + 8 if body else 0)

    @property
    def label_height(self) -> float:
        """That of all of it, beside an arrow."""
        return len(self.lines) * LABEL_LINE


def _hanging(lines: tuple[str, ...]) -> tuple[str, ...]:
    """*lines* of one text, all but the first of them indented."""
    return (lines[0], *[INDENT + line for line in lines[1:]])


@attrs.frozen
class Gate:
    """A place on the border of a scene, where something leads in or out.

    Attributes:
        id: Its identifier in ELK.
        leads_in: Whether it is at the top; else it is at the bottom.
        path: The entry or exit point that it is; ``None`` for one that shows nothing.
        writing: The name of that.
    """

    id: str
    leads_in: bool
    path: str | None = None
    writing: Writing = Writing()


@attrs.frozen
class End:
    """Where a segment begins or ends.

    Attributes:
        node: A node of its scene; ``None`` for the border of the scene itself.
        gate: One on the border of the node, or of the scene; ``None`` for anywhere on the border of the node.
    """

    node: str | None
    gate: str | None = None


@attrs.frozen
class Segment:
    """The part of an arrow that lies in one scene.

    Attributes:
        id: Its identifier in ELK.
        source: Where it begins.
        target: Where it ends.
        writing: What stands beside it, if this is the part that bears the label.
    """

    id: str
    source: End
    target: End
    writing: Writing = Writing()


@attrs.frozen
class Arrow:
    """An arrow of the picture: a transition, or one of several that make it up.

    Attributes:
        transition: The identifier of the transition.
        segments: Those of its segments, in the order in which it passes them, each with the path of its scene.
        is_head: Whether it ends in an arrow head; the one to a bar that stands for a fork does not.
    """

    transition: str
    segments: tuple[tuple[str | None, Segment], ...]
    is_head: bool


@attrs.define
class Node:
    """What stands in a scene.

    Attributes:
        id: Its identifier in ELK.
        kind: What is drawn.
        path: The vertex; ``None`` for an initial dot, a bend, and a bar that nobody wrote.
        writing: What is written in it or, if it is small, beside it.
        width: Its width in pixels; a composite's is known when its scene has been laid out.
        height: Its height.
        scene: The inside of a composite.
        transition: The identifier of the transition that an initial dot or a bar belongs to.
    """

    id: str
    kind: ShapeKind
    path: str | None
    writing: Writing = Writing()
    width: float = 0
    height: float = 0
    scene: Scene | None = None
    transition: str | None = None


@attrs.define
class Scene:
    """A flat graph: the inside of a state or region, or the ground.

    Attributes:
        path: The vertex whose inside it is; ``None`` for the ground.
        writing: What is written at its top.
        nodes: What stands in it, by identifier, in order.
        segments: What joins them.
        gates: Where arrows cross its border, by identifier.
    """

    path: str | None
    writing: Writing = Writing()
    nodes: dict[str, Node] = attrs.field(factory=dict[str, Node])
    segments: list[Segment] = attrs.field(factory=list[Segment])
    gates: dict[str, Gate] = attrs.field(factory=dict[str, Gate])


@attrs.frozen
class Stage:
    """All scenes of a Chart, and the arrows that go through them."""

    ground: Scene
    arrows: tuple[Arrow, ...]


def stage(chart: Chart) -> Stage:
    """*chart* in scenes."""
    return _Builder(chart).stage()


class _Builder:
    """Builds the scenes of a Chart: nodes first, then what joins them."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.vertices = {vertex.path: vertex for vertex in chart.vertices}
        self.ids = {vertex.path: f"v{number}" for number, vertex in enumerate(chart.vertices)}
        self.scenes: dict[str | None, Scene] = {None: Scene(None)}
        self.arrows: list[Arrow] = []
        self.internal: dict[str, list[ChartTransition]] = {}
        self.leaving: dict[str, list[ChartTransition]] = {}
        self.degrees: dict[str, int] = {}
        for each in chart.transitions:
            self.leaving.setdefault(each.source, []).append(each)
            if not each.targets:
                self.internal.setdefault(each.source, []).append(each)
            for target in each.targets:
                self.degrees[target] = self.degrees.get(target, 0) + 1

    def stage(self) -> Stage:
        parents = {vertex.parent for vertex in self.chart.vertices}
        for vertex in self.chart.vertices:
            self._vertex(vertex, vertex.path in parents)
        for number, transition in enumerate(self.chart.transitions):
            if transition.targets:
                self._transition(f"e{number}", transition)
        return Stage(self.scenes[None], tuple(self.arrows))

    # --- nodes -----------------------------------------------------------------------------------------------

    def _vertex(self, vertex: ChartVertex, is_composite: bool) -> None:
        name, around = self.ids[vertex.path], self.scenes[vertex.parent]
        if vertex.kind in ("entry_point", "exit_point"):
            leads_in = vertex.kind == "entry_point"
            around.gates[name] = Gate(name, leads_in, vertex.path, Writing.label(vertex.name))
            return
        node = Node(name, vertex.kind, vertex.path)
        around.nodes[name] = node
        if vertex.kind in ("state", "region"):
            body = words.rows(vertex, self.internal.get(vertex.path, ()))
            node.writing = Writing.titled(words.title(vertex), body, "bold" if vertex.kind == "state" else "regular")
            node.width, node.height = max(node.writing.width + 2 * MARGIN, 60), node.writing.height
        elif vertex.kind in ("fork", "join"):
            out = sum([len(each.targets) for each in self.chart.transitions_from(vertex.path)])
            node.writing = Writing.label(vertex.name)
            node.width, node.height = _bar(max(out, self.degrees.get(vertex.path, 0))), BAR
        else:
            node.writing = Writing.label("" if vertex.name == SYMBOLS.get(vertex.kind) else vertex.name)
            node.width = node.height = SIZES[vertex.kind]
        if is_composite:
            node.scene = self.scenes[vertex.path] = Scene(vertex.path, node.writing)
        if vertex.default_entry is not None:
            dot = Node(f"i{name}", "initial", None, transition=vertex.default_entry)
            dot.width = dot.height = SIZES["initial"]
            self.scenes[vertex.path].nodes[dot.id] = dot

    # --- arrows ----------------------------------------------------------------------------------------------

    def _transition(self, name: str, transition: ChartTransition) -> None:
        writing = Writing.label(words.label(transition, self.leaving[transition.source], shows_side=True))
        start = self._start(transition)
        if len(transition.targets) == 1 or self.vertices[transition.source].kind == "fork":
            for number, target in enumerate(transition.targets):
                self._arrow(f"{name}.{number}", transition, start, self._end(target), writing)
                writing = Writing()
            return
        owner, bar = self._implied_fork(name, transition)
        self._arrow(f"{name}.to", transition, start, (owner, End(bar)), writing, is_head=False)
        for number, target in enumerate(transition.targets):
            self._arrow(f"{name}.{number}", transition, (owner, End(bar)), self._end(target), Writing())

    def _implied_fork(self, name: str, transition: ChartTransition) -> tuple[str | None, str]:
        """The bar of a transition with several targets, and the path of the scene in which it stands."""
        owner = _shared(transition.targets)
        is_inside = transition.role == "default_entry" or transition.source == owner
        if not is_inside and not transition.source.startswith(f"{owner}/"):
            owner = self.vertices[owner].parent or owner
        node = Node(f"b{name}", "fork", None, transition=transition.id)
        node.width, node.height = _bar(len(transition.targets)), BAR
        self.scenes[owner].nodes[node.id] = node
        return owner, node.id

    def _start(self, transition: ChartTransition) -> tuple[str | None, End]:
        """The path of the scene in which *transition* begins, and where."""
        source = self.vertices[transition.source]
        name = self.ids[source.path]
        if transition.role == "default_entry":
            return source.path, End(f"i{name}")
        if source.kind == "entry_point":
            return source.parent, End(None, name)
        if source.kind == "exit_point":
            return self._around(source), End(self.ids[source.parent or ""], name)
        if transition.kind == "local":
            return source.path, End(None)
        return source.parent, End(name)

    def _end(self, path: str) -> tuple[str | None, End]:
        """The path of the scene in which a transition to the vertex at *path* ends, and where."""
        target = self.vertices[path]
        name = self.ids[path]
        if target.kind == "exit_point":
            return target.parent, End(None, name)
        if target.kind == "entry_point":
            return self._around(target), End(self.ids[target.parent or ""], name)
        return target.parent, End(name)

    def _around(self, point: ChartVertex) -> str | None:
        """The path of the scene around the state that has *point* on its border."""
        return self.vertices[point.parent or ""].parent

    def _arrow(
        self,
        name: str,
        transition: ChartTransition,
        start: tuple[str | None, End],
        end: tuple[str | None, End],
        writing: Writing,
        *,
        is_head: bool = True,
    ) -> None:
        """Cut an arrow into segments at the borders that it crosses."""
        outwards, inwards = self._scenes_around(start[0]), self._scenes_around(end[0])
        while len(outwards) > 1 and len(inwards) > 1 and outwards[-2] == inwards[-2]:
            outwards.pop()
            inwards.pop()
        parts: list[tuple[str | None, Segment]] = []
        here = start[1] if start[1].node or start[1].gate else End(None, self._gate(f"{name}.in", start[0], True))
        for number, scene in enumerate(outwards[:-1]):
            gate = self._gate(f"{name}.out{number}", scene, False)
            parts.append((scene, Segment(f"{name}o{number}", here, End(None, gate))))
            here = End(self.ids[scene or ""], gate)
        turn = len(parts)
        for number in range(len(inwards) - 1, 0, -1):
            inner = inwards[number - 1]
            gate = self._gate(f"{name}.in{number}", inner, True)
            parts.append((inwards[number], Segment(f"{name}i{number}", here, End(self.ids[inner or ""], gate))))
            here = End(None, gate)
        parts.append((end[0], Segment(f"{name}i0", here, end[1])))
        parts[turn] = (parts[turn][0], attrs.evolve(parts[turn][1], writing=writing))
        for scene, segment in parts:
            self.scenes[scene].segments.append(segment)
        self.arrows.append(Arrow(transition.id, tuple(parts), is_head))

    def _scenes_around(self, path: str | None) -> list[str | None]:
        """The paths of the scene at *path* and of those around it, innermost first; the ground is the last."""
        found = [path]
        while path is not None:
            path = self.vertices[path].parent
            found.append(path)
        return found

    def _gate(self, name: str, scene: str | None, leads_in: bool) -> str:
        """A new gate of the scene at that path, which shows nothing."""
        self.scenes[scene].gates[name] = Gate(name, leads_in)
        return name


def _bar(lines: int) -> float:
    """The length of a bar with so many *lines* on one side."""
    return max(50.0, 22.0 * lines)


def _shared(paths: tuple[str, ...]) -> str:
    """The path of the innermost vertex that contains all *paths*."""
    steps = [path.split("/") for path in paths]
    shared = 0
    while len({each[shared] for each in steps if shared < len(each)}) == 1:
        shared += 1
    return "/".join(steps[0][:shared])
