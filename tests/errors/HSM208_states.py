"""Classes whose `__getstate__` does not return a dict; and a union that says too little."""

import hsm
from hsm.testing import run


class Lamp(hsm.Instance):
    level: float | bool

    def __getstate__(self):
        return 3


async def main():
    machine = await hsm.start(None, Lamp(), hsm.define("Lamp", hsm.state("on")))
    machine.snapshot()


run(main())
