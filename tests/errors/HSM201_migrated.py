"""A function for old snapshots that forgets to return the new one."""

import hsm
from hsm.testing import run

model = hsm.define("Lamp", hsm.state("on"))
snapshot = hsm.Snapshot("Lamp", "", 0.0, "running", ("/Lamp/lit",), {})


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot, migrate=lambda data: data.update(active=["/Lamp/on"]))


run(main())
