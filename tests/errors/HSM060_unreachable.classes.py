from hsm_classdsl import Final, Machine, State, on


class Player(Machine):
    class stopped(State["Player"]):
        play = on("play", target="playing")

    class playing(State["Player"]):
        stop = on("stop", target="stopped")

    class paused(State["Player"]):
        play = on("play", target="playing")

        class short(State["Player"]):
            pass

        class long(State["Player"]):
            pass

    class broken(Final):
        pass
