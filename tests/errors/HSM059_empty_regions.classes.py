from hsm_classdsl import Choice, Machine, Region, State, transition


class Room(Machine):
    class light(Region):
        class off(State["Room"]):
            pass

    class heat(Region):
        pass

    class sound(Region):
        class which(Choice["Room"]):
            out = transition(target="/Room/light/off")
