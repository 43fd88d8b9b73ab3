"""What the library does otherwise than the reference, and the smallest machine that still shows it.

In: a `Description` and operations. Out: a difference as text, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from laws.description import Act, Description, Move, Node, build_functional
from laws.models import is_valid
from laws.play import by_library, by_reference
from laws.reference import Endless


def difference(
    description: Description, sequence: list[str], modes: tuple[str, ...], build=build_functional
) -> tuple | None:
    """The first operation that the library does otherwise than the reference, as ``(mode, wanted, found)``.

    *build* spells the machine, with one front end or the other.

    Raises:
        Endless: The machine feeds itself for ever.
    """
    wanted = by_reference(description, sequence)
    for mode in modes:
        try:
            found = by_library(description, sequence, mode, build=build)
        except Exception as error:
            codes = "".join(f" {diagnostic.code}" for diagnostic in getattr(error, "diagnostics", ()))
            return mode, None, f"{type(error).__name__}{codes}: {error}"
        if found != wanted:
            at = next((n for n, pair in enumerate(zip(wanted, found, strict=False)) if pair[0] != pair[1]), -1)
            return mode, wanted[at], found[at]
    return None


def smaller(node: Node) -> Iterator[Node]:
    """Every node with one thing less."""
    for number, part in enumerate(node.parts):
        rest = node.parts[:number], node.parts[number + 1 :]
        yield attrs.evolve(node, parts=(*rest[0], *rest[1]))
        for less in smaller(part) if isinstance(part, Node) else smaller_moves(part):
            yield attrs.evolve(node, parts=(*rest[0], less, *rest[1]))
    for name in ("entry", "exit", "defers"):
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
    for number, guard in enumerate(move.guards):
        for inner in guard.inner:
            yield attrs.evolve(move, guards=(*move.guards[:number], inner, *move.guards[number + 1 :]))


def _shorter(items: tuple) -> Iterator[tuple]:
    for number, item in enumerate(items):
        yield (*items[:number], *items[number + 1 :])
        if isinstance(item, Act) and item.does != "log":
            yield (*items[:number], attrs.evolve(item, does="log", what=""), *items[number + 1 :])


def shrink(
    description: Description, sequence: list[str], modes: tuple[str, ...], build=build_functional
) -> tuple[Description, list[str]]:
    """The smallest machine and events found that still differ, and in the same way if an exception is the difference."""
    kind = _kind(difference(description, sequence, modes, build))

    def differs(candidate: Description, events: list[str]) -> bool:
        try:
            return is_valid(candidate) and _kind(difference(candidate, events, modes, build)) == kind
        except (Endless, IndexError, KeyError):
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
    return found[2].partition(":")[0] if isinstance(found[2], str) else "trace"


def report(description: Description, sequence: list[str], modes: tuple[str, ...], build=build_functional) -> str | None:
    """The difference in its smallest form, or ``None`` when there is none.

    Raises:
        Endless: The machine feeds itself for ever.
    """
    found = difference(description, sequence, modes, build)
    if found is None:
        return None
    modes = found[:1]
    description, sequence = shrink(description, sequence, modes, build)
    mode, wanted, does = difference(description, sequence, modes, build)
    return f"behaviours {mode}, events {sequence}\n{description}\nwanted {wanted}\nfound  {does}"
