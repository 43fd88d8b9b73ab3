"""Both front ends make equal models for the same machine, callables aside: construct by construct."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest
from support.charts import checked, erased_chart
from support.models import erased

import hsm
from hsm_classdsl import (
    Choice,
    DeepHistory,
    EntryPoint,
    ExitPoint,
    Final,
    Fork,
    Join,
    Junction,
    Machine,
    Region,
    ShallowHistory,
    State,
    Submachine,
    Terminate,
    activity,
    after,
    at,
    defer,
    effect,
    entry,
    every,
    exit,
    guard,
    initial,
    on,
    on_call,
    transition,
    when,
)


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@attrs.frozen
class Refunded(hsm.Signal, name="order.refunded"):
    amount: int


def f(ctx, instance, event):
    """A behaviour; which one does not matter."""


def states():
    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

        class C(State["M"]):
            leave = on("leave", target="A")

        go = on("go", source=A, target=C)

    return M, hsm.define(
        "M",
        hsm.state("A", hsm.state("B")),
        hsm.state("C", hsm.transition(hsm.on("leave"), hsm.target("A"))),
        hsm.transition(hsm.on("go"), hsm.source("A"), hsm.target("C")),
    )


def the_initial_keyword():
    class M(Machine):
        class A(State["M"]):
            go = on("go", target="B")

        class B(State["M"], initial=True):
            go = on("go", target="A")

    return M, hsm.define(
        "M",
        hsm.initial(hsm.target("B")),
        hsm.state("A", hsm.transition(hsm.on("go"), hsm.target("B"))),
        hsm.state("B", hsm.transition(hsm.on("go"), hsm.target("A"))),
    )


def initial_with_an_effect():
    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

            class C(State["M"]):
                go = on("go", target="B")

            @initial("C")
            def begin(self):
                pass

        first = initial("A/C")

    return M, hsm.define(
        "M",
        hsm.initial(hsm.target("A/C")),
        hsm.state(
            "A",
            hsm.initial(hsm.target("C"), hsm.effect(f)),
            hsm.state("B"),
            hsm.state("C", hsm.transition(hsm.on("go"), hsm.target("B"))),
        ),
    )


def behaviours():
    class M(Machine):
        @entry
        def begin(self):
            pass

        @exit
        def end(self):
            pass

        class A(State["M"]):
            @activity
            async def watch(self):
                pass

            @exit
            def out(self):
                pass

            @entry
            def first(self):
                pass

            @entry
            def second(self):
                pass

            @effect
            def third(self):
                pass

    return M, hsm.define(
        "M",
        hsm.entry(f),
        hsm.exit(f),
        hsm.state("A", hsm.entry(f), hsm.entry(f), hsm.effect(f), hsm.exit(f), hsm.activity(f)),
    )


def triggers():
    class M(Machine):
        class A(State["M"]):
            several = on("x", "order.*", hsm.Event("y"), Paid, Refunded)
            anything = on("*")
            held = defer("z", Paid)

            @on_call("read")
            def read(self):
                return 1

    return M, hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.defer("z", "Paid"),
            hsm.transition(hsm.on("x", "order.*", "y", "Paid", "order.refunded")),
            hsm.transition(hsm.on("*")),
            hsm.transition(hsm.on_call("read"), hsm.effect(f)),
        ),
    )


def kinds_of_transitions():
    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

            again = on("again", target=".")
            inner = on("inner", target="B")
            outer = on("outer", target="B", external=True)

            @on("internal")
            def internal(self):
                pass

            done = transition(target="../C")

        class C(State["M"]):
            pass

    return M, hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.state("B"),
            hsm.transition(hsm.on("again"), hsm.target(".")),
            hsm.transition(hsm.on("inner"), hsm.target("B")),
            hsm.transition(hsm.on("outer"), hsm.target("B"), hsm.external()),
            hsm.transition(hsm.on("internal"), hsm.effect(f)),
            hsm.transition(hsm.target("../C")),
        ),
        hsm.state("C"),
    )


def guards():
    class M(Machine):
        class A(State["M"]):
            @guard
            def a(self):
                return True

            @guard
            async def b(self):
                return True

            one = on("one", target=".", guard=a)
            both = on("both", guard=a & b)
            either = on("either", guard=a | b)
            neither = on("neither", guard=~a & ~b)
            plain = on("plain", guard=lambda self: True)
            where = on("where", guard=hsm.in_state("."))

    return M, hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.transition(hsm.on("one"), hsm.target("."), hsm.guard(f)),
            hsm.transition(hsm.on("both"), hsm.all_of(f, f)),
            hsm.transition(hsm.on("either"), hsm.any_of(f, f)),
            hsm.transition(hsm.on("neither"), hsm.all_of(hsm.not_(f), hsm.not_(f))),
            hsm.transition(hsm.on("plain"), hsm.guard(f)),
            hsm.transition(hsm.on("where"), hsm.in_state(".")),
        ),
    )


def timers():
    class M(Machine):
        class A(State["M"]):
            def span(self):
                return 1

            seconds = after(2.5)
            keywords = after(hours=1, minutes=2, seconds=3)
            delta = every(timedelta(minutes=1))
            moment = at(datetime(2030, 1, 1))
            called = after(span)
            called_again = every(span)
            called_at = at(span)

            @guard
            def ready(self):
                return True

            @when(ready)
            def changed(self):
                pass

    return M, hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.transition(hsm.after(2.5)),
            hsm.transition(hsm.after(timedelta(hours=1, minutes=2, seconds=3))),
            hsm.transition(hsm.every(timedelta(minutes=1))),
            hsm.transition(hsm.at(datetime(2030, 1, 1))),
            hsm.transition(hsm.after(f)),
            hsm.transition(hsm.every(f)),
            hsm.transition(hsm.at(f)),
            hsm.transition(hsm.when(f), hsm.effect(f)),
        ),
    )


def regions_fork_and_join():
    class M(Machine):
        class Idle(State["M"]):
            go = on("go", target="Split")

        class Split(Fork["M"]):
            ways = transition(target=("Both/Left/B", "Both/Right/B"))

        class Both(State["M"]):
            class Left(Region):
                class A(State["M"]):
                    pass

                class B(State["M"]):
                    done = transition(target="/M/Meet")

            class Right(Region):
                class A(State["M"]):
                    pass

                class B(State["M"], initial=True):
                    done = transition(target="/M/Meet")

            @on("back", target=("Left/A", "Right/A"))
            def back(self):
                pass

        class Meet(Join["M"]):
            @transition(target="Idle")
            def met(self):
                pass

    done = hsm.transition(hsm.target("/M/Meet"))
    return M, hsm.define(
        "M",
        hsm.state("Idle", hsm.transition(hsm.on("go"), hsm.target("Split"))),
        hsm.fork("Split", hsm.transition(hsm.target("Both/Left/B", "Both/Right/B"))),
        hsm.state(
            "Both",
            hsm.region("Left", hsm.state("A"), hsm.state("B", done)),
            hsm.region("Right", hsm.initial(hsm.target("B")), hsm.state("A"), hsm.state("B", done)),
            hsm.transition(hsm.on("back"), hsm.target("Left/A", "Right/A"), hsm.effect(f)),
        ),
        hsm.join("Meet", hsm.transition(hsm.target("Idle"), hsm.effect(f))),
    )


def choice_and_junction():
    class M(Machine):
        class A(State["M"]):
            go = on("go", target="Way")
            come = on("come", target="Road")

        class Way(Choice["M"]):
            @guard
            def many(self):
                return True

            yes = transition(target="B", guard=many)

            @transition(target="A")
            def no(self):
                pass

        class Road(Junction["M"]):
            yes = transition(target="B", guard=lambda self: True)

        class B(State["M"]):
            pass

    return M, hsm.define(
        "M",
        hsm.state(
            "A", hsm.transition(hsm.on("go"), hsm.target("Way")), hsm.transition(hsm.on("come"), hsm.target("Road"))
        ),
        hsm.choice(
            "Way", hsm.transition(hsm.guard(f), hsm.target("B")), hsm.transition(hsm.target("A"), hsm.effect(f))
        ),
        hsm.junction("Road", hsm.transition(hsm.guard(f), hsm.target("B"))),
        hsm.state("B"),
    )


def histories():
    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

            class Shallow(ShallowHistory["M"]):
                pass

            class Deep(DeepHistory["M"], target="B"):
                @effect
                def fresh(self):
                    pass

        class C(State["M"]):
            one = on("one", target="A/Shallow")
            two = on("two", target="A/Deep")

        go = on("go", source=A, target=C)

    return M, hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.state("B"),
            hsm.shallow_history("Shallow"),
            hsm.deep_history("Deep", hsm.target("B"), hsm.effect(f)),
        ),
        hsm.state(
            "C",
            hsm.transition(hsm.on("one"), hsm.target("A/Shallow")),
            hsm.transition(hsm.on("two"), hsm.target("A/Deep")),
        ),
        hsm.transition(hsm.on("go"), hsm.source("A"), hsm.target("C")),
    )


def doors():
    class M(Machine):
        class A(State["M"]):
            go = on("go", target="B/In")

        class B(State["M"]):
            class C(State["M"]):
                leave = on("leave", target="Out")

            class In(EntryPoint["M"]):
                @transition(target="C")
                def enter(self):
                    pass

            class Out(ExitPoint["M"]):
                way = transition(target="../../A")

    return M, hsm.define(
        "M",
        hsm.state("A", hsm.transition(hsm.on("go"), hsm.target("B/In"))),
        hsm.state(
            "B",
            hsm.state("C", hsm.transition(hsm.on("leave"), hsm.target("Out"))),
            hsm.entry_point("In", hsm.transition(hsm.target("C"), hsm.effect(f))),
            hsm.exit_point("Out", hsm.transition(hsm.target("../../A"))),
        ),
    )


def ends():
    class M(Machine):
        class A(State["M"]):
            end = on("end", target="Done")
            kill = on("kill", target="Killed")

        class Done(Final):
            pass

        class Killed(Terminate):
            pass

    return M, hsm.define(
        "M",
        hsm.state(
            "A", hsm.transition(hsm.on("end"), hsm.target("Done")), hsm.transition(hsm.on("kill"), hsm.target("Killed"))
        ),
        hsm.final("Done"),
        hsm.terminate("Killed"),
    )


def submachines():
    class Motor(Machine):
        class Off(State["Motor"]):
            go = on("go", target="Out")

        class Out(ExitPoint["Motor"]):
            pass

    class M(Machine):
        left = Submachine(
            Motor,
            hsm.exit_point("Out", hsm.transition(hsm.target("../right"))),
            hsm.entry(f),
            hsm.transition(hsm.on("swap"), hsm.target("../right")),
        )
        right = Submachine(Motor, hsm.exit_point("Out", hsm.transition(hsm.target("../left"))), initial=True)

    motor = hsm.define(
        "Motor", hsm.state("Off", hsm.transition(hsm.on("go"), hsm.target("Out"))), hsm.exit_point("Out")
    )
    return M, hsm.define(
        "M",
        hsm.initial(hsm.target("right")),
        hsm.submachine(
            "left",
            motor,
            hsm.entry(f),
            hsm.exit_point("Out", hsm.transition(hsm.target("../right"))),
            hsm.transition(hsm.on("swap"), hsm.target("../right")),
        ),
        hsm.submachine("right", motor, hsm.exit_point("Out", hsm.transition(hsm.target("../left")))),
    )


def functional_parts():
    class M(Machine):
        a = hsm.state("A", hsm.transition(hsm.on("x"), hsm.target("B")))
        begin = hsm.initial(hsm.target("A"))

        class B(State["M"]):
            held = hsm.defer("x")
            hello = hsm.entry(f)
            back = hsm.transition(hsm.on("back"), hsm.target("A"))

    return M, hsm.define(
        "M",
        hsm.initial(hsm.target("A")),
        hsm.state("A", hsm.transition(hsm.on("x"), hsm.target("B"))),
        hsm.state("B", hsm.entry(f), hsm.defer("x"), hsm.transition(hsm.on("back"), hsm.target("A"))),
    )


def parts_without_a_name():
    class M(Machine):
        class A(State["M"]):
            @entry
            def _(self):
                pass

            on("x", target="B")

            @on("y")
            def _(self):
                pass

            hsm.defer("later")

            @exit
            def _(self):
                pass

            for name in ("u", "v"):
                on(name, target="B")

        class B(State["M"]):
            after(days=1, target="A")

        on("m", source=A, target=B)
        initial("A")

    return M, hsm.define(
        "M",
        hsm.initial(hsm.target("A")),
        hsm.state(
            "A",
            hsm.entry(f),
            hsm.exit(f),
            hsm.defer("later"),
            hsm.transition(hsm.on("x"), hsm.target("B")),
            hsm.transition(hsm.on("y"), hsm.effect(f)),
            hsm.transition(hsm.on("u"), hsm.target("B")),
            hsm.transition(hsm.on("v"), hsm.target("B")),
        ),
        hsm.state("B", hsm.transition(hsm.after(timedelta(days=1)), hsm.target("A"))),
        hsm.transition(hsm.on("m"), hsm.source("A"), hsm.target("B")),
    )


def a_machine_with_regions_of_its_own():
    class M(Machine):
        class Left(Region):
            class A(State["M"]):
                pass

        class Right(Region):
            class A(State["M"]):
                pass

    return M, hsm.define("M", hsm.region("Left", hsm.state("A")), hsm.region("Right", hsm.state("A")))


TWINS = [
    states,
    the_initial_keyword,
    initial_with_an_effect,
    behaviours,
    triggers,
    kinds_of_transitions,
    guards,
    timers,
    regions_fork_and_join,
    choice_and_junction,
    histories,
    doors,
    ends,
    submachines,
    functional_parts,
    parts_without_a_name,
    a_machine_with_regions_of_its_own,
]


@pytest.mark.filterwarnings("ignore::hsm.DefinitionWarning")
@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins.__name__)
def test_class_and_calls_make_equal_models(twins):
    """A machine class and `hsm.define` make equal models for the same machine, callables aside."""
    machine, model = twins()
    assert erased(machine.model) == erased(model)


@pytest.mark.filterwarnings("ignore::hsm.DefinitionWarning")
@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins.__name__)
def test_class_and_calls_have_equal_charts(twins):
    """The charts of a machine class and of its twin are equal, names of behaviours and places aside."""
    machine, model = twins()
    by_class, by_calls = checked(hsm.chart(machine.model)), checked(hsm.chart(model))
    assert erased_chart(by_class) == erased_chart(by_calls)


def test_erased_models_of_different_machines_differ():
    """Leaving callables out does not make different machines equal."""
    made = [erased(twins()[1]) for twins in (states, kinds_of_transitions, timers, doors)]
    assert all(one != other for one in made for other in made if one is not other)


def test_a_guard_of_several_is_all_of_them():
    """`guard(f, g)` is the same element as `all_of(f, g)`; of one, it is that one."""
    condition = hsm.in_state("a")
    assert hsm.guard(f, condition) == hsm.all_of(f, condition)
    assert hsm.guard(condition) is condition
