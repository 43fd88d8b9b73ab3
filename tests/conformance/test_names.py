"""Names and paths: rules N1 to N7."""

from __future__ import annotations

import pytest
from support import codes, driven, go, on, problems, rule, started, then

import hsm


async def landing(model):
    """Where the machine stands after 'go'."""
    return (await driven(model, "go")).state()


@rule("N1")
async def test_a_qualified_name_goes_from_the_model_down():
    """The name of a nested state is the names around it, from the model on."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.state("b", hsm.state("c")))))
    assert machine.state() == "/M/a/b/c"
    assert machine.is_in("/M/a/b")
    assert machine.is_in("a")


@rule("N1")
async def test_a_name_may_contain_dots_blanks_and_any_letter():
    """Everything but a slash may stand in a name, and paths find it."""
    names = ["S1.1", "...", "on hold", "größer", ".x", "*"]
    for name in names:
        model = hsm.define("M.1", hsm.state("a", go("go", f"../{name}")), hsm.state(name))
        assert await landing(model) == f"/M.1/{name}"


@rule("N1")
@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/"])
def test_a_name_that_a_path_could_not_say_is_an_error(name):
    """Empty names, dots alone and names with a slash are errors."""
    assert codes(hsm.state("fine"), hsm.state(name)) == ["HSM003"]


@rule("N1")
def test_siblings_have_different_names_whatever_they_are():
    """A state and a choice in one parent cannot share a name."""
    assert codes(hsm.state("x"), hsm.choice("x", then("../x"))) == ["HSM004"]


@rule("N1")
async def test_equal_names_under_different_parents_are_different_states():
    """Every 'x' of a model is a state of its own, also one inside another."""
    model = hsm.define("x", hsm.state("x", hsm.state("x", go("go", "/x/y/x"))), hsm.state("y", hsm.state("x")))
    machine = await started(model)
    assert machine.state() == "/x/x/x"
    await machine.dispatch("go")
    assert machine.state() == "/x/y/x"


@rule("N2")
async def test_a_source_is_seen_from_where_the_transition_is_written_and_a_target_from_the_source():
    """`source("b")` in state a names a's child, and `target("./c")` then a child of that one."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on("go", hsm.source("b"), hsm.target("./c")),
            hsm.state("b", hsm.initial(hsm.target("d")), hsm.state("c"), hsm.state("d")),
            hsm.state("e"),
            go("go", "e"),
        ),
        hsm.state("b", go("never", "/M/a/e")),
        on("other", hsm.source("a/b"), hsm.target("../../b")),
    )
    machine = await started(model)
    await machine.dispatch("go")
    assert machine.state() == "/M/a/b/c"
    await machine.dispatch("other")
    assert machine.state() == "/M/b"


@rule("N2")
async def test_an_initial_is_seen_from_its_owner():
    """`initial(target("x"))` prefers the owner's own child to the owner's sibling."""
    model = hsm.define(
        "M",
        hsm.state(
            "a", hsm.initial(hsm.target("./x")), hsm.state("y", go("go", "../x")), hsm.state("x", go("go", "../y"))
        ),
        hsm.state("x", go("never", "/M/a")),
        go("away", "x"),
    )
    assert (await started(model)).state() == "/M/a/x"


@rule("N2")
async def test_a_pseudostate_is_the_base_of_its_own_paths():
    """Behind a choice `../x` is the choice's sibling, and `..` what it stands in."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            go("go", "c"),
            hsm.state("first"),
            hsm.choice("c", then("../second")),
            hsm.state("second", go("go", "j")),
            hsm.junction("j", then("..")),
        ),
    )
    machine = await started(model)
    await machine.dispatch("go")
    assert machine.state() == "/M/a/second"
    await machine.dispatch("go")
    assert machine.state() == "/M/a/first"


@rule("N3")
@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".", "/M/a/b/c"),
        ("./d", "/M/a/b/d"),
        ("..", "/M/a/b/c"),
        ("../b", "/M/a/b/c"),
        ("../e", "/M/a/e"),
        ("../../f", "/M/f"),
        ("../../a/e", "/M/a/e"),
        ("./../e", "/M/a/e"),
        ("d/../../e", "/M/a/e"),
    ],
)
async def test_dots_walk_from_the_base(path, found):
    """From /M/a/b each path names the state that walking leads to."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.state("b", go("go", path), hsm.state("c"), hsm.state("d")), hsm.state("e")),
        hsm.state("f"),
        go("all", "a/b/d"),
        go("all of them", "a/e"),
        go("really", "f"),
    )
    assert await landing(model) == found


