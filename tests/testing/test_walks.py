"""Random walks: inputs of Hypothesis that look for what breaks a claim."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path as File

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from support import go, on

import hsm
from hsm.testing import Call, Path, Send, Wait, always, eventually, run, walks, while_in

ROOT = File(__file__).resolve().parents[2]


class Safe(hsm.Instance):
    def __init__(self):
        self.wrong = 0
        self.money = 100


def count(ctx, safe, event):
    safe.wrong += 1


def take(ctx, safe, event):
    safe.money -= event.data


def is_right(ctx, safe, event):
    return event.data == 7


safe = hsm.define(
    "Safe",
    hsm.state(
        "shut",
        go("code", "../open", hsm.guard(is_right)),
        on("code", hsm.effect(count)),
        on("knock"),
    ),
    hsm.state(
        "open",
        on("take", hsm.effect(take)),
        hsm.transition(hsm.after(30), hsm.target("../shut")),
        go("hold", "../held"),
    ),
    hsm.state("held", go("let", "../open")),
)


def walked(machine, examples=200, steps=20):
    """Walk, always in the same way."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(machine, settings=chosen)


def broken(machine, kind=AssertionError, **options):
    """What breaks: its message, and the inputs that the note has."""
    with pytest.raises(kind) as caught:
        walked(machine, **options)
    (note,) = [each for each in caught.value.__notes__ if each.startswith("to replay it: ")]
    return str(caught.value), eval(note.removeprefix("to replay it: ")).inputs


def is_solvent(instance):
    return instance.money >= 0


DATA = {"code": st.integers(0, 9), "take": st.integers(0, 200)}


# --- what is found -------------------------------------------------------------------------------------------


def test_a_walk_that_breaks_nothing_passes():
    """With every claim there is."""
    claims = [
        always(lambda instance: instance.money <= 100),
        while_in("/Safe/shut", lambda instance: True),
        eventually("/Safe/shut", within=0),
    ]
    walked(walks(safe, Safe, data=DATA, claims=claims), examples=20)


def test_a_planted_bug_is_shrunk_to_the_inputs_that_it_takes():
    """Three of the many that were tried, with the smallest data; the note has them as code, which replays it."""
    text, inputs = broken(walks(safe, Safe, data=DATA, claims=[always(is_solvent)]))
    assert text == "always(is_solvent) does not hold"
    assert inputs == (Send("code", 7), Send("take", 101))

    async def main():
        instance = Safe()
        machine = await hsm.start(None, instance, safe)
        await Path(inputs).replay(machine)
        assert not is_solvent(instance)
        await machine.stop()

    run(main())


def test_what_must_hold_in_a_state_is_looked_at_there():
    """An assertion in a predicate says why."""

    def has_few_tries(instance):
        if instance.wrong > 1:
            raise AssertionError(f"{instance.wrong} tries")

    text, inputs = broken(walks(safe, Safe, data=DATA, claims=[while_in("open", has_few_tries)]))
    assert text == (f"while_in('open', {has_few_tries.__qualname__}) does not hold: 2 tries")
    assert len(inputs) == 3
    assert inputs[-1] == Send("code", 7)


def test_what_comes_too_late_is_found():
    """A held safe never shuts: the time that has to pass is part of the path."""
    claims = [eventually("/Safe/shut", within=60, since="/Safe/open")]
    walk = walks(safe, Safe, data={"code": st.just(7), "take": st.just(0)}, waits=[40], claims=claims)
    text, inputs = broken(walk, steps=10)
    assert text == (
        "eventually('/Safe/shut', within=60, since='/Safe/open'): '/Safe/shut' did not hold within 60 s after 0 s"
    )
    kinds = [type(each) for each in inputs if type(each) is not Wait]
    assert inputs[0] == Send("code", 7)
    assert Send("hold") in inputs
    assert len(kinds) == 2
    with pytest.raises(ValueError, match="within must be 0 or more seconds, not -1"):
        eventually("/Safe/shut", within=-1)


