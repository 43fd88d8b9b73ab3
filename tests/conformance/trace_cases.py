"""The trace cases of two published suites: each machine is built, stimulated, and its trace compared.

In: ``cases/*.json``, whose format ``cases/README.md`` tells. Out: a verdict on each case, and docs/conformance.md::

    python tests/conformance/trace_cases.py [--only TEXT] [--write docs/conformance.md]

The machines are built by ``trace_machines``; what stimulates and judges them knows no front end.
"""

from __future__ import annotations

import argparse
import enum
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from trace_behaviors import Traced, arguments
from trace_machines import FRONT_ENDS, Built, build
from trace_reading import Case, Node, places_of, walk

import hsm
from hsm.testing import VirtualClock

CASES = Path(__file__).parent / "cases"
MOMENT = 1e-6
"""Seconds; a virtual clock moves only when nothing else can happen, so this waits until the machine is idle."""

# --- cases that come out otherwise, and why -------------------------------------------------------------------

NOT_EXPRESSED = {
    "invoke": "UML has no `invoke`: a machine inside a state is a submachine, which is part of the model (rule R9)",
    "done_data": "a final state in UML carries no data: what the machine knows is in its instance",
}
"""Features that no model has, with the reason."""


@attrs.frozen
class Difference:
    """Why a case comes out otherwise, and with which trace; it is compared as strictly as any other."""

    reason: str
    trace: str


DIFFERENCES: Mapping[str, Difference] = {
    "pssm/entering-004": Difference(
        "without an `initial` the first substate is entered (rule R2); PSSM enters no substate",
        "S1(entry) S1.1(entry) S1(exit)",
    ),
    "scxml/test376": Difference(
        "all entry actions of a state are one list, which an exception ends (rule E1); "
        "in SCXML each `<onentry>` is a list of its own",
        "+/s0 -/s0",
    ),
    "scxml/test402": Difference(
        "an error comes before every queued event (rule E3); in SCXML it is queued behind them",
        "+/s0 +/s0/s01 -/s0/s01 +/s0/s02 -/s0/s02 -/s0",
    ),
    "scxml/test404": Difference(
        "a completion transition of a composite waits until its inside is complete (rule C1); "
        "an eventless one in SCXML does not",
        "+/s0 +/s0/s01p +/s0/s01p/s01p1 +/s0/s01p/s01p2",
    ),
    "scxml/test405": Difference(
        "the transitions of several regions fire one after the other, each as a whole (rules C2 and T4); "
        "SCXML exits for all of them, then acts for all, then enters for all",
        "+/s0 +/s0/s01p +/s0/s01p/s01p1 +/s0/s01p/s01p1/s01p11 +/s0/s01p/s01p2 +/s0/s01p/s01p2/s01p21 "
        "-/s0/s01p/s01p1/s01p11 +/s0/s01p/s01p1/s01p12 -/s0/s01p/s01p2/s01p21 +/s0/s01p/s01p2/s01p22 "
        "-/s0/s01p/s01p2/s01p22 -/s0/s01p/s01p2 -/s0/s01p/s01p1/s01p12 -/s0/s01p/s01p1 -/s0/s01p "
        "+/s0/s02 -/s0/s02 -/s0",
    ),
    "scxml/test421": Difference(
        "a machine has one queue, first in, first out (rule Q5); "
        "in SCXML what a machine raises itself comes before what is sent to it",
        "+/s1 +/s1/s11 -/s1/s11 -/s1",
    ),
    "scxml/test533": Difference(
        "a transition to something inside its source exits only what it must (rule K3); "
        "in SCXML that holds for composite states, but a parallel one is exited as a whole",
        "+/s1 -/s1 +/p +/p/ps1 +/p/ps2 -/p/ps1 +/p/ps1 -/p/ps2 -/p/ps1 -/p +/s2 -/s2",
    ),
    "scxml/test570": Difference(
        "completion is offered to the completed state alone, and only while it is active (rule C2); "
        "in SCXML `done.state` is an event that every state sees",
        "+/p0 +/p0/p0s1 +/p0/p0s1/p0s11 +/p0/p0s2 +/p0/p0s2/p0s21 -/p0/p0s1/p0s11 -/p0/p0s2/p0s21",
    ),
}
"""Cases that come out otherwise on purpose. No label of theirs contains a space."""


