import hsm
from hsm_classdsl import Choice, Machine, State, on


class Coffee(Machine):
    where = hsm.target("idle")

    class idle(State["Coffee"]):
        trigger = hsm.on("start")
        check = hsm.guard(lambda ctx, self, event: True)
        way = hsm.external()

    class strong(Choice["Coffee"]):
        class espresso(State["Coffee"]):
            pass

    start = on("start", target="/Coffee/idle")
