"""Mistakes: a description that is wrong in one thing, made from one that is right.

In: a `Description` and a source of randomness. Out: what the same user would have written with that mistake, and the
codes that it may be reported with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import attrs
from laws.description import Cond, Description, Move, Node

Path = tuple[str, ...]
CLOSED = ("region", "final", "choice", "junction", "fork", "join", "entry_point", "exit_point", "terminate")
"""The kinds of vertex in which not every vertex may stand."""


def same_name(random, root: Node) -> Node | None:
    """Two siblings of one name; whoever meant either of them names that."""
    around = [(node, at) for node, at in _nodes(root) if len(_inner(node)) > 1 and node.kind != "submachine"]
    if not around:
        return None
    node, at = random.choice(around)
    one, other = (each.name for each in random.sample(_inner(node), 2))
    return _renamed(root, (*at, one), other, (*at, other))


def bad_name(random, root: Node) -> Node | None:
    """A name with a slash, in every path to it as well."""
    _, at = random.choice([(node, at) for node, at in _nodes(root) if at])
    return _renamed(root, at, "no/name", (*at[:-1], "no", "name"))


def misspelt(random, root: Node) -> Node | None:
    """A path that names nothing."""
    paths: list[Path] = []
    _with_paths(root, lambda path: paths.append(path) or path)
    numbers = [number for number, path in enumerate(paths) if path]
    if not numbers:
        return None
    chosen, count = random.choice(numbers), itertools.count()
    return _with_paths(root, lambda path: (*path[:-1], path[-1] + "?") if next(count) == chosen else path)


def misplaced(random, root: Node) -> Node | None:
    """A vertex where none may stand."""
    around = [at for node, at in _nodes(root) if node.kind in CLOSED]
    if not around:
        return None

    def add(node: Node) -> Node:
        extra = Node("region" if node.kind == "region" else "state", "extra")
        return attrs.evolve(node, parts=(*node.parts, extra))

    return _changed(root, random.choice(around), add)


MISTAKES: dict[Callable, set[str]] = {
    same_name: {"HSM004"},
    bad_name: {"HSM003"},
    misspelt: {"HSM021"},
    misplaced: {"HSM001", "HSM016"},
}
"""Each kind of mistake, with the codes that it may be reported with."""


def with_mistake(random, description: Description, kind: Callable) -> Description | None:
    """*description* with a mistake of one *kind*; ``None`` where it has no room for one."""
    root = kind(random, description.root)
    return None if root is None else Description(root)


# --- walking -------------------------------------------------------------------------------------------------


def _inner(node: Node) -> list[Node]:
    return [part for part in node.parts if isinstance(part, Node)]


def _nodes(node: Node, at: Path = ()) -> Iterator[tuple[Node, Path]]:
    yield node, at
    for part in _inner(node):
        yield from _nodes(part, (*at, part.name))


def _changed(node: Node, path: Path, change: Callable[[Node], Node]) -> Node:
    """*node* with the vertex at *path* changed."""
    if not path:
        return change(node)
    parts = [
        _changed(part, path[1:], change) if isinstance(part, Node) and part.name == path[0] else part
        for part in node.parts
    ]
    return attrs.evolve(node, parts=tuple(parts))


def _renamed(root: Node, path: Path, name: str, instead: Path) -> Node:
    """*root* with the vertex at *path* called *name*, and with *instead* where a path led to it."""
    renamed = _changed(root, path, lambda node: attrs.evolve(node, name=name))
    return _with_paths(renamed, lambda each: (*instead, *each[len(path) :]) if each[: len(path)] == path else each)


def _with_paths(node: Node, spell: Callable[[Path], Path]) -> Node:
    """*node* with every path spelled anew, from the model on; what is in submachines has paths of its own."""
    parts = [_move(part, spell) if isinstance(part, Move) else _with_paths(part, spell) for part in node.parts]
    default = None if node.default is None else _move(node.default, spell)
    return attrs.evolve(node, parts=tuple(parts), default=default)


def _move(move: Move, spell: Callable[[Path], Path]) -> Move:
    return attrs.evolve(
        move,
        targets=tuple(map(spell, move.targets)),
        source=None if move.source is None else spell(move.source),
        guards=tuple(_cond(guard, spell) for guard in move.guards),
        when=None if move.when is None else _cond(move.when, spell),
        spelling="absolute",
    )


def _cond(cond: Cond, spell: Callable[[Path], Path]) -> Cond:
    inner = tuple(_cond(each, spell) for each in cond.inner)
    return attrs.evolve(cond, path=spell(cond.path) if cond.kind == "in" else cond.path, inner=inner)
