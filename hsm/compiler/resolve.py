"""Pass 2, resolve: paths become vertices (rules N2 to N7).

Finds every source, target and `in_state` of an outline, the outgoing transitions of every vertex in order, and the
joins with the regions that wait at them. A path that names nothing is reported, and its vertex stays ``None``.
"""

from __future__ import annotations

from typing import Any

from hsm.compiler.outline import Outline, Reference, TransitionDraft
from hsm.compiler.report import Report
from hsm.names import closest, either, is_absolute, is_name, plain, segments
from hsm.program import CONDITIONAL, NONE, OUTSIDE, Kind

_MOST_LOOKS = 20
"""How many unknown names get a search for similar ones."""


def resolve(outline: Outline, report: Report) -> None:
    """Find what every path names, and report those that name nothing."""
    lookup = _Lookup(outline, report)
    conditional = {vertex.index for vertex in outline.vertices if vertex.kind in CONDITIONAL}
    for transition in outline.transitions:
        if transition.from_path is not None:
            lookup.find(transition, transition.from_path, transition.owner)
            transition.source = transition.from_path.vertex
        else:
            transition.source = transition.owner
        if transition.source is None:
            continue  # without a source there is no place from which its other paths could be seen
        # targets are seen from the source, which `source` may have moved away from where the transition is written
        base = transition.source if transition.base is None else transition.base
        for reference in (*transition.targets, *transition.in_states.values(), *transition.homes.values()):
            if reference.vertex is None:  # the target that replaces an `initial` is known already
                lookup.find(transition, reference, base)
        transition.reached = tuple([w.vertex for w in transition.targets if w.vertex is not None])
        # only where this transition leads counts here: selection looks further along the route, segment by segment
        transition.is_conditional = not conditional.isdisjoint(transition.reached)
        if not transition.is_default and outline.may_leave(transition, transition.source):
            # in order of declaration, as the transitions come: where several are enabled, it decides (rule T2)
            outline.vertices[transition.source].outgoing.append(transition)
    outline.joins = _joins(outline)


