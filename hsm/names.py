"""Names and paths as plain strings: what is valid, how a path is split, which name comes closest to another.

Also how any object of the user's reads in a message: its ``repr`` is the user's own code, and may raise. Never imports
anything of this package.
"""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import TypeIs

SEPARATOR = "/"


def is_text(value: object) -> TypeIs[str]:
    """Whether *value* is a string, such as a member of a string enumeration; by its type, not by what it pretends."""
    return issubclass(type(value), str)


def plain(name: object) -> str:
    """*name* as a string of type ``str`` itself: every name and path that comes in goes through here.

    The value of a member of a string enumeration, whose own ``str`` and ``format`` may be something else; of what is
    not a string, its ``repr``, for messages.
    """
    if type(name) is str:
        return name
    return str.__str__(name) if is_text(name) else safe_repr(name)


def safe_repr(value: object) -> str:
    """``repr(value)``, or ``<Type>`` where that raises."""
    try:
        return plain(repr(value))
    except Exception:  # of the user's own `__repr__`, or of Python's: an int may have too many digits
        return f"<{type(value).__name__}>"


def shown(value: object, most: int = 200) -> str:
    """*value* in a message: its ``repr``, in at most *most* characters."""
    text = safe_repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def one_line(text: str) -> str:
    """*text* on one line: a user's names and values may contain anything."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def is_name(name: object) -> bool:
    """Whether *name* may name an element: non-empty, no ``/``, and neither ``.`` nor ``..`` (rule N1)."""
    return is_text(name) and plain(name) not in ("", ".", "..") and SEPARATOR not in plain(name)


def join(above: str, name: str) -> str:
    """The qualified name of the element *name* inside the element *above*."""
    return f"{above}{SEPARATOR}{name}"


def is_path(path: object) -> bool:
    """Whether *path* may name a vertex: names, ``.`` and ``..`` with ``/`` between them, after one ``/`` or none."""
    return is_text(path) and "" not in segments(plain(path))


def is_absolute(path: str) -> bool:
    """Whether *path* starts at the model (rule N5)."""
    return path.startswith(SEPARATOR)


def segments(path: str) -> tuple[str, ...]:
    """The steps of *path*; a leading ``/`` does not count as one."""
    return tuple(path.removeprefix(SEPARATOR).split(SEPARATOR))


def closest(wanted: str, known: Iterable[str], count: int = 2) -> list[str]:
    """Up to *count* of the *known* names that resemble *wanted* most, best first; empty if none does."""
    import difflib  # imported late: only a mistake needs it

    return difflib.get_close_matches(wanted, list(known), n=count, cutoff=0.6)


def either(quoted: list[str]) -> str:
    """*quoted* as text, each in quotes: ``'a', 'b' or 'c'``."""
    names = [f"'{name}'" for name in quoted]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
