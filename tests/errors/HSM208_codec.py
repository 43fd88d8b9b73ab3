"""A codec of one's own that raises."""

import hsm
from hsm.testing import run


class Picky:
    def encode(self, value, annotation, /):
        raise ValueError("not on a Monday")

    def decode(self, data, annotation, /):
        return data


class Lamp(hsm.Instance):
    def __init__(self):
        self.level = 3


async def main():
    machine = await hsm.start(None, Lamp(), hsm.define("Lamp", hsm.state("on")))
    machine.snapshot(codec=Picky())


run(main())
