from hsm_classdsl import Machine, State, defer, on


class Printer(Machine):
    class busy(State["Printer"]):
        waiting = defer("job", "cancel")
        job = on("job", target=".")
