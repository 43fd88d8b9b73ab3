"""What becomes of exceptions: rules E1 to E8."""

from __future__ import annotations

import asyncio
import gc
import re

import pytest
from support import (
    Gated,
    Log,
    afail,
    after,
    both_engines,
    errors_of_loop,
    fail,
    forever,
    go,
    held,
    logged,
    note,
    noting,
    on,
    pause,
    rule,
    says,
    settle,
    started,
    then,
)

import hsm


async def await_cancelled(ctx, self, event):
    """Await a task of one's own that is cancelled."""
    task = asyncio.ensure_future(asyncio.sleep(0))
    task.cancel()
    await task


def record(ctx, self, event):
    """Write the error that came as an event, and where the machine is."""
    self.log.append(f"{event.name}: {event.data} in {self.state()}")


CAUGHT = on("hsm_error", hsm.effect(record))
"""On the model: takes every error."""


def texts(errors):
    return [str(error) for error in errors]


def moving(*parts):
    """Two states; the first leads to the second on `go`, with *parts* in the transition."""
    return hsm.define("M", logged("a", go("go", "b", *parts)), logged("b"))


raising = pytest.mark.parametrize("bad", [fail, afail], ids=["plain", "async"])


# --- E1: actions ------------------------------------------------------------------------------------------------


@rule("E1")
@raising
async def test_an_error_ends_its_list_of_actions_and_the_step_goes_on(bad):
    """What follows in the failing list is not run; the exits, effects and entries around it are."""
    for role in ("exit", "effect", "entry"):
        lists = {name: [hsm_part(note(f"{name} 1"), note(f"{name} 2"))] for name, hsm_part in PARTS.items()}
        lists[role] = [PARTS[role](note(f"{role} 1"), bad("oops"), note(f"{role} 2"))]
        machine = await started(
            hsm.define(
                "M",
                hsm.state("a", *lists["exit"], go("go", "b", *lists["effect"])),
                hsm.state("b", *lists["entry"]),
                CAUGHT,
            )
        )
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
        everything = ["exit 1", "exit 2", "effect 1", "effect 2", "entry 1", "entry 2"]
        everything.remove(f"{role} 2")
        assert machine.instance.log == [*everything, "hsm_error: oops in /M/b"]


PARTS = {"exit": hsm.exit, "effect": hsm.effect, "entry": hsm.entry}


@rule("E1")
async def test_each_list_of_actions_fails_for_itself():
    """Two parts of one kind are one list; another vertex's list is another."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b/c")),
        hsm.state("b", hsm.entry(fail("one")), hsm.entry(note("not run")), logged("c")),
        CAUGHT,
    )
    machine = await started(model)
    await machine.dispatch("go")
    assert machine.instance.log == ["+c", "hsm_error: one in /M/b/c"]


@rule("E1")
async def test_the_error_event_carries_the_exception_itself():
    """The very exception object is the data of `hsm_error`."""
    error = ValueError("oops")
    seen = []

    def throw(ctx, self, event):
        raise error

    model = hsm.define(
        "M",
        hsm.state("a", on("go", hsm.effect(throw))),
        on("hsm_error", hsm.effect(lambda ctx, self, event: seen.append(event))),
    )
    await (await started(model)).dispatch("go")
    assert seen[0].name == "hsm_error"
    assert seen[0].data is error


@rule("E1")
@raising
async def test_a_note_tells_which_behaviour_where_and_on_what(bad):
    """The exception's note names the role, the path, the trigger and the file with its line."""
    machine = await started(moving(hsm.effect(bad("oops"))))
    with pytest.raises(ValueError, match="oops") as caught:
        await machine.dispatch("go")
    (text,) = caught.value.__notes__
    assert text.startswith("in effect of /M/a on 'go' (")
    assert "test_errors.py:" in text


