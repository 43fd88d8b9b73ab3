"""A state that is assigned to a finished class."""

from hsm_classdsl import Machine, State, on


class Door(Machine):
    class Closed(State["Door"], initial=True):
        go = on("open", target="Opened")

    class Opened(State["Door"]):
        pass


class Broken(State["Door"]):
    pass


Door.Broken = Broken
