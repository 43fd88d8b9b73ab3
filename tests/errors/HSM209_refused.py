"""An attribute that has become a property since: nothing can be assigned to it."""

import hsm
from hsm.testing import run


class Lamp(hsm.Instance):
    @property
    def colour(self):
        return "red"


model = hsm.define("Lamp", hsm.state("on"))
snapshot = hsm.Snapshot("Lamp", "", 0.0, "running", ("/Lamp/on",), {"colour": "red"})


async def main():
    await hsm.restore(None, Lamp(), model, snapshot)


run(main())
