"""One line joins the metaclass of machines with one from elsewhere: pydantic's, SQLAlchemy's, Qt's, a user's own."""

from __future__ import annotations

import pydantic
import pytest
import sqlalchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declarative_base, mapped_column

import hsm
from hsm.elements.nodes import Transition
from hsm_classdsl import Machine, State, guard, on


class PydanticMeta(type(Machine), type(pydantic.BaseModel)):
    """The one line for pydantic."""


def check_position(kind):
    """The position of *kind* is its class statement, through whatever is joined."""
    place = kind.hsm_where.place()
    assert place.file == __file__
    assert place.text.strip().startswith("class ")


def transitions(kind):
    """How many transitions a machine of *kind* has itself."""
    return sum(isinstance(part, Transition) for part in kind.model.parts)


async def used(machine):
    """The last state of *machine* after three events, and what its methods wrote into its field ``seen``."""
    async with machine:
        for event in ("a", "b", "x"):
            await machine.dispatch(event)
        return machine.state(), machine.seen


# --- pydantic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bases", [(Machine, pydantic.BaseModel), (pydantic.BaseModel, Machine)], ids=["ours", "theirs"]
)
async def test_a_machine_may_be_a_pydantic_model(bases):
    """Fields, validation, JSON and copies are pydantic's; states and transitions are ours, with or without names."""

    class Order(*bases, metaclass=PydanticMeta):
        seen: str = ""
        amount: int
        _private: int = pydantic.PrivateAttr(3)

        class A(State["Order"], initial=True):
            go = on("x", target="B")

            @on("a")
            def _(self):
                self.machine.seen += "a"

            @on("b")
            def _(self):
                self.machine.seen += "b"

        class B(State["Order"]):
            pass

        @guard
        def is_large(self):
            return self.amount > 100

        named = on("m", source=A, target=B, guard=is_large)
        part = hsm.transition(hsm.on("n"), hsm.source("A"), hsm.target("B"))
        on("m", source=A, target=B)

        @on("m2")
        def _(self):
            pass

        @on("m3")
        def _(self):
            pass

    check_position(Order)
    assert await used(Order(amount=3)) == ("/Order/B", "ab")
    assert transitions(Order) == 5
    assert not Order(amount=3).is_large()
    assert Order(amount="7").amount == 7
    assert Order(amount="7")._private == 3
    assert Order(amount=1).model_dump() == {"seen": "", "amount": 1}
    assert Order(amount=2).model_copy(deep=True).amount == 2
    assert Order.model_validate_json('{"amount": 4}').amount == 4
    with pytest.raises(pydantic.ValidationError):
        Order(amount="no")


async def test_a_frozen_and_an_abstract_pydantic_model_are_machines():
    """Keywords of both class statements mix; the line is needed once, in a base class."""

    class Base(Machine, pydantic.BaseModel, metaclass=PydanticMeta, abstract=True):
        seen: str = "ab"

        class A(State["Base"], initial=True):
            on("x", target="B")

    class Frozen(Base, frozen=True):
        class B(State["Frozen"]):
            pass

    assert Base.hsm_model is None
    assert await used(Frozen()) == ("/Frozen/B", "ab")
    with pytest.raises(pydantic.ValidationError):
        Frozen().seen = "c"


def test_mistakes_in_a_pydantic_machine_are_found():
    """What a body loses is reported there as well, and so are names that would hide the library's."""
    with pytest.raises(hsm.DefinitionError, match="HSM019"):

        class Order(Machine, pydantic.BaseModel, metaclass=PydanticMeta):
            class A(State["Order"]):
                @on("x")
                def go(self):
                    pass

                @on("y")
                def go(self):
                    pass

    with pytest.raises(hsm.DefinitionError, match="HSM063") as caught:

        class Hiding(Machine, pydantic.BaseModel, metaclass=PydanticMeta):
            state: str = ""

    assert caught.value.diagnostics[0].where.place().file == __file__


async def test_pydantics_metaclass_may_come_first():
    """In the other order nameless marks count, too."""

    class Meta(type(pydantic.BaseModel), type(Machine)):
        pass

    class Order(Machine, pydantic.BaseModel, metaclass=Meta):
        seen: str = "ab"

        class A(State["Order"], initial=True):
            on("x", target="B")

        class B(State["Order"]):
            pass

        on("m", source=A, target=B)

    check_position(Order)
    assert transitions(Order) == 1
    assert await used(Order()) == ("/Order/B", "ab")


