"""The words of drawings: names, labels and compartments, as UML writes them, each on one line.

In: parts of a chart. Out: plain strings, escaped for no language; what a user wrote may hold anything but line breaks
and other unprintable characters, which `one_line` has replaced. Every drawing says the same with them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from hsm.charts import ChartBehavior, ChartGuard, ChartTransition, ChartTrigger, ChartVertex
from hsm.names import one_line

COMPOUND = {"all_of": " and ", "any_of": " or "}


def behavior(each: ChartBehavior) -> str:
    """The name of a behaviour without what it is defined in: ``count``; of a lambda, that of the function around it."""
    steps = [step for step in each.name.split(".") if not step.startswith("<")]
    return one_line(steps[-1] if steps else each.name)


def behaviors(several: Iterable[ChartBehavior]) -> str:
    """The names of *several*, with commas between."""
    return ", ".join([behavior(each) for each in several])


def guard(condition: ChartGuard) -> str:
    """A condition as one reads it aloud: ``paid and not (closed or in 'a/b')``."""
    if condition.behavior is not None:
        return behavior(condition.behavior)
    if condition.vertex is not None:
        return one_line(f"in '{inner_path(condition.vertex)}'")
    if condition.kind == "not_":
        return f"not {_nested(condition.parts[0])}"
    return COMPOUND[condition.kind].join([_nested(part) for part in condition.parts])


def _nested(part: ChartGuard) -> str:
    return f"({guard(part)})" if len(part.parts) > 1 else guard(part)


def trigger(each: ChartTrigger) -> str:
    """A trigger: ``open``, ``order.*``, ``after 5 s``, ``when is_empty``; of a completion, nothing."""
    if each.function is not None:
        return f"{each.kind} {behavior(each.function)}"
    if each.condition is not None:
        return f"{each.kind} {guard(each.condition)}"
    return one_line(str(each))


def triggers(transition: ChartTransition) -> str:
    """What makes a transition fire, with commas between; of a completion, or none, nothing."""
    return ", ".join(filter(None, [trigger(each) for each in transition.triggers]))


def label(transition: ChartTransition, siblings: Sequence[ChartTransition] = (), *, shows_side: bool = False) -> str:
    """The text beside an arrow: ``open, kick [unlocked] / count``; of an internal transition, the whole of it.

    Args:
        transition: Any.
        siblings: All that leave its source: it may be what remains when the guards of the others do not hold.
        shows_side: Whether the arrow shows on which side of the border of its source it begins.
    """
    words = [triggers(transition)]
    remains = transition.guard is None and is_else(transition, siblings)
    words += [f"[{guard(transition.guard)}]"] if transition.guard is not None else ["[else]"] * remains
    words += [f"/ {behaviors(transition.effects)}"] if transition.effects else []
    words += ["/"] if transition.kind == "internal" and not transition.effects else []
    words += ["{external}"] if is_external_inwards(transition) and not shows_side else []
    return " ".join(filter(None, words))


def is_else(transition: ChartTransition, siblings: Sequence[ChartTransition]) -> bool:
    """Whether it is the branch that remains when the guards of its *siblings*, which it is one of, do not hold."""
    return transition.role == "branch" and transition.guard is None and any(each.guard for each in siblings)


def is_external_inwards(transition: ChartTransition) -> bool:
    """Whether it leaves its source and enters it again on its way inwards, which no arrow shows (rule K3)."""
    inside = f"{transition.source}/"
    return (
        transition.role == "transition"
        and transition.kind == "external"
        and any(target.startswith(inside) for target in transition.targets)
    )


def compartments(vertex: ChartVertex, internal: Iterable[ChartTransition]) -> tuple[str, ...]:
    """The lines below the name of a state: what it does, its *internal* transitions, what it defers; often none."""
    return tuple([line for line, _ in rows(vertex, internal)])


def rows(vertex: ChartVertex, internal: Iterable[ChartTransition]) -> tuple[tuple[str, str], ...]:
    """The same, each line with the identifier of the transition that it is; that is empty where it is none."""
    lines = [
        (f"{word} / {behaviors(several)}", "")
        for word, several in (("entry", vertex.entry), ("exit", vertex.exit), ("do", vertex.activities))
        if several
    ]
    lines += [(label(each), each.id) for each in internal]
    lines += [(one_line(f"{', '.join(vertex.deferrals)} / defer"), "")] if vertex.deferrals else []
    return tuple(lines)


def title(vertex: ChartVertex) -> str:
    """The name of a vertex, with that of the model that is embedded as it: ``left : Motor``."""
    return one_line(vertex.name if vertex.submachine is None else f"{vertex.name} : {vertex.submachine}")


def kind(vertex: ChartVertex) -> str:
    """What a vertex is, in words: ``shallow history``."""
    return vertex.kind.replace("_", " ")


def inner_path(path: str) -> str:
    """A path without the name of the model: ``serving/paid``; of the model itself, the whole of it: ``/Kiosk``."""
    inner = path.removeprefix("/").partition("/")[2]
    return inner or path


def lines(text: str, width: int = 32) -> list[str]:
    """*text* broken between words into lines of about *width* characters; none if it is empty."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
