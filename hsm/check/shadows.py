"""Shadows: transitions that something else always comes before, or whose guard never holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from hsm.charts import ChartGuard, ChartTransition, ChartTrigger
from hsm.check.finding import Case, Finding
from hsm.check.layout import NAMED, Layout, covers, location


def taken_further_in(case: Case) -> Iterator[Finding]:
    """HSM108: a transition of a composite whose events every state in it always takes first (rule T2)."""
    layout = case.layout
    for each in layout.chart.transitions:
        path = each.source
        named = [trigger for trigger in each.triggers if trigger.kind in ("event", "prefix", "any")]
        if not named or len(named) < len(each.triggers) or each.place is None:
            continue
        leaves = layout.leaves(path)
        if not leaves or layout.has_regions(path):
            continue
        if all(_is_taken(layout, leaf.path, path, trigger) for leaf in leaves for trigger in named):
            yield _dead(
                "HSM108",
                each,
                f"states further in always take {_quoted(named)} first",
                f"remove it, or give one of those in {path} a guard",
            )


def _is_taken(layout: Layout, leaf: str, outer: str, trigger: ChartTrigger) -> bool:
    """Whether, with *leaf* active, a vertex further in than *outer* takes every event of *trigger*."""
    return any(
        layout.is_certain(each) and any(covers(inner, trigger) for inner in each.triggers)
        for path in takewhile(lambda path: path != outer, layout.around(leaf))
        for each in layout.transitions_from(path)
    )


def _quoted(triggers: list[ChartTrigger]) -> str:
    return " and ".join([f"'{each}'" for each in triggers])


def same_guard(case: Case) -> Iterator[Finding]:
    """HSM109: a transition, or a branch, after one with the same guard and the same events (rules T2, T3 and R4)."""
    layout = case.layout
    for vertex in layout.chart.vertices:
        transitions = layout.transitions_from(vertex.path)
        for number, each in enumerate(transitions):
            if each.guard is None or each.place is None:
                continue
            if any(_comes_first(case, earlier, each) for earlier in transitions[:number]):
                yield _dead(
                    "HSM109",
                    each,
                    "an earlier one with the same guard always comes first",
                    "give one of the two another guard",
                )


def _comes_first(case: Case, earlier: ChartTransition, later: ChartTransition) -> bool:
    """Whether *earlier* is taken whenever *later* could be."""
    if not case.are_equal(earlier.guard, later.guard):
        return False
    if any(case.layout.vertices[target].kind in ("junction", "exit_point", "join") for target in earlier.targets):
        return False
    names = [(each.kind, each.name) for each in earlier.triggers]
    # each timer and change trigger is one of its own, whatever the guard
    return all(each.kind in (*NAMED, "completion") and (each.kind, each.name) in names for each in later.triggers)


def apart(case: Case) -> Iterator[Finding]:
    """HSM112: a guard that asks for a state which is never active together with the transition's own."""
    layout = case.layout
    for each in layout.chart.transitions:
        for path in _required(each.guard) if each.role == "transition" and each.place is not None else ():
            if not layout.can_be_together(each.source, path):
                yield _dead(
                    "HSM112",
                    each,
                    "its guard never holds",
                    f"{path} is never active together with {each.source}: ask for a state in another region",
                )
                break


def _required(guard: ChartGuard | None) -> list[str]:
    """The vertices that have to be active for *guard* to hold."""
    if guard is None:
        return []
    if guard.kind == "all_of":
        return [path for part in guard.parts for path in _required(part)]
    return [guard.vertex] if guard.vertex is not None else []


def _dead(code: str, transition: ChartTransition, label: str, advice: str) -> Finding:
    assert transition.place is not None
    is_branch = transition.role == "branch"
    return Finding(
        code,
        f"this {'branch can never be chosen' if is_branch else 'transition can never fire'}",
        transition.place,
        transition.place,
        transition.source,
        transition.id,
        label=label,
        within=location(transition),
        help=(advice,),
        is_dead=True,
    )
