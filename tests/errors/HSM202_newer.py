"""A snapshot that a newer version of the library saved."""

import hsm

hsm.Snapshot.from_json('{"format": 2, "model": "Lamp"}')
