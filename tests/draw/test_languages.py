"""The drawings as the real tools read them: Graphviz, PlantUML, and Mermaid and Markdown in a browser's place."""

from __future__ import annotations

import html
import json
import random
import re
import warnings
from xml.etree import ElementTree

import pytest
from draw import hostile, kiosk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws.background import with_background
from laws.description import build_functional
from laws.models import describe, descriptions
from support.charts import MODELS, example
from support.tools import graphs, pictures

import hsm
import hsm.draw
from hsm.names import one_line

pytestmark = pytest.mark.needs_system

TEXT = "{http://www.w3.org/2000/svg}text"
NASTY = 'a "b" %%{init: {}}%% -- --- <x> \\ \' @enduml ; :\n${y}'
"""The name of a model; a model's is in other places than those of its states."""


def everything():
    """The kiosk, the examples, and two models whose names are meant to do harm."""
    named = hsm.define(NASTY, hsm.state("only"))
    return [
        hsm.chart(kiosk.MODEL),
        hsm.chart(hostile.model()),
        hsm.chart(named),
        *(example(name) for name in MODELS if not name.endswith("_classes")),
    ]


def texts(markup):
    """What is written in a picture, in order."""
    return ["".join(each.itertext()).replace("\xa0", " ") for each in ElementTree.fromstring(markup).iter(TEXT)]


def plain(label):
    """A label of Graphviz without its markup."""
    return html.unescape(re.sub("<[^>]*>", "", label.replace("<br", "\n<br"))).strip()


def own(chart):
    """The numbers of the vertices but the model, each with what it is."""
    return [(f"s{number}", vertex) for number, vertex in enumerate(chart.vertices) if number]


# --- Graphviz -------------------------------------------------------------------------------------------------


def test_graphviz_draws_everything():
    """Graphviz takes all of them without a word, and has the states by their names."""
    charts = everything()
    for chart, graph in zip(charts, graphs([hsm.draw.dot(chart) for chart in charts]), strict=True):
        nodes = {node["name"].removeprefix("cluster_"): plain(node["label"]) for node in graph["objects"]}
        for id, vertex in own(chart):
            assert id in nodes
            if vertex.kind in ("state", "region"):
                assert nodes[id].startswith(one_line(vertex.name))
        assert plain(graph["label"]) == one_line(chart.name)


def test_graphviz_has_every_transition_of_every_machine():
    """Of random machines every vertex and every transition is there, and no arrow connects what it should not."""
    found = []

    @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(descriptions(), st.integers(0, 10**6))
    def collect(description, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hsm.DefinitionWarning)
            try:
                busy = build_functional(with_background(random.Random(seed), description))
            except hsm.DefinitionError:  # what was added may contradict what is there
                busy = build_functional(description)
        found.append(hsm.chart(busy))

    collect()
    for chart, graph in zip(found, graphs([hsm.draw.dot(chart) for chart in found]), strict=True):
        names = {node["_gvid"]: node["name"].removeprefix("cluster_") for node in graph["objects"]}
        assert {id for id, _ in own(chart)} <= {*names.values()}
        arrows = {}
        for edge in graph.get("edges", ()):
            tail = edge.get("ltail", "").removeprefix("cluster_") or names[edge["tail"]]
            head = edge.get("lhead", "").removeprefix("cluster_") or names[edge["head"]]
            arrows.setdefault(tail, set()).add(head)
        ids = {vertex.path: f"s{number}" for number, vertex in enumerate(chart.vertices)}
        for transition in chart.transitions:
            for target in transition.targets:
                assert leads(arrows, starts(transition, ids), ids[target]), transition


def test_graphviz_gives_up_on_no_graph():
    """Machines on whose graphs Graphviz reports an error, unless it ranks them as one, are drawn all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        found = []
        for seed in (30, 34, 98, 171, 275):
            source = random.Random(seed)
            found.append(build_functional(with_background(source, describe(source))))
    assert len(graphs([hsm.draw.dot(model) for model in found])) == len(found)


def starts(transition, ids):
    """Where the arrow of a transition may start: at its source, or at the point that stands for it."""
    id = ids[transition.source]
    return [f"initial{id}"] if transition.role == "default_entry" else [id, f"origin{id}"]


def leads(arrows, tails, head):
    """Whether an arrow leads from one of *tails* to *head*, over points that only the drawing has."""
    heads = {each for tail in tails for each in arrows.get(tail, ())}
    points = [each for each in heads if each.startswith(("bar", "turn"))]
    return head in heads or (bool(points) and leads(arrows, points, head))


# --- PlantUML -------------------------------------------------------------------------------------------------


def test_plantuml_draws_everything(tmp_path):
    """PlantUML takes all of them without a word, and shows each name and each label as it was written."""
    charts = everything()
    for chart, picture in zip(charts, pictures([hsm.draw.plantuml(chart) for chart in charts], tmp_path), strict=True):
        written = texts(picture)
        unnamed = {path for each in hsm.draw.diagram(chart, "plantuml").omissions for path in each.where}
        named = [vertex for _, vertex in own(chart) if vertex.path not in unnamed and vertex.submachine is None]
        assert {one_line(vertex.name) for vertex in named} <= {*written}
        assert one_line(chart.name) in written
        assert {one_line(event) for event in chart.events if chart.name == "M"} <= {*written}


# --- Mermaid and Markdown -------------------------------------------------------------------------------------


def test_mermaid_draws_everything(browser):
    """Mermaid takes all of them, each vertex stands where it belongs, and names are shown as they were written."""
    for chart in everything():
        text = hsm.draw.mermaid(chart)
        read = browser.reads("mermaid", text)
        nodes = {node["id"]: node for node in read["nodes"]}
        ids = {vertex.path: f"s{number}" for number, vertex in enumerate(chart.vertices)}
        for id, vertex in own(chart):
            around = ids[vertex.parent]
            assert nodes[id]["parent"] == (around if around in nodes else None)
            if vertex.kind in ("state", "region"):
                name = vertex.name if vertex.submachine is None else f"{vertex.name} : {vertex.submachine}"
                assert nodes[id]["lines"][0] == one_line(name)
        first, title, last, rest = text.split("\n", 3)
        assert (first, last, rest.partition("\n")[0]) == ("---", "---", "stateDiagram-v2")
        assert json.loads(title.removeprefix("title: ")) == one_line(chart.name).replace("<", "\u2039")


def test_mermaid_has_every_label(browser):
    """Each arrow leads from its vertex to its target, with its label as it was written."""
    read = browser.reads("mermaid", hsm.draw.mermaid(hostile.model()))
    arrows = {edge["tail"]: (edge["head"], edge["label"].replace("\n", " ")) for edge in read["edges"]}
    last = len(hostile.EVENTS)
    for number, event in enumerate(hostile.EVENTS, 1):
        assert arrows[f"s{number}"] == (f"s{number % last + 1}", one_line(event))


def test_a_table_has_what_was_written_in_its_cells(browser):
    """No name ends a cell, is taken for markup, or is changed."""
    vertices, transitions = browser.reads("table", hsm.draw.table(hostile.model()))
    assert [row[0] for row in vertices[2:]] == [one_line(state) for state in hostile.STATES]
    assert [row[1] for row in transitions[1:-1]] == [one_line(event) for event in hostile.EVENTS]
    assert transitions[-1] == ["/M", "initial", "end"]
