"""An activity with a policy that is none."""

import hsm


async def f(ctx, instance, event):
    pass


hsm.define("M", hsm.state("a", hsm.activity(f, on_restore="again"), hsm.activity(f, on_restore=3)))
