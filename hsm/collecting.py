"""Collecting: a block in which what is defined keeps its mistakes and goes on, so that all of them are found at once.

In: what would be raised or warned of, and the models. Out: all that, in source order. Known by the context and not by
the thread, so that tasks that the block starts collect as well. Never imports the tree: it is given what it keeps.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeAlias, TypeVar

from hsm.errors import DefinitionError, Diagnostic, position_of

M = TypeVar("M")
"""The type of a model."""

_Key: TypeAlias = tuple[str, str, tuple[str, int, int]]


class Collected(Generic[M]):
    """What `collect` found; ``str()`` of it is a text to read, empty if nothing is wrong.

    It can be asked at any time, also in the block, and after an error that ended it.
    """

    def __init__(self, outer: Collected[Any] | None) -> None:
        self._outer = outer
        self._is_open = True
        self._diagnostics: dict[_Key, Diagnostic] = {}
        self._added: set[Diagnostic] = set()
        self._models: dict[int, M] = {}

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Errors and warnings, by file, and in each in the order of the source.

        What a class inherits, or a model embeds, is reported once.
        """
        return tuple(sorted(self._diagnostics.values(), key=position_of))

    @property
    def models(self) -> tuple[M, ...]:
        """Every model that was made, good or broken, in the order in which they were made.

        That of a machine class has the class as its ``instance_type``; those of generated, local and nested classes are
        there as well.
        """
        return tuple(self._models.values())

    def __str__(self) -> str:
        return "\n\n".join([diagnostic.render() for diagnostic in self.diagnostics])

    def __repr__(self) -> str:
        return f"<collected: diagnostics {len(self._diagnostics)}, models {len(self._models)}>"

    def add(self, model: str, diagnostics: Sequence[Diagnostic]) -> None:
        """Add the *diagnostics* of what is called *model*, without those that are known already."""
        for each in diagnostics:
            if each in self._added:  # of a model that is embedded in this one
                continue
            self._added.add(each)
            # a class that derives from a broken one has its mistakes as well, at the same places; what differs in the
            # messages is the name of the class in the paths
            self._diagnostics.setdefault((each.code, each.message.replace(f"/{model}", ""), position_of(each)), each)

    def add_model(self, model: M, statement: object) -> None:
        """Add *model*, which *statement* made: if it made one before, in place of that."""
        # a decorator such as that of attrs makes a class a second time, and what it had before is nobody's
        self._models[id(statement)] = model


_innermost: ContextVar[Collected[Any] | None] = ContextVar("_innermost", default=None)
"""The block that was entered last. It may have ended: a task that it started keeps the context of its own."""


def block() -> Collected[Any] | None:
    """The innermost block that is under way here; ``None`` if there is none."""
    found = _innermost.get()
    while found is not None and not found._is_open:  # pyright: ignore[reportPrivateUsage]  # declared in this very file
        found = found._outer  # pyright: ignore[reportPrivateUsage]  # as above
    return found


@contextmanager
def collecting() -> Generator[Collected[Any]]:
    """A block in which whatever is defined keeps its mistakes."""
    outer = block()
    found = Collected[Any](outer)
    _innermost.set(found)
    try:
        yield found
    finally:
        found._is_open = False  # pyright: ignore[reportPrivateUsage]  # as above
        # not with the token: that of a generator's first half is not valid where a second context runs the other half
        _innermost.set(outer)


def is_kept(error: DefinitionError) -> bool:
    """Whether there is a block, which then keeps *error*; if not, it is for the caller to raise."""
    here = block()
    if here is not None:
        here.add(error.model, error.diagnostics)
    return here is not None


def again(error: DefinitionError) -> DefinitionError:
    """The same as *error*, without its traceback: to be kept, or raised once more."""
    return DefinitionError(error.model, error.diagnostics)
