"""Collecting: a block in which what is defined keeps its mistakes and goes on, so that all of them are found at once.

In: what would be raised or warned of, and the models. Out: all that, in source order. Known by the context and not by
the thread, so that tasks that the block starts collect as well. Never imports the tree: it is given what it keeps.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from hsm.errors import DefinitionError, Diagnostic, position_of

M = TypeVar("M")
"""The type of a model."""

_Key: TypeAlias = tuple[str, str, tuple[str, int, int]]


class Collected(Generic[M]):
    """What `collect` found; ``str()`` of it is a text to read, empty if nothing is wrong.

    It can be asked at any time, also in the block, and after an error that ended it.
    """

    def __init__(self, block: _Block) -> None:
        self._block = block

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Errors and warnings, by file, and in each in the order of the source.

        What a class inherits, or a model embeds, is reported once.
        """
        return tuple(sorted(self._block.diagnostics.values(), key=position_of))

    @property
    def models(self) -> tuple[M, ...]:
        """Every model that was made, good or broken, in the order in which they were made.

        That of a machine class has the class as its ``instance_type``; those of generated, local and nested classes are
        there as well.
        """
        return tuple(self._block.models.values())

    def __str__(self) -> str:
        return "\n\n".join([diagnostic.render() for diagnostic in self.diagnostics])

    def __repr__(self) -> str:
        return f"<collected: diagnostics {len(self._block.diagnostics)}, models {len(self._block.models)}>"


@attrs.define(eq=False)
class _Block:
    """A block that is under way, or was.

    Attributes:
        outer: The block around it.
        is_open: Whether it is under way.
        diagnostics: What is reported, by what tells two mistakes apart.
        added: Everything that was to be added.
        models: The models, by the identity of the statements that made them.
    """

    outer: _Block | None
    is_open: bool = True
    diagnostics: dict[_Key, Diagnostic] = attrs.field(factory=dict[_Key, Diagnostic])
    added: set[Diagnostic] = attrs.field(factory=set[Diagnostic])
    models: dict[int, Any] = attrs.field(factory=dict[int, Any])


_innermost: ContextVar[_Block | None] = ContextVar("_innermost", default=None)
"""The block that was entered last. It may have ended: a task that it started keeps the context of its own."""


def _current() -> _Block | None:
    """The innermost block that is under way here; ``None`` if there is none."""
    found = _innermost.get()
    while found is not None and not found.is_open:
        found = found.outer
    return found


@contextmanager
def collecting() -> Generator[Collected[Any]]:
    """A block in which whatever is defined keeps its mistakes."""
    outer = _current()
    block = _Block(outer)
    _innermost.set(block)
    try:
        yield Collected[Any](block)
    finally:
        block.is_open = False
        # not with the token: that of a generator's first half is not valid where a second context runs the other half
        _innermost.set(outer)


def keep(model: str, diagnostics: Sequence[Diagnostic]) -> bool:
    """Keep the *diagnostics* of what is called *model* in the innermost block.

    Returns:
        Whether there is a block; if not, they are for the caller to raise or to issue.
    """
    block = _current()
    if block is None:
        return False
    for each in diagnostics:
        if each in block.added:  # of a model that is embedded in this one
            continue
        block.added.add(each)
        # a class that derives from a broken one has its mistakes as well, at the same places; what differs in the
        # messages is the name of the class in the paths
        block.diagnostics.setdefault((each.code, each.message.replace(f"/{model}", ""), position_of(each)), each)
    return True


def keep_model(model: object, statement: object) -> None:
    """Keep *model*, which *statement* made, in the innermost block, if there is one."""
    block = _current()
    if block is not None:
        # a decorator such as that of attrs makes a class a second time, and the model that it had is nobody's then
        block.models[id(statement)] = model


def is_kept(error: DefinitionError) -> bool:
    """The same as `keep` for what *error* has to say."""
    return keep(error.model, error.diagnostics)


def again(error: DefinitionError) -> DefinitionError:
    """The same as *error*, without its traceback: to be kept, or raised once more."""
    return DefinitionError(error.model, error.diagnostics)
