"""Models put into models: rule R9."""

from __future__ import annotations

import re
import warnings

from support import Log, codes, every, forever, go, logged, note, noting, on, rule, settle, started, then

import hsm

PART = hsm.define(
    "Part",
    hsm.entry(note("+Part")),
    hsm.exit(note("-Part")),
    hsm.entry_point("in", then("b", hsm.effect(note("in")))),
    hsm.exit_point("out"),
    logged("a", go("n", "/Part/b")),
    logged("b", go("n", "../f"), go("x", "out")),
    hsm.final("f"),
)
"""A model with a default entry, two ways out, an entry point and an exit point."""


@rule("R9")
async def test_a_model_put_in_is_a_composite_state_with_the_given_name():
    """The submachine's name stands in paths, the model's name does not."""
    machine = await started(hsm.define("M", hsm.submachine("s", PART, hsm.exit_point("out", then("/M/s")))))
    assert machine.state() == "/M/s/a"
    assert machine.is_in("/M/s/a")
    await machine.dispatch("n")
    assert machine.state() == "/M/s/b"


@rule("R9")
async def test_the_models_behaviours_stand_inside_those_of_the_submachine_state():
    """Own entry first, own exit last, as for a state around the model."""
    model = hsm.define(
        "M",
        hsm.submachine("s", PART, hsm.exit(note("-s")), hsm.entry(note("+s")), hsm.exit_point("out", then("../z"))),
        logged("z"),
        go("e", "z"),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+s", "+Part", "+a"]
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "-Part", "-s", "+z"]


@rule("R9")
async def test_one_model_may_be_put_in_several_times():
    """Each use is a set of states of its own, with routes of its own out of the exit points."""
    model = hsm.define(
        "M",
        hsm.region(
            "r",
            hsm.submachine("s", PART, hsm.exit_point("out", then("../z", hsm.effect(note("out of r"))))),
            hsm.state("z"),
        ),
        hsm.region(
            "q",
            hsm.submachine("s", PART, hsm.exit_point("out", then("../t", hsm.effect(note("out of q"))))),
            hsm.submachine("t", PART, hsm.exit_point("out", then("../s/in"))),
        ),
    )
    machine = await started(model)
    await machine.dispatch("n")
    assert machine.states() == ("/M/r/s/b", "/M/q/s/b")
    machine.instance.taken()
    await machine.dispatch("x")
    assert machine.states() == ("/M/r/z", "/M/q/t/a")
    assert machine.instance.taken() == ["-b", "-Part", "out of r", "-b", "-Part", "out of q", "+Part", "+a"]
    await machine.dispatch("n")
    await machine.dispatch("x")
    assert machine.states() == ("/M/r/z", "/M/q/s/b")


