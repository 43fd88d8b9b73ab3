"""Models of calls: what instance type is inferred, and which parts fit where."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import Any, reveal_type

import hsm


class Counter(hsm.Instance):
    value: int = 0


class Special(Counter):
    extra: int = 0


class Other(hsm.Instance):
    pass


def count(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> None:
    self.value += 1


async def count_later(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> None:
    self.value += 1


def special(ctx: hsm.Context, self: Special, event: hsm.Event[Any]) -> None:
    self.extra += 1


def other(ctx: hsm.Context, self: Other, event: hsm.Event[Any]) -> None:
    pass


def anybody(ctx: hsm.Context, self: hsm.Instance, event: hsm.Event[Any]) -> None:
    pass


def is_low(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> bool:
    return self.value < 3


async def is_low_later(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> bool:
    return self.value < 3


def number(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> int:
    return self.value


def text(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> str:
    return ""


async def text_later(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> str:
    return ""


def span(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> timedelta:
    return timedelta(seconds=1)


async def seconds_later(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> float:
    return 1.0


def moment(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> datetime:
    return datetime.now()


# one effect decides the type of the whole model
model = hsm.define(
    "Counter",
    hsm.initial(hsm.target("counting")),
    hsm.state("counting", hsm.transition(hsm.on("inc"), hsm.target("."), hsm.effect(count))),
    hsm.state("done"),
)
reveal_type(model)  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.state("a")))  # R: Model[Instance]
reveal_type(hsm.define("M", hsm.state("a", hsm.entry(anybody))))  # R: Model[Instance]
reveal_type(hsm.define("M", hsm.state("a", hsm.entry(count_later))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.state("a", hsm.entry(count), hsm.exit(anybody))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.state("a", hsm.exit(count))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.state("a", hsm.activity(count_later))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.transition(hsm.on("x"), hsm.guard(is_low))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.transition(hsm.after(span))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.transition(hsm.at(moment))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.transition(hsm.when(is_low))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.region("r", hsm.state("a", hsm.entry(count)))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.choice("c", hsm.transition(hsm.target("a"), hsm.effect(count)))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.initial(hsm.target("a"), hsm.effect(count))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.shallow_history("h", hsm.target("a"), hsm.effect(count))))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.state("a", hsm.entry(count), hsm.exit(special))))  # R: Model[Special]

# parts that speak of two instance types fit no instance: mypy says so where such a model is started (running.py)
hsm.define("M", hsm.state("a", hsm.entry(count)), hsm.state("b", hsm.entry(other)))  # E pyright
hsm.state("a", hsm.entry(count), hsm.exit(other))  # E pyright

# parts in their places
hsm.state("a", hsm.state("b"), hsm.region("r"), hsm.final("f"), hsm.choice("c"), hsm.defer("e"))
hsm.region("r", hsm.state("b"), hsm.final("f"), hsm.transition(hsm.on("x")))
hsm.transition(hsm.on("x"), hsm.source("a"), hsm.target("b"), hsm.external(), hsm.guard(is_low), hsm.effect(count))
hsm.transition(hsm.on("x"), hsm.in_state("a"), hsm.all_of(is_low, hsm.not_(is_low)), hsm.any_of(is_low_later))
hsm.initial("first", hsm.target("a"), hsm.effect(count))
hsm.choice("c", hsm.transition(hsm.guard(is_low), hsm.target("a")), hsm.transition(hsm.target("b")))

# parts in the wrong place
hsm.transition(hsm.on("x"), hsm.entry(count))  # E
hsm.transition(hsm.on("x"), hsm.exit(count))  # E
hsm.transition(hsm.on("x"), hsm.state("a"))  # E
hsm.transition(hsm.transition())  # E
hsm.state("a", hsm.guard(is_low))  # E
hsm.state("a", hsm.target("b"))  # E
hsm.state("a", hsm.on("x"))  # E
hsm.state("a", hsm.external())  # E
hsm.state("a", hsm.after(5))  # E
hsm.define("M", hsm.guard(is_low))  # E
hsm.define("M", hsm.target("a"))  # E
hsm.region("r", hsm.entry(count))  # E
hsm.region("r", hsm.region("inner"))  # E
hsm.region("r", hsm.defer("x"))  # E
hsm.choice("c", hsm.state("a"))  # E
hsm.choice("c", hsm.target("a"))  # E
hsm.junction("j", hsm.entry(count))  # E
hsm.fork("f", hsm.target("a", "b"))  # E
hsm.initial(hsm.transition(hsm.target("a")))  # E
hsm.initial(hsm.target("a"), hsm.guard(is_low))  # E
hsm.initial("a", hsm.on("x"))  # E
hsm.shallow_history("h", hsm.guard(is_low))  # E
hsm.deep_history("h", hsm.transition(hsm.target("a")))  # E
hsm.final("f", hsm.entry(count))  # E
hsm.final("f", hsm.transition())  # E
hsm.terminate("t", hsm.entry(count))  # E
hsm.define("Outer", model)  # E
hsm.state("a", model)  # E
hsm.state("a", count)  # E
hsm.transition("x")  # E
hsm.state("a", "b")  # E
hsm.state(hsm.entry(count))  # E
hsm.define(hsm.state("a"))  # E

# triggers
hsm.on("x", "order.*", "*", hsm.Event("e"), hsm.Event("e", 3), hsm.Signal)
hsm.on(3)  # E
hsm.on(count)  # E
hsm.on(int)  # E
hsm.defer("x", hsm.Event("e"), hsm.Signal)
hsm.defer(3)  # E
hsm.on_call("f")
hsm.on_call(hsm.Event("f"))  # E
hsm.target("a", "b")
hsm.target(3)  # E
hsm.source("a", "b")  # E
hsm.in_state(count)  # E

# guards give a bool, now or later
hsm.guard(is_low)
hsm.guard(is_low_later)
hsm.guard(hsm.all_of(is_low, is_low_later))
hsm.guard(hsm.in_state("a"))
hsm.guard(text)  # E
hsm.guard(text_later)  # E
hsm.guard(number)  # E
hsm.guard(True)  # E
hsm.guard()  # E
hsm.guard(is_low, is_low_later)
hsm.guard(is_low, hsm.in_state("a"), hsm.not_(is_low))
hsm.guard(is_low, text)  # E
hsm.all_of(text)  # E
hsm.any_of(is_low, text)  # E
hsm.not_(text)  # E
hsm.not_("a")  # E
hsm.when(text)  # E
hsm.when(is_low)

# times
hsm.after(5)
hsm.after(0.5)
hsm.after(timedelta(seconds=5))
hsm.after(number)
hsm.after(seconds_later)
hsm.every(span)
hsm.at(datetime(2030, 1, 1))
hsm.at(moment)
hsm.after("5s")  # E
hsm.after(text)  # E
hsm.after(moment)  # E
hsm.after(datetime(2030, 1, 1))  # E
hsm.every("5s")  # E
hsm.every(text_later)  # E
hsm.at(5)  # E
hsm.at(timedelta(seconds=5))  # E
hsm.at(span)  # E


# behaviours take (ctx, instance, event)
def no_arguments() -> None: ...
def two_arguments(ctx: hsm.Context, self: Counter) -> None: ...
def four_arguments(ctx: hsm.Context, self: Counter, event: hsm.Event[Any], more: int) -> None: ...
def with_default(ctx: hsm.Context, self: Counter, event: hsm.Event[Any], more: int = 0) -> None: ...
def any_number(*args: Any) -> None: ...
def swapped(self: Counter, ctx: hsm.Context, event: hsm.Event[Any]) -> None: ...
def needs_keyword(ctx: hsm.Context, self: Counter, event: hsm.Event[Any], *, more: int) -> None: ...
def not_an_instance(ctx: hsm.Context, self: int, event: hsm.Event[Any]) -> None: ...


hsm.effect(count, count_later, anybody, with_default, any_number)
hsm.effect(no_arguments)  # E
hsm.effect(two_arguments)  # E
hsm.effect(four_arguments)  # E
hsm.effect(swapped)  # E
hsm.effect(needs_keyword)  # E
hsm.effect(not_an_instance)  # E
hsm.effect(count())  # E
hsm.effect(3)  # E
hsm.entry(two_arguments)  # E
hsm.exit(two_arguments)  # E
hsm.activity(two_arguments)  # E
hsm.guard(two_arguments)  # E
hsm.entry([count])  # E
hsm.entry(None)  # E
hsm.entry(lambda ctx, self, event: None)
hsm.state("a", hsm.entry(lambda ctx, self: None))  # E


# partials, callable objects, methods, static methods
def add(amount: int, ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> None:
    self.value += amount


class Adder:
    def __call__(self, ctx: hsm.Context, instance: Counter, event: hsm.Event[Any]) -> None: ...

    def method(self, ctx: hsm.Context, instance: Counter, event: hsm.Event[Any]) -> None: ...

    async def later(self, ctx: hsm.Context, instance: Counter, event: hsm.Event[Any]) -> None: ...


reveal_type(hsm.effect(functools.partial(add, 2)))  # R pyright: Effect[Counter, Event[Any]]
reveal_type(hsm.effect(Adder()))  # R: Effect[Counter, Event[Any]]
reveal_type(hsm.effect(Adder().method))  # R: Effect[Counter, Event[Any]]
reveal_type(hsm.activity(Adder().later))  # R: Activity[Counter]
hsm.effect(functools.partial(add, "2"))  # E
hsm.effect(Adder)  # E


class Whole(hsm.Instance):
    value: int = 0

    @staticmethod
    async def increment(ctx: hsm.Context, self: Whole, event: hsm.Event[Any]) -> None:
        self.value += 1

    @staticmethod
    def is_low(ctx: hsm.Context, self: Whole, event: hsm.Event[Any]) -> bool:
        return self.value < 3

    @staticmethod
    def wrong(ctx: hsm.Context, self: Whole) -> None: ...

    def bound(self) -> None: ...

    model = hsm.define(
        "Whole",
        hsm.initial(hsm.target("counting")),
        hsm.state(
            "counting",
            hsm.transition(hsm.on("inc"), hsm.guard(is_low), hsm.target("."), hsm.effect(increment)),
        ),
    )
    broken = hsm.state("a", hsm.entry(wrong))  # E
    unbound = hsm.state("a", hsm.entry(bound))  # E


reveal_type(Whole.model)  # R: Model[Whole]

# submachines
special_model = hsm.define("Special", hsm.state("a", hsm.entry(special)))
other_model = hsm.define("Other", hsm.state("a", hsm.entry(other)))
plain_model = hsm.define("Plain", hsm.state("a"))
reveal_type(hsm.define("M", hsm.submachine("s", model)))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.submachine("s", plain_model)))  # R: Model[Instance]
reveal_type(hsm.define("M", hsm.submachine("s", model), hsm.submachine("t", plain_model)))  # R: Model[Counter]
reveal_type(hsm.define("M", hsm.submachine("s", model), hsm.state("t", hsm.entry(special))))  # R: Model[Special]
hsm.submachine("s", model, hsm.entry(count), hsm.transition(hsm.on("x")), hsm.exit_point("out"), hsm.defer("x"))
hsm.define("M", hsm.submachine("s", model), hsm.submachine("t", other_model))  # E pyright
hsm.define("M", hsm.submachine("s", other_model), hsm.state("t", hsm.entry(count)))  # E pyright
hsm.submachine("s", model, hsm.entry(other))  # E pyright
hsm.submachine("s", model, hsm.state("a"))  # E
hsm.submachine("s", model, hsm.target("a"))  # E
hsm.submachine("s", hsm.state("a"))  # E
hsm.submachine("s")  # E
hsm.submachine(model)  # E

# nothing of a model can be changed
model.name = "Another"  # E
model.parts = ()  # E


def go(event: str, target: str, *more: hsm.TransitionPart[Counter]) -> hsm.AnywherePart[Counter]:
    return hsm.transition(hsm.on(event), hsm.target(target), *more)


def waiting(name: str, *parts: hsm.StatePart[Counter]) -> hsm.AnywherePart[Counter]:
    return hsm.state(name, go("done", "."), *parts)


helped: list[hsm.ModelPart[Counter]] = [waiting("a", hsm.entry(count)), go("go", "a", hsm.effect(count))]
regions: list[hsm.StatePart[Counter]] = [hsm.region("r", waiting("b")), hsm.region("s", waiting("c"))]
reveal_type(hsm.define("Helped", *helped, hsm.state("o", *regions)))  # R: Model[Counter]
waiting("c", hsm.entry(other))  # E
go("go", "a", hsm.entry(count))  # E
inside: list[hsm.RegionPart[Counter]] = [waiting("d"), hsm.entry(count)]  # E
