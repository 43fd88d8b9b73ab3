"""Questions: what an event would do, and why (rule L3a)."""

from __future__ import annotations

import asyncio
import re

import pytest
from support import (
    Gated,
    Log,
    Paid,
    asays,
    both_engines,
    errors_of_loop,
    fail,
    go,
    held,
    note,
    on,
    rule,
    says,
    settle,
    started,
    then,
)

import hsm
from hsm import Outcome, Verdict
from hsm_classdsl import Junction, Machine, State, guard, transition
from hsm_classdsl import on as marked_on


def guarded(event, condition, target="../b", **parts):
    """A transition on *event* behind a guard."""
    return hsm.transition(hsm.on(event), hsm.guard(condition), hsm.target(target))


def verdicts(explanation):
    """What became of each candidate, by its source."""
    return [(candidate.source, candidate.verdict.name) for candidate in explanation.candidates]


def guards(explanation):
    """What each guard of each candidate said, as text."""
    return [str(each) for candidate in explanation.candidates for each in candidate.guards]


B = hsm.state("b")

# --- events ----------------------------------------------------------------------------------------------------


@rule("L3a")
@both_engines
async def test_events_are_what_active_states_react_to_or_defer_innermost_first(engine):
    """Names and patterns, each once; calls, timers and built-in names are none of them, and no guard is asked."""
    model = hsm.define(
        "M",
        hsm.state(
            "outer",
            hsm.state(
                "a",
                guarded("first", fail("asked"), ".."),
                go("second", "."),
                hsm.transition(hsm.on("x.*", "outer"), hsm.target(".")),
                hsm.transition(hsm.on_call("called"), hsm.target(".")),
                hsm.transition(hsm.on("hsm_error"), hsm.target(".")),
                hsm.transition(hsm.after(5), hsm.target(".")),
                hsm.defer("later", "y.*"),
            ),
            on("outer", hsm.effect(note("x"))),
            hsm.transition(hsm.on("*"), hsm.effect(note("y"))),
            go("away", "../b"),
        ),
        hsm.state("b", on("only here", hsm.effect(note("z")))),
    )
    machine = await started(model, engine=engine)
    inner = ("first", "second", "outer", "x.*", "later", "y.*")
    assert machine.events() == (*inner, "away", "*")
    assert machine.instance.events() == machine.events()
    await machine.dispatch("away")
    assert machine.events() == ("only here",)
    await machine.stop()
    assert machine.events() == ()


@rule("L3a")
async def test_events_of_regions_come_from_each_of_them():
    """Earlier regions first, then what is around them."""
    model = hsm.define(
        "M",
        hsm.state(
            "both",
            hsm.region("r", hsm.state("a", go("in r", "."))),
            hsm.region("s", hsm.state("a", go("in s", "."))),
            go("around", "."),
        ),
    )
    machine = await started(model)
    assert machine.events() == ("in r", "in s", "around")


# --- can -------------------------------------------------------------------------------------------------------


