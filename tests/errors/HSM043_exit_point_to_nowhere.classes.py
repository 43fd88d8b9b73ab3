from hsm_classdsl import ExitPoint, Machine, State, on


class House(Machine):
    class hall(State["House"]):
        class back(ExitPoint["House"]):
            pass

        class stairs(State["House"]):
            leave = on("leave", target="back")