# --- runs ----------------------------------------------------------------------------------------------------


@attrs.frozen
class Seen:
    """What a case has come to: its trace, the machine's status, and the active leaves."""

    trace: tuple[str, ...]
    status: str
    leaves: frozenset[str]


def run(case: Case, front_end: str = "functional") -> Seen:
    """Run *case* in virtual time.

    Raises:
        Exception: Whatever the library raised; no case expects that.
    """
    clock = VirtualClock()
    return clock.run(_run(case, build(case, front_end), clock))


async def _run(case: Case, built: Built, clock: VirtualClock) -> Seen:
    model, kind = built
    instance = kind(case)
    async with hsm.start(None, instance, model) as machine:
        for step in case["script"]:
            await stimulate(machine, step, clock)
            await clock.advance(MOMENT)
        # what stopping runs is no part of the trace
        return Seen(tuple(instance.log), machine.status.value, frozenset(machine.states()))


async def stimulate(machine: hsm.Machine[Traced], step: Node, clock: VirtualClock) -> None:
    """Do one step of a script."""
    match step:
        case {"op": "start"}:
            pass  # every script begins so
        case {"op": "send", "event": name}:
            await machine.dispatch(hsm.Event(name, step.get("data")))
        case {"op": "call", "event": name, "args": given}:
            out = await machine.call(name, **given)
            machine.instance.log += step.get("then_log", ())
            machine.instance.log += [text + arguments("out", out) for text in step.get("then_log_out", ())]
        case {"op": "advance", "ms": milliseconds}:
            await clock.advance(milliseconds / 1000)
        case _:
            raise ValueError(f"unknown step {step}")


# --- verdicts ------------------------------------------------------------------------------------------------


class Result(enum.Enum):
    """What a case has come to."""

    HOLDS = "holds"
    DIFFERS = "differs"
    NOT_EXPRESSED = "does not apply"
    FAILS = "FAILS"


@attrs.frozen
class Verdict:
    """A result; where it is not `Result.HOLDS`, with the reason."""

    result: Result
    reason: str = ""


def cases(suite: str) -> list[Case]:
    """The cases of *suite*: ``pssm`` or ``scxml``."""
    found: list[Case] = json.loads((CASES / f"{suite}.json").read_text(encoding="utf-8"))["cases"]
    return found


def judge(case: Case, front_end: str = "functional") -> Verdict:
    """Run *case* and compare; what is known to come out otherwise must come out exactly as it is known to."""
    for feature, reason in NOT_EXPRESSED.items():
        if feature in case["features"]:
            return Verdict(Result.NOT_EXPRESSED, reason)
    try:
        seen = run(case, front_end)
    except Exception as error:
        return Verdict(Result.FAILS, f"{type(error).__name__}: {error}")
    complaint = complaint_about(seen, case)
    known = DIFFERENCES.get(case["id"])
    if known is None:
        return Verdict(Result.FAILS, complaint) if complaint else Verdict(Result.HOLDS)
    if seen.trace != tuple(known.trace.split()) or not complaint:
        return Verdict(Result.FAILS, f"it differs otherwise than known: {complaint or 'it holds'}")
    return Verdict(Result.DIFFERS, known.reason)


def complaint_about(seen: Seen, case: Case) -> str:
    """What is wrong with *seen*; empty when the case holds.

    A final state has no behaviours, so nothing can write that it was entered or left.
    """
    expect = case["expect"]
    unseen = {
        mark + path for path, node in walk(case["machine"]["children"]) if node["kind"] == "final" for mark in "+-"
    }
    admitted = [
        tuple(label for label in trace if label not in unseen)
        for trace in (*expect["traces"], *expect.get("also_consistent", ()))
    ]
    if seen.trace not in admitted:
        return f"the trace {list(seen.trace)} is none of {[list(trace) for trace in admitted]}"
    status = "running" if expect["end"] == "active" else expect["end"]
    if seen.status != status:
        return f"the machine is {seen.status}, not {status}"
    places = places_of(case)
    leaves = {places[path] for path in expect.get("configuration", ())}
    if leaves and seen.leaves != leaves:
        return f"active are {sorted(seen.leaves)}, not {sorted(leaves)}"
    return ""


