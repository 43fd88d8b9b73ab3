from hsm_classdsl import Machine, State, on


class Gate(Machine):
    class shut(State["Gate"]):
        push = on("push", guard="unlocked", target=".")
        knock = on("knock", guard=True, target=".")
