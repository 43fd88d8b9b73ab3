"""Methods that do not take (self), (self, event) or (self, ctx, event), and a static one without (ctx, instance, event)."""

from hsm_classdsl import Machine, State, activity, after, entry, guard, on


class Alarm(Machine):
    @entry
    def arm():
        print("armed")

    class silent(State["Alarm"], initial=True):
        @activity
        async def listen(self, ctx, event, volume, /):
            print(volume)

        @guard
        def is_armed(self, ctx, event, force):
            return force or self.machine.armed

        @on("smoke", guard=is_armed, target="loud")
        def call(self, *, number):
            print(number)

        def delay(self, ctx, event, factor):
            return 5 * factor

        again = after(delay, target=".")

    class loud(State["Alarm"]):
        @entry
        @staticmethod
        def sound(event):
            print(event)
