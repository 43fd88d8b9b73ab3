"""A machine that is saved as JSON, forgotten, and restored between every two operations (rules S1 and S2)."""

from __future__ import annotations

import json
from collections import Counter

import attrs
from laws.description import Recorder

import hsm

SHARE = 1 / 64
"""Whole microseconds, which is what snapshots count in; see `background.SHARE`."""


@attrs.define
class Saving:
    """What happens between two operations of a machine that is saved.

    Attributes:
        options: Those of `hsm.restore`.
        without: A part of the snapshot that is left out on purpose.
        counts: How often each part was there.
    """

    options: dict[str, object] = attrs.Factory(dict)
    without: str = ""
    counts: Counter[str] = attrs.Factory(Counter)

    async def __call__(self, model: hsm.Model, recorder: Recorder) -> Recorder:
        """The instance that goes on: a fresh one, unless the machine cannot be saved here, or would not go on the same.

        That is in the middle of a step, beside a running activity, which begins anew, and while somebody waits for a
        deferred call, as callers do not come back.
        """
        recorder.counts_uses = True
        machine = hsm.machine_of(recorder)
        try:
            snapshot = machine.snapshot()
        except hsm.SnapshotError as error:
            if any(each.code != "HSM200" for each in error.diagnostics):
                raise
            return recorder
        if any(each.status == "running" for each in snapshot.activities):
            return recorder
        if any(each.kind == "call" for each in (*snapshot.queue, *snapshot.deferred)):
            return recorder
        written = json.loads(snapshot.to_json())
        self.counts.update(["restores", *written])
        written.pop(self.without, None)
        await machine.detach()
        fresh = type(recorder)()
        read = hsm.Snapshot.from_json(json.dumps(written))
        assert self.without or read.to_json() == snapshot.to_json()
        await hsm.restore(None, fresh, model, read, **self.options)
        return fresh
