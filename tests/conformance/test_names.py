"""Names and paths: rules N1 to N7."""

from __future__ import annotations

import enum

import pytest
from support import both_engines, codes, driven, go, note, on, problems, rule, says, started, then

import hsm
import hsm_classdsl
from hsm.defining import program_of


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


class Word(str, enum.Enum):  # noqa: UP042 - unlike a `StrEnum`, its `str` and `format` are not its value
    """Names and paths as members of an enumeration."""

    MODEL = "M"
    A = "a"
    B = "b"
    REGION = "r"
    INNER = "inner"
    FIRST = "first"
    OUT = "out"
    TO_B = "../b"
    ROOT_A = "/M/a"
    ROOT_INNER = "/M/b/r/inner"
    DEEP = "b/r/inner"
    GO = "go"
    BACK = "back"
    ASK = "ask"
    LATER = "later"
    CHOICE = "c"
    PREFIX = "order.*"
    ORDER = "order.paid"


def spelled(text):
    """*text* as it is."""
    return str.__str__(text)


def model_spelled(spell):
    """A model with every kind of name and path, each written by *spell*."""
    sub = hsm.define(
        spell(Word.MODEL), hsm.state(spell(Word.A), go(spell(Word.OUT), "../out")), hsm.exit_point(spell(Word.OUT))
    )
    return hsm.define(
        spell(Word.MODEL),
        hsm.initial(spell(Word.FIRST), hsm.target(spell(Word.A))),
        hsm.state(
            spell(Word.A),
            go(spell(Word.GO), spell(Word.TO_B)),
            hsm.transition(hsm.on_call(spell(Word.ASK)), hsm.effect(says("answer"))),
            hsm.transition(hsm.on(spell(Word.PREFIX)), hsm.effect(note("order"))),
            hsm.defer(spell(Word.LATER)),
        ),
        hsm.state(spell(Word.B), hsm.region(spell(Word.REGION), hsm.state(spell(Word.INNER)))),
        hsm.transition(
            hsm.on(spell(Word.BACK)),
            hsm.source(spell(Word.B)),
            hsm.guard(hsm.in_state(spell(Word.ROOT_INNER))),
            hsm.target(spell(Word.CHOICE)),
        ),
        on(spell(Word.LATER), hsm.effect(note("later"))),
        go("sub", "/M/sub"),
        hsm.choice(spell(Word.CHOICE), then(spell(Word.ROOT_A))),
        hsm.submachine("sub", sub, hsm.exit_point(spell(Word.OUT), then("../a"))),
    )


@rule("N1", "N4", "N5", "Q1", "T2", "D1")
@both_engines
async def test_a_member_of_a_string_enumeration_is_taken_wherever_a_name_or_a_path_is(engine):
    """It stands for its value, in the model as at run time, and what is told are plain strings."""
    model = model_spelled(lambda word: word)
    assert program_of(model) == program_of(model_spelled(spelled))
    machine = await started(model, engine=engine)
    assert f"{machine.program.name} {machine!r}" == "M <Machine M running in /M/a>"
    assert machine.is_in(Word.A)
    assert machine.instance.is_in(Word.ROOT_A)
    assert not machine.is_in(Word.DEEP)
    assert await machine.call(Word.ASK) == "answer"
    assert await machine.dispatch(Word.ORDER) is hsm.Outcome.TAKEN
    assert await machine.dispatch(Word.LATER) is hsm.Outcome.DEFERRED
    assert hsm.generated(model, Word.GO, Word.A) == hsm.generated(model, "go", "/M/a") is not None
    assert await machine.dispatch(hsm.Event(Word.GO)) is hsm.Outcome.TAKEN
    assert machine.is_in(Word.DEEP)
    assert machine.instance.log == ["order", "later"]
    assert await machine.instance.dispatch(Word.BACK, 7) is hsm.Outcome.TAKEN
    assert {type(path) for path in (machine.state(), *machine.states())} == {str}
    with pytest.raises(hsm.CallError, match="no transition takes the call of 'go'"):
        await machine.call(Word.GO)
    with pytest.raises(ValueError, match="model 'M' has no vertex 'go'"):
        machine.is_in(Word.GO)


