"""Short ways to write the transitions and states that most models of the tests are made of."""

from __future__ import annotations

import hsm
from support.behaviors import note


def on(event, *parts):
    """A transition on *event*: an internal one, unless *parts* have a target."""
    return hsm.transition(hsm.on(event), *parts)


def go(event, target, *parts):
    """A transition on *event* to *target*."""
    return hsm.transition(hsm.on(event), hsm.target(target), *parts)


def then(target, *parts):
    """A transition to *target* without a trigger: on completion, or out of a pseudostate."""
    return hsm.transition(hsm.target(target), *parts)


def after(seconds, *parts):
    """A transition *seconds* after its state was entered."""
    return hsm.transition(hsm.after(seconds), *parts)


def every(seconds, *parts):
    """A transition every *seconds* while its state is active."""
    return hsm.transition(hsm.every(seconds), *parts)


def at(moment, *parts):
    """A transition at *moment*."""
    return hsm.transition(hsm.at(moment), *parts)


def noting(event, text=None, *parts):
    """An internal transition on *event* that writes *text*, or else the event's name."""
    return on(event, hsm.effect(note(event if text is None else text)), *parts)


def logged(name, *parts):
    """A state that writes its entries and exits."""
    return hsm.state(name, hsm.entry(note(f"+{name}")), hsm.exit(note(f"-{name}")), *parts)
