"""The script that runs the examples: what a newcomer sees of one, once its environment is there."""

from __future__ import annotations

import logging
import re
import sys

import pytest

pytestmark = pytest.mark.needs_system  # the script imports `venv`, which a browser's Python lacks

NAMES = [
    "atm",
    "counter",
    "counter_classes",
    "door",
    "media_player",
    "media_player_classes",
    "order_workflow",
    "pedestrian_crossing",
    "robot",
    "smtp_server",
    "tcp_connection",
    "traffic_light",
    "traffic_light_classes",
]
COUNTER = """\
examples/counter.py: A counter: one state, one event, one guard.

The machine as text:

Counter
│    initial → counting
├─ counting
│       add [has_room] / increment
│       add → full
└─ full

What happens; the lines with a bar are the trace:

    |   0.00 s  Counter: start taken: nothing -> counting
    |   0.00 s  Counter: event 'add' taken: counting (Counter.has_room True, Counter.increment)
taken 1 /Counter/counting
    |   0.00 s  Counter: event 'add' taken: counting (Counter.has_room True, Counter.increment)
taken 2 /Counter/counting
    |   0.00 s  Counter: event 'add' taken: counting (Counter.has_room True, Counter.increment)
taken 3 /Counter/counting
    |   0.00 s  Counter: event 'add' taken: counting -> full (Counter.has_room False)
taken 3 /Counter/full
    |   0.00 s  Counter: event 'add' ignored: full
ignored 3 /Counter/full
    |   0.00 s  Counter: stop taken: full -> nothing

Where it ended:

  Counter: /Counter/full after 6 steps

The other examples, with python3 examples/run.py and the name:

"""


@pytest.fixture
def script(example, monkeypatch):
    """The script's module; the arguments that it hands on are those of the tests again afterwards."""
    monkeypatch.setattr("sys.argv", list(sys.argv))
    return example("run")


def test_it_shows_the_machine_the_trace_and_the_end(script, capsys):
    """An example is drawn as text, its steps are printed as they happen, and its end is named."""
    assert script.show("traffic_light", []) == 0  # in virtual time, so that the times are known
    light = capsys.readouterr().out
    assert "    |  58.50 s  Light: after of working/yellow taken: working/yellow -> working/red (Light.show)\n" in light
    assert "  Light: /Light/working/red after 9 steps\n" in light
    assert script.show("counter", []) == 0
    shown = re.sub(r" +\d+\.\d\d s", "   0.00 s", capsys.readouterr().out)  # of a clock that runs
    assert shown.startswith(COUNTER)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "smtp_server"])
def test_every_example_shows_its_trace_and_names_the_others(script, capsys, name):
    """Whichever example is run, its machines are traced, and each of the others has one line."""
    assert script.show(name, []) == 0
    shown, others = capsys.readouterr().out.split("The other examples")
    assert "    | " in shown
    assert [line.split()[0] for line in others.splitlines()[2:]] == [each for each in NAMES if each != name]


def test_orders_are_told_apart(script, capsys):
    """Machines of one model have names of their own in the trace, and each its end."""
    script.show("order_workflow", [])
    end = capsys.readouterr().out.partition("Where it ended:\n\n")[2]
    assert [line.split(" after")[0] for line in end.splitlines()[:3]] == [
        "  A1: /Order/delivered",
        "  A2: /Order/cancelled",
        "  A3: /Order/cancelled",
    ]


def test_a_server_is_traced_as_well(script, capsys):
    """The dialogue of the SMTP server has the steps of its session between its lines."""
    script.show("smtp_server", [])
    lines = capsys.readouterr().out.splitlines()
    said = next(number for number, line in enumerate(lines) if line.startswith("S: 354"))
    step = "commands/greeted/envelope/addressed -> talking/dialogue/receiving/keeping (say.<lambda>)"
    assert lines[said + 1].endswith(f" s  Session: event 'smtp.data' taken: talking/dialogue/{step}")
    assert "  Session: /Session/closed after 11 steps" in lines


def test_nothing_is_left_of_the_trace(script, capsys):
    """After an example the logger is as it was: whoever runs next is not printed."""
    before = list(logging.getLogger("hsm.trace").handlers)
    script.show("counter", [])
    assert logging.getLogger("hsm.trace").handlers == before


@pytest.mark.parametrize(("arguments", "code", "words"), [(["--help"], 0, "usage:"), (["nonsense"], 2, "there is no")])
def test_help_and_mistakes_name_the_examples(script, capsys, arguments, code, words):
    """Help, and a name that is none, list every example, without making an environment."""
    assert script.main(arguments) == code
    said = capsys.readouterr().out
    assert said.startswith(words)
    assert all(name in said for name in NAMES)
