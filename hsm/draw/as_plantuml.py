"""A chart as a state diagram of PlantUML.

In: a Chart. Out: the text. PlantUML refuses every arrow over the border of one of its own regions, and so forks and
joins. Regions are therefore states with dashed frames, as in Mermaid: they have names then, and arrows may lead
anywhere. Arrows between a state and what is in it would end nowhere; they lead over the points of `graph`. Ids are
numbers, so that no name is a word of the language.
"""

from __future__ import annotations

from collections.abc import Iterable

from hsm.charts import Chart
from hsm.draw.drawn import Diagram
from hsm.draw.graph import Edge, Graph, Node, NodeKind, graph_of, is_initial
from hsm.draw.omissions import kinds, names, omissions

_STEREOTYPES: dict[NodeKind, str] = {
    "choice": "choice",
    "junction": "choice",
    "turn": "choice",
    "fork": "fork",
    "bar": "fork",
    "join": "join",
    "shallow_history": "history",
    "deep_history": "history*",
    "final": "end",
    "entry_point": "entryPoint",
    "origin": "entryPoint",
    "exit_point": "exitPoint",
}
"""How the vertices look that are not states."""

_SYMBOLS: dict[NodeKind, str] = {"shallow_history": "H", "deep_history": "H*", "terminate": "✕"}

_LACKS = (
    kinds("regions are drawn as states with dashed frames", "region"),
    kinds("junctions are drawn as choices", "junction"),
    kinds("terminates are drawn as states with the text ✕", "terminate"),
    kinds("arrows from these states to what they contain start at an entry point without a name", "origin"),
    kinds("arrows to these states from what they contain lead over a choice", "turn"),
    names(
        "pseudostates and final states are drawn without their names",
        "choice", "junction", "fork", "join", "final", "shallow_history", "deep_history",
    ),
)  # fmt: skip

_HEAD = ("hide empty description", "skinparam shadowing false")


def write_plantuml(chart: Chart) -> Diagram:
    """*chart* in PlantUML's language, with the name of the model as its title."""
    graph = graph_of(chart, has_loops=True)
    lacks = omissions(graph, _LACKS)
    lines = ["@startuml", *_HEAD, f"title {_text(graph.title)}"]
    lines += [f"' {_text(str(each))}" for each in lacks]
    lines += _nodes(graph.nodes, "", graph)
    lines += [f"{edge.tail.id} {_arrow(edge)}" for edge in graph.edges if not is_initial(edge.tail)]
    return Diagram("\n".join([*lines, "@enduml"]) + "\n", lacks)


def _nodes(nodes: Iterable[Node], indent: str, graph: Graph) -> list[str]:
    """The statements of *nodes*, initial dots last: an arrow that comes before its head would make that head here."""
    return [line for node in sorted(nodes, key=is_initial) for line in _node(node, indent, graph)]


def _node(node: Node, indent: str, graph: Graph) -> list[str]:
    """The statements of *node*, and of what is in it."""
    if node.kind == "initial":  # PlantUML's dot belongs to the place where its arrow is written
        return [f"{indent}[*] {_arrow(edge)}" for edge in graph.edges if edge.tail is node]
    line = f'{indent}state "{_text(_caption(node))}" as {node.id}'
    if node.kind in _STEREOTYPES:
        line += f" <<{_STEREOTYPES[node.kind]}>>"
    elif node.kind == "region":
        line += " ##[dashed]"
    texts = [f"{indent}{node.id} : {_text(text)}" for text in node.lines]
    if not node.children:
        return [line, *texts]
    return [f"{line} {{", *_nodes(node.children, f"{indent}  ", graph), f"{indent}}}", *texts]


def _caption(node: Node) -> str:
    """The name of a vertex; behind a symbol where PlantUML, or its old versions, draw a box with a name."""
    symbol = _SYMBOLS.get(node.kind, "")
    return symbol if symbol and node.title in ("H", "H*") else f"{symbol} {node.title}".strip() or " "


def _arrow(edge: Edge) -> str:
    """An arrow without its tail, with what stands beside it."""
    text = "\\n".join([_text(line) for line in edge.lines()])
    return f"--> {edge.head.id}" + (f" : {text}" if text else "")


def _text(text: str) -> str:
    """*text* where PlantUML reads its language, its preprocessor's, and a kind of wiki; what they take is a number.

    All of their signs are ASCII; other characters stay, and the file is one in UTF-8.
    """
    around = f" {text} "
    return "".join([_character(*around[at - 1 : at + 2]) for at in range(1, len(around) - 1)])


def _character(before: str, each: str, after: str) -> str:
    is_plain = each.isalnum() or not each.isascii() or each in " ,()"
    is_alone = each in "/[]" and each not in (before, after)
    is_inside_a_word = each in "._-" and before.isalnum() and after.isalnum()
    return each if is_plain or is_alone or is_inside_a_word else f"<U+{ord(each):04X}>"
