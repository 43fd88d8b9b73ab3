"""A chart as a graph for Graphviz.

In: a Chart. Out: the text. A composite is a cluster. Edges of Graphviz connect nodes, never clusters: one that belongs
to a composite is tied to a node in it, and cut off at the border (``ltail``, ``lhead``).
"""

from __future__ import annotations

import html

from hsm.charts import Chart
from hsm.draw.drawn import Diagram
from hsm.draw.graph import Edge, Node, NodeKind, graph_of
from hsm.draw.omissions import kinds, omissions

# without `newrank`, Graphviz gives up on some graphs with clusters in clusters ("trouble in init_rank")
_HEAD = """\
  compound=true
  newrank=true
  nodesep=0.6
  ranksep=0.5
  fontname="Helvetica,Arial,sans-serif"
  fontsize=12
  labeljust=l
  node [fontname="Helvetica,Arial,sans-serif" fontsize=11 shape=box style=rounded height=0.35 margin="0.12,0.06"]
  edge [fontname="Helvetica,Arial,sans-serif" fontsize=10 arrowhead=vee arrowsize=0.7]"""

_DOT = 'shape=circle style=filled fillcolor=black fixedsize=true label=""'
_CIRCLE = 'shape=circle style="" fixedsize=true fontsize=9'
_BAR = 'shape=box style=filled fillcolor=black width=0.9 height=0.06 fixedsize=true label=""'

_SHAPES: dict[NodeKind, str] = {
    "initial": f"{_DOT} width=0.15 height=0.15",
    "origin": f'{_CIRCLE} width=0.08 height=0.08 label=""',
    "turn": f"{_DOT} width=0.08 height=0.08",
    "choice": 'shape=diamond style="" width=0.3 height=0.3 fixedsize=true label=""',
    "junction": f"{_DOT} width=0.15 height=0.15",
    "fork": _BAR,
    "join": _BAR,
    "bar": _BAR,
    "shallow_history": f'{_CIRCLE} width=0.28 height=0.28 label="H"',
    "deep_history": f'{_CIRCLE} width=0.28 height=0.28 label="H*"',
    "final": 'shape=doublecircle style=filled fillcolor=black width=0.12 height=0.12 fixedsize=true label=""',
    "entry_point": f'{_CIRCLE} width=0.2 height=0.2 label=""',
    "exit_point": f'{_CIRCLE} width=0.2 height=0.2 label="&times;"',
    "terminate": 'shape=plain style="" label=<<font point-size="20">&times;</font>>',
}
"""How the vertices look that are not states; their names stand beside them."""

_POINTS = frozenset({"initial", "origin", "turn", "bar"})

_LACKS = (
    kinds("regions are drawn as dashed boxes, not side by side", "region"),
    kinds("entry and exit points are drawn inside of their state", "entry_point", "exit_point"),
    kinds("arrows from these states to what they contain start at a small circle inside", "origin"),
    kinds("arrows to these states that would cross themselves lead over a small dot", "turn"),
)


def write_dot(chart: Chart) -> Diagram:
    """*chart* as a directed graph, with the name of the model as its title."""
    graph = graph_of(chart, has_loops=False)
    lacks = omissions(graph, _LACKS)
    lines = [f"// {each}" for each in lacks]
    lines += [f"digraph {_quoted(graph.title)} {{", _HEAD]
    lines.append(f"  label=<<b>{_text(graph.title)}</b>>")
    lines.append("  labelloc=t")
    for node in graph.nodes:
        lines += _node(node, "  ")
    lines += [_edge(edge) for edge in graph.edges]
    return Diagram("\n".join([*lines, "}"]) + "\n", lacks)


def _node(node: Node, indent: str) -> list[str]:
    """The statements of *node*, and of what is in it."""
    if not node.children:
        return [f"{indent}{node.id} [{_shape(node)}]"]
    style = "dashed" if node.kind == "region" else "rounded"
    lines = [f"{indent}subgraph cluster_{node.id} {{", f"{indent}  style={style}", f"{indent}  label={_label(node)}"]
    for child in node.children:
        lines += _node(child, f"{indent}  ")
    return [*lines, f"{indent}}}"]


def _shape(node: Node) -> str:
    """How a node looks that is no cluster."""
    shape = _SHAPES.get(node.kind)
    if shape is None:
        return f"label={_label(node)}"
    is_said = node.title in ("", "H", "H*")
    return shape if is_said else f"{shape} xlabel=<{_text(node.title)}>"


def _label(node: Node) -> str:
    """The name of a state, and below a line its compartments."""
    title = f"<b>{_text(node.title)}</b>" if node.kind != "region" else f"<i>{_text(node.title)}</i>"
    if not node.lines:
        return f"<{title}>"
    rows = "".join([f'<tr><td align="left">{_text(line)}</td></tr>' for line in node.lines])
    return f'<<table border="0" cellborder="0" cellspacing="0"><tr><td>{title}</td></tr><hr/>{rows}</table>>'


def _edge(edge: Edge) -> str:
    """The statement of an arrow."""
    attributes = [f"ltail=cluster_{edge.tail.id}"] if edge.tail.children else []
    attributes += [f"lhead=cluster_{edge.head.id}"] if edge.head.children else []
    text = "".join([f' {_text(line)}<br align="left"/>' for line in edge.lines()])
    attributes += [f"label=<{text}>"] if text else []
    attributes += ["arrowhead=none"] if edge.head.kind == "turn" else []
    return f"  {_end(edge.tail)} -> {_end(edge.head)} [{' '.join(attributes)}]"


def _end(node: Node) -> str:
    """The node that an edge is tied to: *node* itself, or one in the cluster that it is.

    Never the initial dot, if there is another: nothing leads there then, and it is drawn on top.
    """
    while node.children:
        node = next((each for each in node.children if each.kind not in _POINTS), node.children[0])
    return node.id


def _text(text: str) -> str:
    """*text* in a label like HTML."""
    return html.escape(text)


def _quoted(text: str) -> str:
    """*text* as a string of the language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
