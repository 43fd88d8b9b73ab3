"""JSON objects that are not snapshots: keys that are missing or unknown, values of other types, at every depth."""

import hsm

hsm.Snapshot.from_dict(
    {
        "format": 1,
        "model": 3,
        "taken": "yesterday",
        "status": "happy",
        "active": "/Lamp/on",
        "colour": "red",
        "history": {"/Lamp": 1},
        "kinds": {"/Lamp/on": 1},
        "conditions": {"/Lamp/on#when.0": "yes"},
        "objects": {"/Lamp/on": []},
        "completed": [1],
        "parked": [{"region": 1, "join": "/Lamp/join"}],
        "timers": [3, {"id": "/Lamp/on#every.0", "kind": "every", "due": True, "number": -1, "period": 0}],
        "activities": [{"id": "/Lamp/on#activity.0", "status": "asleep", "event": {"kind": "thing"}}],
        "queue": {},
        "deferred": [{"kind": "event", "name": "press", "is_fed": 1}],
        "data": [],
    }
)
