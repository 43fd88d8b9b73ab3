"""Names and paths as plain strings: what is valid, how a path is split, which name comes closest to another."""

from __future__ import annotations

from collections.abc import Iterable

from hsm.kinds import is_a

SEPARATOR = "/"


def is_name(name: object) -> bool:
    """Whether *name* may name an element: non-empty, no ``/``, and neither ``.`` nor ``..`` (rule N1)."""
    return is_a(name, str) and name not in ("", ".", "..") and SEPARATOR not in name


def join(above: str, name: str) -> str:
    """The qualified name of the element *name* inside the element *above*."""
    return f"{above}{SEPARATOR}{name}"


def is_path(path: object) -> bool:
    """Whether *path* may name a vertex: names, ``.`` and ``..`` with ``/`` between them, after one ``/`` or none."""
    return is_a(path, str) and "" not in path.removeprefix(SEPARATOR).split(SEPARATOR)


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
