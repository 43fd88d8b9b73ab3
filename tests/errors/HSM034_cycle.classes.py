from hsm_classdsl import Choice, Junction, Machine, State, on, transition


class Maze(Machine):
    class entrance(State["Maze"]):
        walk = on("walk", target="left")

    class left(Choice["Maze"]):
        onward = transition(target="right")

    class right(Choice["Maze"]):
        onward = transition(target="ahead")

    class ahead(Junction["Maze"]):
        onward = transition(target="left")

    class self(Choice["Maze"]):
        again = transition(target=".")
