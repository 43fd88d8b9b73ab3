"""The cases of PSSM and SCXML hold, or differ as docs/conformance.md says."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import rule
from support.models import erased
from trace_cases import DIFFERENCES, NOT_EXPRESSED, SUITES, Result, cases, judge, page, run
from trace_machines import FRONT_ENDS, build

ALL = {case["id"]: case for suite in SUITES for case in cases(suite)}
PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def is_expressed(case):
    """Whether a model can have everything that *case* is about."""
    return not any(feature in case["features"] for feature in NOT_EXPRESSED)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
@pytest.mark.parametrize("name", ALL)
def test_a_case_holds_or_differs_as_it_is_known_to(name, front_end):
    """The machine writes one of the traces that the suite admits, or exactly the one that a rule calls for."""
    verdict = judge(ALL[name], front_end)
    assert verdict.result is not Result.FAILS, verdict.reason


@pytest.mark.parametrize("name", [name for name in ALL if is_expressed(ALL[name])])
def test_both_front_ends_give_equal_models_of_a_case(name):
    """Said with functions and said with classes, a case is the same model, callables aside."""
    functional, classes = (build(ALL[name], front_end)[0] for front_end in ("functional", "classes"))
    assert erased(classes) == erased(functional)


@rule("R2")
def test_without_an_initial_the_first_substate_is_entered_where_pssm_enters_none():
    """PSSM's Entering 004 comes out with one label more: the entry of the first substate."""
    seen = run(ALL["pssm/entering-004"])
    assert seen.trace == ("S1(entry)", "S1.1(entry)", "S1(exit)")
    assert ALL["pssm/entering-004"]["expect"]["traces"] == [["S1(entry)", "S1(exit)"]]


def test_of_pssm_only_one_case_differs():
    """Every other case of the UML suite holds; none is left out."""
    judged = {name: judge(case).result for name, case in ALL.items() if case["semantics"] == "uml"}
    assert [name for name, result in judged.items() if result is not Result.HOLDS] == ["pssm/entering-004"]


def test_every_known_difference_is_one_of_a_case():
    """A difference of a case that is gone is noticed."""
    assert set(DIFFERENCES) <= set(ALL)
    assert all(any(feature in case["features"] for case in ALL.values()) for feature in NOT_EXPRESSED)


def test_the_page_is_up_to_date():
    """docs/conformance.md says what the cases come to now."""
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python tests/conformance/trace_cases.py --write docs/conformance.md"
    )


# --- the runner itself ---------------------------------------------------------------------------------------


def expecting(name, **changes):
    """A case that expects something else than the suite does."""
    return {**ALL[name], "expect": {**ALL[name]["expect"], **changes}}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"traces": [["S1(entry)"]]}, "the trace ['S1(exit)'] is none of [['S1(entry)']]"),
        ({"end": "active"}, "the machine is completed, not running"),
        ({"configuration": ["/S1"]}, "active are ['/M/FinalState1'], not ['/M/S1']"),
    ],
)
def test_a_case_that_comes_out_otherwise_fails(changes, complaint):
    """A wrong trace, a wrong end and a wrong configuration are told of."""
    verdict = judge(expecting("pssm/behavior-002", **changes))
    assert (verdict.result, verdict.reason) == (Result.FAILS, complaint)


def test_a_difference_that_is_gone_fails():
    """A case that is known to differ does not pass when it holds."""
    verdict = judge(expecting("pssm/entering-004", traces=[["S1(entry)", "S1.1(entry)", "S1(exit)"]]))
    assert (verdict.result, verdict.reason) == (Result.FAILS, "it differs otherwise than known: it holds")


def test_an_error_of_the_library_fails():
    """What a run raises is the reason of the failure."""
    case = {**ALL["pssm/behavior-002"], "script": [{"op": "start"}, {"op": "call", "event": "unknown", "args": {}}]}
    verdict = judge(case)
    assert verdict.result is Result.FAILS
    assert verdict.reason.startswith("CallError: no transition takes the call of 'unknown'")


def accepting(*sent):
    """A run of a state with the transition `b` of its own, whose activity accepts `a` and then `b`."""
    case = {
        "id": "accepting",
        "semantics": "uml",
        "features": ["activity_accepts_event"],
        "machine": {
            "name": "M",
            "children": [
                {
                    "name": "s",
                    "kind": "state",
                    "do": {"steps": [{"accept": "a"}, {"log": "a"}, {"accept": "b"}, {"log": "b"}]},
                },
                {"name": "end", "kind": "final"},
            ],
            "transitions": [
                {"source": "/s", "on": ["b"], "kind": "internal", "guard": ["==", ["event", "own"], True]}
                | {"effect": [{"log": "own b"}]},
                {"source": "/s", "target": "/end", "kind": "external"},
            ],
        },
        "script": [{"op": "start"}, *({"op": "send", "event": event, "data": data} for event, data in sent)],
        "expect": {"traces": []},
    }
    seen = run(case)
    return (*seen.trace, seen.status)


def test_an_activity_accepts_an_event_only_while_it_waits_for_it():
    """What comes before the activity waits for it is gone, and the state is not complete before the activity is."""
    assert accepting(("b", None), ("a", None)) == ("a", "running")
    assert accepting(("a", None), ("a", None), ("b", None)) == ("a", "b", "completed")


def test_a_transition_of_the_state_comes_before_its_activity():
    """Of a transition and an activity that wait for the same event, the transition takes it."""
    assert accepting(("a", None), ("b", {"own": True})) == ("a", "own b", "running")
