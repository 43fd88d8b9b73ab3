from datetime import timedelta

from hsm_classdsl import Machine, State, after, every


class EggTimer(Machine):
    class running(State["EggTimer"]):
        negative = after(-1, target=".")
        minutes = after(minutes=-5, target=".")
        not_a_number = after(float("nan"), target=".")
        infinite = after(float("inf"), target=".")
        at_once = every(0)
        no_delta = every(timedelta(0))
        tiniest = every(5e-324)
