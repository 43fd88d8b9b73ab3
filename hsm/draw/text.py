"""The drawings that are text, by the names that users call.

In: what has a chart. Out: the text, or the text and what it cannot say. Each language is one module beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from hsm.charts import Chart
from hsm.draw.as_dot import write_dot
from hsm.draw.as_mermaid import write_mermaid
from hsm.draw.as_plantuml import write_plantuml
from hsm.draw.as_table import write_table
from hsm.draw.as_tree import write_tree
from hsm.draw.drawn import Diagram
from hsm.draw.subject import Subject, charted

Format: TypeAlias = Literal["mermaid", "dot", "plantuml", "table", "tree"]
"""The languages of text that a model can be drawn in; each is also the name of a function of `hsm.draw`."""

_WRITERS: dict[Format, Callable[[Chart], Diagram]] = {
    "mermaid": write_mermaid,
    "dot": write_dot,
    "plantuml": write_plantuml,
    "table": write_table,
    "tree": write_tree,
}


def mermaid(subject: Subject) -> str:
    """*subject* as a state diagram of Mermaid, which GitHub and many others show in Markdown.

    Args:
        subject: A model, a chart, a machine, or a class that has a ``model``.

    Returns:
        The text from ``stateDiagram-v2`` on, without a fence, and with a newline at its end; the same each time. What
        Mermaid has no symbol for is listed in comments (``%%``); `diagram` gives it as data.

    Raises:
        TypeError: *subject* is none of these.
        DefinitionError: The model breaks rules, where `hsm.collect` let it pass.
    """
    return write_mermaid(charted(subject)).text


def dot(subject: Subject) -> str:
    """*subject* as a graph for Graphviz: ``dot -Tsvg``.

    Arguments, result and errors as for `mermaid`.
    """
    return write_dot(charted(subject)).text


def plantuml(subject: Subject) -> str:
    """*subject* as a state diagram of PlantUML, in UTF-8.

    Arguments, result and errors as for `mermaid`.
    """
    return write_plantuml(charted(subject)).text


def table(subject: Subject) -> str:
    """*subject* as two tables in Markdown: what there is, and the transitions, in the order in which they are tried.

    Arguments, result and errors as for `mermaid`.
    """
    return write_table(charted(subject)).text


def tree(subject: Subject) -> str:
    """*subject* as a tree in plain text: each state with what it does and where its transitions lead.

    Arguments, result and errors as for `mermaid`.
    """
    return write_tree(charted(subject)).text


def diagram(subject: Subject, format: Format) -> Diagram:  # noqa: A002 - the word that users know from the command
    """*subject* in one of the languages, together with what that language cannot say of it.

    Args:
        subject: A model, a chart, a machine, or a class that has a ``model``.
        format: ``mermaid``, ``dot``, ``plantuml``, ``table`` or ``tree``.

    Returns:
        The text, which is what the function of that name returns, and the omissions as data.

    Raises:
        ValueError: *format* is not one of these.
        TypeError: *subject* cannot be drawn.
        DefinitionError: The model breaks rules, where `hsm.collect` let it pass.
    """
    if format not in _WRITERS:
        raise ValueError(f"format must be one of {', '.join(_WRITERS)}, not {format!r}")
    return _WRITERS[format](charted(subject))
