"""Methods as behaviours: their arguments, async ones, decorators of the user's, stacked marks."""

from __future__ import annotations

import asyncio
import functools

import attrs
import pytest
from support import pause

import hsm
from hsm_classdsl import Machine, State, activity, after, effect, entry, exit, guard, on, on_call, transition


class Logging(Machine):
    """Keeps a log."""

    def __init__(self):
        self.log = []


async def log_of(kind, *events):
    """What a machine of *kind* wrote while it was started, took *events* and was stopped."""
    machine = kind()
    async with machine:
        for event in events:
            await machine.dispatch(event)
    return machine.log


async def test_state_methods_take_what_they_need():
    """A method of a state takes `(self)`, `(self, event)` or `(self, ctx, event)`, sync or async."""

    class M(Logging):
        class A(State["M"]):
            @on("x")
            def none(self):
                self.machine.log.append("self")

            @on("y")
            def one(self, event):
                self.machine.log.append(event.name)

            @on("z")
            def both(self, ctx, event):
                self.machine.log.append((type(ctx), event.name))

            @on("ax")
            async def async_none(self):
                await asyncio.sleep(0)
                self.machine.log.append("async self")

            @on("ay")
            async def async_one(self, event):
                await asyncio.sleep(0)
                self.machine.log.append(event.name)

            @on("az")
            async def async_both(self, ctx, event):
                await asyncio.sleep(0)
                self.machine.log.append((type(ctx), event.name))

    assert await log_of(M, "x", "y", "z", "ax", "ay", "az") == [
        "self",
        "y",
        (hsm.Context, "z"),
        "async self",
        "ay",
        (hsm.Context, "az"),
    ]


async def test_machine_methods_take_what_they_need():
    """On the machine `self` is the machine, and the forms are the same."""

    class M(Logging):
        class A(State["M"]):
            pass

        @entry
        def begin(self):
            self.log.append("begin")

        @on("x")
        def none(self):
            self.log.append("self")

        @on("y")
        async def one(self, event):
            self.log.append(event.name)

        @on("z")
        def both(self, ctx, event):
            self.log.append((type(ctx), event.name))

        @exit
        def end(self, event):
            self.log.append("end")

    assert await log_of(M, "x", "y", "z") == ["begin", "self", "y", (hsm.Context, "z"), "end"]


async def test_optional_arguments_are_filled():
    """A default or a star takes what there is to give."""

    class M(Logging):
        class A(State["M"]):
            @on("default")
            def default(self, event=None):
                self.machine.log.append(event.name)

            @on("star")
            def star(self, *arguments):
                self.machine.log.append(len(arguments))

            @on("keyword")
            def keyword(self, *, more=3):
                self.machine.log.append(more)

    assert await log_of(M, "default", "star", "keyword") == ["default", 2, 3]


@pytest.mark.parametrize("forms", ["none", "four", "keyword"])
def test_other_forms_are_an_error(forms):
    """A method that fits none of the three forms is reported, with the forms in the message."""

    def none():
        pass

    def four(self, a, b, c):
        pass

    def keyword(self, *, more):
        pass

    with pytest.raises(hsm.DefinitionError, match=r"\(self\), \(self, event\) or \(self, ctx, event\)"):

        class M(Machine):
            class A(State["M"]):
                act = on("x")({"none": none, "four": four, "keyword": keyword}[forms])


async def test_wrapped_methods_are_called_with_what_they_take():
    """A decorator made with `functools.wraps` leaves the method's form as it is, above and below the mark."""

    def loud(method):
        @functools.wraps(method)
        def wrapper(*args, **kwargs):
            return method(*args, **kwargs)

        return wrapper

    class M(Logging):
        class A(State["M"]):
            @on("x")
            @loud
            def none(self):
                self.machine.log.append("self")

            @loud
            @on("y")
            def one(self, event):
                self.machine.log.append(event.name)

    assert await log_of(M, "x", "y") == ["self", "y"]


async def test_partials_are_called_with_what_they_take():
    """A partial of a function in a class body is a method too."""

    def act(self, event, *, text):
        self.machine.log.append((event.name, text))

    class M(Logging):
        class A(State["M"]):
            x = on("x")(functools.partial(act, text="given"))

    assert await log_of(M, "x") == [("x", "given")]


async def test_static_methods_are_behaviours_of_calls():
    """A static method in a class body is a behaviour as in the functional front end, whichever decorator is on top."""

    class M(Logging):
        class A(State["M"]):
            @on("below")
            @staticmethod
            def below(ctx, instance, event):
                instance.log.append(event.name)

            @staticmethod
            @on("above")
            def above(ctx, instance, event):
                instance.log.append(event.name)

    assert await log_of(M, "below", "above") == ["below", "above"]


