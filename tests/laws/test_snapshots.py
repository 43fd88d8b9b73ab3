"""The law of snapshots: a machine that is saved and restored after every step has the same future (rules S1 and S2)."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st
from laws.background import busy_operations, with_background
from laws.classes import build_classes
from laws.description import ASYNC, MIXED, SYNC, build_functional
from laws.models import descriptions, operations
from laws.play import by_library
from laws.saving import SHARE, Saving
from laws.test_laws import law, must_end
from support import rule


def differs(description, sequence, mode, build, saving, **options):
    """What a machine did that went on, and one that was saved and restored, where that is not the same."""
    kept = by_library(description, sequence, mode, build=build, between=going_on, **options)
    restored = by_library(description, sequence, mode, build=build, between=saving, **options)
    pairs = [tuple(map(in_microseconds, pair)) for pair in itertools.zip_longest(kept, restored)]
    return [pair for pair in pairs if pair[0] != pair[1]]


async def going_on(model, recorder):
    """The machine goes on, and shows from now on how often the objects of its states were used."""
    recorder.counts_uses = True
    return recorder


def in_microseconds(told):
    """What was *told*, with times as exactly as snapshots have them."""
    return re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.6f}", repr(told))


@law(120)
@rule("S1")
@rule("S2")
@given(
    descriptions(),
    st.randoms(use_true_random=False),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.sampled_from((build_functional, build_classes)),
    st.booleans(),
    st.sampled_from(("generated", "kernel")),
)
def test_a_machine_that_is_saved_and_restored_has_the_same_future(description, source, mode, build, is_busy, engine):
    """Written as JSON and read again between every two operations: the same outcomes, states, actions and timers."""
    sequence = operations(source)
    if is_busy:
        description, sequence = with_background(source, description, SHARE), busy_operations(source)
    must_end(description, sequence)
    assert not differs(description, sequence, mode, build, Saving({"engine": engine}), engine=engine)
