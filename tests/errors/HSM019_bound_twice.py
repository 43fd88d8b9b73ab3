"""Names that are bound twice in one class body: methods, marks, a state, a mark in a loop, data."""

from hsm_classdsl import Machine, State, entry, guard, on


class Door(Machine):
    class Closed(State["Door"], initial=True):
        @on("open", target="Opened")
        def go(self):
            """Lost."""

        @on("kick", target="Opened")
        def go(self):
            """Kept."""

        @guard
        def ready(self):
            return True

        @guard
        def ready(self):
            return False

        wait = on("wait")
        wait = 3

    class Opened(State["Door"]):
        for event in ("close", "slam"):
            shut = on(event, target="Closed")

        @entry
        def enter(self):
            """Lost."""

        def enter(self):
            """Unmarked."""

    Closed = on("reset", source=Opened, target="Opened")
