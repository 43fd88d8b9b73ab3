"""Looking at elements: their names, their parts in order, the words for them in a message.

Never imports what reads the tree.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeIs

from hsm.elements.nodes import TRIGGERS, AllOf, AnyOf, Condition, Initial, Not, On, OnCall, When
from hsm.elements.parts import Element
from hsm.names import is_text, plain


def is_condition(value: object) -> TypeIs[Condition[Any]]:
    """Whether *value* is a condition: ``isinstance`` says no more of its type argument than that it is unknown."""
    return isinstance(value, Condition)


def name_of(element: Element) -> object:
    """The name of *element* as it was written, valid or not; ``None`` for an `initial` and for whatever has none."""
    return None if isinstance(element, Initial) else getattr(element, "name", None)


def parts_of(element: Element) -> tuple[Any, ...]:
    """The parts of *element* in order; empty for an element that cannot have any."""
    found: tuple[Any, ...] = getattr(element, "parts", ())
    return found


def conditions_of(element: Any) -> tuple[Any, ...]:
    """The conditions directly in *element*; empty for most."""
    # by exact type, here and below: an `isinstance` takes longer, and every element of a tree is asked
    kind: type[Any] = element.__class__
    if kind is AllOf or kind is AnyOf:
        found: tuple[Any, ...] = element.conditions
        return found
    return (element.condition,) if kind is Not or kind is When else ()


def label_of(transition: Element) -> str:
    """The triggers of *transition* in a message: ``on 'pause' or 'after'``; empty for completion."""
    words: list[str] = []
    for part in parts_of(transition):
        kind: type[Any] = part.__class__
        if kind is On:
            words += [f"'{plain(event)}'" for event in part.events if is_text(event)]
        elif kind is OnCall:
            words.append(f"call of '{plain(part.operation)}'")
        elif kind in TRIGGERS:
            words.append(f"'{part.word}'")
    return "on " + " or ".join(words) if words else ""


def a(word: str) -> str:
    """*word* in quotes, with its article: ``a 'state'``, ``an 'entry_point'``."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} '{word}'"
