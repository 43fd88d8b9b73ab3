"""Models compared with their callables left out: what two front ends can have in common."""

from __future__ import annotations

import attrs

from hsm.behaviors import is_behavior
from hsm.elements.parts import Element

BEHAVIOR = "a behaviour"


def erased(value):
    """*value*, an element or what one holds, with every callable in it replaced by the same word."""
    if isinstance(value, Element):
        fields = [field.name for field in attrs.fields(type(value)) if field.init and field.name != "where"]
        return attrs.evolve(value, **{name: erased(getattr(value, name)) for name in fields})
    if isinstance(value, tuple):
        return tuple(erased(each) for each in value)
    return BEHAVIOR if is_behavior(value) else value
