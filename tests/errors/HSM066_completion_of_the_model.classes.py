import hsm
from hsm.testing import run
from hsm_classdsl import Final, Machine, State, on, transition


class Job(Machine):
    class working(State["Job"]):
        done = on("done", target="end")

    class end(Final):
        pass

    again = transition(target="working")


async def main():
    await hsm.start(None, Job(), Job.model)


run(main())
