"""Nothing overlaps in a picture, nothing ends nowhere, nothing is missing."""

from __future__ import annotations

import random
import warnings
from importlib import import_module
from pathlib import Path

import attrs
import pytest
from laws.description import build_functional
from laws.models import describe, is_valid
from picture.geometry import faults
from picture.kiosk import MODEL

import hsm
import hsm.draw
from hsm.draw.drawing import drawn

pytestmark = [pytest.mark.needs_system, pytest.mark.usefixtures("elk")]

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "door": "Door",
    "counter": "Counter",
    "traffic_light": "Light",
    "media_player": "model",
    "order_workflow": "MODEL",
    "smtp_server": "MODEL",
}


def yes(ctx, instance, event):
    return True


def no(ctx, instance, event):
    return False


def of(*parts):
    """The chart of a model of these *parts*, and its figure."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        chart = hsm.chart(hsm.define("M", *parts))
    return chart, drawn(chart)


def test_the_kiosk_is_drawn_without_a_fault():
    """Everything that there is, in one picture."""
    chart = hsm.chart(MODEL)
    assert faults(drawn(chart), chart) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_drawn_without_a_fault(name, monkeypatch):
    """What users see first."""
    monkeypatch.syspath_prepend(ROOT / "examples")
    found = getattr(import_module(name), EXAMPLES[name])
    chart = hsm.chart(getattr(found, "model", found))
    assert faults(drawn(chart), chart) == []


@pytest.mark.parametrize("seed", [1, 7, 11, 66, 94, 147, 338, 376])
def test_a_random_machine_is_drawn_without_a_fault(seed):
    """Machines as nobody writes them, from the tests of the rules."""
    description = describe(random.Random(seed))
    assert is_valid(description)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        chart = hsm.chart(build_functional(description))
    assert faults(drawn(chart), chart) == []


def test_the_check_itself_finds_what_is_wrong():
    """Each kind of fault is found in a picture that was spoilt on purpose."""
    chart = hsm.chart(MODEL)
    figure = drawn(chart)
    label, line, shape = figure.labels[0], figure.lines[0], figure.shapes[-1]
    state = next(each for each in figure.shapes if each.path == "/Kiosk/idle")
    point = next(each for each in figure.shapes if each.kind == "entry_point")
    region = next(each for each in figure.shapes if each.kind == "region")

    def found(**changes):
        return {fault[0] for fault in faults(attrs.evolve(figure, **changes), chart)}

    def with_shape(old, **changes):
        return [attrs.evolve(each, **changes) if each is old else each for each in figure.shapes]

    def with_label(box):
        return found(labels=[attrs.evolve(label, box=box), *figure.labels[1:]])

    def with_line(*points):
        return found(lines=[attrs.evolve(line, points=points), *figure.lines[1:]])

    assert "text over text" in with_label(state.text)
    assert "text over shape" in with_label(state.box)
    (x, y), (right, bottom) = figure.lines[5].points[:2]
    assert "text over line" in with_label(attrs.evolve(label.box, x=(x + right) / 2 - 5, y=(y + bottom) / 2 - 5))
    _, start, end = figure.separators[0]
    assert "text over separator" in with_label(attrs.evolve(label.box, x=start[0] - 5, y=(start[1] + end[1]) / 2))
    assert "shape over shape" in found(shapes=with_shape(shape, box=state.box))
    assert "composite over composite" in found(shapes=with_shape(region, box=region.box.moved(40, 0)))
    assert "shape outside" in found(shapes=with_shape(state, box=state.box.moved(-2000, 0)))
    assert "point off the border" in found(shapes=with_shape(point, box=point.box.moved(0, 30)))
    assert "line that ends nowhere" in with_line((0, 0), (0, 9))
    choice = next(each for each in figure.shapes if each.kind == "choice")
    number = next(i for i, each in enumerate(figure.lines) if each.transition.startswith("/Kiosk/decide"))
    beside = (choice.box.x + 3, choice.box.bottom), *figure.lines[number].points[1:]
    lines = [*figure.lines[:number], attrs.evolve(figure.lines[number], points=beside), *figure.lines[number + 1 :]]
    assert "line that ends nowhere" in found(lines=lines)
    assert "slanting line" in with_line((0, 0), (9, 9))
    assert "line over shape" in with_line((state.box.x - 9, state.box.y + 9), (state.box.right + 9, state.box.y + 9))
    assert "vertices that are not drawn once" in found(shapes=figure.shapes[:-1])
    assert "arrows that are not drawn once" in found(lines=figure.lines[1:])
    assert "labels that are not there once" in found(labels=figure.labels[1:])
    writing = attrs.evolve(state.writing, lines=state.writing.lines[:1])
    assert "compartment that is not there" in found(shapes=with_shape(state, writing=writing))


def test_regions_stand_side_by_side_in_their_order():
    """Equally high, with a dashed line between them, also where something stands above and below them."""
    chart, figure = of(
        hsm.initial(hsm.target("a/x", "b/y")),
        hsm.region("a", hsm.state("x", hsm.transition(hsm.target("/M/j")))),
        hsm.region("b", hsm.state("y", hsm.entry(print), hsm.exit(print), hsm.transition(hsm.target("/M/j")))),
        hsm.region("c", hsm.state("z", hsm.transition(hsm.on("e"), hsm.target("f")), hsm.final("f"))),
        hsm.join("j", hsm.transition(hsm.target("/M/a/x"))),
    )
    assert faults(figure, chart) == []
    regions = [shape.box for shape in figure.shapes if shape.kind == "region"]
    assert [box.y for box in regions] == [regions[0].y] * 3
    assert [box.height for box in regions] == pytest.approx([regions[0].height] * 3)
    assert [box.x for box in regions] == sorted([box.x for box in regions])
    downwards = [start[0] for _, start, end in figure.separators if start[0] == end[0]]
    assert [regions[0].right < downwards[0] < regions[1].x, regions[1].right < downwards[1] < regions[2].x] == [
        True
    ] * 2
    assert len(figure.separators) == 4  # and one above, and one below


def test_a_line_from_region_to_region_passes_below_them():
    """Into a join that stands in one of them: the regions stay side by side, and the label is there."""
    chart, figure = of(
        hsm.region("a", hsm.state("x", hsm.transition(hsm.target("/M/b/j"), hsm.effect(print)))),
        hsm.region(
            "b", hsm.state("y", hsm.transition(hsm.target("/M/b/j"))), hsm.join("j", hsm.transition(hsm.target("../y")))
        ),
    )
    assert faults(figure, chart) == []
    line = next(line for line in figure.lines if line.transition == "/M/a/x#0")
    region = next(shape.box for shape in figure.shapes if shape.path == "/M/a")
    assert max(y for _, y in line.points) > region.bottom


def test_arrows_from_a_state_to_itself_stand_beside_it():
    """One below the other, simple or composite, with or without a label."""
    again = [hsm.transition(hsm.on(name), hsm.target(".")) for name in ("a", "b", "c.d.e")]
    chart, figure = of(
        hsm.state("x", *again, hsm.transition(hsm.on("in"), hsm.target("/M/y/p"))),
        hsm.state("z", hsm.transition(hsm.target(".")), hsm.transition(hsm.on("a"), hsm.target("/M/x"))),
        hsm.state("y", hsm.state("inner", hsm.transition(hsm.target("../p"))), hsm.shallow_history("p"), *again),
    )
    assert faults(figure, chart) == []
    state = next(shape.box for shape in figure.shapes if shape.path == "/M/x")
    loops = [line.points for line in figure.lines if line.transition in ("/M/x#0", "/M/x#1", "/M/x#2")]
    assert all(points[0][0] == points[-1][0] == pytest.approx(state.right) for points in loops)


def test_leaving_and_entering_the_same_state_goes_round_it():
    """A transition to what contains its source, and an external one inwards, cross the border (rules K3 and K4)."""
    chart, figure = of(
        hsm.state(
            "a",
            hsm.state("b", hsm.transition(hsm.on("up"), hsm.target("/M/a"))),
            hsm.transition(hsm.on("local"), hsm.target("b")),
            hsm.transition(hsm.on("external"), hsm.target("b"), hsm.external()),
        )
    )
    assert faults(figure, chart) == []
    outer = next(shape.box for shape in figure.shapes if shape.path == "/M/a")
    below = {line.transition: max(y for _, y in line.points) > outer.bottom for line in figure.lines}
    assert [below[f"/M/a{name}"] for name in ("/b#0", "#0", "#1")] == [True, False, True]


def test_a_transition_with_several_targets_has_a_bar_of_its_own():
    """Inside of the state with the regions where it comes from there, else beside it."""
    regions = [hsm.region(name, hsm.state("x")) for name in "pq"]
    chart, figure = of(
        hsm.state("s", hsm.transition(hsm.on("go"), hsm.target("/M/o/p/x", "/M/o/q/x"))),
        hsm.state("o", *regions, hsm.transition(hsm.on("go"), hsm.target("p/x", "q/x"))),
    )
    assert faults(figure, chart) == []
    bars = {shape.transition: shape.container for shape in figure.shapes if shape.kind == "fork"}
    assert bars == {"/M/s#0": "/M", "/M/o#0": "/M/o"}


def test_the_model_itself_may_have_points_and_loops():
    """Nothing is around it but the ground."""
    chart, figure = of(
        hsm.state("a", hsm.transition(hsm.on("e"), hsm.target("/M/out"))),
        hsm.entry_point("in", hsm.transition(hsm.target("a"))),
        hsm.exit_point("out"),
        hsm.transition(hsm.on("f"), hsm.target("."), hsm.effect(print)),
        hsm.transition(hsm.on("g"), hsm.effect(print)),
    )
    assert faults(figure, chart) == []


def test_many_lines_at_one_border_find_room_there():
    """A small state that much leads to and from is wide enough for all of it."""
    many = [hsm.transition(hsm.on(f"e{number}"), hsm.target("/M/o/x/y")) for number in range(9)]
    more = [hsm.transition(hsm.on(f"f{number}"), hsm.target("/M/o/x")) for number in range(9)]
    chart, figure = of(hsm.state("s", *many, *more), hsm.state("o", hsm.state("x", hsm.state("y"))))
    assert faults(figure, chart) == []
    ends = sorted(
        [line.points[-1][0] for line in figure.lines if chart.transition(line.transition).targets == ("/M/o/x",)]
    )
    assert len(set(ends)) == len(ends)


def test_long_texts_go_on_in_the_next_line():
    """Indented, so that one sees where the next begins; nothing is cut off."""
    names = [f"a_rather_long_event_name_{number}" for number in range(9)]
    chart, figure = of(
        hsm.state(
            "a", hsm.defer(*names), hsm.transition(hsm.on(*names, "b"), hsm.target("b")), hsm.transition(hsm.on(*names))
        ),
        hsm.state("b" * 90, hsm.state("c")),
        hsm.state("b", hsm.transition(hsm.on("e"), hsm.target("b" * 90))),
    )
    assert faults(figure, chart) == []
    assert "\u2003" in "".join(figure.shapes[2].writing.lines)
    assert all(name in hsm.draw.svg(chart) for name in names)


def test_several_lines_meet_one_entry_point():
    """And go on as one."""
    into = [hsm.transition(hsm.on(name), hsm.target("/M/s/in")) for name in "pqr"]
    chart, figure = of(
        hsm.state("a", *into[:2]),
        hsm.state("b", into[2], hsm.transition(hsm.on("x"), hsm.target("/M/a"))),
        hsm.state("s", hsm.entry_point("in", hsm.transition(hsm.target("t"))), hsm.state("t", hsm.transition(hsm.on("x"), hsm.target("/M/b")))),
    )  # fmt: skip
    assert faults(figure, chart) == []
    ends = {line.points[-1] for line in figure.lines if chart.transition(line.transition).targets == ("/M/s/in",)}
    assert len(ends) == 1


def test_lines_meet_a_diamond_and_a_circle():
    """Also where several do: each is led on from the box around it to what is drawn."""
    ways = [hsm.transition(hsm.guard(has), hsm.target(name)) for has, name in ((yes, "a"), (no, "b"), (yes, "e"))]
    chart, figure = of(
        hsm.state("s", hsm.transition(hsm.on("x"), hsm.target("c")), hsm.transition(hsm.on("y"), hsm.target("j"))),
        hsm.choice("c", *ways, hsm.transition(hsm.target("f"))),
        hsm.junction("j", *ways, hsm.transition(hsm.target("f"))),
        *[hsm.state(name, hsm.transition(hsm.on("z"), hsm.target("f"))) for name in "abe"],
        hsm.final("f"),
    )
    assert faults(figure, chart) == []
    choice = next(shape.box for shape in figure.shapes if shape.kind == "choice")
    heights = {line.points[0][1] for line in figure.lines if line.transition.startswith("/M/c#")}
    assert len(heights) > 1
    assert all(choice.center[1] < height <= choice.bottom for height in heights)
