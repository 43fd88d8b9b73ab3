"""Bad input at run time gets a clear error that says what to do, and the machine goes on."""

from __future__ import annotations

import re

import pytest
from support import Log, Paid, after, asays, in_thread, note, noting, on, rule, says, settle, started

import hsm
import hsm_classdsl
from hsm.testing import VirtualClock

MODEL = hsm.define("M", hsm.state("a", noting("go", "gone")))


async def is_well(machine):
    """Whether the machine still does its work."""
    machine.instance.taken()
    outcome = await machine.dispatch("go")
    return outcome is hsm.Outcome.TAKEN and machine.instance.taken() == ["gone"] and machine.state() == "/M/a"


# --- what is dispatched -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (3, "takes an hsm.Event, an hsm.Signal or a name, not 3"),
        (None, "not None"),
        (["go"], "not ['go']"),
        (b"go", "not b'go'"),
        (Paid, "write Paid(...) to create one"),
        (hsm.Event, "write Event(...) to create one"),
        ("", "non-empty string"),
    ],
    ids=["number", "None", "list", "bytes", "signal class", "event class", "empty name"],
)
@pytest.mark.parametrize("way", ["machine", "instance", "thread"])
async def test_something_that_is_no_event_is_refused_at_once(given, text, way):
    """A `TypeError` from the call itself tells what was given and what is taken."""
    machine = await started(MODEL)
    dispatch = {
        "machine": machine.dispatch,
        "instance": machine.instance.dispatch,
        "thread": machine.dispatch_threadsafe,
    }
    with pytest.raises(TypeError, match=re.escape(text)):
        dispatch[way](given)
    assert await is_well(machine)


async def test_data_beside_an_event_is_refused():
    """An event has its own data."""
    machine = await started(MODEL)
    with pytest.raises(TypeError, match="data can only be passed with a name"):
        machine.dispatch(hsm.Event("go"), 7)
    assert await is_well(machine)


@pytest.mark.parametrize("name", ["", 3, None, b"go"])
def test_an_event_needs_a_name(name):
    """A non-empty string."""
    with pytest.raises(TypeError, match=f"a non-empty string, not {name!r}"):
        hsm.Event(name)


async def test_bad_input_from_inside_a_behaviour_is_an_error_of_that_behaviour():
    """The step goes on, and the error is raised to whoever sent its event."""

    def bad(ctx, self, event):
        self.dispatch(42)

    machine = await started(hsm.define("M", hsm.state("a", on("bad", hsm.effect(bad)), noting("go", "gone"))))
    with pytest.raises(TypeError, match="not 42") as caught:
        await machine.dispatch("bad")
    assert "in effect of /M/a on 'bad'" in caught.value.__notes__[0]
    assert await is_well(machine)


@pytest.mark.parametrize("operation", ["", 3, None])
async def test_a_call_needs_the_name_of_an_operation(operation):
    """Anything else is refused at once."""
    machine = await started(MODEL)
    with pytest.raises(TypeError, match="non-empty string"):
        machine.call(operation)
    assert await is_well(machine)


async def test_asking_for_a_state_that_is_none_is_refused():
    """`is_in` names the closest one."""
    machine = await started(MODEL)
    with pytest.raises(ValueError, match="did you mean '/M/a'"):
        machine.is_in("/M/b")
    assert await is_well(machine)


async def test_is_in_takes_a_path():
    """Anything else is refused at once."""
    machine = await started(MODEL)
    for wrong in (3, None, ["a"]):
        with pytest.raises(TypeError, match=re.escape(f"a path is a string such as '/M/a', not {wrong!r}")):
            machine.is_in(wrong)
    assert await is_well(machine)


# --- when and where ---------------------------------------------------------------------------------------------


async def test_before_start_the_message_says_to_start():
    """It shows the call."""
    with pytest.raises(hsm.LifecycleError, match=re.escape("await hsm.start(ctx, instance, model)")):
        Log().dispatch("go")


async def test_an_instance_that_never_called_its_base_init_says_the_same():
    """`super().__init__()` is not needed."""

    class Bare(hsm.Instance):
        def __init__(self):
            self.log = []

        taken = Log.taken

    with pytest.raises(hsm.LifecycleError, match=r"this Bare has not been started"):
        Bare().dispatch("go")
    assert await is_well(await hsm.start(None, Bare(), MODEL))


@pytest.mark.needs_system
async def test_from_another_thread_the_message_names_the_way():
    """And nothing has been sent."""
    machine = await started(MODEL)
    error = await in_thread(lambda: machine.dispatch("go"))
    assert isinstance(error, hsm.LifecycleError)
    assert "machine.dispatch_threadsafe(event)" in str(error)
    assert machine.instance.log == []
    assert await is_well(machine)


