"""Default entries that lead back to where they come from."""

import hsm

hsm.define(
    "Maze",
    hsm.state(
        "hall",
        hsm.initial(hsm.target("fork")),
        hsm.choice("fork", hsm.transition(hsm.target("/Maze/hall"))),
        hsm.state("corner"),
    ),
    hsm.state("cellar", hsm.initial(hsm.target("before")), hsm.shallow_history("before"), hsm.state("stairs")),
    hsm.state("attic", hsm.initial(hsm.target("hatch")), hsm.entry_point("hatch"), hsm.state("roof")),
    hsm.state(
        "tower",
        hsm.region("top", hsm.initial(hsm.target("up")), hsm.junction("up", hsm.transition(hsm.target("/Maze/tower")))),
        hsm.region("foot", hsm.state("door")),
    ),
)
