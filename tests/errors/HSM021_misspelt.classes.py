from hsm_classdsl import Machine, State, on


class Player(Machine):
    class playing(State["Player"]):
        pause = on("pause", target="../pausd")
        stop = on("stop", target="stoped")

    class paused(State["Player"]):
        play = on("play", target="playing")

    class stopped(State["Player"]):
        play = on("play", target="Playing")
