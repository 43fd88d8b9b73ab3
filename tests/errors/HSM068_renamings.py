"""Renamings that no snapshot can need, or that lead nowhere; also in a model that is embedded."""

import hsm

inner = hsm.define("Inner", hsm.state("x"), hsm.renamed("/Inner/y", "/Inner/x"))

hsm.define(
    "M",
    hsm.state("a"),
    hsm.submachine("b", inner),
    hsm.renamed("/M/z", "/M/a"),
    hsm.renamed("/Old", "/M"),
    hsm.renamed("/M/a#after.0", "/M/a#after.timeout"),
    hsm.renamed("z", "/M/a"),
    hsm.renamed("/M/z", 3),
    hsm.renamed("/M/z", "/M/c"),
    hsm.renamed("/M/z", "/N/a"),
    hsm.renamed("/M/a", "/M/b"),
    hsm.renamed("/M/z", "/M/a#after.0"),
    hsm.transition(hsm.on("go"), hsm.source("a"), hsm.target("b")),
)
