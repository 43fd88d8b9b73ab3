from hsm_classdsl import Machine, State, initial, on


class Tape(Machine):
    start = initial("stopped")

    class stopped(State["Tape"]):
        play = on("play", target="playing")

    class playing(State["Tape"]):
        stop = on("stop", target="stopped")

    restart = initial("playing")
