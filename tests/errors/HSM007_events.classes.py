from hsm_classdsl import Machine, State, defer, on, on_call


class Shop(Machine):
    class open(State["Shop"]):
        nothing = defer(None)
        star = on("order*")
        stars = on("*.paid", "")
        number = on(3)
        several = on(["buy", "sell"])
        empty = on_call("")