async def test_a_pydantic_dataclass_needs_no_line():
    """`pydantic.dataclasses.dataclass` has no metaclass."""

    @pydantic.dataclasses.dataclass
    class Order(Machine):
        seen: str = "ab"

        class A(State["Order"], initial=True):
            on("x", target="B")

        class B(State["Order"]):
            pass

    assert await used(Order()) == ("/Order/B", "ab")


# --- SQLAlchemy -------------------------------------------------------------------------------------------------


def new_base():
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.mark.parametrize("is_first", [True, False], ids=["machine first", "row first"])
@pytest.mark.parametrize("make", [new_base, declarative_base])
async def test_a_machine_may_be_a_row_of_sqlalchemy(make, is_first):
    """Columns, queries and change tracking are SQLAlchemy's: what a method sets is stored by the next commit."""
    base = make()

    class Meta(type(Machine), type(base)):
        pass

    class Order(*((Machine, base) if is_first else (base, Machine)), metaclass=Meta):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        seen: Mapped[str] = mapped_column(default="")

        class A(State["Order"], initial=True):
            on("x", target="B")

            @on("a")
            def _(self):
                self.machine.seen += "a"

            @on("b")
            def _(self):
                self.machine.seen += "b"

        class B(State["Order"]):
            pass

        go = on("m", source=A, target=B)
        on("n", source=A, target=B)

        @on("m2")
        def _(self):
            pass

        @on("m3")
        def _(self):
            pass

    check_position(Order)
    assert transitions(Order) == 4
    engine = sqlalchemy.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Order(id=1, seen=""))
        session.commit()
        assert await used(session.get(Order, 1)) == ("/Order/B", "ab")
        session.commit()
    with Session(engine) as session:
        assert session.scalars(sqlalchemy.select(Order).where(Order.seen == "ab")).one().id == 1
    engine.dispose()


def test_a_metaclass_that_leaves_ours_out_is_named():
    """That of `declarative_base()`, put first, never calls ours: there is no model then, and the reason is given."""
    base = declarative_base()

    class Meta(type(base), type(Machine)):
        pass

    class Order(Machine, base, metaclass=Meta):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

        class A(State["Order"]):
            pass

    with pytest.raises(AttributeError, match=r"'type\(Machine\)' has to come first"):
        Order.model  # noqa: B018


# --- others -----------------------------------------------------------------------------------------------------


class Plain(type):
    """A metaclass of the user's."""

    def __new__(metacls, *args, **keywords):
        return super().__new__(metacls, *args, **keywords)


class LikeQt(type):
    """As one that is written in C, with a way of its own to set attributes: ours cannot go through it."""

    def __setattr__(cls, name, value):
        raise TypeError(f"can't apply this __setattr__ to {type(cls).__name__} object")


class Strict(type):
    """One that refuses changes itself."""

    def __setattr__(cls, name, value):
        if not name.startswith("_"):
            raise TypeError("never")
        super().__setattr__(name, value)


@pytest.mark.parametrize(
    ("theirs", "is_ours_first"),
    [(Plain, True), (Plain, False), (LikeQt, True), (Strict, True), (Strict, False)],
)
async def test_any_metaclass_may_be_joined(theirs, is_ours_first):
    """Without the line Python refuses the bases; with it, in either order, the machine is as any other."""
    other = theirs("Other", (), {})
    with pytest.raises(TypeError, match="metaclass conflict"):
        type("M", (Machine, other), {})
    meta = type("Meta", (type(Machine), theirs) if is_ours_first else (theirs, type(Machine)), {})

    class M(Machine, other, metaclass=meta):
        seen = "ab"

        class A(State["M"], initial=True):
            on("x", target="B")

        class B(State["M"]):
            pass

        @on("m")
        def _(self):
            pass

        @on("n")
        def _(self):
            pass

    check_position(M)
    assert transitions(M) == 2
    assert await used(M()) == ("/M/B", "ab")


def test_late_assignments_go_unnoticed_only_where_the_metaclass_has_its_own_way():
    """With a metaclass such as Qt's, a class can be changed as Python would have it; another one's refusal stands."""

    class Meta(type(Machine), LikeQt):
        pass

    class M(Machine, metaclass=Meta):
        class A(State["M"]):
            pass

    M.plain = 3
    M.B = M.A
    del M.B
    assert M.plain == 3

    class StrictMeta(type(Machine), Strict):
        pass

    class N(Machine, metaclass=StrictMeta):
        class A(State["N"]):
            pass

    with pytest.raises(TypeError, match="never"):
        N.plain = 3
