from datetime import date, time

from hsm_classdsl import Machine, State, after, at, every


class AlarmClock(Machine):
    class set(State["AlarmClock"]):
        text = after("5", target=".")
        nothing = every([])
        truth = after(True, target=".")
        number = at(5, target=".")
        hour = at(time(7, 30), target=".")
        day = at(date(2030, 1, 1), target=".")
