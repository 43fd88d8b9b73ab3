"""Nested classes with marks that are not states."""

import hsm
from hsm_classdsl import Machine, State, entry, on


class Door(Machine):
    class Closed(State["Door"], initial=True):
        class Latched:
            @entry
            def latch(self):
                pass

        go = on("open", target="Opened")

    class Opened(State["Door"]):
        pass

    class Broken:
        on("repair", target="Closed")

    class Parts:
        lock = hsm.state("locked")

    class Words:
        text = "no marks"
