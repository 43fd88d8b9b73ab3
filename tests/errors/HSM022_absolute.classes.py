from hsm_classdsl import Machine, State, on


class Player(Machine):
    class playing(State["Player"]):
        pause = on("pause", target="/paused")

    class paused(State["Player"]):
        play = on("play", target="/Other/playing")
