"""The kiosk of `tests/draw/kiosk.py` as a class."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hsm
from hsm_classdsl import (
    Choice,
    DeepHistory,
    EntryPoint,
    ExitPoint,
    Final,
    Fork,
    Join,
    Junction,
    Machine,
    Region,
    ShallowHistory,
    State,
    Submachine,
    Terminate,
    activity,
    after,
    at,
    defer,
    entry,
    every,
    exit,
    guard,
    in_state,
    initial,
    on,
    on_call,
    transition,
    when,
)


class Cleaning(Machine):
    class rinsing(State["Cleaning"]):
        after(20, target="drying")

    class drying(State["Cleaning"]):
        on("dry", target="done")

    class done(ExitPoint["Cleaning"]):
        pass


class Kiosk(Machine):
    @initial("idle")
    def show_menu(self): ...

    class idle(State["Kiosk"]):
        defer("refill")

        @entry
        def show_menu(self): ...

        on("coin", "card", target="decide")

        @on("sugar")
        def add_sugar(self): ...

        after(timedelta(minutes=5), target="standby")

    class standby(State["Kiosk"]):
        on("*", target="idle")

        @every(timedelta(seconds=1))
        def blink(self): ...

    class decide(Choice["Kiosk"]):
        @guard
        def has_credit(self):
            return True

        @guard
        def is_member(self):
            return True

        @guard
        def has_failed_three_times(self):
            return False

        @transition(target="serving/paid", guard=has_credit)
        def charge_card(self): ...

        transition(target="split", guard=is_member & ~has_failed_three_times)
        transition(target="idle")

    class split(Fork["Kiosk"]):
        transition(target=("serving/brewing/water/heating", "serving/brewing/beans/grinding"))

    class serving(State["Kiosk"]):
        defer("coin", "card")

        @entry
        def heat(self): ...

        @exit
        def stop_pump(self): ...

        @activity
        async def watch_temperature(self): ...

        class paid(EntryPoint["Kiosk"]):
            transition(target="brewing")

        class aborted(ExitPoint["Kiosk"]):
            @transition(target="maintenance")
            def log_fault(self): ...

        class recent(ShallowHistory["Kiosk"], target="brewing"):
            pass

        class exact(DeepHistory["Kiosk"]):
            pass

        class brewing(State["Kiosk"], initial=True):
            class water(Region):
                class heating(State["Kiosk"], initial=True):
                    on("hot", target="pumping")

                class pumping(State["Kiosk"]):
                    class slow(State["Kiosk"], initial=True):
                        after(2, target="fast")

                    class fast(State["Kiosk"]):
                        pass

                    on("flow.done", target="filled")

                class filled(State["Kiosk"]):
                    transition(target="/Kiosk/serving/poured")

            class beans(Region):
                class grinding(State["Kiosk"], initial=True):
                    @entry
                    def grind(self): ...

                    on("ground", target="pressed")

                class pressed(State["Kiosk"]):
                    on("flow.done", target="steeped")

                class steeped(State["Kiosk"]):
                    transition(target="/Kiosk/serving/poured")

            on("abort", target="../aborted")

        class poured(Join["Kiosk"]):
            @transition(target="cup")
            def dispense(self): ...

        class cup(State["Kiosk"]):
            def patience(self):
                return 30.0

            on("cup.taken", target="/Kiosk/check")
            after(patience, target="..")

        @guard
        def is_key_turned(self):
            return True

        @guard
        def tank_is_empty(self):
            return False

        on("again", target="brewing")
        on("afresh", target="brewing", external=True)
        on("service", target="maintenance", guard=is_key_turned)
        when(tank_is_empty, target="maintenance")

    class check(Junction["Kiosk"]):
        @guard
        def tank_is_empty(self):
            return False

        transition(target="maintenance", guard=tank_is_empty | in_state("/Kiosk/maintenance"))
        transition(target="idle")

    class maintenance(State["Kiosk"]):
        on("resume", target="serving/recent")
        on("resume.exactly", target="serving/exact")
        on("log.*")
        on("clean", target="cleaning")
        on("reset", target="idle")
        at(datetime(2030, 1, 1, tzinfo=UTC), target="scrapped")
        on_call("unplug", target="unplugged")

    cleaning = Submachine(Cleaning, hsm.exit_point("done", hsm.transition(hsm.target("../maintenance"))))

    class unplugged(Terminate):
        pass

    class scrapped(Final):
        pass
