from hsm_classdsl import Choice, Join, Junction, Machine, Region, State, on, transition


class Vote(Machine):
    class open(State["Vote"]):
        count = on("count", target="result")
        recount = on("recount", target="again")

    class result(Choice["Vote"]):
        pass

    class again(Junction["Vote"]):
        pass

    class polls(State["Vote"]):
        class north(Region):
            class n(State["Vote"]):
                counted = transition(target="/Vote/closed")

        class south(Region):
            class s(State["Vote"]):
                counted = transition(target="/Vote/closed")

    class closed(Join["Vote"]):
        pass
