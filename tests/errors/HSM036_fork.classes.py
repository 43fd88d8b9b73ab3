from hsm_classdsl import Fork, Machine, Region, State, guard, on, transition


class Car(Machine):
    class parked(State["Car"]):
        go = on("go", target="twice")
        drive = on("drive", target="once")
        party = on("party", target="guarded")

    class twice(Fork["Car"]):
        both = transition(target=("driving/speed/slow", "driving/speed/fast"))

    class once(Fork["Car"]):
        alone = transition(target="driving/speed/slow")

    class guarded(Fork["Car"]):
        @guard
        def is_loud(self):
            return self.machine.loud

        speed = transition(target="driving/speed/fast")
        radio = transition(guard=is_loud, target="driving/radio/loud")

    class driving(State["Car"]):
        class speed(Region):
            class slow(State["Car"]):
                pass

            class fast(State["Car"]):
                pass

        class radio(Region):
            class quiet(State["Car"]):
                pass

            class loud(State["Car"]):
                pass
