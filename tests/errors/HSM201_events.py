"""Events without a name, or with data that no event of their kind has."""

import hsm
from hsm.testing import run

model = hsm.define("Lamp", hsm.state("on"))
snapshot = hsm.Snapshot(
    "Lamp",
    "",
    0.0,
    "running",
    ("/Lamp/on",),
    {},
    queue=(hsm.SnapshotEvent("event", ""), hsm.SnapshotEvent("call", "read", [1])),
    deferred=(hsm.SnapshotEvent("tick", "hsm_time", {"due": "soon"}),),
)


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
