import hsm

model = hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.transition(hsm.on("press"), hsm.target("off")),
        hsm.transition(hsm.on("turn"), hsm.target("off")),
    ),
)


async def main() -> None:
    async with hsm.start(None, hsm.Instance(), model) as lamp:
        await lamp.dispatch("press")