@rule("E1")
async def test_the_note_of_an_entry_names_the_event_that_led_there():
    """A behaviour without a trigger of its own tells the event as well."""
    machine = await started(hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", hsm.entry(fail("oops")))))
    with pytest.raises(ValueError, match="oops") as caught:
        await machine.dispatch("go")
    (text,) = caught.value.__notes__
    assert text.startswith("in entry of /M/b (")
    assert text.endswith("event 'go'")


NOTED = hsm.define(
    "M",
    hsm.state(
        "a",
        hsm.transition(hsm.on("pause", "on", "a' or 'b"), hsm.effect(fail("oops"))),
        on("e", hsm.effect(fail("oops"))),
        on("order.*", hsm.effect(fail("oops"))),
        hsm.transition(hsm.on("f"), hsm.after(60), hsm.effect(fail("oops"))),
        hsm.transition(hsm.on_call("ask"), hsm.effect(fail("oops"))),
    ),
)
"""Labels in which the names of other events occur."""


@rule("E1")
@both_engines
@pytest.mark.parametrize(
    ("event", "end"),
    [
        ("on", " on 'pause' or 'on' or 'a' or 'b' {}, event 'on'"),
        ("pause", " on 'pause' or 'on' or 'a' or 'b' {}, event 'pause'"),
        ("a' or 'b", " on 'pause' or 'on' or 'a' or 'b' {}, event 'a' or 'b'"),
        ("e", " on 'e' {}"),
        ("order.paid", " on 'order.*' {}, event 'order.paid'"),
        ("order.*", " on 'order.*' {}, event 'order.*'"),
        ("f", " on 'f' or 'after' {}, event 'f'"),
    ],
)
async def test_a_note_names_the_event_unless_it_is_the_only_trigger(event, end, engine):
    """Whatever else the text of the triggers has in it."""
    machine = await started(NOTED, engine=engine)
    with pytest.raises(ValueError, match="oops") as caught:
        await machine.dispatch(event)
    (text,) = caught.value.__notes__
    assert re.sub(r"\(\S+\)", "{}", text) == f"in effect of /M/a{end}"


@rule("E1")
@both_engines
async def test_a_note_names_the_event_of_a_timer_and_leaves_out_that_of_a_call(clock, engine):
    """A timer's label is no event's name, even where an event is called so; the operation of a call is its event's."""
    caught = errors_of_loop()
    machine = await started(NOTED, engine=engine)
    with pytest.raises(ValueError, match="oops") as raised:
        await machine.call("ask")
    assert raised.value.__notes__[0].endswith(")")
    await clock.advance(60)
    assert caught[0].__notes__[0].endswith("), event 'hsm_time'")


@rule("E1")
@both_engines
async def test_a_note_names_an_event_that_is_called_as_a_kind_of_trigger(engine):
    """The condition of a change trigger is asked after any event."""

    def fails_once(ctx, self, event):
        if self.taken():
            raise ValueError("oops")
        return False

    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.when(fails_once)), on("when", hsm.effect(note("asked")))))
    machine = await started(model, engine=engine)
    with pytest.raises(ValueError, match="oops") as caught:
        await machine.dispatch("when")
    assert re.fullmatch(r"in guard of /M/a on 'when' \(\S+\), event '\w+'", caught.value.__notes__[0])


@rule("E1")
@both_engines
async def test_a_note_is_one_line(engine):
    """Whatever is in the names."""
    model = hsm.define(
        "M\n", hsm.state("a\u2028b", on("e\r\n", hsm.effect(fail("oops"))), on("*", hsm.effect(fail("oops"))))
    )
    machine = await started(model, engine=engine)
    for event, end in (("e\r\n", ")"), ("\x0bf", "event '\\x0bf'")):
        with pytest.raises(ValueError, match="oops") as caught:
            await machine.dispatch(event)
        (text,) = caught.value.__notes__
        assert text.startswith("in effect of /M\\n/a\\u2028b on '")
        assert text.endswith(end)
        assert len(text.splitlines()) == 1


@pytest.mark.needs_system
@rule("E1")
@both_engines
async def test_a_note_is_made_where_the_working_directory_is_gone(engine, tmp_path, monkeypatch):
    """The file is named whole then, and the step goes on."""
    model = moving(hsm.effect(fail("oops")))
    machine, before = await started(model, engine=engine), await started(model, engine=engine)
    with pytest.raises(ValueError, match="oops"):
        await before.dispatch("go")  # what measures coverage needs a directory when it first sees a step
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ValueError, match="oops") as caught:
        await machine.dispatch("go")
    assert f"({__file__}:" in caught.value.__notes__[0]
    assert machine.state() == "/M/b"


@rule("E1", "E2")
@both_engines
async def test_an_answer_that_cannot_be_shown_is_an_error_of_its_guard_all_the_same(engine):
    """A `GuardError` that names its type, and not what went wrong in showing it."""

    class Unshowable:
        def __repr__(self):
            raise RuntimeError("repr")

        __str__ = __bool__ = __eq__ = __repr__
        __hash__ = None

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.guard(says(Unshowable()))))), engine=engine)
    with pytest.raises(hsm.GuardError, match=r"returned <Unshowable> \(Unshowable\); a guard must return"):
        await machine.dispatch("go")
    assert machine.state() == "/M/a"


@rule("E1")
async def test_an_exception_that_is_raised_again_and_again_gets_its_note_once():
    """A module's shared exception object does not grow with every event."""
    shared = ValueError("oops")

    def throw(ctx, self, event):
        raise shared

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(throw))), CAUGHT))
    for _ in range(3):
        await machine.dispatch("go")
    assert len(shared.__notes__) == 1


@rule("E1")
@pytest.mark.parametrize("role", ["effect", "guard"])
async def test_a_stop_iteration_is_an_error_like_any(role):
    """It reaches `hsm_error` as itself, though generators make another exception of it."""
    seen = []

    def exhausted(ctx, self, event):
        return next(iter([]))

    model = hsm.define(
        "M",
        hsm.state("a", on("go", getattr(hsm, role)(exhausted))),
        on("hsm_error", hsm.effect(lambda ctx, self, event: seen.append(event.data))),
    )
    machine = await started(model)
    await machine.dispatch("go")
    (error,) = seen
    assert type(error) is StopIteration
    assert f"in {role} of /M/a" in error.__notes__[0]


