"""Names in class bodies: paths inside nested classes, class references on the machine."""

from __future__ import annotations

import pytest

import hsm
from hsm_classdsl import Choice, Machine, Region, ShallowHistory, State, Submachine, initial, on, transition


async def test_class_references_are_sources_and_targets():
    """On the machine states are named by their classes, nested ones too."""

    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

            class C(State["M"]):
                pass

        class D(State["M"]):
            pass

        inner = on("inner", source=A.B, target=A.C)
        out = on("out", source=A, target=D)
        back = on("back", source=D, target=A.C)
        begin = initial(A.B)

    async with M() as machine:
        found = [machine.state()]
        for event in ("inner", "out", "back"):
            await machine.dispatch(event)
            found.append(machine.state())
    assert found == ["/M/A/B", "/M/A/C", "/M/D", "/M/A/C"]


async def test_class_references_name_any_kind_of_vertex():
    """Choices, histories and several targets in several regions are named by their classes."""

    class M(Machine):
        class Off(State["M"]):
            pass

        class Way(Choice["M"]):
            on_ = transition(target="Both")

        class Both(State["M"]):
            class Left(Region):
                class A(State["M"]):
                    pass

                class B(State["M"]):
                    pass

                class Last(ShallowHistory["M"]):
                    pass

            class Right(Region):
                class A(State["M"]):
                    pass

                class B(State["M"]):
                    pass

        choose = on("choose", source=Off, target=Way)
        both = on("both", source=Off, target=(Both.Left.B, Both.Right.B))
        history = on("history", source=Off, target=Both.Left.Last)
        off = on("off", source=Both, target=Off)

    async with M() as machine:
        found = []
        for event in ("choose", "off", "both", "off", "history"):
            await machine.dispatch(event)
            found.append(machine.states())
    assert found == [
        ("/M/Both/Left/A", "/M/Both/Right/A"),
        ("/M/Off",),
        ("/M/Both/Left/B", "/M/Both/Right/B"),
        ("/M/Off",),
        ("/M/Both/Left/B", "/M/Both/Right/A"),
    ]


async def test_state_may_name_its_own_substates_by_class():
    """A class body sees what comes before it in the same body, so a state may name its substates by class."""

    class M(Machine):
        class Outer(State["M"]):
            class A(State["M"]):
                pass

            class B(State["M"]):
                pass

            go = on("go", source=A, target=B)
            again = on("again", target=B)

    async with M() as machine:
        await machine.dispatch("go")
        assert machine.state() == "/M/Outer/B"


async def test_equal_names_under_different_parents_do_not_collide():
    """States called alike under different parents are different states, by path and by class."""

    class M(Machine):
        class A(State["M"]):
            class X(State["M"]):
                over = on("over", target="/M/B/X")

        class B(State["M"]):
            class X(State["M"]):
                pass

        back = on("back", source=B.X, target=A.X)

    async with M() as machine:
        await machine.dispatch("over")
        assert machine.state() == "/M/B/X"
        await machine.dispatch("back")
        assert machine.state() == "/M/A/X"


async def test_class_reference_means_that_class_whatever_is_called_alike_nearby():
    """A class reference is not looked up like a path: a nearer state of the same name is not meant."""

    class M(Machine):
        class A(State["M"]):
            class A(State["M"]):
                pass

            class C(State["M"]):
                pass

        class B(State["M"]):
            class A(State["M"]):
                pass

        sideways = on("sideways", source=A.A, target=A.C)
        over = on("over", source=A, target=B.A)
        back = on("back", source=B.A, target=A)
        back_to_c = on("back to c", source=B.A, target=A.C)

    async with M() as machine:
        found = []
        for event in ("sideways", "over", "back", "over", "back to c"):
            await machine.dispatch(event)
            found.append(machine.state())
    assert found == ["/M/A/C", "/M/B/A", "/M/A/A", "/M/B/A", "/M/A/C"]


def test_class_in_two_places_is_not_a_reference():
    """A class that is a state in two places names neither: it is an error, and not the first of them."""

    class Common(State["M"]):
        class In(State["M"]):
            pass

    with pytest.raises(hsm.DefinitionError):

        class M(Machine):
            class A(Common):
                pass

            class B(Common):
                pass

            go = on("go", source=A, target=B.In)


def test_class_of_another_machine_is_not_found():
    """The state of another machine is not taken for the state of the same name in this one."""

    class Other(Machine):
        class A(State["Other"]):
            pass

    with pytest.raises(hsm.DefinitionError, match="does not name a vertex"):

        class M(Machine):
            class A(State["M"]):
                pass

            class B(State["M"]):
                pass

            go = on("go", source=Other.A, target=B)


def test_class_that_is_no_state_is_not_found():
    """A class that is not a state at all is reported by its name."""
    with pytest.raises(hsm.DefinitionError, match="'int' does not name a vertex"):

        class M(Machine):
            class A(State["M"]):
                pass

            go = on("go", target=int)


def test_unknown_sibling_is_a_name_error():
    """A class that does not exist is what Python says it is."""
    with pytest.raises(NameError, match="Opend"):

        class M(Machine):
            class Opened(State["M"]):
                pass

            go = on("go", source=Opend, target=Opened)  # noqa: F821 - the mistake


def test_misspelt_path_is_reported_with_the_closest_name():
    """A path that names nothing is reported with its place in the class body and the closest name."""
    with pytest.raises(hsm.DefinitionError, match="did you mean 'Opened'"):

        class M(Machine):
            class Closed(State["M"]):
                open = on("open", target="Opend")

            class Opened(State["M"]):
                pass


async def test_names_in_a_submachine_are_its_own():
    """Class references of a machine that is embedded as a submachine mean its own states in their new place."""

    class Motor(Machine):
        class Off(State["Motor"]):
            pass

        class On(State["Motor"]):
            pass

        go = on("go", source=Off, target=On)

    class Car(Machine):
        class Off(State["Car"]):
            pass

        motor = Submachine(Motor, initial=True)
        park = on("park", source="motor", target=Off)

    async with Car() as car:
        await car.dispatch("go")
        assert car.state() == "/Car/motor/On"
        await car.dispatch("park")
        assert car.state() == "/Car/Off"