@rule("R9")
async def test_its_connection_points_are_those_of_the_state():
    """In by the entry point, out by the exit point, in the order of R7."""
    model = hsm.define(
        "M",
        logged("i", go("e", "../s/in", hsm.effect(note("effect")))),
        hsm.submachine("s", PART, hsm.exit_point("out", then("../i", hsm.effect(note("out"))))),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-i", "effect", "+Part", "in", "+b"]
    await machine.dispatch("x")
    assert machine.instance.taken() == ["-b", "-Part", "out", "+i"]


@rule("R9")
def test_a_state_that_only_an_entry_point_of_the_model_leads_to_is_not_out_of_reach():
    """The entry points of a model are for whoever puts it in: no warning HSM060 for what is behind them."""
    hsm.define("Part", hsm.entry_point("in", then("b")), hsm.state("a"), hsm.state("b"))


@rule("R9")
def test_a_history_directly_in_a_model_is_of_use_where_the_model_is_put_in():
    """`target("s/h")` reaches it from there: no warnings HSM039 and HSM060 about the part."""
    part = hsm.define("Part", hsm.deep_history("h"), hsm.state("a", go("n", "../b")), hsm.state("b"))
    hsm.define("M", hsm.submachine("s", part, go("out", "../off")), hsm.state("off", go("back", "../s/h")))


@rule("R9")
async def test_an_exit_point_that_the_model_uses_needs_a_route_behind_it():
    """A submachine without its exit point wired is an error."""
    found = codes(hsm.submachine("s", PART))
    assert found == ["HSM043"]


@rule("R9")
async def test_the_models_final_state_completes_the_submachine_and_not_the_machine():
    """The completion transition of the submachine state is taken."""
    model = hsm.define("M", hsm.submachine("s", PART, then("../z"), hsm.exit_point("out", then("../z"))), logged("z"))
    machine = await started(model)
    await machine.dispatch("n")
    machine.instance.taken()
    await machine.dispatch("n")
    assert machine.instance.taken() == ["-b", "-Part", "+z"]
    assert machine.status is hsm.Status.RUNNING


@rule("R9")
async def test_paths_outside_reach_into_a_submachine():
    """Targets, sources and conditions may name what is inside."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s/b")),
        hsm.submachine("s", PART, hsm.exit_point("out", then("../s"))),
        on("e", hsm.source("s/b"), hsm.target("../a")),
        on("f", hsm.in_state("s/a"), hsm.effect(note("in a"))),
    )
    machine = await started(model)
    assert machine.state() == "/M/s/b"
    await machine.dispatch("e")
    assert machine.state() == "/M/s/a"
    machine.instance.taken()
    await machine.dispatch("f")
    assert machine.instance.taken() == ["in a"]


@rule("R9")
def test_paths_inside_a_model_do_not_reach_out_of_it():
    """A model means the same wherever it is put in, so it cannot name what is around."""
    found = codes(hsm.state("a", go("e", "../../z")), name="Part")
    assert found == ["HSM023"]


@rule("R9")
async def test_a_models_names_keep_their_meaning_where_equal_names_stand_around_it():
    """Inside, `b` and `/Part/b` are the model's own, although M has a 'b' and a 'Part'."""
    model = hsm.define(
        "M",
        hsm.submachine("Part", PART, hsm.exit_point("out", then("/M/b"))),
        hsm.state("b", go("n", "Part")),
    )
    machine = await started(model)
    await machine.dispatch("n")
    assert machine.state() == "/M/Part/b"
    await machine.dispatch("x")
    assert machine.state() == "/M/b"


@rule("R9")
async def test_a_model_may_target_itself_where_it_is_put_in():
    """The model's own self-transition leaves and enters the submachine state."""
    part = hsm.define("Part", go("again", "."), go("also", "/Part"), logged("a", go("n", "../b")), logged("b"))
    model = hsm.define(
        "M", hsm.exit(note("-M")), hsm.submachine("s", part, hsm.entry(note("+s")), hsm.exit(note("-s")))
    )
    machine = await started(model)
    for event in ("again", "also"):
        await machine.dispatch("n")
        machine.instance.taken()
        await machine.dispatch(event)
        assert machine.instance.taken() == ["-b", "-s", "+s", "+a"]


@rule("R9")
async def test_submachines_nest():
    """A model inside a model inside a model: exit points lead out through every boundary."""
    middle = hsm.define(
        "Middle",
        hsm.entry_point("in", then("s/in", hsm.effect(note("middle in")))),
        hsm.exit_point("out"),
        hsm.entry(note("+Middle")),
        hsm.exit(note("-Middle")),
        hsm.submachine("s", PART, hsm.exit_point("out", then("/Middle/out", hsm.effect(note("inner out"))))),
    )
    model = hsm.define(
        "M",
        hsm.submachine("one", middle, hsm.exit_point("out", then("../two/in", hsm.effect(note("outer out"))))),
        hsm.submachine("two", middle, hsm.exit_point("out", then("../one"))),
    )
    machine = await started(model)
    assert machine.state() == "/M/one/s/a"
    await machine.dispatch("n")
    machine.instance.taken()
    await machine.dispatch("x")
    assert machine.state() == "/M/two/s/b"
    assert machine.instance.taken() == [
        "-b", "-Part", "inner out", "-Middle", "outer out", "+Middle", "middle in", "+Part", "in", "+b",
    ]  # fmt: skip
    await machine.dispatch("x")
    assert machine.state() == "/M/one/s/a"


@rule("R9")
async def test_transitions_of_the_submachine_state_come_before_those_of_its_model():
    """Both belong to one state: what the user of the model wrote is asked first."""
    part = hsm.define("Part", noting("e", "model"), hsm.state("a"))
    own = noting("e", "own", hsm.guard(lambda ctx, self, event: event.data))
    machine = await started(hsm.define("M", hsm.submachine("s", part, own)))
    await machine.dispatch("e", True)
    await machine.dispatch("e", False)
    assert machine.instance.taken() == ["own", "model"]


@rule("R9")
async def test_a_model_with_regions_is_an_orthogonal_state():
    """It completes when all its regions have ended."""
    part = hsm.define(
        "Part",
        hsm.entry_point("in", then("r/b"), then("q/d")),
        go("in", "in"),
        hsm.region("r", hsm.state("a"), hsm.state("b", go("1", "../f")), hsm.final("f")),
        hsm.region("q", hsm.state("c"), hsm.state("d", go("2", "../f")), hsm.final("f")),
    )
    model = hsm.define("M", hsm.submachine("s", part, then("../z")), hsm.state("z"))
    machine = await started(model)
    assert machine.states() == ("/M/s/r/a", "/M/s/q/c")
    await machine.dispatch("in")
    assert machine.states() == ("/M/s/r/b", "/M/s/q/d")
    await machine.dispatch("2")
    assert machine.state() == "/M/s"
    await machine.dispatch("1")
    assert machine.state() == "/M/z"


@rule("R9")
async def test_each_use_of_a_model_has_a_history_of_its_own():
    """Two uses of one model remember different children."""
    part = hsm.define(
        "Part",
        hsm.state(
            "s",
            hsm.initial(hsm.target("h")),
            hsm.deep_history("h", hsm.target("../a")),
            hsm.state("a", go("n", "../b")),
            hsm.state("b"),
        ),
    )
    model = hsm.define(
        "M", hsm.submachine("one", part, go("e", "../two")), hsm.submachine("two", part, go("e", "../one"))
    )
    machine = await started(model)
    await machine.dispatch("n")
    for path in ("/M/two/s/a", "/M/one/s/b", "/M/two/s/a"):
        await machine.dispatch("e")
        assert machine.state() == path


@rule("R9")
async def test_a_deep_history_outside_remembers_what_was_active_in_a_submachine():
    """The submachine is a state like others to the history around it."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("g")),
        hsm.state(
            "g",
            hsm.deep_history("h"),
            hsm.submachine("s", PART, hsm.exit_point("out", then("../s"))),
            go("e", "../off"),
        ),
        hsm.state("off", go("back", "../g/h")),
    )
    machine = await started(model)
    for event in ("n", "e", "back"):
        await machine.dispatch(event)
    assert machine.state() == "/M/g/s/b"


@rule("R9")
async def test_deferral_works_across_the_boundary():
    """The model's own deferral holds while the submachine is active; so does that of the state."""
    part = hsm.define("Part", hsm.defer("inner"), hsm.state("a", go("n", "../b")), hsm.state("b", go("outer", "../a")))
    model = hsm.define(
        "M",
        hsm.submachine("s", part, hsm.defer("outer"), go("e", "../z")),
        hsm.state(
            "z",
            hsm.transition(hsm.on("inner", "outer"), hsm.effect(lambda ctx, self, event: self.log.append(event.name))),
        ),
    )
    machine = await started(model)
    assert await machine.dispatch("outer") is hsm.Outcome.DEFERRED
    assert await machine.dispatch("inner") is hsm.Outcome.DEFERRED
    await machine.dispatch("n")
    assert machine.state() == "/M/s/a"  # 'outer' was recalled, and taken by b
    assert await machine.dispatch("outer") is hsm.Outcome.DEFERRED
    await machine.dispatch("e")
    assert machine.instance.taken() == ["inner", "outer"]


@rule("R9")
async def test_activities_and_timers_of_a_model_belong_to_the_state_that_it_became(clock):
    """They live from the entry of the submachine to its exit."""
    part = hsm.define("Part", hsm.activity(forever()), every(2, hsm.effect(note("tick"))), hsm.state("a"))
    model = hsm.define("M", hsm.submachine("s", part, go("e", "../z")), hsm.state("z"))
    machine = await started(model)
    await settle()
    await clock.advance(5)
    assert machine.instance.taken() == ["tick", "tick"]
    await machine.dispatch("e")
    await clock.advance(5)
    assert machine.instance.taken() == ["ended"]


@rule("R9")
async def test_a_model_runs_alone_as_well_and_putting_it_in_does_not_change_it():
    """A model is a value."""
    before = repr(PART)
    hsm.define("M", hsm.submachine("s", PART, hsm.exit_point("out", then("../s"))))
    assert repr(PART) == before
    machine = await started(PART)
    await machine.dispatch("n")
    assert machine.state() == "/Part/b"
    await machine.dispatch("n")
    assert machine.status is hsm.Status.COMPLETED


REPEATS = hsm.define("Part", logged("a", go("n", "../f")), hsm.final("f"), then("a", hsm.effect(note("again"))))
"""A model with a completion transition of its own."""


def warnings_of(action):
    """The codes of the warnings that *action* issues."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return [code for each in caught for code in re.findall(r"HSM\d+", str(each.message))]


@rule("R9", "C1")
async def test_a_completion_transition_of_a_model_fires_where_the_model_is_put_in():
    """It belongs to the state that the model has become, and nothing warns about it."""
    models = []
    assert warnings_of(lambda: models.append(hsm.define("M", hsm.submachine("s", REPEATS)))) == []
    machine = await started(models[0])
    machine.instance.taken()
    await machine.dispatch("n")
    assert machine.instance.taken() == ["-a", "again", "+a"]


@rule("R9", "C3")
async def test_a_completion_transition_of_a_model_that_runs_alone_is_warned_of_when_it_starts():
    """The first start says so, once; the transition never fires."""
    model = hsm.define("Part", logged("a", go("n", "../f")), hsm.final("f"), then("a", hsm.effect(note("again"))))
    starting = []
    assert warnings_of(lambda: starting.append(hsm.start(None, Log(), model))) == ["HSM066"]
    assert warnings_of(lambda: hsm.start(None, Log(), model)) == []
    machine = await starting[0]
    await machine.dispatch("n")
    assert machine.status is hsm.Status.COMPLETED
    assert machine.instance.taken() == ["+a", "-a"]


@rule("R9", "C1")
async def test_a_model_without_substates_completes_as_a_simple_state_and_is_not_warned_of():
    """Its completion transition fires at once."""
    model = hsm.define("M", hsm.transition(hsm.effect(note("done"))))
    starting = []
    assert warnings_of(lambda: starting.append(hsm.start(None, Log(), model))) == []
    machine = await starting[0]
    assert machine.instance.taken() == ["done"]


@rule("R9")
def test_an_exit_point_of_the_model_to_which_nothing_leads_is_no_mistake():
    """It is there for whoever inserts the model."""
    model = hsm.define("M", hsm.state("a"), hsm.exit_point("out"))
    assert model.name == "M"
