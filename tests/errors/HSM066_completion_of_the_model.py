"""A completion transition of the model itself, which runs alone."""

import hsm
from hsm.testing import run

model = hsm.define(
    "Job",
    hsm.state("working", hsm.transition(hsm.on("done"), hsm.target("end"))),
    hsm.final("end"),
    hsm.transition(hsm.target("working")),
)


async def main():
    await hsm.start(None, hsm.Instance(), model)
    await hsm.start(None, hsm.Instance(), model)


run(main())
