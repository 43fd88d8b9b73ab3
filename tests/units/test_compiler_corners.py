"""Corners of the compiler that no single error case shows: hand-made trees, many mistakes, odd callables."""

from __future__ import annotations

import functools

import pytest
from support import Log, go, logged, note, noting, on, problems, rule, started, then

import hsm
import hsm_classdsl
from hsm.defining import program_of
from hsm.elements.nodes import Final, Model, State, Target, Transition


def test_a_tree_made_by_hand_is_reported_without_a_position():
    """Elements that no call made have no place in a file: the facts stay."""
    model = Model("M", (State("a", (Transition((Target(("nowhere",)),)),)),))
    with pytest.raises(hsm.DefinitionError) as caught:
        program_of(model)
    assert "error[HSM021]: target 'nowhere' does not name a vertex" in str(caught.value)
    assert "-->" not in str(caught.value)


def test_a_tree_made_by_hand_is_warned_of():
    """A warning without a position is issued all the same."""
    with pytest.warns(hsm.DefinitionWarning, match="HSM060"):
        program_of(Model("M", (State("a"), Final("b"))))


def test_after_many_mistakes_no_more_names_are_suggested():
    """The first of many unknown paths come with the closest names; the later ones are reported all the same."""
    wrong = [hsm.state(f"s{number}", go("e", "idel"), go("f", "../idel")) for number in range(30)]
    diagnostics = problems(*wrong, hsm.state("idle"))
    assert len(diagnostics) == 60
    assert "did you mean" in diagnostics[0].help[0]
    assert "did you mean" not in diagnostics[-1].help[0]
    assert "did you mean" not in diagnostics[-2].help[0]


def test_an_entry_point_to_nowhere_is_reported_once():
    """A route behind an entry point that names nothing is one problem."""
    (problem,) = problems(
        hsm.state("s", hsm.entry_point("in", then("nowhere")), hsm.state("a")),
        go("e", "s/in"),
    )
    assert problem.code == "HSM021"


@rule("R6")
def test_a_join_of_states_without_regions_is_told():
    """A join needs regions: two states beside each other are none."""
    codes = {
        problem.code
        for problem in problems(
            hsm.state("a", then("j")),
            hsm.state("b", then("j")),
            hsm.join("j", then("a")),
        )
    }
    assert codes == {"HSM037"}