# --- E2: guards, activities, durations --------------------------------------------------------------------------


@rule("E2")
@raising
async def test_a_failing_guard_counts_as_false_and_becomes_an_error_event(bad):
    """The next transition is asked, and the error is handled after it."""
    model = hsm.define(
        "M",
        hsm.state("a", on("go", hsm.guard(bad("oops")), hsm.target("b")), go("go", "c")),
        logged("b"),
        logged("c"),
        CAUGHT,
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["+c", "hsm_error: oops in /M/c"]


@rule("E2")
async def test_a_failing_guard_is_false_even_behind_a_negation():
    """An error anywhere in a condition makes the whole of it false."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on("go", hsm.not_(fail("one")), hsm.target("b")),
            on("go", hsm.any_of(fail("two"), says(True)), hsm.target("b")),
        ),
        hsm.state("b"),
        CAUGHT,
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.IGNORED
    assert machine.instance.log == ["hsm_error: one in /M/a", "hsm_error: two in /M/a"]


@rule("E2", "E4")
async def test_an_unhandled_error_of_a_guard_is_raised_from_the_dispatch():
    """Though nothing fired, the error does not vanish; nothing has changed."""
    machine = await started(moving(hsm.guard(fail("oops"))))
    machine.instance.taken()
    with pytest.raises(ValueError, match="oops") as caught:
        await machine.dispatch("go")
    assert "in guard of /M/a on 'go'" in caught.value.__notes__[0]
    assert machine.state() == "/M/a"
    assert machine.instance.log == []


@rule("E2")
@raising
async def test_an_error_of_an_activity_becomes_an_error_event(bad):
    """It is handled where the machine is by then."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(bad("oops"))), CAUGHT))
    await settle()
    assert machine.instance.log == ["hsm_error: oops in /M/a"]


@rule("E2", "A1")
async def test_an_error_of_an_activity_that_is_being_cancelled_is_reported_and_no_event():
    """What it raises on its way out goes to the loop, not into the machine."""
    caught = errors_of_loop()

    async def spiteful(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("out of spite")

    model = hsm.define("M", hsm.state("a", hsm.activity(spiteful), go("go", "b")), logged("b"), CAUGHT)
    machine = await started(model)
    await settle()
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["+b"]
    assert texts(caught) == ["out of spite"]


@rule("E2", "A2")
@raising
async def test_a_failing_duration_function_leaves_its_timer_unarmed(bad, clock):
    """The error becomes an event; the other timers of the state run."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            after(bad("oops"), hsm.effect(note("never"))),
            after(1, hsm.effect(note("tick"))),
        ),
        CAUGHT,
    )
    machine = await started(model)
    await clock.advance(10)
    assert machine.instance.log == ["hsm_error: oops in /M/a", "tick"]


@rule("E2", "A1")
async def test_an_error_that_an_activity_raised_before_its_state_is_left_is_an_event():
    """Its task has just failed, nobody cancelled it, and the machine has not heard of it yet."""

    async def breaks(ctx, self, event):
        await self.gate.wait()
        raise ValueError("oops")

    model = hsm.define("M", hsm.state("a", hsm.activity(breaks), go("go", "b")), logged("b"), CAUGHT)
    machine = await started(model, Gated())
    await settle()
    machine.instance.gate.set()
    await asyncio.sleep(0)
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["+b", "hsm_error: oops in /M/b"]


@rule("E4", "E7")
async def test_an_activity_that_a_cancellation_of_its_own_ended_is_reported():
    """Nobody asked it to end: it has not returned, and its end does not vanish."""
    caught = errors_of_loop()
    model = hsm.define("M", hsm.state("a", hsm.activity(await_cancelled), then("b")), logged("b"))
    machine = await started(model)
    await settle()
    (error,) = caught
    assert isinstance(error, asyncio.CancelledError)
    assert "in activity of /M/a" in error.__notes__[0]
    assert machine.state() == "/M/a"


# --- E3: when and where -----------------------------------------------------------------------------------------


@rule("E3")
async def test_errors_come_in_their_order_and_before_queued_events():
    """Two errors of one step are handled in the order in which they happened, before what was sent in it."""

    def exits(ctx, self, event):
        self.dispatch("more")
        raise ValueError("exit")

    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(exits), go("go", "b", hsm.effect(fail("effect")))),
        hsm.state("b", hsm.entry(fail("entry"))),
        noting("more"),
        CAUGHT,
    )
    machine = await started(model)
    await machine.dispatch("go")
    assert machine.instance.log == [
        "hsm_error: exit in /M/b", "hsm_error: effect in /M/b", "hsm_error: entry in /M/b", "more",
    ]  # fmt: skip


@rule("E3")
async def test_an_error_is_handled_in_the_configuration_that_the_step_reached():
    """The handler of the target takes it, not the one of the source where it happened."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.effect(fail("oops"))), noting("hsm_error", "wrong")),
        hsm.state("b", go("hsm_error", "safe")),
        logged("safe"),
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/safe"
    assert machine.instance.log == ["+safe"]


@rule("E3")
async def test_an_error_transition_is_an_ordinary_one():
    """It has guards, which choose by the exception, and bubbles outwards as any event does."""

    def is_key(ctx, self, event):
        return isinstance(event.data, KeyError)

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on("key", hsm.effect(fail("k", KeyError))),
            on("value", hsm.effect(fail("v"))),
            on("hsm_error", hsm.guard(is_key), hsm.effect(note("key error"))),
        ),
        noting("hsm_error", "any error"),
    )
    machine = await started(model)
    await machine.dispatch("key")
    await machine.dispatch("value")
    assert machine.instance.log == ["key error", "any error"]


