"""Names that hide what the library gives every machine."""

from hsm_classdsl import Machine, State, on


class Colour:
    def states(self):
        return ("red", "green")


class Lamp(Colour, Machine):
    state: str = "off"
    dispatch: int
    _runner = None

    class model(State["Lamp"]):
        pass

    stop = on("stop", target="model")

    def is_in(self, path):
        return False