@rule("R7")
async def test_a_state_may_lead_to_its_own_exit_point_that_regions_lead_to():
    """From the state itself nothing is waited for at an exit point that acts as a join for its regions."""
    model = hsm.define(
        "M",
        logged(
            "s",
            hsm.region("r", logged("a", go("x", "/M/s/out"))),
            hsm.region("q", logged("b", go("x", "/M/s/out"))),
            hsm.exit_point("out", then("/M/done")),
            go("leave", "out", hsm.effect(note("effect"))),
        ),
        hsm.state("done"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("leave")
    assert machine.state() == "/M/done"
    assert machine.instance.taken() == ["effect", "-b", "-a", "-s"]


@rule("T4")
async def test_a_way_that_leaves_the_model_itself_comes_before_later_regions():
    """Of two transitions, one of which leaves everything, the one of the earlier region fires alone."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", go("e", "/M", hsm.effect(note("restart"))))),
        hsm.region("q", hsm.state("b", go("e", "../c", hsm.effect(note("never")))), hsm.state("c")),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.log == ["restart"]
    assert machine.states() == ("/M/r/a", "/M/q/b")


async def test_a_callable_whose_signature_nobody_knows_is_taken():
    """A builtin without a signature may be a behaviour; that it cannot be called so is an error at run time."""
    machine = await started(hsm.define("M", hsm.state("a", on("e", hsm.effect(getattr)))), Log())
    with pytest.raises(TypeError):
        await machine.dispatch("e")
    assert machine.state() == "/M/a"


@pytest.mark.parametrize("field", ["name", "data"])
def test_a_signal_cannot_have_a_field_that_every_event_has(field):
    """A field called as an attribute of events is refused where the class is made."""
    with pytest.raises(TypeError, match=f"has a field '{field}'"):
        type("Paid", (hsm.Signal,), {"__annotations__": {field: int}})


@rule("R9")
async def test_the_parts_of_a_submachine_may_take_an_event_from_its_model():
    """A transition that is given with a submachine comes before its model's own, without a warning."""
    inner = hsm.define("G", noting("e", "inner"), hsm.state("x"))
    model = hsm.define("M", hsm.submachine("sub", inner, noting("e", "outer")))
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.log == ["outer"]


def test_a_terminate_leads_nowhere():
    """The error of a transition in a terminate says what to write instead."""
    (problem,) = problems(hsm.state("a", go("e", "../t")), hsm.terminate("t", then("a")))
    assert problem.code == "HSM016"
    assert problem.help == ("the machine ends there: to go on, target a state instead",)


def test_a_function_of_the_library_that_was_not_called_is_told():
    """Naming a builder instead of calling it is an error, with the call to make."""
    (problem,) = problems(hsm.state("a", hsm.final))
    assert problem.code == "HSM002"
    assert problem.help == ("call it: hsm.final(...)",)


def test_kinds_with_the_same_attributes_are_not_equal():
    """An element is equal to another of its own kind alone, whatever both of them hold."""

    def element(make):
        first = {hsm.after: 1, hsm.every: 1}.get(make, "e")
        return make(first, hsm.transition()) if make in named else make(first)

    named = [hsm.state, hsm.region, hsm.choice, hsm.junction, hsm.fork, hsm.join, hsm.entry_point, hsm.exit_point]
    alike = [named, [hsm.entry, hsm.exit, hsm.effect, hsm.activity], [hsm.on, hsm.defer], [hsm.after, hsm.every]]
    for kinds in (*alike, [hsm.all_of, hsm.any_of]):
        elements = [element(make) for make in kinds]
        assert elements == [element(make) for make in kinds]
        assert len(set(elements)) == len(kinds)


async def test_a_partial_of_a_coroutine_function_without_an_await_is_a_method():
    """What a partial in a class body returns is awaited, also where its function is one that cannot suspend."""

    async def add(self, event, *, amount):
        self.total += amount

    class Sum(hsm_classdsl.Machine):
        total = 0

        class Counting(hsm_classdsl.State["Sum"]):
            pass

        more = hsm_classdsl.on("more")(functools.partial(add, amount=2))

    machine = await started(Sum.model, Sum())
    assert await machine.dispatch("more") is hsm.Outcome.TAKEN
    assert machine.instance.total == 2


def test_a_transition_of_two_targets_alone_is_told():
    """However few parts there are: each is counted."""
    (problem,) = problems(hsm.state("a", hsm.transition(hsm.target("../b"), hsm.target("../c"))), *map(hsm.state, "bc"))
    assert problem.code == "HSM014"


@pytest.mark.parametrize(("count", "named"), [(4, 5), (5, 5)])
def test_of_a_long_cycle_the_middle_is_left_out(count, named):
    """Five names are written out; of more, the first three and the last."""
    ring = [hsm.choice(f"c{number}", then(f"c{(number + 1) % count}")) for number in range(count)]
    (problem,) = problems(hsm.state("a", go("e", "../c0")), *ring)
    names = problem.label.split(" -> ")
    assert len(names) == named
    assert ("..." in names) is (count > 4)


def test_what_a_shallow_history_enters_by_default_can_be_reached():
    """It restores the child of its owner, and not what was active in that: that is entered by default again."""
    inner = hsm.state("inner", hsm.initial(hsm.target("x")), hsm.state("x"), hsm.state("y", go("out", "/M/away")))
    outer = hsm.state("outer", hsm.shallow_history("h", hsm.target("inner/y")), inner)
    hsm.define("M", hsm.state("away", go("in", "/M/outer/h")), outer)
    with pytest.warns(hsm.DefinitionWarning, match="HSM060.*/M/outer/inner/x"):
        hsm.define("M", hsm.state("away", go("in", "/M/outer/inner/y")), hsm.state("outer", inner))
    deep = hsm.state("outer", hsm.deep_history("h", hsm.target("inner/y")), inner)
    with pytest.warns(hsm.DefinitionWarning, match="HSM060.*/M/outer/inner/x"):
        hsm.define("M", hsm.state("away", go("in", "/M/outer/h")), deep)


@pytest.mark.parametrize("timer", [hsm.after, hsm.every, hsm.at], ids=lambda timer: timer.__name__)
def test_a_function_for_a_time_is_called_as_behaviours_are(timer):
    """One that cannot be called with a context, an instance and an event is told."""
    (problem,) = problems(hsm.state("a", hsm.transition(timer(lambda ctx: 1), hsm.target("."))))
    assert problem.code == "HSM006"