@rule("E3", "T2")
async def test_no_wildcard_takes_an_error():
    """`*` is not for the built-in events: the error stays unhandled."""
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(fail("oops")))), on("*")))
    with pytest.raises(ValueError, match="oops"):
        await machine.dispatch("go")


@rule("E3", "Q5")
async def test_an_error_of_an_activity_comes_before_a_completion_that_waits():
    """Both happened while a step was suspended: errors are first."""

    async def returns(ctx, self, event):
        """Nothing to do."""

    model = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.activity(afail("oops")),
            on("hold", hsm.effect(held)),
            noting("hsm_error", "error"),
            hsm.state("a", hsm.activity(returns), then("b", hsm.effect(note("completed")))),
            hsm.state("b"),
        ),
    )
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await settle()
    machine.instance.gate.set()
    await answer
    assert machine.instance.log == ["held", "freed", "error", "completed"]


@rule("E3", "Q5", "L1")
async def test_an_error_of_an_activity_comes_before_queued_events_in_start_too():
    """The activity of a state failed while the default entry inside it was still going on."""

    async def send(ctx, self, event):
        await self.dispatch("more")
        await settle()

    model = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.activity(afail("oops")),
            noting("more"),
            noting("hsm_error", "error"),
            hsm.state("a", hsm.entry(send)),
        ),
    )
    machine = await started(model)
    assert machine.instance.log == ["error", "more"]


