from hsm_classdsl import Choice, EntryPoint, Junction, Machine, Region, ShallowHistory, State, initial, transition


class Maze(Machine):
    class hall(State["Maze"]):
        begin = initial("fork")

        class fork(Choice["Maze"]):
            back = transition(target="/Maze/hall")

        class corner(State["Maze"]):
            pass

    class cellar(State["Maze"]):
        begin = initial("before")

        class before(ShallowHistory["Maze"]):
            pass

        class stairs(State["Maze"]):
            pass

    class attic(State["Maze"]):
        begin = initial("hatch")

        class hatch(EntryPoint["Maze"]):
            pass

        class roof(State["Maze"]):
            pass

    class tower(State["Maze"]):
        class top(Region):
            begin = initial("up")

            class up(Junction["Maze"]):
                back = transition(target="/Maze/tower")

        class foot(Region):
            class door(State["Maze"]):
                pass
