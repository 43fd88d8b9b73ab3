"""Drawings of a model: the picture and its page, text in the languages of tools that draw, a table and a tree.

Imported by itself: ``import hsm`` does not load it. As in `hsm`, what is here is loaded when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsm.draw.drawing import page, svg
    from hsm.draw.drawn import Diagram, Omission
    from hsm.draw.engine import DrawError
    from hsm.draw.subject import Subject
    from hsm.draw.text import Format, diagram, dot, mermaid, plantuml, table, tree

# fmt: off
__all__ = [
    "svg", "page", "DrawError",
    "Diagram", "Format", "Omission", "Subject", "diagram", "dot", "mermaid", "plantuml", "table", "tree",
]
# fmt: on

_MODULES = ("hsm.draw.drawn", "hsm.draw.subject", "hsm.draw.engine", "hsm.draw.text", "hsm.draw.drawing")
"""The modules that have these names, lower floors first."""

if not TYPE_CHECKING:  # as in `hsm`

    def __getattr__(name: str) -> Any:
        """A public name, from the module that has it, which is loaded now; the name is kept here."""
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module 'hsm.draw' has no attribute {name!r}")
        modules = (import_module(each) for each in _MODULES)
        found = globals()[name] = next(getattr(each, name) for each in modules if hasattr(each, name))
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
