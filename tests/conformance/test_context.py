"""`hsm.Context`: a flag that runs down a tree."""

from __future__ import annotations

import functools
import gc
import weakref

import attrs
import pytest
from support import rule

import hsm


@rule("L7")
def test_a_context_is_done_once_it_is_cancelled():
    """And stays so."""
    ctx = hsm.Context()
    assert not ctx.done
    ctx.cancel()
    ctx.cancel()
    assert ctx.done


@rule("L7")
def test_cancelling_runs_down_and_not_up():
    """Children and grandchildren are done, parents and siblings are not."""
    top = hsm.Context()
    middle, sibling = top.child(), top.child()
    low = hsm.Context(middle)
    middle.cancel()
    assert [ctx.done for ctx in (top, middle, sibling, low)] == [False, True, False, True]
    top.cancel()
    assert all(ctx.done for ctx in (top, middle, sibling, low))


@rule("L7")
def test_a_child_of_a_done_context_is_done():
    """From the beginning."""
    top = hsm.Context()
    top.cancel()
    assert top.child().done
    assert hsm.Context(top).child().done


def test_callbacks_run_once_when_the_context_is_cancelled():
    """In the order in which they were registered."""
    ctx, seen = hsm.Context(), []
    ctx.on_cancel(lambda: seen.append(1))
    ctx.on_cancel(lambda: seen.append(2))
    assert seen == []
    ctx.cancel()
    ctx.cancel()
    assert seen == [1, 2]


def test_a_callback_for_a_done_context_runs_at_once():
    """There is nothing to wait for."""
    ctx, seen = hsm.Context(), []
    ctx.cancel()
    ctx.on_cancel(lambda: seen.append(1))
    assert seen == [1]


def test_callbacks_see_the_whole_tree_cancelled():
    """Every flag is set before the first callback runs."""
    top = hsm.Context()
    low = top.child().child()
    seen = []
    top.on_cancel(lambda: seen.append(low.done))
    low.on_cancel(lambda: seen.append(top.done))
    top.cancel()
    assert seen == [True, True]


def boom():
    raise ValueError("boom")


def test_a_failing_callback_does_not_keep_the_others_from_running():
    """Its exception comes out of `cancel` when all have run."""
    top, seen = hsm.Context(), []
    top.on_cancel(boom)
    top.child().on_cancel(lambda: seen.append("child"))
    with pytest.raises(ValueError, match="boom"):
        top.cancel()
    assert top.done
    assert seen == ["child"]


def test_several_failing_callbacks_raise_a_group():
    """Each exception is in it."""
    ctx = hsm.Context()
    ctx.on_cancel(boom)
    ctx.on_cancel(boom)
    with pytest.raises(ExceptionGroup) as caught:
        ctx.cancel()
    assert len(caught.value.exceptions) == 2


def test_a_child_may_be_cancelled_by_a_callback_of_its_parent():
    """Cancelling within a cancellation does nothing more."""
    top = hsm.Context()
    low = top.child()
    seen = []
    top.on_cancel(low.cancel)
    top.on_cancel(top.cancel)
    low.on_cancel(lambda: seen.append("low"))
    top.cancel()
    assert seen == ["low"]


def test_contexts_may_be_nested_deeply():
    """A cancellation goes down any number of levels, outer ones first and siblings in their order."""
    top = hsm.Context()
    seen = []
    for side in ("left", "right"):
        low = top
        for level in range(5000):
            low = low.child()
            low.on_cancel(functools.partial(seen.append, (side, level)))
    top.cancel()
    assert seen == [(side, level) for side in ("left", "right") for level in range(5000)]


def test_a_cancelled_child_is_dropped_by_its_parent():
    """A context that lives long does not collect what was below it."""
    top = hsm.Context()
    low = top.child()
    gone = weakref.ref(low)
    low.cancel()
    del low
    gc.collect()
    assert gone() is None
    assert not top.done


def test_a_context_tells_whether_it_is_done():
    """Its repr is for reading."""
    ctx = hsm.Context()
    assert repr(ctx) == "<Context active>"
    ctx.cancel()
    assert repr(ctx) == "<Context done>"


@rule("L7")
def test_a_context_of_ones_own_may_compare_and_hash_as_it_likes():
    """Each is known as the object that it is."""

    @attrs.define(slots=False, eq=True)
    class Equal(hsm.Context):
        parent: object = None

        def __attrs_post_init__(self):
            hsm.Context.__init__(self, self.parent)

        def __eq__(self, other):
            raise RuntimeError("eq")

        __hash__ = None

    top = Equal()
    one, two = Equal(top), Equal(top)
    low = one.child()
    one.cancel()
    assert [ctx.done for ctx in (top, one, two, low)] == [False, True, False, True]
    top.cancel()
    assert two.done
