"""Guards of states that need not be active when they are asked."""

from hsm_classdsl import Machine, State, guard, on


class Door(Machine):
    class Closed(State["Door"]):
        @guard
        def unlocked(self) -> bool:
            return True

        class Ajar(State["Door"]):
            push = on("push", target="Open")

    class Open(State["Door"]):
        pull = on("pull", target="Closed")

    knock = on("knock", target=Closed, guard=Closed.unlocked)
    slam = on("slam", source=Open, target=Closed, guard=~Closed.unlocked)
    shove = on("shove", source=Closed.Ajar, target=Open, guard=Closed.unlocked)
