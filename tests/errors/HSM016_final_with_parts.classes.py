from hsm_classdsl import Final, Machine, State, Terminate, effect, entry, on


class Session(Machine):
    class active(State["Session"]):
        logout = on("logout", target="done")
        kill = on("kill", target="killed")

    class done(Final):
        @entry
        def say_goodbye(self):
            print("goodbye")

        login = on("login", target="active")

    class killed(Terminate):
        @effect
        def say_goodbye(self):
            print("goodbye")