class _Lookup:
    """Finds vertices by path, and reports what is wrong if there is none."""

    def __init__(self, outline: Outline, report: Report) -> None:
        self.outline = outline
        self.report = report
        self._looked = 0

    def find(self, transition: TransitionDraft, reference: Reference, base: int) -> None:
        """Set ``reference.vertex`` to what its path names, seen from *base*."""
        steps = segments(reference.path)
        if is_absolute(reference.path):
            reference.vertex = self._absolute(transition, reference, steps)
            return
        scope = base if steps[0] in (".", "..") else self._scope(base, transition.root, steps[0])
        if scope is None:
            self._unknown_name(transition, reference, base, steps)
        else:
            reference.vertex = self._walk(transition, reference, scope, steps)

    def _scope(self, base: int, root: int, name: str) -> int | None:
        """The innermost vertex from *base* outwards up to *root* that has a child called *name* (rule N4)."""
        # only the first name of a path is looked for outwards: from what it names, the others lead inwards alone, so
        # that a path cannot end somewhere else because a name further in was misspelt
        vertices = self.outline.vertices
        scope = base
        while True:
            if name in vertices[scope].children:
                return scope
            if scope == root:
                return None
            scope = vertices[scope].parent

    def _absolute(self, transition: TransitionDraft, reference: Reference, steps: tuple[str, ...]) -> int | None:
        element: Any = self.outline.vertices[transition.root].element
        name = plain(getattr(element, "model", element).name)  # an embedded model's own, not that of its submachine
        if steps[0] == name:
            return self._walk(transition, reference, transition.root, steps[1:])
        if not is_name(name):
            return None  # HSM003 reports the name, and no path can start with it
        inside = _descend(self.outline, transition.root, steps)
        help_ = f"write '/{name}{reference.path}'" if inside is not None else f"an absolute path starts with '/{name}'"
        self.report.error(
            "HSM022",
            f"{reference.word} '{reference.path}' does not start with the model's name",
            reference.where,
            label=f"the model is called '{name}'",
            within=self.outline.location(transition),
            help=help_,
        )
        return None

    def _walk(self, transition: TransitionDraft, reference: Reference, at: int, steps: tuple[str, ...]) -> int | None:
        """Follow *steps* from *at*; report the first that leads nowhere."""
        vertices = self.outline.vertices
        for number, step in enumerate(steps):
            if step == ".":
                continue
            if step == "..":
                if at == transition.root:
                    self.report.error(
                        "HSM023",
                        f"{reference.word} '{reference.path}' leads out of the model",
                        reference.where,
                        label=f"{vertices[at].path} is the outermost vertex",
                        within=self.outline.location(transition),
                        help="use fewer '..'",
                    )
                    return None
                at = vertices[at].parent
            elif step in vertices[at].children:
                at = vertices[at].children[step]
            else:
                self._unknown_step(transition, reference, at, steps[number:])
                return None
        return at

    def _unknown_step(
        self, transition: TransitionDraft, reference: Reference, at: int, missing: tuple[str, ...]
    ) -> None:
        """Report that *at* has no child with the first name of *missing*."""
        around = self.outline.vertices[at]
        if around.is_open or missing[0] in self.outline.left_out:
            return
        known = closest(missing[0], around.children) if self._is_affordable() else []
        kept = reference.path[: len(reference.path) - len("/".join(missing))]
        behind = "".join(f"/{step}" for step in missing[1:])
        found = [f"{kept}{name}{behind}" for name in known] or self._elsewhere(missing[-1])
        self._unknown(transition, reference, f"resolves to {around.path}/{'/'.join(missing)}", found, at)

    def _unknown_name(
        self, transition: TransitionDraft, reference: Reference, base: int, steps: tuple[str, ...]
    ) -> None:
        """Report that no vertex from *base* outwards has a child called like the first of *steps*."""
        vertices, name, root = self.outline.vertices, steps[0], transition.root
        if name in self.outline.left_out:
            return
        if not self._is_affordable():
            self._unknown(transition, reference, f"nothing is called '{name}' here", [], root)
            return
        visible = [child for scope in (base, *self.outline.around(base)) for child in vertices[scope].children]
        # the whole path, found somewhere else, is the better guess; a name that merely looks similar comes after it
        named = [_descend(self.outline, vertex.index, steps[1:]) for vertex in vertices if vertex.name == name]
        exact = [vertices[index].path for index in named if index is not None][:2]
        found = exact or (closest(name, visible) if len(steps) == 1 else []) or self._elsewhere(steps[-1])
        label = f"nothing is called '{name}' in {vertices[base].path} or around it"
        self._unknown(transition, reference, label, found, root)

    def _is_affordable(self) -> bool:
        """Whether to look for similar names, which takes time; after many mistakes, more suggestions help no one."""
        self._looked += 1
        return self._looked <= _MOST_LOOKS

    def _elsewhere(self, name: str) -> list[str]:
        """Absolute paths of up to two vertices, anywhere in the model, that are called like *name*."""
        if self._looked > _MOST_LOOKS:  # not counted: it belongs to a look that was
            return []
        named: dict[str, str] = {}
        for vertex in self.outline.vertices[1:]:
            named.setdefault(vertex.name, vertex.path)
        return [named[known] for known in closest(name, named)]

    def _unknown(
        self, transition: TransitionDraft, reference: Reference, label: str, found: list[str], at: int
    ) -> None:
        around = self.outline.vertices[at]
        if found:
            help_ = f"did you mean {either(found)}?"
        elif around.children:
            names = list(around.children)
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            help_ = f"{around.path} contains {', '.join(repr(name) for name in names[:5])}{more}"
        else:
            help_ = f"{around.path} is empty"
        self.report.error(
            "HSM021",
            f"{reference.word} '{reference.path}' does not name a vertex",
            reference.where,
            label=label,
            within=self.outline.location(transition),
            help=help_,
        )


def _descend(outline: Outline, root: int, names: tuple[str, ...]) -> int | None:
    """The vertex that *names* lead to from *root*, child by child, or ``None``."""
    at = root
    for name in names:
        child = outline.vertices[at].children.get(name)
        if child is None:
            return None
        at = child
    return at


def _joins(outline: Outline) -> dict[int, tuple[int, ...]]:
    """Every join, and every exit point to which several regions lead, with the regions that must wait there."""
    incoming: dict[int, list[int]] = {}
    for transition in outline.transitions:
        if transition.source is not None and transition.is_conditional:
            for target in transition.reached:
                incoming.setdefault(target, []).append(transition.source)
    joins: dict[int, tuple[int, ...]] = {}
    for target, sources in incoming.items():
        vertex = outline.vertices[target]
        if vertex.kind is Kind.JOIN:
            # the regions that are joined are those of the innermost orthogonal state around all sources
            owner = outline.container(*sources)
            while owner != OUTSIDE and not outline.vertices[owner].regions:
                owner = outline.vertices[owner].parent
        elif vertex.kind is Kind.EXIT_POINT:
            owner = vertex.parent
        else:
            continue
        if owner == OUTSIDE:
            joins[target] = ()  # HSM037 reports it
            continue
        # a set: two sources in one region make one region that waits, and HSM037 tells them apart by their number
        found = {outline.region_between(owner, source) for source in sources}
        waiting = tuple(sorted(found - {NONE}))
        # an exit point is a plain one as long as a single region leads to it: then nothing waits
        if vertex.kind is Kind.JOIN or len(waiting) > 1:
            joins[target] = waiting
    return joins