@rule("L3a")
@both_engines
@pytest.mark.parametrize("answer", [says, asays])
async def test_can_tells_what_dispatch_would_return(engine, answer):
    """Guards that return at once and guards that suspend; nothing but guards runs."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.exit(note("left")),
            guarded("open", answer(True, "?open")),
            guarded("closed", answer(False, "?closed")),
            hsm.defer("later"),
        ),
        hsm.state("b"),
    )
    machine = await started(model, engine=engine)
    assert await machine.can("open") is Outcome.TAKEN
    assert await machine.can("closed") is Outcome.IGNORED
    assert await machine.can("later") is Outcome.DEFERRED
    assert await machine.instance.can("unheard of") is Outcome.IGNORED
    assert machine.instance.log == ["?open", "?closed"]
    assert machine.state() == "/M/a"
    assert await machine.dispatch("open") is Outcome.TAKEN


@rule("L3a")
async def test_the_event_is_given_to_the_guards():
    """A signal, an event with data, and a name with data."""
    seen = []

    def look(ctx, self, event):
        seen.append(event)
        return True

    model = hsm.define("M", hsm.state("a", guarded(Paid, look), guarded("e", look)), B)
    machine = await started(model)
    await machine.can(Paid(3))
    await machine.explain("e", 4)
    await machine.can(hsm.Event("e", 5))
    assert seen == [Paid(3), hsm.Event("e", 4), hsm.Event("e", 5)]


@rule("L3a")
@both_engines
async def test_a_question_is_answered_when_it_returns_if_nothing_suspends(engine):
    """Also where it is not awaited."""
    model = hsm.define("M", hsm.state("a", guarded("e", says(True))), B)
    machine = await started(model, engine=engine)
    with pytest.raises(StopIteration) as known:
        machine.can("e").send(None)
    assert known.value.value is Outcome.TAKEN


@rule("L3a")
@both_engines
async def test_a_question_waits_for_the_step_under_way(engine):
    """It is answered in the configuration that the step leads to, in its place among events."""
    model = hsm.define("M", hsm.state("a", go("e", "../b", hsm.effect(held))), hsm.state("b", go("f", "../a")))
    machine = await started(model, Gated(), engine=engine)
    taken = machine.dispatch("e")
    answer = asyncio.ensure_future(machine.can("f"))
    back = machine.dispatch("f")
    late = asyncio.ensure_future(machine.can("f"))
    await settle()
    assert not answer.done()
    machine.instance.gate.set()
    assert [await taken, await answer, await back, await late] == [Outcome.TAKEN] * 3 + [Outcome.IGNORED]


@rule("L3a")
@both_engines
async def test_inside_of_a_step_the_answer_is_queued(engine):
    """As a dispatch would be; the explanation says why, and nobody waits for himself."""
    answers = []

    async def ask(ctx, self, event):
        answers.append(await self.can("e"))
        answers.append(await self.explain("e"))

    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(ask))))
    machine = await started(model, engine=engine)
    await machine.dispatch("e")
    assert answers[0] is Outcome.QUEUED
    assert answers[1].outcome is Outcome.QUEUED
    assert "asked from inside of it" in str(answers[1])


@rule("L3a", "L5")
async def test_a_machine_that_has_ended_is_asked_as_it_is_sent_events():
    """One that completed ignores everything; one that was stopped, or never started, refuses to answer."""
    model = hsm.define("M", hsm.state("a", go("end", "../z")), hsm.final("z"))
    with pytest.raises(hsm.LifecycleError):
        Log().can("end")
    machine = await started(model)
    await machine.dispatch("end")
    assert await machine.can("end") is Outcome.IGNORED
    explanation = await machine.explain("end")
    assert explanation.outcome is Outcome.IGNORED
    assert explanation.help == ("this machine has completed",)
    machine = await started(model)
    await machine.stop()
    with pytest.raises(hsm.LifecycleError):
        machine.can("end")
    with pytest.raises(hsm.LifecycleError):
        machine.explain("end")


@rule("L3a", "L4")
async def test_a_question_that_a_stop_overtakes_is_not_answered():
    """Whoever awaits it gets `MachineStopped`; nothing is logged of one that nobody awaits."""
    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(held))))
    machine = await started(model, Gated())
    machine.dispatch("e")
    answer = asyncio.ensure_future(machine.can("e"))
    machine.explain("e")
    stopping = asyncio.ensure_future(machine.stop())
    await settle()
    machine.instance.gate.set()
    await stopping
    with pytest.raises(hsm.MachineStopped):
        await answer


@rule("L3a", "C3")
@both_engines
async def test_a_question_that_the_end_of_the_machine_overtakes_is_not_answered(engine):
    """Nor is it ignored, as an event is: nobody knows the answer."""
    model = hsm.define("M", hsm.state("a", go("e", "../z", hsm.effect(held))), hsm.final("z"))
    machine = await started(model, Gated(), engine=engine)
    machine.dispatch("e")
    answers = [asyncio.ensure_future(ask("e")) for ask in (machine.can, machine.explain)]
    await settle()
    machine.instance.gate.set()
    for answer in answers:
        with pytest.raises(hsm.MachineStopped):
            await answer


@rule("L3a", "D1")
@both_engines
async def test_a_question_about_a_deferred_event_is_not_deferred(engine):
    """It is answered once, and does not come back in the next state."""
    model = hsm.define(
        "M", hsm.state("a", hsm.defer("e"), go("f", "../b")), hsm.state("b", guarded("e", says(True, "?e"), "."))
    )
    machine = await started(model, engine=engine)
    assert await machine.can("e") is Outcome.DEFERRED
    await machine.dispatch("f")
    assert machine.instance.log == []
    assert machine.state() == "/M/b"


@rule("L3a")
@both_engines
async def test_a_question_lets_no_machine_feed_itself_anew(engine):
    """The budget of a machine that sends to itself without end is met, however often it is asked meanwhile."""

    async def again(ctx, self, event):
        await asyncio.sleep(0)
        self.dispatch("e")

    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(again))))
    machine = await started(model, engine=engine, step_budget=50)
    errors = errors_of_loop()
    machine.dispatch("e")
    for _ in range(200):
        await machine.can("f")
    assert [type(error) for error in errors] == [hsm.LoopBudgetError]


@rule("L3a", "E2")
@both_engines
async def test_what_a_guard_raises_is_raised_by_can_as_by_dispatch(engine):
    """Unless an active state reacts to errors: then the guard just counts as false."""
    model = hsm.define(
        "M",
        hsm.state("a", guarded("e", fail("broken")), go("on", "../c")),
        hsm.state("c", guarded("e", fail("broken")), on("hsm_error", hsm.effect(note("handled")))),
        B,
    )
    machine = await started(model, engine=engine)
    for ask in (machine.can, machine.dispatch):
        with pytest.raises(ValueError, match="broken") as caught:
            await ask("e")
        assert re.match(r"in guard of /M/a on 'e' \(.*:\d+\)$", caught.value.__notes__[0])
    await machine.dispatch("on")
    assert await machine.can("e") is Outcome.IGNORED
    assert machine.instance.log == []
    assert await machine.dispatch("e") is Outcome.IGNORED
    assert machine.instance.log == ["handled"]


@rule("L3a", "E7")
@both_engines
async def test_what_is_no_error_comes_out_of_a_question(engine):
    """A `BaseException` of a guard propagates to whoever asked, and the machine goes on."""

    class Fatal(BaseException):
        pass

    model = hsm.define("M", hsm.state("a", guarded("e", fail("x", Fatal)), on("f", hsm.effect(note("f")))), B)
    machine = await started(model, engine=engine)
    for ask in (machine.can, machine.explain):
        with pytest.raises(Fatal):
            await ask("e")
    assert await machine.dispatch("f") is Outcome.TAKEN


@rule("L3a", "E2")
async def test_the_error_of_an_activity_waits_for_the_end_of_a_question():
    """It becomes `hsm_error`, as it would without the question, and is nobody's error who asked."""

    async def break_down(ctx, self, event):
        await self.gate.wait()
        raise ValueError("activity")

    async def slow(ctx, self, event):
        self.gate.set()
        await asyncio.sleep(1)
        return False

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(break_down), guarded("e", slow), on("hsm_error", hsm.effect(note("handled")))),
        B,
    )
    machine = await started(model, Gated())
    assert await machine.can("e") is Outcome.IGNORED
    await settle()
    assert machine.instance.log == ["handled"]


