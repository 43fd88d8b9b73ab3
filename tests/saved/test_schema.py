"""The published schema of snapshots: it takes what the library writes, and nothing that the library cannot read."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

import hsm

NAMES = sorted(path.stem for path in (Path(__file__).resolve().parent / "golden").glob("*.json"))
EVENT = {"kind": "event", "name": "later"}
WRONG = {
    "no format": lambda data: data.pop("format"),
    "another format": lambda data: data.update(format=2),
    "a format that is no number": lambda data: data.update(format=True),
    "no model": lambda data: data.pop("model"),
    "a key of somebody else": lambda data: data.update(colour="red"),
    "a moment without a zone": lambda data: data.update(taken="2024-01-01T00:00:00"),
    "a moment that is a word": lambda data: data.update(taken="today"),
    "another status": lambda data: data.update(status="created"),
    "a leaf that is no path": lambda data: data.update(active=[1]),
    "one leaf outside of a list": lambda data: data.update(active="/Everything/Idle"),
    "a kind that is no word": lambda data: data.update(kinds={"/Everything/Done": 1}),
    "a history of one path": lambda data: data.update(history={"/Everything/Paused": "/Everything/Paused/Other"}),
    "a condition that is a word": lambda data: data["conditions"].update({"/Everything/Work#when.opened": "no"}),
    "a region without leaves": lambda data: data["parked"][0].pop("leaves"),
    "a timer without a due time": lambda data: data["timers"][0].pop("due"),
    "a timer of another kind": lambda data: data["timers"][0].update(kind="when"),
    "an every without a period": lambda data: data["timers"][1].pop("period"),
    "an every that never comes": lambda data: data["timers"][1].update(period=0),
    "fewer ticks than none": lambda data: data["timers"][1].update(number=-1),
    "an activity without an event": lambda data: data["activities"][0].pop("event"),
    "an activity of another status": lambda data: data["activities"][0].update(status="asleep"),
    "an event of another kind": lambda data: data["deferred"][0].update(kind="question"),
    "an event without a name": lambda data: data["deferred"][0].pop("name"),
    "a queue that is no list": lambda data: data.update(queue=EVENT),
    "an object without attributes": lambda data: data["objects"].update({"/Everything/Work": []}),
    "data that is a list": lambda data: data.update(data=[1]),
}
"""What is wrong, and how a snapshot gets so."""
UNWRITTEN = {
    "an empty list": lambda data: data.update(completed=[]),
    "no data": lambda data: data.update(data={}),
    "an event that says that it is not fed": lambda data: data["deferred"][0].update(is_fed=False),
    "a machine that runs nowhere": lambda data: data.update(active=[]),
    "an after with a period": lambda data: data["timers"][0].update(period=1.0),
    "a call without arguments": lambda data: data["deferred"][2].update(data={"args": []}),
    "an error without a text": lambda data: data["deferred"][0].update(kind="error", data={"type": "ValueError"}),
    "a tick without a number": lambda data: data["deferred"][0].update(kind="tick", data={"due": 1.0}),
    "an expiry that is deferred": lambda data: data["deferred"][0].update(
        kind="timer", name="/Everything/Work#after.limit"
    ),
    "an expiry with data": lambda data: data.update(queue=[{"kind": "timer", "name": "/M/a#after.0", "data": 1}]),
    "a return of a timer": lambda data: data.update(queue=[{"kind": "return", "name": "after"}]),
}
"""What the library does not write, though a reading of its form alone takes it."""


@pytest.mark.parametrize("name", NAMES)
def test_every_golden_snapshot_is_valid(name, golden, judge):
    """What was written once is what the schema describes."""
    judge.validate(golden(name))


def test_the_golden_snapshots_have_everything_between_them(golden, judge):
    """No key of the schema, no kind of event and no kind of timer is left out, but for what only some machines have."""
    found = [golden(name) for name in NAMES]
    keys = {key for each in found for key in each}
    assert keys == judge.schema["properties"].keys()
    events = [event for each in found for event in (*each.get("queue", ()), *each.get("deferred", ()))]
    definitions = judge.schema["$defs"]
    assert {event["kind"] for event in events} == {*definitions["event"]["properties"]["kind"]["enum"]}
    timers = {timer["kind"] for each in found for timer in each.get("timers", ())}
    assert timers == {*definitions["timer"]["properties"]["kind"]["enum"]}
    activities = {activity["status"] for each in found for activity in each.get("activities", ())}
    assert activities == {*definitions["activity"]["properties"]["status"]["enum"]}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_neither_valid_nor_read(wrong, golden, judge):
    """The schema and the library refuse the same."""
    data = copy.deepcopy(golden("everything"))
    WRONG[wrong](data)
    assert not judge.is_valid(data)
    with pytest.raises(hsm.SnapshotError):
        hsm.Snapshot.from_dict(data)


@pytest.mark.parametrize("wrong", UNWRITTEN)
def test_what_is_never_written_is_not_valid(wrong, golden, judge):
    """The schema is as narrow as what `to_json` writes."""
    data = copy.deepcopy(golden("everything"))
    UNWRITTEN[wrong](data)
    assert not judge.is_valid(data)
