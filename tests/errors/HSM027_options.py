"""Options that a mark does not take."""

from hsm_classdsl import Machine, State, after, on, on_call, transition, when


class Door(Machine):
    class Closed(State["Door"], initial=True):
        go = on("open", tarjet="Opened")

        @on("kick", target="Opened", gaurd=lambda self: True, colour="red")
        def kick(self):
            pass

        wear = after(second=5, target="Opened")
        changed = when(lambda self: True, targets="Opened")
        call = on_call("price", effect=print)

    class Opened(State["Door"]):
        done = transition(to="Closed", target="Closed")
