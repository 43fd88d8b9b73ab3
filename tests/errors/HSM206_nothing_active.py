"""A machine that runs, and in which nothing is active."""

import hsm
from hsm.testing import run

model = hsm.define("Lamp", hsm.state("on"))
snapshot = hsm.Snapshot("Lamp", "", 0.0, "running", (), {})


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