@rule("E2", "E3", "E4")
@both_engines
async def test_an_error_of_an_activity_waits_while_another_one_is_handled(engine):
    """It is handled next, as `hsm_error` itself, and is none of the sender whose error is being handled."""

    async def act(ctx, self, event):
        await pause(1)
        raise OSError("activity")

    async def handle(ctx, self, event):
        self.log.append(f"handling {event.data}")
        await pause(2)
        self.log.append(f"handled {event.data}")

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(act), on("go", hsm.effect(fail("effect"))), on("hsm_error", hsm.effect(handle))),
    )
    caught = errors_of_loop()
    machine = await started(model, engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await pause(5)
    assert machine.instance.log == [
        "handling effect",
        "handled effect",
        "handling activity",
        "handled activity",
    ]
    assert caught == []


# --- E4: what nothing takes -------------------------------------------------------------------------------------


@rule("E4")
@raising
async def test_an_unhandled_error_is_raised_unchanged_from_its_dispatch(bad):
    """The await raises the very exception; the machine has reached its target and goes on."""
    machine = await started(
        hsm.define("M", logged("a", go("go", "b", hsm.effect(bad("oops", KeyError)))), logged("b", go("back", "a")))
    )
    with pytest.raises(KeyError) as caught:
        await machine.dispatch("go")
    assert type(caught.value) is KeyError
    assert caught.value.args == ("oops",)
    assert caught.value.__cause__ is None
    assert machine.state() == "/M/b"
    assert await machine.dispatch("back") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["+a", "-a", "+b", "-b", "+a"]


@rule("E4")
async def test_several_unhandled_errors_are_raised_as_a_group():
    """In the order in which they happened."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(fail("exit")), go("go", "b", hsm.effect(fail("effect", KeyError)))),
        hsm.state("b", hsm.entry(fail("entry"))),
    )
    machine = await started(model)
    with pytest.raises(ExceptionGroup) as caught:
        await machine.dispatch("go")
    assert [type(error) for error in caught.value.exceptions] == [ValueError, KeyError, ValueError]
    assert machine.state() == "/M/b"


@rule("E4")
async def test_only_what_nothing_takes_is_raised():
    """Of two errors one is handled; the other one is raised alone."""

    def is_key(ctx, self, event):
        return isinstance(event.data, KeyError)

    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(fail("key", KeyError)), go("go", "b", hsm.effect(fail("value")))),
        hsm.state("b"),
        on("hsm_error", hsm.guard(is_key), hsm.effect(note("handled"))),
    )
    machine = await started(model)
    with pytest.raises(ValueError, match="value"):
        await machine.dispatch("go")
    assert machine.instance.log == ["handled"]


@rule("E4")
async def test_everyone_who_awaits_is_given_the_error():
    """Two waiters of one dispatch both see it."""
    machine = await started(moving(hsm.effect(afail("oops"))))
    answer = machine.dispatch("go")

    async def wait():
        return await answer

    errors = await asyncio.gather(wait(), wait(), return_exceptions=True)
    assert texts(errors) == ["oops", "oops"]


@rule("E4")
async def test_an_error_is_given_to_the_caller_whose_event_caused_it():
    """Callers before and behind it are not disturbed."""
    model = hsm.define(
        "M",
        hsm.state("a", on("good", hsm.effect(afail("x"), note("no"))), on("go")),
        on("hsm_error", hsm.guard(says(False))),
    )
    machine = await started(model)
    answers = await asyncio.gather(*map(machine.dispatch, ("go", "good", "go")), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["Outcome.TAKEN", "x", "Outcome.TAKEN"]


@rule("E4", "E4a")
@raising
async def test_an_error_that_nobody_awaits_is_reported_once(bad, caplog):
    """It goes to the loop's exception handler, and nowhere else."""
    caught = errors_of_loop()
    machine = await started(moving(hsm.effect(bad("oops"))))
    machine.dispatch("go")
    await settle()
    gc.collect()
    assert texts(caught) == ["oops"]
    assert caplog.records == []


@rule("E4")
async def test_an_error_that_was_awaited_is_not_reported():
    """It is raised once, to whoever waits."""
    caught = errors_of_loop()
    machine = await started(moving(hsm.effect(fail("oops"))))
    with pytest.raises(ValueError, match="oops"):
        await machine.dispatch("go")
    gc.collect()
    assert caught == []


@rule("E4", "Q4")
async def test_an_error_whose_caller_was_cancelled_is_reported():
    """Nobody is left to be told, so the loop is."""
    caught = errors_of_loop()
    machine = await started(moving(hsm.effect(afail("oops"))))
    task = asyncio.create_task(machine.dispatch("go"))
    task.cancel()
    await settle()
    del task
    gc.collect()
    assert texts(caught) == ["oops"]


@rule("E4", "E4a")
@pytest.mark.parametrize(
    "part",
    [hsm.activity(fail("oops")), after(1, hsm.effect(fail("oops"))), after(1, hsm.guard(fail("oops")))],
    ids=["activity", "timer", "guard of a timer"],
)
async def test_an_error_of_an_activity_or_timer_is_reported_once(part, clock, caplog):
    """Nobody sent an event, so nobody can be told."""
    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", part), on("go")))
    await clock.advance(2)
    assert texts(caught) == ["oops"]
    assert caplog.records == []
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN


@rule("E4", "Q2")
async def test_an_error_of_an_event_that_a_behaviour_sent_is_reported():
    """The behaviour was told `QUEUED`, and the outer caller's own event went well."""
    caught = errors_of_loop()

    async def relay(ctx, self, event):
        await self.dispatch("bad")

    machine = await started(
        hsm.define("M", hsm.state("a", on("go", hsm.effect(relay)), on("bad", hsm.effect(fail("oops")))))
    )
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert texts(caught) == ["oops"]


@rule("E4")
async def test_an_error_is_reported_as_soon_as_nobody_can_come_for_it():
    """Letting the answer go is enough: the garbage collector has nothing to do with it."""
    caught = errors_of_loop()
    machine = await started(moving(hsm.effect(fail("oops"))))
    gc.collect()
    gc.disable()
    try:
        machine.dispatch("go")
        await settle()
        assert texts(caught) == ["oops"]
    finally:
        gc.enable()


# --- E5: errors of handlers -------------------------------------------------------------------------------------


@rule("E5")
@raising
async def test_an_error_of_an_error_handler_does_not_loop(bad):
    """It is raised, and the handler ran once."""
    model = hsm.define(
        "M", hsm.state("a", on("go", hsm.effect(fail("first")))), on("hsm_error", hsm.effect(note("handling"), bad("second")))
    )  # fmt: skip
    machine = await started(model)
    with pytest.raises(ValueError, match="second"):
        await machine.dispatch("go")
    assert machine.instance.log == ["handling"]
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("E5")
async def test_an_error_of_the_entry_behind_a_handler_is_raised_too():
    """Whatever happens while an error is handled counts: exits, entries, guards."""
    model = hsm.define(
        "M",
        hsm.state("a", on("go", hsm.effect(fail("first"))), go("hsm_error", "b")),
        hsm.state("b", hsm.entry(fail("second")), noting("hsm_error", "not asked")),
    )
    machine = await started(model)
    with pytest.raises(ValueError, match="second"):
        await machine.dispatch("go")
    assert machine.state() == "/M/b"
    assert machine.instance.log == []


@rule("E5")
async def test_a_failing_guard_of_a_handler_leaves_both_errors_unhandled():
    """The guard's own error and the one it was asked about come out together."""
    model = hsm.define(
        "M", hsm.state("a", on("go", hsm.effect(fail("first")))), on("hsm_error", hsm.guard(fail("second")))
    )
    machine = await started(model)
    with pytest.raises(ExceptionGroup) as caught:
        await machine.dispatch("go")
    assert texts(caught.value.exceptions) == ["first", "second"]


@rule("E5")
async def test_a_failing_handler_does_not_keep_the_next_error_from_being_handled():
    """Each error event is an event of its own."""

    def picky(ctx, self, event):
        self.log.append(str(event.data))
        if str(event.data) == "exit":
            raise ValueError("of the handler")

    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(fail("exit")), go("go", "b", hsm.effect(fail("effect")))),
        hsm.state("b"),
        on("hsm_error", hsm.effect(picky)),
    )
    machine = await started(model)
    with pytest.raises(ValueError, match="of the handler"):
        await machine.dispatch("go")
    assert machine.instance.log == ["exit", "effect"]


