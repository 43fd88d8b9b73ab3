"""A decorator without functools.wraps above a mark."""

from hsm_classdsl import Machine, State, entry, on


def logged(method):
    def inner(self):
        print("called")
        return method(self)

    return inner


class Lamp(Machine):
    class Off(State["Lamp"]):
        @logged
        @on("press", target="On")
        def press(self):
            """Never called."""

    class On(State["Lamp"]):
        @logged
        @entry
        def _(self):
            """Never called."""

        @logged
        def plain(self):
            """No mark, no mistake."""

        off = on("press", target="Off")
