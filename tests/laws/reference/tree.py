"""A description with its submachines put in, and questions about paths.

Everything is a path, a tuple of names that starts with the model's, and every question is answered by walking the
tree.
"""

from __future__ import annotations

from laws.description import Act, Description, Move, Node

STATES = ("model", "state", "submachine")
REAL = (*STATES, "region", "final")
STATIC = ("junction", "exit_point", "join")
OUTSIDE = ()
"""What contains the model."""


class Placed:
    """A transition with full paths: where it leaves from, where it leads to, where it is written."""

    def __init__(self, move: Move, source: tuple, targets: list[tuple], root: tuple) -> None:
        self.move = move
        self.source = source
        self.targets = targets
        self.root = root

    def is_completion(self) -> bool:
        """T6: it has no trigger."""
        move = self.move
        return not move.on and move.when is None and move.timer is None and not move.call


class Tree:
    """Nodes, children and transitions by path; `moves` are in order of declaration."""

    def __init__(self, description: Description) -> None:
        self.kinds: dict[tuple, str] = {}
        self.children: dict[tuple, list[tuple]] = {}
        self.entry: dict[tuple, list[Act]] = {}
        self.exit: dict[tuple, list[Act]] = {}
        self.activities: dict[tuple, list[Act]] = {}
        self.defers: dict[tuple, list[str]] = {}
        self.defaults: dict[tuple, Placed] = {}
        self.moves: list[Placed] = []
        self.models: list[tuple] = []  # where one is put in
        self.root = (description.root.name,)
        self._add(description.root, self.root, self.root)

    def _add(self, node: Node, path: tuple, root: tuple) -> None:
        self.kinds[path] = node.kind
        self.children[path] = []
        self.entry[path], self.exit[path], self.activities[path], self.defers[path] = [], [], [], []
        self._fill(node, path, root)
        if node.model is not None:  # R9: the model is the inside of the submachine, which stays around it
            self.models.append(path)
            points = {part.name: part for part in node.parts if isinstance(part, Node)}
            outer_exit, self.exit[path] = self.exit[path], []
            self._fill(node.model, path, path)
            self.exit[path] += outer_exit
            for name, point in points.items():
                for move in point.parts:
                    self._place(move, (*path, name), root)

    def _fill(self, node: Node, path: tuple, root: tuple) -> None:
        self.entry[path] += node.entry
        self.exit[path] += node.exit
        self.activities[path] += node.activities
        self.defers[path] += node.defers
        if node.default is not None:
            self.defaults[path] = self._placed(node.default, path, root)
        for part in node.parts:
            if isinstance(part, Move):
                self._place(part, path, root)
            elif node.kind != "submachine":
                self.children[path].append((*path, part.name))
                self._add(part, (*path, part.name), root)

    def _place(self, move: Move, path: tuple, root: tuple) -> None:
        self.moves.append(self._placed(move, path if move.source is None else (*root, *move.source), root))

    def _placed(self, move: Move, source: tuple, root: tuple) -> Placed:
        return Placed(move, source, [(*root, *target) for target in move.targets], root)

    def regions(self, path: tuple) -> list[tuple]:
        return [child for child in self.children[path] if self.kinds[child] == "region"]

    def outgoing(self, path: tuple) -> list[Placed]:
        return [placed for placed in self.moves if placed.source == path]

    def joining(self, target: tuple) -> list[tuple]:
        """The regions that wait at the join *target*; of an exit point, only where there are several (R6, R7)."""
        sources = [placed.source for placed in self.moves if target in placed.targets]
        if self.kinds[target] == "join":
            owner = container(*sources)
            while owner and not self.regions(owner):
                owner = owner[:-1]
        elif self.kinds[target] == "exit_point":
            owner = target[:-1]
        else:
            return []
        found = [region for region in self.regions(owner) if any(inside(region, source) for source in sources)]
        return found if self.kinds[target] == "join" or len(found) > 1 else []

    def in_order(self, path: tuple) -> list[tuple]:
        """*path* and everything in it, in order of declaration."""
        return [path, *(inner for child in self.children[path] for inner in self.in_order(child))]


def inside(outer: tuple, path: tuple) -> bool:
    """Whether *path* lies strictly inside *outer*."""
    return len(path) > len(outer) and path[: len(outer)] == outer


def container(*paths: tuple) -> tuple:
    """The innermost vertex that contains all *paths* properly."""
    outer = paths[0][:-1]
    while not all(inside(outer, path) for path in paths):
        outer = outer[:-1]
    return outer
