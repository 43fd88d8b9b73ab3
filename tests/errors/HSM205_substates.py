"""A state that has got substates since."""

import hsm
from hsm.testing import run

model = hsm.define("Lamp", hsm.state("on", hsm.state("dim"), hsm.state("bright")))
snapshot = hsm.Snapshot("Lamp", "of another version", 0.0, "running", ("/Lamp/on",), {})


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
