from hsm_classdsl import Machine, State, initial, on


class Heater(Machine):
    class running(State["Heater"], initial=True):
        begin = initial("cold")

        class low(State["Heater"]):
            pass

        class high(State["Heater"]):
            pass

    class cold(State["Heater"]):
        pass

    off = on("off", target="cold")
