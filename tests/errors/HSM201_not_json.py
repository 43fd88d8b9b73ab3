"""A text that is not JSON."""

import hsm

hsm.Snapshot.from_json("on")