def test_start_without_a_loop_is_refused():
    """There is nothing that it could run on."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        hsm.start(None, Log(), MODEL)


# --- what is started --------------------------------------------------------------------------------------------


async def test_an_instance_of_another_type_is_refused():
    """`start` says which one is taken."""
    for wrong in (object(), None, {}, MODEL):
        with pytest.raises(TypeError, match=r"an instance of a subclass of hsm\.Instance"):
            await hsm.start(None, wrong, MODEL)


async def test_a_class_in_place_of_an_instance_is_refused_with_a_hint():
    """The parentheses were forgotten."""
    with pytest.raises(TypeError, match=r"make one with \(\)"):
        await hsm.start(None, Log, MODEL)


async def test_something_that_is_no_model_is_refused():
    """`start` takes what `define` returned."""
    for wrong in (None, "M", hsm.state("a"), Log()):
        with pytest.raises(TypeError, match=r"the model that hsm\.define gave"):
            await hsm.start(None, Log(), wrong)


async def test_something_that_is_no_context_is_refused():
    """The arguments were mixed up."""
    for wrong in (Log(), "ctx", 3):
        with pytest.raises(TypeError, match=r"an hsm\.Context or None first"):
            await hsm.start(wrong, Log(), MODEL)


async def test_the_model_of_a_machine_class_works_on_instances_of_that_class_alone():
    """The error names the class that is wanted."""

    class Door(hsm_classdsl.Machine):
        class closed(hsm_classdsl.State):
            pass

    with pytest.raises(TypeError, match=r"model 'Door' works on .*Door, not on .*: give it an instance of .*Door"):
        await hsm.start(None, Log(), Door.model)


@pytest.mark.parametrize("grace", [-1, float("nan"), "5", None, -(10**150)])
async def test_a_grace_that_is_no_span_of_time_is_refused(grace):
    """It is a number of seconds."""
    with pytest.raises(ValueError, match=re.escape(f"grace must be 0 or more seconds, not {grace!r}")):
        await hsm.start(None, Log(), MODEL, grace=grace)


async def test_a_grace_that_no_clock_can_count_is_refused():
    """An int may be larger than any float; for good, it is infinite."""
    with pytest.raises(ValueError, match=re.escape("grace must be 0 or more seconds, not 1000")):
        await hsm.start(None, Log(), MODEL, grace=10**400)
    await hsm.start(None, Log(), MODEL, grace=float("inf"))


class Unshowable:
    """Raises where it is shown, and takes no attributes."""

    __slots__ = ()

    def __repr__(self):
        raise RuntimeError("repr")

    __str__ = __repr__


class Hidden(hsm.Instance):
    """An instance that raises where it is shown."""

    __repr__ = __str__ = Unshowable.__repr__


@rule("E1")
async def test_what_cannot_be_shown_is_refused_as_anything_else():
    """The message names its type."""
    wrong = Unshowable()
    machine = await started(MODEL)
    attempts = [
        lambda: hsm.start(None, Log(), wrong),
        lambda: hsm.start(None, wrong, MODEL),
        lambda: hsm.start(wrong, Log(), MODEL),
        lambda: hsm.start(None, Log(), MODEL, grace=wrong),
        lambda: hsm.start(None, Log(), MODEL, step_budget=wrong),
        lambda: hsm.start(None, Log(), MODEL, engine=wrong),
        lambda: hsm.start(None, Log(), MODEL, clock=wrong),
        lambda: hsm.machine_of(wrong),
        lambda: hsm.generated(MODEL, wrong, "a"),
        lambda: hsm.generated(MODEL, "go", wrong),
        lambda: machine.dispatch(wrong),
        lambda: machine.call(wrong),
        lambda: machine.is_in(wrong),
        lambda: VirtualClock(wrong),
        lambda: hsm_classdsl.entry(wrong),
    ]
    for attempt in attempts:
        with pytest.raises((TypeError, ValueError), match=r"<\w*Unshowable>"):
            attempt()

    class Door(hsm_classdsl.Machine):
        class closed(hsm_classdsl.State):
            pass

    with pytest.raises(TypeError, match=r"works on .*Door, not on <Hidden>: give it"):
        hsm.start(None, Hidden(), Door.model)
    assert await is_well(machine)


def test_guards_can_be_shown_whatever_they_are_made_of():
    """A combination names its parts, by their types where they cannot be shown."""
    function = type("Unshowable", (Unshowable,), {})()
    shown = hsm_classdsl.guard(function) & hsm_classdsl.in_state(Unshowable())
    assert repr(shown) == "all_of(<guard <Unshowable>>, in_state(<Unshowable>))"


def test_a_long_value_is_cut_in_a_message():
    """What it is can be seen from its beginning."""
    with pytest.raises(TypeError, match=r"not \[0, 1, 2, .*\.\.\.$") as caught:
        hsm.Event(list(range(10_000)))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("budget", [0, -1, 1.5, None])
async def test_a_step_budget_that_allows_nothing_is_refused(budget):
    """It is a number of steps."""
    with pytest.raises(ValueError, match=re.escape(f"step_budget must be 1 or more, not {budget!r}")):
        await hsm.start(None, Log(), MODEL, step_budget=budget)


async def test_something_that_is_no_clock_is_refused():
    """Before anything is entered."""
    instance = Log()
    with pytest.raises(TypeError, match=r"a clock must have the methods of hsm\.Clock; 3 has not"):
        await hsm.start(None, instance, MODEL, clock=3)
    assert await is_well(await hsm.start(None, instance, MODEL))


async def test_stop_and_restart_take_a_machine_or_an_instance():
    """Anything else is refused."""
    for call in (hsm.stop, hsm.restart):
        with pytest.raises(TypeError, match="a machine or an instance, not 3"):
            await call(3)
        with pytest.raises(hsm.LifecycleError, match=r"hsm\.start"):
            await call(Log())


async def test_an_instance_that_lacks_what_the_behaviours_need_gets_a_note():
    """The behaviour's own error comes out, and its note says where."""

    class Other(hsm.Instance):
        """Has no log."""

    with pytest.raises(AttributeError, match="log") as caught:
        await hsm.start(None, Other(), hsm.define("M", hsm.state("a", hsm.entry(note("+a")))))
    assert "in entry of /M/a" in caught.value.__notes__[0]


