"""A snapshot of another model."""

import hsm
from hsm.testing import run

model = hsm.define("Lamp", hsm.state("on"))
snapshot = hsm.Snapshot("Door", "", 0.0, "running", ("/Door/open",), {})


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
