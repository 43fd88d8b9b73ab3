"""One mistake, one message: what follows from a mistake is not reported as another one."""

from __future__ import annotations

import warnings

import pytest

import hsm


def yes(ctx, self, event):
    return True


def codes(*parts):
    """The codes reported for a model of *parts*, called M."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            hsm.define("M", *parts)
        except hsm.DefinitionError as error:
            return [diagnostic.code for diagnostic in error.diagnostics]
    return []


def state(name, *targets):
    """A state with a transition to each of *targets*."""
    return hsm.state(name, *(hsm.transition(hsm.on(f"to {target}"), hsm.target(target)) for target in targets))


def orthogonal(name, *parts):
    """A state with two regions, of one state each."""
    return hsm.state(name, hsm.region("r", hsm.state("x")), hsm.region("q", hsm.state("y")), *parts)


def plain(name, *paths):
    """A transition on *name* to *paths*."""
    return hsm.transition(hsm.on(name), hsm.target(*paths))


DIALOG = hsm.define(
    "Dialog",
    hsm.state("shown", hsm.transition(hsm.on("cancel"), hsm.target("cancelled"))),
    hsm.exit_point("cancelled"),
)
MISTAKES = {
    "an empty path": (["HSM009"], lambda: [state("a", "")]),
    "a slash alone": (["HSM009"], lambda: [state("a", "/")]),
    "two slashes": (["HSM009"], lambda: [state("a", "a//b")]),
    "a slash at the end": (["HSM009"], lambda: [state("a", "/M/")]),
    "an empty in_state": (["HSM009"], lambda: [hsm.state("a", hsm.transition(hsm.on("e"), hsm.in_state("")))]),
    "a name with a slash that is targeted": (["HSM003"], lambda: [state("a", "b/c"), hsm.state("b/c")]),
    "a bad name around a target": (["HSM003"], lambda: [hsm.state("a"), hsm.state("", state("b", "/M/a"))]),
    "a string in a choice": (["HSM002"], lambda: [state("a", "c"), hsm.choice("c", "b")]),
    "a state in a choice": (["HSM001"], lambda: [state("a", "c"), hsm.choice("c", hsm.state("b"))]),
    "a string in a fork": (["HSM002"], lambda: [state("a", "f"), hsm.fork("f", "b")]),
    "a bad target in a fork": (
        ["HSM009"],
        lambda: [state("a", "f"), hsm.fork("f", hsm.transition(hsm.target(None)))],
    ),
    "no target in a fork": (
        ["HSM035"],
        lambda: [
            state("a", "f"),
            orthogonal("o"),
            hsm.fork("f", hsm.transition(hsm.target("o/r/x")), hsm.transition()),
        ],
    ),
    "an initial into another region": (
        ["HSM011"],
        lambda: [
            hsm.state(
                "o", hsm.region("r", hsm.state("x"), hsm.initial(hsm.target("/M/o/q/y"))), hsm.region("q", state("y"))
            )
        ],
    ),
    "a history default in another region": (
        ["HSM057"],
        lambda: [
            hsm.state(
                "o",
                hsm.region("r", hsm.state("x", hsm.state("z"), hsm.deep_history("h", hsm.target("/M/o/q/y")))),
                hsm.region("q", hsm.state("y")),
            )
        ],
    ),
    "an entry point into another region": (
        ["HSM041"],
        lambda: [
            hsm.state(
                "o",
                hsm.region(
                    "r", hsm.state("x", hsm.state("z"), hsm.entry_point("e", hsm.transition(hsm.target("/M/o/q/y"))))
                ),
                hsm.region("q", hsm.state("y")),
            )
        ],
    ),
    "another region as a target": (
        ["HSM024"],
        lambda: [hsm.region("r", hsm.state("x")), hsm.region("q", state("y", "/M/r"))],
    ),
    "two targets": (
        ["HSM014"],
        lambda: [hsm.state("a", hsm.transition(hsm.on("e"), hsm.target("a"), hsm.target("b"))), hsm.state("b")],
    ),
    "a fork into one region": (
        ["HSM036"],
        lambda: [
            state("a", "f"),
            hsm.state("o", hsm.region("r", hsm.state("x"), hsm.state("y")), hsm.region("q", hsm.state("z"))),
            hsm.fork("f", hsm.transition(hsm.target("o/r/x", "o/r/y"))),
        ],
    ),
    "a trigger in a branch": (
        ["HSM033"],
        lambda: [state("a", "c"), hsm.choice("c", plain("e", "a"), hsm.transition(hsm.target("a")))],
    ),
    "a transition that leaves a history": (
        ["HSM025"],
        lambda: [
            hsm.state("s", hsm.state("x"), hsm.deep_history("h")),
            hsm.transition(hsm.source("s/h"), hsm.on("e"), hsm.target("/M/s")),
        ],
    ),
    "a submachine without a model": (
        ["HSM050"],
        lambda: [hsm.submachine("s", None, plain("e", "s/inner")), hsm.transition(hsm.on("f"), hsm.target("s/inner"))],
    ),
    "a trigger into a join that leads nowhere": (
        ["HSM030"],
        lambda: [
            hsm.state(
                "o",
                hsm.region("r", hsm.state("x", hsm.transition(hsm.target("/M/j")))),
                hsm.region("q", hsm.state("y", hsm.transition(hsm.target("/M/j")))),
            ),
            hsm.join("j"),
        ],
    ),
    "a state in a transition that targets it": (
        ["HSM001"],
        lambda: [hsm.state("a", hsm.transition(hsm.on("e"), hsm.target("b"), hsm.state("b")))],
    ),
    "a final state with a wrong transition": (
        ["HSM016"],
        lambda: [state("a", "f"), hsm.final("f", plain("e", "/M/nowhere"))],
    ),
    "a duplicate with a child that is targeted": (
        ["HSM004"],
        lambda: [state("a", "b/c"), hsm.state("b"), hsm.state("b", hsm.state("c"))],
    ),
    "an entry point called as a state": (
        ["HSM004"],
        lambda: [
            hsm.state("s", hsm.entry_point("x", hsm.transition(hsm.target("x"))), hsm.state("x")),
            state("a", "s/x"),
        ],
    ),
    "a choice called as a state": (
        ["HSM004"],
        lambda: [hsm.state("s", hsm.choice("x", hsm.transition(hsm.target("x"))), hsm.state("x"))],
    ),
    "a region called as another one": (
        ["HSM004"],
        lambda: [
            hsm.state(
                "o",
                hsm.region("r", hsm.state("x", hsm.transition(hsm.target("/M/j")))),
                hsm.region("r", hsm.state("y", hsm.transition(hsm.target("/M/j")))),
            ),
            hsm.join("j", hsm.transition(hsm.target("o"))),
        ],
    ),
    "a misspelt join": (
        ["HSM021"],
        lambda: [
            hsm.state(
                "o",
                hsm.region("r", hsm.state("x", hsm.transition(hsm.target("/M/j")))),
                hsm.region("q", hsm.state("y", hsm.transition(hsm.target("/M/jay")))),
            ),
            hsm.join("j", hsm.transition(hsm.target("o"))),
        ],
    ),
    "a misspelt source of the only way out": (
        ["HSM021"],
        lambda: [
            state("a", "c"),
            hsm.choice("c"),
            hsm.transition(hsm.source("d"), hsm.target("a")),
        ],
    ),
    "a misspelt source of the branch without a guard": (
        ["HSM021"],
        lambda: [
            state("a", "c"),
            hsm.choice("c", hsm.transition(hsm.guard(yes), hsm.target("a"))),
            hsm.transition(hsm.source("d"), hsm.target("a")),
        ],
    ),
    "a misspelt source of the open branch of a junction on the way in": (
        ["HSM021"],
        lambda: [
            hsm.state(
                "s",
                hsm.initial(hsm.target("j")),
                hsm.state("x"),
                hsm.junction("j", hsm.transition(hsm.guard(yes), hsm.target("x"))),
            ),
            hsm.transition(hsm.source("s/jay"), hsm.target("s/x")),
        ],
    ),
    "a misspelt default behind an entry point": (
        ["HSM021"],
        lambda: [
            hsm.state(
                "s",
                hsm.initial(hsm.target("e")),
                hsm.entry_point("e", hsm.transition(hsm.target("y"))),
                hsm.state("x"),
            ),
        ],
    ),
    "an exit point whose way out is misspelt": (
        ["HSM021"],
        lambda: [
            hsm.state("s", hsm.exit_point("out"), state("x", "out")),
            hsm.transition(hsm.source("s/owt"), hsm.target("s")),
        ],
    ),
    "an initial to its own state": (["HSM011"], lambda: [hsm.state("a", hsm.initial(hsm.target(".")), hsm.state("x"))]),
    "an initial out of its state, and back by a choice": (
        ["HSM011"],
        lambda: [
            hsm.state("a", hsm.state("b", hsm.initial(hsm.target("/M/c")), hsm.state("x"))),
            hsm.choice("c", hsm.transition(hsm.target("a"))),
        ],
    ),
    "a misspelt door": (
        ["HSM051"],
        lambda: [
            hsm.submachine("s", DIALOG, hsm.exit_point("canceled", hsm.transition(hsm.target("/M/a")))),
            hsm.state("a"),
        ],
    ),
    "a door without a name": (["HSM003"], lambda: [hsm.submachine("s", DIALOG, hsm.exit_point(None))]),
    "a string in a region": (["HSM002"], lambda: [hsm.region("r", "a"), hsm.region("q", hsm.state("y"))]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_makes_one_message(mistake):
    """A single mistake is reported once, without what merely follows from it."""
    expected, parts = MISTAKES[mistake]
    assert codes(*parts()) == expected


def test_model_name_with_slash_is_reported_once():
    """Paths that spell out a model name with a slash are not reported as well."""
    with pytest.raises(hsm.DefinitionError) as caught:
        hsm.define("a/b", state("x", "/a/b/x"))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["HSM003"]


def test_all_mistakes_of_one_call_are_reported():
    """Several mistakes in one transition are all reported, in source order."""
    parts = hsm.state("a", hsm.transition(hsm.on(3), hsm.guard("no"), hsm.after(-1), hsm.target("nowhere"), "junk"))
    assert sorted(codes(parts)) == ["HSM002", "HSM005", "HSM007", "HSM017", "HSM021"]
