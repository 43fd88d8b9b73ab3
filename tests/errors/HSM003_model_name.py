"""A model without a name of its own."""

import hsm

hsm.define("", hsm.state("on"))