# --- the page ------------------------------------------------------------------------------------------------

SUITES: Mapping[str, str] = {
    "pssm": "the test suite of the OMG's *Precise Semantics of UML State Machines* 1.0 (PSSM)",
    "scxml": "the tests of the W3C's *SCXML 1.0 Implementation Report*",
}
"""What is run, by the name of its file."""

INTRODUCTION = """\
# Conformance

Two published suites of state machine tests, run against this library: {suites}.
Each case is a machine, the events sent to it, and the traces that the suite admits; it holds when the machine writes
one of these traces and ends as the suite says. The machines are built with each front end: {front_ends}.

| suite | cases | {results} |
|---|---|{dashes}|
{counts}

"Differs" is a deliberate difference: the case is run, and its trace is exactly the one that the named rule requires.
"Does not apply" is a case about something that no UML state machine has.

SCXML has other words for some things. A child of a parallel state is written as a region that contains only this
state, `done.state.x` on the state `x` as a completion transition, and `error.execution` as `hsm_error`; an error that
nothing takes is dropped, as in SCXML. An activity that accepts an event waits for it in its state: the transitions
of the state come first, and an event that the activity does not wait for is passed on outwards.

The cases are data, in `tests/conformance/cases`. This page is generated by
`python tests/conformance/trace_cases.py --write docs/conformance.md`.
"""


def overall(case: Case) -> Verdict:
    """The verdict on *case* through all front ends: the first failure, or else what they agree on."""
    verdicts = [judge(case, front_end) for front_end in FRONT_ENDS]
    return next((verdict for verdict in verdicts if verdict.result is Result.FAILS), verdicts[0])


def page() -> str:
    """The text of docs/conformance.md."""
    verdicts = {suite: [(case, overall(case)) for case in cases(suite)] for suite in SUITES}
    reached = {verdict.result for judged in verdicts.values() for _, verdict in judged}
    results = [result for result in Result if result in reached]
    counts = [
        row(suite.upper(), len(judged), *(sum(v.result is result for _, v in judged) for result in results))
        for suite, judged in verdicts.items()
    ]
    introduction = INTRODUCTION.format(
        suites=" and ".join(SUITES.values()),
        front_ends=", ".join(f"`{name}`" for name in FRONT_ENDS),
        results=" | ".join(result.value for result in results),
        dashes="|".join("---" for _ in results),
        counts="\n".join(counts),
    )
    return "\n".join([introduction, *(table(suite, judged) for suite, judged in verdicts.items())])


def table(suite: str, judged: Sequence[tuple[Case, Verdict]]) -> str:
    """The cases of *suite*, one a line."""
    lines = [f"## {suite.upper()}", "", row("case", "about", "result", "reason"), row(*["---"] * 4)]
    for case, verdict in judged:
        about = case.get("about") or ", ".join(case["features"]).replace("_", " ")
        lines.append(row(case["source_id"], about, verdict.result.value, verdict.reason))
    return "\n".join(lines) + "\n"


def row(*cells: object) -> str:
    """One line of a table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    """Run the cases, and tell of each; with ``--write``, write the page. Gives 1 when a case fails, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases with this in their id")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page to this file")
    options = parser.parse_args()
    logging.getLogger("hsm").setLevel(logging.ERROR)  # a machine that is stopped tells of events it never came to
    if options.write:
        options.write.write_text(page(), encoding="utf-8")
        return 0
    verdicts = {case["id"]: overall(case) for suite in SUITES for case in cases(suite) if options.only in case["id"]}
    for name, verdict in verdicts.items():
        print(f"{verdict.result.value:15}{name}  {verdict.reason}".rstrip())
    return int(any(verdict.result is Result.FAILS for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