# --- E6: the block ----------------------------------------------------------------------------------------------

SPOILED = hsm.define("M", logged("a", after(1, hsm.effect(fail("background")))))


@rule("E6")
async def test_a_background_error_cancels_the_block_and_is_raised_from_it(clock):
    """The body ends where it waits, the machine is stopped, and the error comes out unchanged."""
    instance = Log()
    with pytest.raises(ValueError, match="background"):
        async with hsm.start(None, instance, SPOILED):
            await clock.advance(100)
            instance.log.append("not reached")
    assert clock.time() == 1
    assert instance.log == ["+a", "-a"]
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


@rule("E6")
async def test_several_background_errors_are_raised_together(clock):
    """As a group, in the order in which they happened."""
    model = hsm.define(
        "M",
        hsm.state("a", *(after(1, hsm.effect(fail(text))) for text in ("one", "two"))),
    )
    with pytest.raises(ExceptionGroup) as caught:
        async with hsm.start(None, Log(), model):
            await clock.advance(100)
    assert texts(caught.value.exceptions) == ["one", "two"]


@rule("E6")
async def test_errors_of_the_body_and_of_the_machine_come_out_together(clock):
    """The machine's error and what the body raised when it was cancelled."""
    with pytest.raises(ExceptionGroup) as caught:
        async with hsm.start(None, Log(), SPOILED):
            try:
                await clock.advance(100)
            finally:
                raise KeyError("body")
    assert [type(error) for error in caught.value.exceptions] == [ValueError, KeyError]


@rule("E6")
async def test_a_handled_error_leaves_the_block_alone(clock):
    """What a transition takes is no background error."""
    model = hsm.define("M", hsm.state("a", after(1, hsm.effect(fail("oops")))), CAUGHT)
    async with hsm.start(None, Log(), model) as machine:
        await clock.advance(2)
    assert machine.instance.log == ["hsm_error: oops in /M/a"]


@rule("E6", "E4")
async def test_an_awaited_error_is_the_bodys_own(clock):
    """It is raised at the await, once, and the block lets it through."""
    instance = Log()
    with pytest.raises(ValueError, match="oops"):
        async with hsm.start(None, instance, moving(hsm.effect(fail("oops")))) as machine:
            await machine.dispatch("go")
    assert instance.log == ["+a", "-a", "+b", "-b"]


@rule("E6")
async def test_an_error_of_the_last_exit_is_raised_from_the_block():
    """Stopping at the end of the block may fail as well."""
    with pytest.raises(ValueError, match="oops"):
        async with hsm.start(None, Log(), hsm.define("M", hsm.state("a", hsm.exit(fail("oops"))))):
            pass


@rule("E6")
async def test_a_cancellation_from_outside_is_not_swallowed_by_a_background_error(clock):
    """When both come, the task stays cancelled."""

    async def block():
        try:
            async with hsm.start(None, Log(), SPOILED):
                asyncio.get_running_loop().call_later(1, asyncio.current_task().cancel)
                await clock.advance(100)
        except ValueError:
            await asyncio.sleep(0)
            raise AssertionError("the cancellation was lost") from None

    task = asyncio.create_task(block())
    with pytest.raises(asyncio.CancelledError):
        await task


def relay(ctx, self, event):
    self.dispatch("bad")


RELAYED = hsm.define("M", hsm.state("a", on("relay", hsm.effect(relay)), on("bad", hsm.effect(fail("background")))))


@rule("E6")
async def test_a_background_error_in_a_body_that_never_awaits_is_raised_from_the_block():
    """The body has ended before it could be cancelled, and no cancellation is left behind the block."""
    with pytest.raises(ValueError, match="background"):
        async with hsm.start(None, Log(), RELAYED) as machine:
            machine.dispatch("relay")
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


@rule("E6")
async def test_a_background_error_in_a_body_that_raises_at_once_comes_out_with_it():
    """Both are reported."""
    with pytest.raises(ExceptionGroup) as caught:
        async with hsm.start(None, Log(), RELAYED) as machine:
            machine.dispatch("relay")
            raise KeyError("body")
    assert [type(error) for error in caught.value.exceptions] == [ValueError, KeyError]
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


@rule("E6", "E4")
async def test_a_dispatch_that_fails_and_that_nobody_awaits_cancels_the_block(clock):
    """It is a background error."""
    with pytest.raises(ValueError, match="oops"):
        async with hsm.start(None, Log(), moving(hsm.effect(fail("oops")))) as machine:
            machine.dispatch("go")
            await clock.advance(1)
            pytest.fail("the body went on")


