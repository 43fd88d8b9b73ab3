from hsm_classdsl import Choice, Machine, State, guard, on, transition


class Bank(Machine):
    @guard
    def is_rich(self):
        return self.money > 100

    @guard
    def is_poor(self):
        return self.money < 10

    class counter(State["Bank"]):
        ask = on("ask", target="credit")

    class credit(Choice["Bank"]):
        @guard
        def is_rich(self):
            return self.machine.is_rich()

        @guard
        def is_poor(self):
            return self.machine.is_poor()

        yes = transition(guard=is_rich, target="granted")
        no = transition(guard=is_poor, target="refused")

    class granted(State["Bank"]):
        pass

    class refused(State["Bank"]):
        pass
