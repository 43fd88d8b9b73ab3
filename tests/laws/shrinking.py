"""What the library does otherwise than the reference, and the smallest machine that still shows it.

In: a `Description` and operations. Out: a difference as text, or nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import attrs
from laws.background import ACTIVITY
from laws.description import MIXED, Act, Description, Move, Node, build_functional
from laws.models import is_valid
from laws.play import by_library, by_reference
from laws.reference import Endless, Unspecified


@attrs.frozen
class Ways:
    """How the library plays a machine: each mode of behaviours by each engine, spelled with one front end.

    *is_strict* if it is held against the rules even where it is known to do otherwise.
    """

    modes: tuple[str, ...] = (MIXED,)
    build: Callable = build_functional
    engines: tuple[str, ...] = ("generated",)
    is_strict: bool = False

    def each(self) -> Iterator[tuple[str, str]]:
        """Every mode with every engine."""
        return itertools.product(self.modes, self.engines)


def difference(description: Description, sequence: list[str], ways: Ways) -> tuple | None:
    """The first operation that the library does otherwise than the reference, as ``(mode, engine, wanted, found)``.

    Raises:
        Endless: The machine feeds itself for ever.
        Unspecified: The rules do not say what it does.
    """
    wanted = by_reference(description, sequence, is_strict=ways.is_strict)
    for mode, engine in ways.each():
        try:
            found = by_library(description, sequence, mode, build=ways.build, engine=engine)
        except Exception as error:
            codes = "".join(f" {diagnostic.code}" for diagnostic in getattr(error, "diagnostics", ()))
            return mode, engine, None, f"{type(error).__name__}{codes}: {error}"
        if found != wanted:
            at = next((n for n, pair in enumerate(zip(wanted, found, strict=False)) if pair[0] != pair[1]), -1)
            return mode, engine, wanted[at], found[at]
    return None


def smaller(node: Node) -> Iterator[Node]:
    """Every node with one thing less."""
    for number, part in enumerate(node.parts):
        rest = node.parts[:number], node.parts[number + 1 :]
        yield attrs.evolve(node, parts=(*rest[0], *rest[1]))
        for less in smaller(part) if isinstance(part, Node) else smaller_moves(part):
            yield attrs.evolve(node, parts=(*rest[0], less, *rest[1]))
    for name in ("entry", "exit", "activities", "defers"):
        for less in _shorter(getattr(node, name)):
            yield attrs.evolve(node, **{name: less})
    if node.default is not None:
        yield attrs.evolve(node, default=None)
        for less in smaller_moves(node.default):
            yield attrs.evolve(node, default=less)
    if node.model is not None:
        for less in smaller(node.model):
            yield attrs.evolve(node, model=less)


def smaller_moves(move: Move) -> Iterator[Move]:
    """Every transition with one thing less."""
    for name in ("on", "guards", "targets", "effects"):
        for less in _shorter(getattr(move, name)):
            yield attrs.evolve(move, **{name: less})
    if move.is_external:
        yield attrs.evolve(move, is_external=False)
    if move.span is not None:
        yield attrs.evolve(move, span=None)
        for (less,) in filter(None, _shorter((move.span,))):
            yield attrs.evolve(move, span=less)
    if move.timer is not None and move.timer[0] != "after":
        yield attrs.evolve(move, timer=("after", move.timer[1]))
    for number, guard in enumerate(move.guards):
        for less in (*guard.inner, *([attrs.evolve(guard, seconds=0.0)] if guard.seconds else ())):
            yield attrs.evolve(move, guards=(*move.guards[:number], less, *move.guards[number + 1 :]))


def _shorter(items: tuple) -> Iterator[tuple]:
    for number, item in enumerate(items):
        yield (*items[:number], *items[number + 1 :])
        if isinstance(item, Act) and item.does != "log":
            yield (*items[:number], attrs.evolve(item, does="log", what=""), *items[number + 1 :])
        if isinstance(item, Act) and item.seconds and not item.label.startswith(ACTIVITY):
            yield (*items[:number], attrs.evolve(item, seconds=0.0), *items[number + 1 :])


def shrink(description: Description, sequence: list[str], ways: Ways) -> tuple[Description, list[str]]:
    """The smallest machine and events found that still differ, and in the same way if an exception is the difference."""
    kind = _kind(difference(description, sequence, ways))

    def differs(candidate: Description, events: list[str]) -> bool:
        try:
            return is_valid(candidate) and _kind(difference(candidate, events, ways)) == kind
        except (Endless, Unspecified, IndexError, KeyError):
            return False

    skipped = 0  # what could not be left out before is tried again only when nothing else can go
    while True:
        for number in range(len(sequence)):
            shorter = sequence[:number] + sequence[number + 1 :]
            if differs(description, shorter):
                sequence = shorter
                break
        for number, root in enumerate(smaller(description.root)):
            if number >= skipped and differs(Description(root), sequence):
                description, skipped = Description(root), number
                break
        else:
            if skipped == 0:
                break
            skipped = 0
    return description, sequence


def _kind(found: tuple | None) -> str | None:
    """In which way something differs."""
    if found is None:
        return None
    return found[-1].partition(":")[0] if isinstance(found[-1], str) else "trace"


def report(description: Description, sequence: list[str], ways: Ways) -> str | None:
    """The difference in its smallest form, or ``None`` when there is none.

    Raises:
        Endless: The machine feeds itself for ever.
        Unspecified: The rules do not say what it does.
    """
    found = difference(description, sequence, ways)
    if found is None:
        return None
    ways = attrs.evolve(ways, modes=found[:1], engines=found[1:2])
    description, sequence = shrink(description, sequence, ways)
    mode, engine, wanted, does = difference(description, sequence, ways)
    return f"behaviours {mode}, {engine} steps, events {sequence}\n{description}\nwanted {wanted}\nfound  {does}"
