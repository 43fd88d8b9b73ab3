"""Names that a user's class must leave alone: those of what the library gives every instance.

In: a class that is being made. A class that hides nothing is fine; nothing else is judged here, and this alone is not
judged by the compiler, as such a class may have no model. Never imports the classes that it protects.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import Format, get_annotations

from hsm.errors import DefinitionError, Diagnostic
from hsm.position import class_statement

RESERVED = "hsm_reserved"
"""The attribute of a class of the library's that has the names which its subclasses leave alone."""

BROKEN = "hsm_broken"
"""The attribute of a class that hides such a name, and exists nevertheless: what is wrong with it."""


def reserved_names(library: type) -> tuple[str, ...]:
    """The names that *library* and its base classes give every instance."""
    names = [name for each in reversed(library.__mro__[:-1]) for name in vars(each)]
    return tuple([name for name in names if not name.startswith(("__", "hsm_", "_hsm_", "_abc_"))])


def check_names(owner: type[Any]) -> None:
    """Whether *owner*, a class of the user's, leaves its instances what the library gives them.

    Where the user collects mistakes, the class keeps its own, and instances of it are never started.

    Raises:
        DefinitionError: It hides a part of that.
    """
    if BROKEN in vars(owner):  # a decorator makes the class a second time
        return
    order: tuple[type[Any], ...] = owner.__mro__
    behind = next(place for place, base in enumerate(order) if RESERVED in vars(base))
    library = order[behind]
    problems = [
        _hiding(owner, base, name, library.__name__)
        for base in order[:behind]
        if base is owner or not hasattr(base, RESERVED)  # those were checked when they were made
        for name in getattr(owner, RESERVED)
        if _has(base, name)
    ]
    if problems:
        error = DefinitionError(owner.__name__, problems)
        from hsm.collecting import is_kept  # imported late: only a mistake needs it

        if not is_kept(error):
            raise error
        type.__setattr__(owner, BROKEN, error)


def _has(base: type, name: str) -> bool:
    """Whether *name* is an attribute of *base* itself, or annotated in it as one of its instances."""
    return name in vars(base) or name in get_annotations(base, format=Format.FORWARDREF)


def _hiding(owner: type, base: type, name: str, library: str) -> Diagnostic:
    first = f"put {base.__name__} after {library} in the bases, or " if base is not owner else ""
    return Diagnostic(
        "HSM063",
        f"'{name}' of class '{base.__name__}' hides '{library}.{name}'",
        class_statement(owner.__module__),
        help=(f"{first}choose another name",),
    )
