"""A codec of one's own that returns something that JSON does not have."""

import hsm
from hsm.testing import run


class Lazy:
    def encode(self, value, annotation, /):
        return value

    def decode(self, data, annotation, /):
        return data


class Lamp(hsm.Instance):
    def __init__(self):
        self.levels = {1, 2}


async def main():
    machine = await hsm.start(None, Lamp(), hsm.define("Lamp", hsm.state("on")))
    machine.snapshot(codec=Lazy()).to_json()


run(main())
