"""Machines of a test: started for it, stopped when it is over, with their traces for the report if it fails.

In: models, classes and instances. Out: machines that run. The fixture ``hsm_machine`` is one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from hsm import trace
from hsm.api import start
from hsm.instance import Instance
from hsm.runtime.awaitables import together
from hsm.runtime.machine import Machine, record_of
from hsm.testing.properties import Property, watch
from hsm.testing.recording import Recorder
from hsm.testing.subjects import Tested, tested


@attrs.define(eq=False)
class _Kept:
    """A machine of a test, and what belongs to it."""

    name: str
    recorder: Recorder
    properties: list[Property] = attrs.field(factory=list[Property])
    machine: Machine[Any] | None = None


class Machines:
    """Starts machines, and stops them when the test is over: the fixture ``hsm_machine``.

    ``door = await hsm_machine(model, Door())``, or ``await hsm_machine(Door)`` for a machine class or its instance.
    Errors that nobody awaits fail the test at its end, as at the end of an ``async with`` block.
    """

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._errors: list[BaseException] = []

    async def __call__(
        self,
        subject: Tested | Instance,
        instance: Instance | None = None,
        *,
        properties: Iterable[Tested] = (),
        observe: Callable[[trace.Record], object] | None = None,
        **options: Any,
    ) -> Machine[Any]:
        """Start a machine, and return it.

        Args:
            subject: A model, a machine class, or an instance of one.
            instance: What it runs on; by default a new one.
            properties: Models that watch it, as for `watch`; the test fails if one of them is violated.
            observe: As for `hsm.start`.
            **options: As for `hsm.start`.

        Raises:
            Exception: As `hsm.start`.
        """
        if isinstance(subject, Instance):
            instance = subject
            subject = type(subject)
        model, make = tested(subject, None)
        kept = _Kept(model.name, Recorder())
        self._kept.append(kept)
        machine = kept.machine = await start(None, instance or make(), model, observe=kept.recorder, **options)
        record_of(machine).on_background_error = self._errors.append
        if observe is not None:
            machine.observe(observe)
        for each in properties:
            kept.properties.append(await watch(machine, each))
        return machine

    def recorder(self, machine: Machine[Any] | Instance) -> Recorder:
        """What *machine*, or the machine of an instance, has done since its start.

        Raises:
            ValueError: It was not started here.
        """
        for kept in self._kept:
            if kept.machine is not None and machine in (kept.machine, kept.machine.instance):
                return kept.recorder
        raise ValueError(f"{machine!r} was not started by this")

    async def stop(self) -> None:
        """Stop all machines, the last one first, and see that nothing was wrong with them.

        Raises:
            AssertionError: A property is violated.
            Exception: What exit actions raised, or nobody awaited; several in a group.
        """
        for kept in reversed(self._kept):
            for each in kept.properties:
                await self._attempt(each.stop)
            if kept.machine is not None:
                await self._attempt(kept.machine.stop)
            for each in kept.properties:
                self._attempt_now(each.check)
        raised = together(self._errors)
        if raised is not None:
            raise raised

    def traces(self) -> list[tuple[str, str]]:
        """The name of each machine's model, and what it did, one line for each step."""
        return [(kept.name, str(kept.recorder)) for kept in self._kept]

    async def _attempt(self, end: Callable[[], Any]) -> None:
        try:
            await end()
        except Exception as error:
            self._errors.append(error)

    def _attempt_now(self, check: Callable[[], object]) -> None:
        try:
            check()
        except Exception as error:
            self._errors.append(error)
