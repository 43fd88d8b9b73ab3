import hsm

hsm.define(
    "Player",
    hsm.state(
        "playing",
        hsm.transition(hsm.on("pause"), hsm.target("../pausd")),
        hsm.transition(hsm.on("stop"), hsm.target("stoped")),
    ),
    hsm.state("paused", hsm.transition(hsm.on("play"), hsm.target("playing"))),
    hsm.state("stopped", hsm.transition(hsm.on("play"), hsm.target("Playing"))),
)