def test_a_deadline_that_is_met_begins_anew():
    """What came late and was seen only after a long wait is late all the same."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.after(10), hsm.target("../b"))),
        hsm.state("b", hsm.transition(hsm.after(20), hsm.target("../a"))),
    )
    claims = [eventually("/M/b", within=10, since="/M/a"), eventually("/M/a", within=15, since="/M/b")]
    text, inputs = broken(walks(model, waits=[100], claims=claims))
    assert text.endswith("'/M/a' did not hold within 15 s after 10 s")
    assert inputs == (Wait(100),)


def test_what_behaviours_raise_fails_a_walk():
    """In an effect, in an activity, and in a call."""

    def fail(ctx, thing, event):
        raise ZeroDivisionError("effect")

    async def fail_later(ctx, thing, event):
        await asyncio.sleep(1)
        raise LookupError("activity")

    def divide(ctx, thing, event):
        return 1 / event.data.args[0]

    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(fail))))
    assert broken(walks(model), ZeroDivisionError)[1] == (Send("e"),)
    model = hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b", hsm.activity(fail_later)))
    assert broken(walks(model), LookupError)[1] == (Send("e"), Wait(1.0))
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../b")),
        hsm.state("b", hsm.transition(hsm.on_call("divide"), hsm.effect(divide))),
    )
    found = broken(walks(model, data={"divide": st.integers(0, 5)}), ZeroDivisionError)[1]
    assert found == (Send("e"), Call("divide", (0,)))


@pytest.mark.needs_system
def test_a_step_that_never_ends_fails_a_walk():
    """The clock says that nothing is left that could happen, whatever other threads the process has."""
    ends = threading.Event()
    other = threading.Thread(target=ends.wait)
    other.start()

    async def hang(ctx, thing, event):
        await asyncio.Event().wait()

    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(hang))))
    try:
        text, inputs = broken(walks(model, waits=()), RuntimeError)
    finally:
        ends.set()
        other.join()
    assert "deadlock" in text
    assert inputs == (Send("e"),)


def test_a_machine_that_is_over_is_left_alone():
    """What comes later is not sent, and is no part of the path."""
    model = hsm.define("M", hsm.state("a", go("e", "../f"), on("x")), hsm.final("f"))
    walked(walks(model), examples=10)


def test_names_that_are_not_to_be_sent_are_left_out():
    """Those that the machine sends itself."""

    def fail(ctx, thing, event):
        raise ValueError("never sent")

    model = hsm.define("M", hsm.state("a", on("done", hsm.effect(fail)), on("e"), on(Paid)))
    walked(walks(model, without=["done"], data={"Paid": st.builds(Paid, st.integers())}), examples=10)
    with pytest.raises(ValueError, match="model 'M' reacts to nothing that could be sent"):
        walks(hsm.define("M", hsm.state("a")), waits=())


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


def test_a_start_that_breaks_a_claim_fails():
    """Before anything is sent."""
    with pytest.raises(AssertionError, match="does not hold"):
        walked(walks(safe, Safe, data=DATA, claims=[always(lambda instance: False)]))


# --- properties ----------------------------------------------------------------------------------------------

thrift = hsm.define(
    "Thrift",
    hsm.state("ok", go("ran.take", "../once")),
    hsm.state("once", go("ran.take", "../violated"), go("entered./Safe/shut", "../ok")),
    hsm.state("violated"),
)


def test_a_property_is_a_model_that_watches():
    """It takes records as events, and its violation is shrunk like any other."""
    text, inputs = broken(walks(safe, Safe, data=DATA, properties=[thrift]))
    assert inputs == (Send("code", 7), Send("take", 0), Send("take", 0))
    assert text.splitlines()[0] == (
        "property 'Thrift' is violated by ran.take at 0 s, in step 3, on event 'take'; the last steps:"
    )


# --- without Hypothesis --------------------------------------------------------------------------------------


@pytest.mark.needs_system
def test_without_hypothesis_the_error_says_what_to_install():
    """In one line; everything else in the package works."""
    program = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import hsm.testing\n"
        "hsm.testing.paths\n"
        "try:\n    hsm.testing.walks\n"
        "except ImportError as error:\n    print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout == "hsm.testing.walks needs Hypothesis: pip install 'hsm-dsl[hypothesis]'\n"
