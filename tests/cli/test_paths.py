"""The command `paths`: the shortest way to what is in a model."""

from __future__ import annotations

import json

import pytest

ADA = ("--event", 'Knock {"who": "Ada"}')
EVE = ("--event", 'Knock {"who": "Eve"}')
COUNTER = ("counter.py:Counter", "--instance", "Counter(limit=3)")


def test_each_state_and_transition_has_its_way(door, hsm_command):
    """In the order of the chart; what behaviours print does not disturb it, and the exit code is 0."""
    ran = hsm_command("paths", "door.py:Door", *ADA, *EVE)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "/Door/Closed    start",
        "/Door/Open      Knock(who='Ada')",
        "/Door/Closed#0  Knock(who='Ada')",
        "/Door/Closed#1  Knock(who='Eve')",
        "/Door/Open#0    Knock(who='Ada'),+5s",
        "/Door/Open#1    Knock(who='Ada'),kick",
    ]


def test_what_is_not_reached_has_its_reason(door, hsm_command):
    """It is a finding; a search that ended at its bounds says so."""
    ran = hsm_command("paths", "door.py:Door")
    assert ran.code == 1
    assert "/Door/Closed  start\nwarning: /Door/Open was not reached\n" in ran.out
    assert "  = why:  the signal 'Knock' cannot be made without arguments: give it in --event\n" in ran.out
    assert "= help:" not in ran.out
    ran = hsm_command("paths", "door.py:Door", *ADA, *EVE, "--runs", "2")
    assert ran.out.endswith("  = help: the search ended at its bounds, after 2 runs: try --runs, --longest\n")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Open", "/Door/Open  Knock(who='Ada')"),
        ("/Door/Open#1", "/Door/Open#1  Knock(who='Ada'),kick"),
        ("Open#0", "/Door/Open#0  Knock(who='Ada'),+5s"),
    ],
)
def test_one_can_be_asked_for(door, hsm_command, name, line):
    """A state by its path, a transition by its identifier, without the name of the model as well."""
    ran = hsm_command("paths", "door.py:Door", *ADA, "--to", name)
    assert (ran.code, ran.out) == (0, f"{line}\n")


def test_json_has_the_inputs(door, hsm_command):
    """Events with their data, calls and waits; in a file, if one is named."""
    ran = hsm_command("paths", *COUNTER, "--event", "add 2", "--to", "full", "-f", "json")
    assert json.loads(ran.out) == {
        "model": "Counter",
        "runs": 4,
        "is_complete": True,
        "paths": [
            {
                "reaches": ["/Counter/full"],
                "text": "add(2),add(2),add(2)",
                "inputs": [{"send": "add", "data": 2}] * 3,
                "states": ["/Counter/full"],
            }
        ],
        "missing": [],
    }
    hsm_command("paths", "door.py:Door", *ADA, "-f", "json", "-o", "door.json")
    found = json.loads((door.path / "door.json").read_text(encoding="utf-8"))
    assert found["paths"][1]["inputs"] == [{"send": "Knock", "data": "Knock(who='Ada')"}]
    assert found["paths"][3]["inputs"][1] == {"wait": 5.0}
    assert found["missing"] == [{"name": "/Door/Closed#1", "reason": "nothing that was tried took it"}]
    hsm_command("paths", "door.py:Door", *ADA, "-o", "door.txt")
    assert "/Door/Open " in (door.path / "door.txt").read_text(encoding="utf-8")


def test_operations_are_called(project, hsm_command):
    """With their argument, which is given as the data of an event is."""
    project(
        shop="""
        import hsm

        def keep(ctx, shop, event): ...

        model = hsm.define("Shop", hsm.state("open", hsm.transition(hsm.on_call("reserve"), hsm.effect(keep))))
        """
    )
    ran = hsm_command("paths", "shop.py:model", "--event", "reserve 3", "-f", "json")
    assert json.loads(ran.out)["paths"][1]["inputs"] == [{"call": "reserve", "arguments": [3]}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "Opn"), "Open"),
        (("--to", "Open#7"), "has no transition '/Door/Open#7'"),
        (("--to", "#default"), "/Door#default is a default entry that is not written anywhere"),
        (("--to", "/Door"), "/Door is the whole model\n  = help: name a state or a transition"),
        (("--event", "+5s"), "'+5s' is not an event"),
        (("--event", "nothing 3"), "data: model 'Door' does not react to 'nothing'"),
        (("--event", 'Knock {"whom": 1}'), "'Knock' cannot be made"),
        (("--runs", "0"), "a path has 1 or more inputs, found in 1 or more runs; not 0"),
        (("--instance", "Doors()"), "the instance 'Doors()' cannot be made"),
    ],
)
def test_mistakes_are_named(door, hsm_command, arguments, message):
    """Exit code 2, and what is wrong on standard error."""
    ran = hsm_command("paths", "door.py:Door", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_pseudostate_is_nothing_to_go_to(project, hsm_command):
    """A search looks for states and transitions; regions and pseudostates are passed through."""
    project(
        m="""
        import hsm

        model = hsm.define(
            "M",
            hsm.initial(hsm.target("c")),
            hsm.choice("c", hsm.transition(hsm.target("a"))),
            hsm.state("a"),
        )
        """
    )
    ran = hsm_command("paths", "m.py:model", "--to", "c")
    assert "/M/c is a choice" in ran.err
    assert hsm_command("paths", "m.py:model", "--to", "#default").out == "/M#default  start\n"


def test_a_machine_that_does_not_start_is_a_problem(project, hsm_command):
    """With what was raised; so is an instance that fails while the search runs."""
    project(
        broken="""
        import hsm

        def fail(ctx, machine, event):
            raise OSError("no disk")

        model = hsm.define("M", hsm.state("a", hsm.entry(fail)))
        """
    )
    ran = hsm_command("paths", "broken.py:model")
    assert (ran.code, ran.out) == (2, "")
    assert "no paths of 'M' can be found: OSError: no disk" in ran.err