@rule("E6", "E4")
async def test_cancelling_a_block_while_it_stops_loses_no_error(clock):
    """The error of the background is still raised when somebody else wants the block to end as well."""
    model = hsm.define("M", hsm.state("a", hsm.exit(held), after(1, hsm.effect(fail("background")))))
    instance = Gated()

    async def block():
        async with hsm.start(None, instance, model):
            await clock.advance(100)

    task = asyncio.create_task(block())
    await clock.advance(2)
    task.cancel()
    instance.gate.set()
    with pytest.raises(ValueError, match="background"):
        await task
    assert instance.log == ["held", "freed"]


@rule("E6", "L6")
async def test_a_background_error_after_the_block_is_reported(clock):
    """A machine that is restarted behind its block has nobody else to tell it to."""
    caught = errors_of_loop()
    async with hsm.start(None, Log(), SPOILED) as machine:
        pass
    await hsm.restart(machine)
    await clock.advance(2)
    assert texts(caught) == ["background"]
    assert machine.status is hsm.Status.RUNNING


@rule("E4", "E6")
@both_engines
@raising
@pytest.mark.parametrize("of", [lambda machine: machine, lambda machine: machine.instance], ids=["machine", "instance"])
async def test_the_error_of_a_dropped_dispatch_ends_the_block_at_once(of, bad, engine):
    """It does not wait for the garbage collector."""
    instance = Log()
    gc.disable()
    try:
        with pytest.raises(ValueError, match="oops"):
            async with hsm.start(None, instance, moving(hsm.effect(bad("oops"))), engine=engine) as machine:
                of(machine).dispatch("go")
                await settle()
                instance.log.append("not reached")
    finally:
        gc.enable()
    assert instance.log == ["+a", "-a", "+b", "-b"]


# --- E7: what is never an event ---------------------------------------------------------------------------------


