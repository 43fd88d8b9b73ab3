"""An activity with a policy that is none."""

from hsm_classdsl import Machine, State, activity


class M(Machine):
    class A(State["M"], initial=True):
        @activity(on_restore="again")
        async def f(self):
            pass
