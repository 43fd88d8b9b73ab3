"""Names of timers, change triggers and activities that are no names."""

from hsm_classdsl import Machine, State, activity, after, at, every, when


class M(Machine):
    class A(State["M"], initial=True):
        @activity(name="a/b")
        async def f(self):
            pass

        a = after(seconds=1, name="a/b")
        b = every(seconds=1, name="a#b")
        c = at(lambda self: None, name="")
        d = when(lambda self: True, name="12")
