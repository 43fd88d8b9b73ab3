import hsm
from hsm_classdsl import EntryPoint, ExitPoint, Machine, State, Submachine, on


class Dialog(Machine):
    class shown(State["Dialog"]):
        no = on("no", target="cancelled")
        yes = on("yes", target="confirmed")

    class cancelled(ExitPoint["Dialog"]):
        pass

    class confirmed(ExitPoint["Dialog"]):
        pass


class About(Machine):
    class shown(State["About"]):
        pass

    class opened(EntryPoint["About"]):
        pass


class App(Machine):
    ask = Submachine(
        Dialog,
        hsm.exit_point("cancelled", hsm.transition(hsm.target("/App/main"))),
        hsm.exit_point("confirmed", hsm.transition(hsm.target("/App/main"))),
        hsm.exit_point("confirm", hsm.transition(hsm.target("/App/main"))),
        hsm.exit_point("help", hsm.transition(hsm.target("/App/info"))),
    )
    info = Submachine(About, hsm.exit_point("opened", hsm.transition(hsm.target("/App/main"))))

    class main(State["App"]):
        pass
