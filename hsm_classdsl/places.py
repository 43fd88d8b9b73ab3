"""Where each class is a vertex: the paths of the nested classes of a machine, their base classes, embedded machines.

In: the `Draft` of a machine class. Out: paths from the machine down, which do not name it. Never imports the compiler,
the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hsm.kinds import is_a
from hsm.names import join
from hsm_classdsl.body import Draft, is_vertex_class, users_bases
from hsm_classdsl.metaclass import BodyMeta
from hsm_classdsl.vertices import Submachine


def child(path: str, name: str) -> str:
    """The path of *name* in the vertex at *path*."""
    return join(path, name) if path else name


def parent(path: str) -> str:
    """The path of the vertex around the one at *path*."""
    return path.rpartition("/")[0]


def vertices_in(draft: Draft, path: str) -> Iterator[tuple[type, str]]:
    """Every vertex class in *draft*, which is at *path*, with its own path."""
    for name, inner in draft.inner():
        yield inner.owner, child(path, name)
        yield from vertices_in(inner, child(path, name))


def refined(vertices: list[tuple[type, str]]) -> Iterator[tuple[type, str]]:
    """Every vertex class that one of the classes of *vertices* derives from, with the path of that vertex."""
    for vertex, path in vertices:
        for known in users_bases(vertex)[1:]:
            if is_vertex_class(known):
                yield known, path


def paths_of(vertices: Iterable[tuple[type, str]]) -> dict[type, set[str]]:
    """The paths of each class in *vertices*."""
    found: dict[type, set[str]] = {}
    for known, path in vertices:
        found.setdefault(known, set()).add(path)
    return found


def all_paths(draft: Draft, paths: Mapping[type, set[str]]) -> dict[type, tuple[str, ...]]:
    """The paths of each class of a machine, with the classes of embedded machines, and with the machines themselves.

    Args:
        draft: The machine.
        paths: Those of its own vertex classes, and of their base classes.

    Returns:
        What follows the name of the machine in the full path: empty, or with a ``/`` before it.
    """
    found = {known: [f"/{path}" for path in sorted(several)] for known, several in paths.items()}
    found |= {base: [""] for base in users_bases(draft.owner) if is_a(base, BodyMeta)}
    for path, machine in _embedded(draft, ""):
        inner: Mapping[type, tuple[str, ...]] = getattr(machine, "hsm_paths", {})
        for known, several in inner.items():
            found.setdefault(known, []).extend([f"/{path}{each}" for each in several])
    return {known: tuple(several) for known, several in found.items()}


def _embedded(draft: Draft, path: str) -> Iterator[tuple[str, type]]:
    """Every machine that is embedded in *draft*, which is at *path*, with its own path."""
    for each in draft.declarations:
        inner = child(path, str(each.name))
        if is_a(each.value, Submachine):
            yield inner, each.value.machine
        elif each.draft is not None:
            yield from _embedded(each.draft, inner)