@rule("N1", "N4", "T2")
async def test_a_member_of_a_string_enumeration_is_taken_in_a_class():
    """Wherever a name or a path is."""

    class Lamp(hsm_classdsl.Machine):
        class a(hsm_classdsl.State["Lamp"]):
            @hsm_classdsl.on(Word.GO, target=Word.B)
            def switch(self):
                pass

            @hsm_classdsl.on_call(Word.ASK)
            def ask(self):
                return "answer"

        class b(hsm_classdsl.State["Lamp"]):
            class h(hsm_classdsl.DeepHistory, target=Word.INNER, initial=True):
                pass

            class inner(hsm_classdsl.State["Lamp"]):
                pass

        @hsm_classdsl.guard
        def holds(self):
            return True

        @hsm_classdsl.on(Word.BACK, source=Word.B, target=(Word.A,), guard=holds & hsm_classdsl.in_state(Word.INNER))
        def back(self):
            pass

        extra = hsm.state(Word.FIRST, hsm.state(Word.INNER))
        to_extra = hsm_classdsl.on(Word.LATER, source=Word.A, target=Word.FIRST)
        first = hsm_classdsl.initial(Word.A)

    async with Lamp() as lamp:
        machine = hsm.machine_of(lamp)
        assert await machine.call(Word.ASK) == "answer"
        seen = [lamp.state()]
        for word in (Word.GO, Word.BACK, Word.LATER):
            assert await lamp.dispatch(word) is hsm.Outcome.TAKEN
            seen.append(lamp.state())
    assert seen == ["/Lamp/a", "/Lamp/b/inner", "/Lamp/a", "/Lamp/first/inner"]


@rule("N7")
def test_a_wrong_name_from_an_enumeration_reads_as_its_value():
    """In messages too."""
    messages = [
        str(problem) for problem in problems(hsm.state("a", go(Word.GO, Word.B)), hsm.initial(Word.A), name=Word.MODEL)
    ]
    assert "'b' does not name a vertex" in "".join(messages)
    assert "'a' is taken as its name" in "".join(messages)
    assert "Word" not in "".join(messages)


class Pretends:
    """Says that it is a string."""

    @property
    def __class__(self):
        return str

    def __repr__(self):
        raise RuntimeError("repr")


async def test_what_only_pretends_to_be_a_string_is_no_name():
    """It gets the message that anything else gets, though it cannot even be shown."""
    model = hsm.define("M", hsm.state("a"))
    machine = await started(model)
    for ask in (
        machine.dispatch,
        machine.is_in,
        machine.call,
        hsm.Event,
        lambda name: hsm.generated(model, "go", name),
    ):
        with pytest.raises(TypeError, match="not <Pretends>"):
            ask(Pretends())
    wrong = Pretends()
    assert codes(hsm.state(wrong), go(wrong, wrong), hsm.transition(hsm.on_call(wrong)), hsm.transition(hsm.source(wrong))) == [
        "HSM003", "HSM007", "HSM009", "HSM007", "HSM009",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [5, 0.5, ["a"], Pretends()], ids=["int", "float", "list", "pretends"])
@pytest.mark.parametrize("option", ["source", "target"])
def test_a_path_of_a_class_that_is_none_is_reported(option, wrong):
    """Not by whatever goes wrong in looking for it."""
    options = {"target": "a", option: wrong}
    with pytest.raises(hsm.DefinitionError, match="is not a valid path"):
        type(
            "Lamp",
            (hsm_classdsl.Machine,),
            {"a": type("a", (hsm_classdsl.State,), {}), "go": hsm_classdsl.on("go", **options)},
        )
