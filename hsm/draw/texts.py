"""The words in a picture: what stands in the compartments of a state and beside an arrow.

In: vertices and transitions of a Chart. Out: plain lines. Names are short there: where a function was defined is left
out, and a function that another one made has the name of its maker.
"""

from __future__ import annotations

from collections.abc import Iterable

from hsm.charts import ChartBehavior, ChartGuard, ChartTransition, ChartTrigger, ChartVertex
from hsm.names import one_line

_WORDS = {"all_of": " and ", "any_of": " or "}


def title(vertex: ChartVertex) -> str:
    """The name of *vertex*, with the model that is embedded there as UML writes it: ``payment : Card``."""
    return one_line(f"{vertex.name} : {vertex.submachine}" if vertex.submachine else vertex.name)


def compartment(vertex: ChartVertex, internal: Iterable[ChartTransition]) -> tuple[str, ...]:
    """What *vertex* does while it is active, a line each: entry, exit, do, *internal* transitions, deferral."""
    lines = [f"entry / {', '.join(map(name, vertex.entry))}"] if vertex.entry else []
    lines += [f"exit / {', '.join(map(name, vertex.exit))}"] if vertex.exit else []
    lines += [f"do / {', '.join(map(name, vertex.activities))}"] if vertex.activities else []
    lines += [label(each) for each in internal]
    lines += [f"{', '.join(vertex.deferrals)} / defer"] if vertex.deferrals else []
    return tuple(map(one_line, lines))


def label(transition: ChartTransition) -> str:
    """Triggers, guard and effects of *transition*, in short words: ``open, kick [unlocked and not worn] / count``."""
    words = [", ".join(filter(None, map(trigger, transition.triggers)))]
    words += [f"[{guard(transition.guard)}]"] if transition.guard is not None else []
    words += [f"/ {', '.join(map(name, transition.effects))}"] if transition.effects else []
    return one_line(" ".join(filter(None, words)))


def trigger(each: ChartTrigger) -> str:
    """A trigger: ``open``, ``order.*``, ``after 5 s``, ``when is_empty``, ``reserve()``; empty for a completion."""
    if each.condition is not None:
        return f"{each.kind} {guard(each.condition)}"
    return f"{each.kind} {name(each.function)}" if each.function is not None else str(each)


def guard(condition: ChartGuard) -> str:
    """A condition, with ``and``, ``or`` and ``not``: ``paid and not (in open or late)``."""
    if condition.behavior is not None:
        return name(condition.behavior)
    if condition.vertex is not None:
        return f"in {condition.vertex.rpartition('/')[2]}"
    if condition.kind == "not_":
        return f"not {_bound(condition.parts[0])}"
    return _WORDS[condition.kind].join(map(_bound, condition.parts))


def _bound(condition: ChartGuard) -> str:
    """A condition as a part of another one."""
    text = guard(condition)
    return f"({text})" if condition.kind in _WORDS and len(condition.parts) > 1 else text


def name(behavior: ChartBehavior) -> str:
    """The last step of its name: ``count`` for ``Door.Closed.count``, and ``say`` for ``say.<lambda>``."""
    steps = [step for step in behavior.name.split(".") if not step.startswith("<")]
    return steps[-1] if steps else behavior.name
