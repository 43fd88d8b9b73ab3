"""A chart as a state diagram of Mermaid.

In: a Chart. Out: the text. Mermaid knows states in states, the initial dot, choices, forks and joins. Whatever else
there is, is drawn as a text without a frame that shows UML's symbol. A region is a state with a dashed frame: it has a
name then, which Mermaid's own regions have not, and arrows may cross its border. Arrows between a state and what is in
it make Mermaid draw nonsense; they lead over the points of `graph`. Ids are numbers, so that no name is a word of the
language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from hsm.charts import Chart
from hsm.draw.drawn import Diagram
from hsm.draw.graph import Edge, Graph, Node, NodeKind, graph_of, is_initial
from hsm.draw.omissions import kinds, names, omissions

_SYMBOLS: dict[NodeKind, str] = {
    "final": "◉",
    "junction": "●",
    "shallow_history": "(H)",
    "deep_history": "(H*)",
    "entry_point": "○",
    "exit_point": "⊗",
    "terminate": "✕",
    "origin": "◦",
    "turn": "●",
}
"""What stands before the name of a vertex for which Mermaid has no symbol."""

_STEREOTYPES: dict[NodeKind, str] = {"choice": "choice", "fork": "fork", "bar": "fork", "join": "join"}

_LACKS = (
    kinds("regions are drawn as states with dashed frames", "region"),
    kinds("histories are drawn as the text (H) or (H*)", "shallow_history", "deep_history"),
    kinds("junctions are drawn as the text ●", "junction"),
    kinds("entry and exit points are drawn inside of their state, as the text ○ or ⊗", "entry_point", "exit_point"),
    kinds("final states and terminates are drawn as the text ◉ or ✕", "final", "terminate"),
    kinds("arrows from these states to what they contain start at a text ◦ inside", "origin"),
    kinds("arrows to these states from what they contain lead over a text ●", "turn"),
    names("choices, forks and joins are drawn without their names", "choice", "fork", "join"),
)


def write_mermaid(chart: Chart) -> Diagram:
    """*chart* in Mermaid's language, with the name of the model as its title."""
    graph = graph_of(chart, has_loops=True)
    lacks = omissions(graph, _LACKS)
    lines = ["---", f"title: {_yaml(graph.title)}", "---", "stateDiagram-v2"]
    lines += [f"  %% {_comment(str(each))}" for each in lacks]
    lines += _nodes(graph.nodes, "  ", graph)
    lines += [f"  {edge.tail.id} {_arrow(edge)}" for edge in graph.edges if not is_initial(edge.tail)]
    return Diagram("\n".join([*lines, *_classes(graph)]) + "\n", lacks)


def _nodes(nodes: Iterable[Node], indent: str, graph: Graph) -> list[str]:
    """The statements of *nodes*, initial dots last: an arrow that comes before its head would make that head here."""
    return [line for node in sorted(nodes, key=is_initial) for line in _node(node, indent, graph)]


def _node(node: Node, indent: str, graph: Graph) -> list[str]:
    """The statements of *node*, and of what is in it."""
    if node.kind == "initial":  # Mermaid's dot belongs to the place where its arrow is written
        return [f"{indent}[*] {_arrow(edge)}" for edge in graph.edges if edge.tail is node]
    if node.kind in _STEREOTYPES:
        return [f"{indent}state {node.id} <<{_STEREOTYPES[node.kind]}>>"]
    if not node.children:
        lines = [f'{indent}state "{_caption(node)}" as {node.id}']
        return lines + [f"{indent}{node.id} : {_text(line)}" for line in node.lines]
    lines = [f'{indent}state "{_text(node.title)}" as {node.id} {{']
    if node.lines:  # below the title of a composite they would lie under what is in it
        lines.append(f'{indent}  state "{_several(node.lines)}" as {node.id}text')
    return [*lines, *_nodes(node.children, f"{indent}  ", graph), f"{indent}}}"]


def _caption(node: Node) -> str:
    """The name of a vertex, behind the symbol that Mermaid lacks."""
    symbol = _SYMBOLS.get(node.kind, "")
    is_said = symbol and node.title in ("H", "H*")
    return f"{symbol} {'' if is_said else _text(node.title)}".strip()


def _arrow(edge: Edge) -> str:
    """An arrow without its tail, with what stands beside it."""
    text = _several(edge.lines())
    return f"--> {edge.head.id}" + (f" : {text}" if text else "")


def _classes(graph: Graph) -> list[str]:
    """How nodes look that are not drawn as states."""
    nodes = list(graph.all())
    regions = [node.id for node in nodes if node.kind == "region"]
    texts = [node.id for node in nodes if node.kind in _SYMBOLS]
    texts += [f"{node.id}text" for node in nodes if node.lines and node.children]
    lines = ["  classDef region stroke-dasharray:5 5", f"  class {','.join(regions)} region"] if regions else []
    lines += ["  classDef text fill:none,stroke:none", f"  class {','.join(texts)} text"] if texts else []
    return lines


# --- text ---------------------------------------------------------------------------------------------------------


def _several(lines: Iterable[str]) -> str:
    return "<br/>".join([_text(line) for line in lines])


def _text(text: str) -> str:
    """*text* where Mermaid reads HTML, Markdown and its own language; what any of them might take is a number.

    Mermaid makes ``#35;`` the character of that number before anything else looks at it.
    """
    around = f" {text} "
    coded = "".join([_character(*around[at - 1 : at + 2]) for at in range(1, len(around) - 1)])
    return coded.replace("direction", "#100;irection")  # Mermaid sees "direction TB" wherever it stands


def _character(before: str, each: str, after: str) -> str:
    is_plain = each.isalnum() or each in " ,/" or (each in "()" and before != "]")
    is_alone = each in "[]" and each not in (before, after)
    is_inside_a_word = each in "._-" and before.isalnum() and after.isalnum()
    return each if is_plain or is_alone or is_inside_a_word else f"#{ord(each)};"


def _comment(text: str) -> str:
    """*text* in a comment, where Mermaid looks for its directives (``%%{init: ...}%%``) all the same."""
    return text.replace("%", "#37;").replace("{", "#123;")


def _yaml(name: str) -> str:
    """The name of the model as a string of YAML, without the signs of front matter and directives.

    Mermaid takes tags out of a title, and shows entities in it as they are written; so the signs of tags are others.
    """
    text = json.dumps(name.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"), ensure_ascii=False)
    return re.sub(r"[-%{]", lambda sign: f"\\u{ord(sign[0]):04x}", text)