@rule("L3a", "R4")
@both_engines
async def test_the_objects_that_guards_of_closed_branches_need_are_dropped(engine):
    """A question makes the object of a junction's class, as a step does, and leaves none behind."""

    class M(Machine):
        class A(State["M"], initial=True):
            go = marked_on("e", target="J")

        class J(Junction["M"]):
            asked = 0

            @guard
            def never(self) -> bool:
                self.asked += 1
                self.machine.seen.append(self.asked)
                return False

            way = transition(target="B", guard=never)

        class B(State["M"]): ...

        def __init__(self) -> None:
            self.seen: list[int] = []

    machine = await hsm.start(None, M(), M.model, engine=engine)
    assert [await machine.can("e"), await machine.can("e")] == [Outcome.IGNORED] * 2
    assert machine.instance.seen == [1, 1]


# --- explain ---------------------------------------------------------------------------------------------------


@rule("L3a", "T2", "T3")
@both_engines
async def test_explain_names_every_candidate_innermost_first(engine):
    """Each with its trigger, target, guards and their answers, and why it was chosen or not."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            guarded("e", says(False)),
            guarded("e", hsm.any_of(hsm.not_(asays(True)), hsm.in_state("a"))),
            guarded("e", says(True)),
        ),
        hsm.transition(hsm.on("*"), hsm.effect(note("x"))),
        B,
    )
    machine = await started(model, engine=engine)
    explanation = await machine.explain("e")
    assert explanation.event == "e"
    assert explanation.outcome is Outcome.TAKEN
    assert explanation.states == ("/M/a",)
    assert verdicts(explanation) == [
        ("/M/a", "GUARD_FALSE"),
        ("/M/a", "CHOSEN"),
        ("/M/a", "PREEMPTED"),
        ("/M", "PREEMPTED"),
    ]
    chosen = explanation.candidates[1]
    assert chosen.is_chosen
    assert (chosen.trigger, chosen.targets) == ("on 'e'", ("/M/b",))
    assert chosen.place is not None
    assert "test_questions.py" in chosen.place
    assert [(each.answer, len(each.parts)) for each in chosen.guards] == [(True, 2)]
    assert machine.state() == "/M/a"


@rule("L3a", "E2")
async def test_explain_tells_what_guards_raised():
    """It counts as false, also inside of `not_`; nothing is raised, and no error is handled."""
    model = hsm.define("M", hsm.state("a", guarded("e", hsm.not_(fail("oh")), "."), guarded("e", says("yes"), ".")))
    machine = await started(model)
    explanation = await machine.explain("e")
    assert verdicts(explanation) == [("/M/a", "GUARD_FALSE")] * 2
    first, second = [candidate.guards[0] for candidate in explanation.candidates]
    assert isinstance(first.parts[0].error, ValueError)
    assert isinstance(second.error, hsm.GuardError)
    assert "raised ValueError('oh'), which counts as false" in str(explanation)
    assert "is False (" in str(first)


@rule("L3a", "D1", "D3")
async def test_explain_tells_of_deferrals():
    """Where the event is deferred, what that keeps from firing, and deferrals that a transition overrides."""
    model = hsm.define(
        "M",
        hsm.state(
            "both",
            hsm.region("r", hsm.state("a", go("e", "../a2")), hsm.state("a2", go("e", "."))),
            hsm.region("s", hsm.state("b", hsm.defer("e"))),
            go("e", "."),
        ),
    )
    machine = await started(model)
    explanation = await machine.explain("e")
    assert explanation.outcome is Outcome.DEFERRED
    assert verdicts(explanation) == [
        ("/M/both/r/a", "DEFERRED"),
        ("/M/both/s/b", "CHOSEN"),
        ("/M/both", "DEFERRED"),
    ]
    assert [candidate.is_deferral for candidate in explanation.candidates] == [False, True, False]
    assert "deferral in /M/both/s/b: chosen" in str(explanation)


@rule("L3a", "T4")
async def test_explain_tells_of_conflicts_between_regions():
    """The transition of the earlier region fires; the other one would leave the same state."""
    model = hsm.define(
        "M",
        hsm.state(
            "both",
            hsm.region("r", hsm.state("a", go("e", "/M/b"))),
            hsm.region("s", hsm.state("a", go("e", "/M/b"))),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    assert verdicts(await machine.explain("e")) == [("/M/both/r/a", "CHOSEN"), ("/M/both/s/a", "CONFLICTS")]


@rule("L3a", "R4")
async def test_explain_looks_behind_junctions():
    """A transition whose every route is closed says so, with the guards of the branches."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../j"), go("f", "../k")),
        hsm.junction("j", then("k", hsm.guard(says(True)))),
        hsm.junction("k", then("b", hsm.guard(says(False))), then("j2", hsm.guard(hsm.in_state("b")))),
        hsm.junction("j2", then("b", hsm.guard(says(True)))),
        hsm.state("b"),
    )
    machine = await started(model)
    explanation = await machine.explain("e")
    assert verdicts(explanation) == [("/M/a", "NO_ROUTE")]
    assert [(each.vertex, each.answer) for each in explanation.candidates[0].guards] == [
        ("/M/j", True),
        ("/M/k", False),
        ("/M/k", False),
        ("/M/j2", None),
    ]
    assert "was not asked on the branch from /M/j2" in str(explanation)
    assert await machine.can("e") is Outcome.IGNORED


