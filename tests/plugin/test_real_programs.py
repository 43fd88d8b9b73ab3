"""What programs use beside machines, all of it on one loop in virtual time: this suite runs by the plug-in itself."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import timedelta

import fastapi
import httpx
import pytest
from support import Log, after, go

import hsm
from hsm.testing import running_clock

SESSION = hsm.define(
    "Session",
    hsm.state("active", go("request", "."), after(timedelta(minutes=30), hsm.target("../expired"))),
    hsm.state("expired"),
)
"""Half an hour after the last request a session has expired."""


@pytest.fixture
async def session(clock):
    """A session that began a minute ago."""
    async with hsm.start(None, Log(), SESSION) as machine:
        await asyncio.sleep(60)
        yield machine


async def test_an_async_fixture_lives_in_the_time_of_its_test(session, clock):
    """What it started goes on, by the same clock."""
    assert running_clock() is clock
    assert clock.time() == 60
    await clock.advance(29 * 60 - 1)
    assert session.state() == "/Session/active"
    await clock.advance(1)
    assert session.state() == "/Session/expired"


async def test_a_timeout_counts_by_the_clock(session, clock):
    """`asyncio.timeout` gives up at its moment, among the timers of machines."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1000):
            await asyncio.Event().wait()
    assert clock.time() == 1060
    assert session.state() == "/Session/active"


async def test_a_thread_takes_real_time_and_no_more(session, clock):
    """While it works no timer fires that is far away, and a machine can be sent events from there."""

    def ask():
        threading.Event().wait(0.02)
        return session.dispatch_threadsafe(hsm.Event("request")).result(10)

    await clock.advance(20 * 60)
    assert await asyncio.to_thread(ask) is hsm.Outcome.TAKEN
    await clock.advance(20 * 60)
    assert session.state() == "/Session/active"
    await clock.advance(10 * 60)
    assert session.state() == "/Session/expired"


async def test_tasks_of_a_group_share_the_time(session, clock):
    """Each wakes at its moment; the group ends with the last."""
    seen = []

    async def look(minutes):
        await asyncio.sleep(60 * minutes)
        seen.append((minutes, session.state()))

    async with asyncio.TaskGroup() as group:
        for minutes in (40, 10, 28):
            group.create_task(look(minutes))
    assert seen == [(10, "/Session/active"), (28, "/Session/active"), (40, "/Session/expired")]
    assert clock.time() == 41 * 60


# --- a web service with a machine per user -------------------------------------------------------------------------


@pytest.fixture
async def client():
    """A client of a service in which each user has a session."""
    sessions: dict[str, hsm.Machine[Log]] = {}

    @contextlib.asynccontextmanager
    async def lifespan(app):
        yield
        for machine in sessions.values():
            await hsm.stop(machine)

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.post("/{user}")
    async def request(user: str) -> str:
        if user not in sessions:
            sessions[user] = await hsm.start(None, Log(), SESSION)
        return (await sessions[user].dispatch("request")).name

    @app.get("/{user}")
    def look(user: str) -> str:  # not async, so it runs in a thread
        threading.Event().wait(0.02)
        return sessions[user].state()

    @app.get("/{user}/in-an-hour")
    async def look_later(user: str) -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3600):
                await asyncio.Event().wait()
        return sessions[user].state()

    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


async def test_a_service_keeps_time_by_the_clock(client, clock):
    """The session of each user expires half an hour after that user's last request."""
    assert (await client.post("/ann")).json() == "TAKEN"
    await clock.advance(20 * 60)
    assert (await client.post("/bob")).json() == "TAKEN"
    await clock.advance(10 * 60)
    assert (await client.post("/ann")).json() == "IGNORED"
    assert (await client.post("/bob")).json() == "TAKEN"
    await clock.advance(30 * 60)
    assert (await client.post("/bob")).json() == "IGNORED"


async def test_an_endpoint_in_a_thread_takes_real_time_and_no_more(client, clock):
    """No session expires while it works."""
    await client.post("/ann")
    answers = await asyncio.gather(*(client.get("/ann") for _ in range(5)))
    assert {answer.json() for answer in answers} == {"/Session/active"}
    assert clock.time() < 60
    await clock.advance(30 * 60)
    assert (await client.get("/ann")).json() == "/Session/expired"


async def test_an_endpoint_that_waits_takes_no_real_time(client, clock):
    """It is answered when its moment has come by the clock."""
    await client.post("/ann")
    assert (await client.get("/ann/in-an-hour")).json() == "/Session/expired"
    assert clock.time() == 3600