async def test_marked_method_is_still_a_method():
    """A mark returns the function unchanged: it can be called, and looks as before."""

    class M(Logging):
        class A(State["M"]):
            @on("x")
            def act(self):
                """What it does."""
                self.helper("x")

            def helper(self, text):
                self.machine.log.append(text)

            @on("y")
            def other(self):
                self.act()

        @on("z")
        def direct(self):
            self.log.append("z")

    assert M.A.act.__doc__ == "What it does."
    assert M.A.act.__name__ == "act"
    machine = M()
    machine.direct()
    assert machine.log == ["z"]
    assert await log_of(M, "x", "y") == ["x", "x"]


async def test_stacked_marks_make_one_thing_each():
    """Every mark on a method counts: several transitions, an entry, an exit and a timer with one method."""

    class M(Logging):
        class A(State["M"]):
            @on("go", target="B")
            @on("stay")
            @after(seconds=1)
            @entry
            @exit
            def note(self, event):
                self.machine.log.append(event.name)

        class B(State["M"]):
            pass

    machine = M()
    async with machine:
        await machine.dispatch("stay")
        await pause(1.5)
        await machine.dispatch("go")
    assert machine.log == ["hsm_initial", "stay", "hsm_time", "go", "go"]


async def test_stacked_marks_are_read_from_the_top():
    """Of two transitions by one method, the decorator on top has the priority."""

    class M(Logging):
        class A(State["M"]):
            @on("x", target="B", guard=lambda self: True)
            @on("x", target="C", guard=lambda self: True)
            def act(self):
                pass

        class B(State["M"]):
            @entry
            def enter(self):
                self.machine.log.append("B")

        class C(State["M"]):
            back = on("back", target="A")

        also = on("other", source=A, target=C)

    assert await log_of(M, "x") == ["B"]


async def test_methods_run_in_the_order_in_which_they_are_written():
    """Entry methods and effects of a state run in the order of the class body; an effect in a state is an entry."""

    class M(Logging):
        class A(State["M"]):
            @entry
            def one(self):
                self.machine.log.append(1)

            @effect
            def two(self):
                self.machine.log.append(2)

            @entry
            async def three(self):
                self.machine.log.append(3)

    assert await log_of(M) == [1, 2, 3]


async def test_earlier_transitions_of_a_body_win():
    """Priority in a class body is its order, whether a transition is a method, a mark or a part of calls."""

    class M(Logging):
        class A(State["M"]):
            blocked = on("x", target="B", guard=lambda self: False)
            first = hsm.transition(hsm.on("x"), hsm.target("C"), hsm.guard(lambda ctx, self, event: True))

            @on("x", target="B", guard=lambda self: True)
            def second(self):
                pass

        class B(State["M"]):
            pass

        class C(State["M"]):
            @entry
            def enter(self):
                self.machine.log.append("C")

    assert await log_of(M, "x") == ["C"]


async def test_signal_with_fields_reaches_the_method():
    """A `Signal` decorated with attrs is dispatched as an object and arrives with its fields."""

    @attrs.frozen
    class Paid(hsm.Signal):
        amount: int

    class M(Logging):
        class A(State["M"]):
            @on(Paid)
            def pay(self, event):
                self.machine.log.append(event.amount)

    assert await log_of(M, Paid(3)) == [3]


async def test_error_note_names_the_method():
    """An exception of a method goes on unchanged, with the place of the method in its note."""

    class M(Machine):
        class A(State["M"]):
            @on("x")
            def act(self):
                raise ValueError("broken")

    async with M() as machine:
        with pytest.raises(ValueError, match="broken") as caught:
            await machine.dispatch("x")
    assert "effect of /M/A on 'x' (tests/classdsl/test_methods.py:" in caught.value.__notes__[0]


async def test_branch_of_completion_transition_has_an_effect():
    """A method under `@transition` is the effect of a completion transition."""

    class M(Logging):
        class A(State["M"]):
            @activity
            async def work(self):
                await pause(1)

            @transition(target="B")
            def done(self, event):
                self.machine.log.append(event.name)

        class B(State["M"]):
            pass

    machine = M()
    async with machine:
        await pause(2)
        assert machine.state() == "/M/B"
    assert machine.log == ["hsm_completion"]


async def test_call_of_an_async_method_returns_its_value():
    """`machine.call` awaits an async `@on_call` method."""

    class M(Machine):
        class A(State["M"]):
            @on_call("double", target="B")
            async def double(self, event):
                await asyncio.sleep(0)
                return 2 * event.data.args[0]

        class B(State["M"]):
            pass

    async with hsm.start(None, M(), M.model) as machine:
        assert await machine.call("double", 4) == 8
        assert machine.state() == "/M/B"


async def test_mark_over_a_guard_is_not_lost():
    """A method cannot be a guard and a behaviour at once: writing both is an error."""
    with pytest.raises((hsm.DefinitionError, TypeError)):

        class M(Machine):
            class A(State["M"]):
                @on("x", target=".")
                @guard
                def ask(self):
                    return True