@rule("L3a", "T7")
async def test_explain_tells_what_else_there_is_to_know():
    """Who reacts to the event and is not active, names that are close, and what is called and not sent."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.on_call("measure"), hsm.effect(says(1))), go("b", "../b")),
        hsm.state(
            "b", go("open", "../a"), hsm.defer("x.*"), *[go(f"c{number}", f"../c{number}") for number in range(5)]
        ),
        *[hsm.state(f"c{number}", go("close", "../a")) for number in range(5)],
    )
    machine = await started(model)
    assert (await machine.explain("open")).help == ("/M/b reacts to 'open', but is not active",)
    assert (await machine.explain("close")).help == (
        "/M/c0, /M/c1, /M/c2 and 2 more react to 'close', but are not active",
    )
    assert (await machine.explain("x.y")).help == ("/M/b reacts to 'x.y', but is not active",)
    unknown = "no transition and no deferral of model 'M' names event"
    assert (await machine.explain("opne")).help == (f"{unknown} 'opne': did you mean 'open'?",)
    called = await machine.explain("measure")
    assert called.help == (f"{unknown} 'measure': it is an operation, which 'machine.call' calls",)
    assert verdicts(called) == [("/M/a", "NEEDS_CALL")]
    assert await machine.call("measure") == 1


@rule("L3a")
async def test_an_explanation_reads_like_a_message():
    """Each candidate with the line that wrote it, and what its guards said."""
    text = str(await (await started(MESSAGE)).explain("open"))
    assert re.sub(r"\S*test_questions.py:\d+:\d+", "FILE", re.sub(r"^ *\d* +\|", "|", text, flags=re.MULTILINE)) == (
        "'open' would be ignored in /Door/closed\n"
        "\n"
        "transition of /Door/closed on 'open': not chosen, as a guard is false\n"
        "   --> FILE\n"
        "|\n"
        '|     hsm.state("closed", hsm.transition(hsm.on("open"), hsm.guard(unlocked), hsm.target("../opened"))),\n'
        "|                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "    = target: /Door/opened\n"
        "    = guard: unlocked returned False\n"
        "\n"
        "  = help: /Door/opened reacts to 'open', but is not active"
    )


def unlocked(ctx, self, event):
    """A guard with a name."""
    return False


MESSAGE = hsm.define(
    "Door",
    hsm.state("closed", hsm.transition(hsm.on("open"), hsm.guard(unlocked), hsm.target("../opened"))),
    hsm.state("opened", go("open", ".")),
)


@rule("L3a")
async def test_classes_are_asked_in_the_same_way():
    """The machine class's own instance answers, and guards are named as they are written."""

    class Door(Machine):
        opened = 0

        class Closed(State["Door"], initial=True):
            @guard
            def unlocked(self) -> bool:
                return self.machine.opened < 1

            @marked_on("open", target="Opened", guard=unlocked)
            def _(self) -> None:
                self.machine.opened += 1

        class Opened(State["Door"]):
            @marked_on("shut", target="Closed")
            def _(self) -> None: ...

    async with Door() as door:
        assert door.events() == ("open",)
        assert await door.can("open") is Outcome.TAKEN
        await door.dispatch("open")
        await door.dispatch("shut")
        explanation = await door.explain("open")
        assert verdicts(explanation) == [("/Door/Closed", Verdict.GUARD_FALSE.name)]
        assert [text.endswith("Door.Closed.unlocked returned False") for text in guards(explanation)] == [True]