@rule("N3")
def test_a_path_out_of_the_model_is_an_error():
    """There is nothing around the model that `..` could name."""
    assert codes(hsm.state("a", go("go", "../../x"))) == ["HSM023"]


@rule("N4")
async def test_a_bare_name_is_a_child_before_it_is_a_sibling():
    """With a child and a sibling of one name, `target("x")` is the child."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "x"), go("out", "../x"), hsm.state("w"), hsm.state("x")),
        hsm.state("x"),
    )
    assert await landing(model) == "/M/a/x"


@rule("N4")
async def test_a_bare_name_is_a_sibling_before_it_is_something_further_out():
    """`target("green")` in red is red's sibling, although another green stands outside."""
    model = hsm.define(
        "M",
        hsm.state("lights", hsm.state("red", go("go", "green")), hsm.state("green")),
        hsm.state("green"),
        go("out", "green"),
    )
    assert await landing(model) == "/M/lights/green"


@rule("N4")
async def test_a_bare_name_is_looked_for_outwards_through_regions_up_to_the_model():
    """From deep inside a region the lookup passes region, state and model."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", hsm.state("a", hsm.state("deep", go("go", "far/inner")))),
            hsm.region("q", hsm.state("b")),
        ),
        hsm.state("far", hsm.state("first"), hsm.state("inner"), go("x", "first")),
    )
    assert await landing(model) == "/M/far/inner"


@rule("N4")
def test_the_first_hit_of_a_bare_path_decides_even_if_the_rest_is_missing():
    """Where the nearest `x` has no `y`, a farther `x/y` is not tried, as with Python's names."""
    found = codes(
        hsm.state("a", hsm.state("b", go("go", "x/y")), hsm.state("x")),
        hsm.state("x", hsm.state("y")),
    )
    assert found == ["HSM021"]


@rule("N5")
async def test_an_absolute_path_starts_with_the_models_name():
    """`/M/a` is the same from everywhere."""
    model = hsm.define("M", hsm.state("a", hsm.state("b", hsm.state("c", go("go", "/M/z")))), hsm.state("z"))
    assert await landing(model) == "/M/z"


@rule("N5")
async def test_an_absolute_path_means_the_model_also_when_a_state_is_called_like_it():
    """With a state 'M' in the model 'M', `/M/z` is the model's child."""
    model = (
        hsm.define(
            "M",
            hsm.state("M", hsm.state("z", go("go", "/M/z"))),
            hsm.state("z", go("go", "/M/M/z")),
            hsm.state("y", go("go", "z")),
        )
        if False
        else hsm.define("M", hsm.state("M", hsm.state("z", go("go", "/M/z"))), hsm.state("z"))
    )
    assert await landing(model) == "/M/z"


@rule("N5")
def test_an_absolute_path_without_the_model_is_an_error_that_says_how_to_write_it():
    """`/a` in model M is an error, with `/M/a` as help."""
    (problem,) = problems(hsm.state("b", go("go", "/a")), hsm.state("a"))
    assert problem.code == "HSM022"
    assert "'/M/a'" in " ".join(problem.help)


@rule("N6")
async def test_everything_may_be_named_before_it_is_declared():
    """Transitions, initials, sources and conditions may look ahead."""
    model = hsm.define(
        "M",
        on("go", hsm.source("late/inner"), hsm.in_state("later"), hsm.target("/M/later/b")),
        hsm.initial(hsm.target("late")),
        hsm.state("late", hsm.state("inner", go("there", "../../later/a"))),
        hsm.state("later", hsm.state("a"), hsm.state("b")),
        on("go", hsm.source("later/a"), hsm.target("/M/later/b")),
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.IGNORED
    await machine.dispatch("there")
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/later/b"


@rule("N7")
def test_a_path_that_names_nothing_is_reported_with_the_closest_names():
    """A misspelt target, source and condition each come with what was meant."""
    found = problems(
        hsm.state("playing", hsm.transition(hsm.on("go"), hsm.target("../pausd"))),
        hsm.state("paused"),
        on("x", hsm.source("playin"), hsm.target("/M/paused")),
        on("y", hsm.in_state("/M/pausedd"), hsm.target("paused")),
    )
    assert [problem.code for problem in found] == ["HSM021"] * 3
    helps = [" ".join(problem.help) for problem in found]
    assert ["'../paused'" in helps[0], "'playing'" in helps[1], "'/M/paused'" in helps[2]] == [True] * 3


@rule("N7")
async def test_is_in_of_a_path_that_names_nothing_says_what_exists():
    """A question about a state that is not there is an error, not a no."""
    machine = await started(hsm.define("M", hsm.state("open")))
    with pytest.raises(ValueError, match="did you mean '/M/open'"):
        machine.is_in("/M/opne")
