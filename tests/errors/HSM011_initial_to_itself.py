"""A default entry that leads to its own owner."""

import hsm

hsm.define("Heater", hsm.state("off", hsm.initial(hsm.target(".")), hsm.state("cold")))
