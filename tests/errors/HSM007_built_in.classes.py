from hsm_classdsl import Machine, State, defer, on


class Lamp(Machine):
    class lit(State["Lamp"]):
        waiting = defer("hsm_error", "hsm_time")
        burnt = on("hsm_completion", target="dark")
        timed = on("hsm_time", target="dark")
        changed = on("hsm_change", target="dark")
        left = on("off", "hsm_final", target="dark")
        failed = on("hsm_error", target="dark")

    class dark(State["Lamp"]):
        pass
