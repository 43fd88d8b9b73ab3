"""A model embedded without `submachine`."""

import hsm

dialog = hsm.define("Dialog", hsm.state("open"))

hsm.define("App", hsm.state("main"), dialog)