# --- behaviours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [lambda: None, lambda ctx, self: None, lambda ctx, self, event, more: None, lambda *, ctx: None],
    ids=["none", "two", "four", "keyword only"],
)
def test_a_behaviour_with_the_wrong_signature_is_refused_where_it_can_be_seen(wrong):
    """`define` says what every behaviour takes."""
    for part in (
        hsm.entry(wrong),
        hsm.exit(wrong),
        hsm.activity(wrong),
        on("x", hsm.effect(wrong)),
        on("x", hsm.guard(wrong), hsm.effect(note("x"))),
        after(wrong, hsm.effect(note("x"))),
    ):
        with pytest.raises(hsm.DefinitionError, match=re.escape("(ctx, instance, event)")):
            hsm.define("M", hsm.state("a", part))


def generator(ctx, self, event):
    yield


async def async_generator(ctx, self, event):
    yield


@pytest.mark.parametrize("wrong", [generator, async_generator])
def test_a_generator_function_is_no_behaviour(wrong):
    """Calling one runs nothing of it, so `define` refuses it."""
    for part in (hsm.entry(wrong), hsm.exit(wrong), hsm.activity(wrong), on("x", hsm.effect(wrong))):
        with pytest.raises(hsm.DefinitionError, match="is a generator and would never run"):
            hsm.define("M", hsm.state("a", part))


async def test_a_wrong_signature_that_nobody_can_see_is_an_error_at_run_time():
    """A wrapper hides it; the `TypeError` comes out with a note, and the machine goes on."""

    def hiding(*given):
        return (lambda ctx, self: None)(*given)

    machine = await started(hsm.define("M", hsm.state("a", on("bad", hsm.effect(hiding)), noting("go", "gone"))))
    with pytest.raises(TypeError, match="positional argument") as caught:
        await machine.dispatch("bad")
    assert "in effect of /M/a on 'bad'" in caught.value.__notes__[0]
    assert await is_well(machine)


@pytest.mark.parametrize("value", [None, 0, 1, "", "yes", [], object])
@pytest.mark.parametrize("make", [says, asays], ids=["plain", "async"])
async def test_a_guard_that_returns_no_bool_is_an_error_and_counts_as_false(value, make):
    """The error names the guard, what it returned, and what a guard must return."""
    model = hsm.define(
        "M",
        hsm.state("a", on("bad", hsm.guard(make(value)), hsm.effect(note("wrong"))), noting("go", "gone")),
    )
    machine = await started(model)
    with pytest.raises(hsm.GuardError, match=re.escape(f"answer' returned {value!r} (")) as caught:
        await machine.dispatch("bad")
    assert f"({type(value).__name__}); a guard must return True or False" in str(caught.value)
    assert "in guard of /M/a on 'bad'" in caught.value.__notes__[0]
    assert machine.instance.log == []
    assert await is_well(machine)


async def test_a_guard_without_a_bool_is_an_error_event_like_any():
    """A transition on `hsm_error` takes it."""
    model = hsm.define(
        "M",
        hsm.state("a", on("bad", hsm.guard(says(None)))),
        on("hsm_error", hsm.effect(lambda ctx, self, event: self.log.append(type(event.data)))),
    )
    machine = await started(model)
    assert await machine.dispatch("bad") is hsm.Outcome.IGNORED
    await settle()
    assert machine.instance.log == [hsm.GuardError]