@rule("E7")
@pytest.mark.parametrize("behave", [fail("", asyncio.CancelledError), await_cancelled], ids=["plain", "async"])
async def test_a_cancellation_in_a_behaviour_is_raised_and_no_event(behave):
    """It comes out of the dispatch as it is; the step is whole, and the machine goes on."""
    model = hsm.define("M", logged("a", go("go", "b", hsm.effect(behave, note("no")))), logged("b"), CAUGHT)
    machine = await started(model)
    machine.instance.taken()
    with pytest.raises(asyncio.CancelledError):
        await machine.dispatch("go")
    assert asyncio.current_task().cancelling() == 0
    assert machine.instance.log == ["-a", "+b"]
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("E7")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("part", [hsm.effect, hsm.guard], ids=["effect", "guard"])
@both_engines
async def test_an_interrupt_goes_through(kind, part, engine):
    """What is no ordinary exception is raised from the await, and the machine is whole behind it."""
    model = hsm.define("M", hsm.state("a", go("go", "b", part(fail("", kind)))), hsm.state("b"), CAUGHT)
    machine = await started(model, engine=engine)
    with pytest.raises(kind):
        await machine.dispatch("go")
    assert machine.state() == ("/M/b" if part is hsm.effect else "/M/a")
    assert machine.instance.log == []
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("E7")
async def test_a_cancellation_in_a_duration_function_is_no_event():
    """It comes out of the dispatch that entered the state."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state("b", after(fail("", asyncio.CancelledError), hsm.target("a"))),
        CAUGHT,
    )
    machine = await started(model)
    with pytest.raises(asyncio.CancelledError):
        await machine.dispatch("go")
    assert machine.state() == "/M/b"
    assert machine.instance.log == []


@rule("E7")
@pytest.mark.parametrize("part", [hsm.effect, hsm.guard, hsm.after], ids=["effect", "guard", "duration"])
async def test_the_end_of_a_generator_in_a_suspended_step_is_raised_and_the_machine_goes_on(part):
    """A `GeneratorExit` of an async behaviour tears nothing, and does not vanish."""
    bad = part(afail("", GeneratorExit))
    first, second = ([], [hsm.transition(bad)]) if part is hsm.after else ([bad], [])
    model = hsm.define("M", hsm.state("a", go("go", "b", *first)), hsm.state("b", *second), CAUGHT)
    machine = await started(model)
    with pytest.raises(GeneratorExit):
        await machine.dispatch("go")
    assert machine.state() == ("/M/a" if part is hsm.guard else "/M/b")
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("E7")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_of_a_suspended_step_ends_the_loop_and_not_the_machine(kind):
    """It comes out of the loop as it is; when that is run again, the machine answers."""
    model = hsm.define("M", hsm.state("a", on("stop", hsm.effect(afail("", kind))), go("go", "b")), logged("b"))

    async def send(machine, name):
        async with asyncio.timeout(1):  # not `wait_for`, whose task on Python 3.11 would raise it once more
            return await machine.dispatch(name)

    with asyncio.Runner() as runner:
        machine = runner.run(started(model))
        with pytest.raises(kind):
            runner.run(send(machine, "stop"))
        assert runner.run(send(machine, "go")) is hsm.Outcome.TAKEN
        assert machine.instance.log == ["+b"]


# --- E8: a start that fails -------------------------------------------------------------------------------------


@rule("E4", "E8")
@both_engines
async def test_the_error_of_a_start_that_nobody_awaits_any_more_is_reported_when_it_comes(engine):
    """It does not wait for the garbage collector."""
    caught = errors_of_loop()
    model = hsm.define(
        "M", hsm.state("s", hsm.entry(fail("early")), hsm.state("t", hsm.entry(lambda ctx, self, event: pause(50))))
    )
    gc.disable()
    try:
        # not wait_for, which keeps what it waited for on Python 3.11
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await hsm.start(None, Log(), model, engine=engine)
        await pause(100)
    finally:
        gc.enable()
    assert [str(error) for error in caught] == ["early"]


@rule("E7")
def test_a_loop_that_is_closed_in_a_suspended_step_shows_nothing_of_ours(capfd):
    """What is suspended is closed, and no exception comes out of that."""

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(lambda *_: pause(50))))))
        machine.dispatch("go")
        await settle()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)
    loop.run_until_complete(main())
    loop.close()
    del loop
    gc.collect()
    assert "Exception ignored" not in capfd.readouterr().err


@rule("E8")
@raising
async def test_a_failing_start_leaves_what_it_entered_and_raises(bad):
    """Exit actions run, nothing is active, and the error comes from the await."""
    instance = Log()
    model = hsm.define("M", logged("a", logged("b", hsm.entry(bad("oops")))))
    with pytest.raises(ValueError, match="oops"):
        await hsm.start(None, instance, model)
    assert instance.log == ["+a", "+b", "-b", "-a"]
    assert instance.state() == ""
    with pytest.raises(hsm.LifecycleError):
        instance.dispatch("go")


@rule("E8")
async def test_nothing_of_a_failed_start_goes_on(clock):
    """Its activities are cancelled, and its timers do not fire."""
    model = hsm.define(
        "M", hsm.state("a", hsm.activity(forever()), after(1, hsm.effect(note("tick"))), hsm.state("b", hsm.entry(afail("oops"))))
    )  # fmt: skip
    instance, tasks = Log(), asyncio.all_tasks()
    with pytest.raises(ValueError, match="oops"):
        await hsm.start(None, instance, model)
    await settle()
    await clock.advance(5)
    assert instance.log == ["ended"]
    assert asyncio.all_tasks() == tasks


@rule("E8")
async def test_an_instance_whose_start_failed_can_be_started_again():
    """The instance is free."""
    instance = Log()
    with pytest.raises(ValueError, match="oops"):
        await hsm.start(None, instance, hsm.define("M", hsm.state("a", hsm.entry(fail("oops")))))
    machine = await hsm.start(None, instance, hsm.define("M", hsm.state("a")))
    assert instance.state() == machine.state() == "/M/a"


@rule("E8", "E3")
async def test_a_start_whose_error_is_handled_succeeds():
    """An error transition takes it, as in any step."""
    model = hsm.define("M", hsm.state("a", hsm.entry(fail("oops")), go("hsm_error", "b")), logged("b"))
    machine = await started(model)
    assert machine.status is hsm.Status.RUNNING
    assert machine.state() == "/M/b"


@rule("E8")
async def test_several_errors_of_a_start_are_raised_together():
    """Those of the entries, then those of the exits that undo them."""
    model = hsm.define("M", hsm.state("a", hsm.entry(fail("in")), hsm.exit(fail("out"))))
    with pytest.raises(ExceptionGroup) as caught:
        await started(model)
    assert texts(caught.value.exceptions) == ["in", "out"]


@rule("E8", "E6")
async def test_a_block_whose_start_fails_is_not_entered():
    """`async with` raises the error of the start as it is."""
    with pytest.raises(ValueError, match="oops"):
        async with hsm.start(None, Log(), hsm.define("M", hsm.state("a", hsm.entry(fail("oops"))))):
            pytest.fail("the block was entered")


@rule("E5", "T6")
@both_engines
@pytest.mark.parametrize("is_handled", [False, True])
async def test_a_change_condition_that_always_raises_does_not_loop(engine, is_handled):
    """It raises once for the step, and, where that error is handled, once more in handling it."""
    handling = [on("hsm_error", hsm.effect(note("handled")))] if is_handled else []
    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.when(breaks), hsm.target(".")), on("e"), *handling))
    machine = await started(model, Breaking(), engine=engine)
    machine.instance.is_broken = True
    with pytest.raises(ValueError, match="broken"):
        await machine.dispatch("e")
    assert machine.instance.taken() == (["asked", "handled", "asked"] if is_handled else ["asked"])


class Breaking(Log):
    """An instance whose condition raises once it is broken."""

    is_broken = False


def breaks(ctx, self, event):
    """Raise, if the instance is broken."""
    if self.is_broken:
        self.log.append("asked")
        raise ValueError("broken")
    return False
