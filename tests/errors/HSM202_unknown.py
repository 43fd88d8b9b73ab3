"""A format that has never been."""

import hsm

hsm.Snapshot.from_json('{"format": "lamp", "model": "Lamp"}')
