"""Names of what a machine may be waiting for: stable, whatever else is written in the model (rule S1)."""

from support import rule

import hsm
from hsm_classdsl import Machine, State, activity, after, at, every, when


def f(ctx, instance, event):
    pass


def test_timers_and_change_triggers_are_counted_by_state_and_kind():
    """What is written before them changes nothing, unless it is of the same kind in the same state."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.transition(hsm.on("x"), hsm.effect(f)),
            hsm.transition(hsm.after(1), hsm.effect(f)),
            hsm.transition(hsm.every(1), hsm.after(2), hsm.effect(f)),
            hsm.transition(hsm.when(f), hsm.effect(f)),
        ),
        hsm.transition(hsm.source("a"), hsm.after(3), hsm.effect(f)),
    )
    ids = [trigger.id for each in hsm.chart(model).transitions for trigger in each.triggers]
    assert ids == [
        "/M/a#0.event.0", "/M/a#after.0", "/M/a#every.0", "/M/a#after.1", "/M/a#when.0", "/M/a#after.2",
    ]  # fmt: skip


def test_a_given_name_takes_the_place_of_the_ordinal_and_renames_nothing_else():
    """The second timer is the second, whether or not the first has a name."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(f, name="poll"),
            hsm.activity(f),
            hsm.transition(hsm.after(1, name="timeout"), hsm.effect(f)),
            hsm.transition(hsm.after(1), hsm.effect(f)),
            hsm.transition(hsm.every(1, name="timeout"), hsm.effect(f)),
            hsm.transition(hsm.at(f, name="alarm"), hsm.effect(f)),
            hsm.transition(hsm.when(f, name="full"), hsm.effect(f)),
        ),
    )
    chart = hsm.chart(model)
    ids = [trigger.id for each in chart.transitions for trigger in each.triggers]
    assert ids == ["/M/a#after.timeout", "/M/a#after.1", "/M/a#every.timeout", "/M/a#at.alarm", "/M/a#when.full"]
    assert [each.id for each in chart.vertex("a").activities] == ["/M/a#activity.poll", "/M/a#activity.1"]


def test_machine_classes_give_the_same_names():
    """Marks take `name=`, and `@activity` takes it with its policy."""

    class M(Machine):
        class A(State["M"], initial=True):
            @activity(name="poll", on_restore="fail")
            async def poll(self):
                pass

            @activity
            async def other(self):
                pass

            timeout = after(seconds=1, name="timeout")
            tick = every(1, name="tick")
            alarm = at(lambda self: None, name="alarm")
            full = when(lambda self: True, name="full")

    chart = hsm.chart(M.model)
    ids = [trigger.id for each in chart.transitions for trigger in each.triggers]
    assert ids == ["/M/A#after.timeout", "/M/A#every.tick", "/M/A#at.alarm", "/M/A#when.full"]
    assert [each.id for each in chart.vertex("A").activities] == ["/M/A#activity.poll", "/M/A#activity.1"]


@rule("S4")
def test_renamings_of_an_embedded_model_are_paths_of_the_submachine():
    """They begin at the embedded model's own name, wherever it is embedded."""
    from hsm.defining import program_of

    inner = hsm.define(
        "Inner",
        hsm.state("x"),
        hsm.renamed("/Inner/y", "/Inner/x"),
        hsm.renamed("/Inner/y#after.0", "/Inner/x#after.t"),
    )
    model = hsm.define("M", hsm.submachine("s", inner), hsm.renamed("/Old", "/M"))
    assert dict(program_of(model).renamed) == {"/M/s/y": "/M/s/x", "/M/s/y#after.0": "/M/s/x#after.t", "/Old": "/M"}
