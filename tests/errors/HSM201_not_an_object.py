"""JSON that is not an object."""

import hsm

hsm.Snapshot.from_json("[1, 2]")
