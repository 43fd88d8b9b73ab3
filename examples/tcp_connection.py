"""A TCP connection: after the state diagram of RFC 9293, on both ends of a wire.

Two machines of one model, a client and a server, send segments to each other; each takes 50 ms on its way. A reset
leaves the state around all that is in use.
``python examples/tcp_connection.py`` opens and closes a connection in virtual time.
"""

from __future__ import annotations

import asyncio
import logging

import hsm
from hsm.testing import run


class End(hsm.Instance):
    """One end of a connection."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.peer = self

    def send(self, segment: str) -> None:
        """Put a segment on the wire."""
        asyncio.get_running_loop().call_later(0.05, self.peer.receive, segment)

    def receive(self, segment: str) -> None:
        """Take a segment off the wire."""
        self.dispatch(segment)  # nothing in this model awaits, so the step is over when this returns
        print(f"{asyncio.get_running_loop().time():5.2f} s  {segment:7} -> {self.name}, now {self.state()}")


def send_syn(ctx: hsm.Context, end: End, event: hsm.Event) -> None:
    """Ask for a connection."""
    end.send("syn")


def send_syn_ack(ctx: hsm.Context, end: End, event: hsm.Event) -> None:
    """Agree to a connection."""
    end.send("syn+ack")


def send_ack(ctx: hsm.Context, end: End, event: hsm.Event) -> None:
    """Acknowledge what came."""
    end.send("ack")


def send_fin(ctx: hsm.Context, end: End, event: hsm.Event) -> None:
    """Say that there is nothing more to send."""
    end.send("fin")


model = hsm.define(
    "TCP",
    hsm.initial(hsm.target("closed")),
    hsm.state(
        "closed",
        hsm.transition(hsm.on("listen"), hsm.target("listening")),
        hsm.transition(hsm.on("connect"), hsm.target("in_use/syn_sent"), hsm.effect(send_syn)),
    ),
    hsm.state(
        "listening",
        hsm.transition(hsm.on("syn"), hsm.target("in_use/syn_received"), hsm.effect(send_syn_ack)),
        hsm.transition(hsm.on("close"), hsm.target("closed")),
    ),
    hsm.state(
        "in_use",
        hsm.transition(hsm.on("rst"), hsm.target("closed")),
        hsm.state(
            "syn_sent",
            hsm.transition(hsm.on("syn+ack"), hsm.target("established"), hsm.effect(send_ack)),
            hsm.transition(hsm.on("syn"), hsm.target("syn_received"), hsm.effect(send_syn_ack)),
            hsm.transition(hsm.on("close"), hsm.target("closed")),
            hsm.transition(hsm.after(75), hsm.target("closed")),
        ),
        hsm.state(
            "syn_received",
            hsm.transition(hsm.on("ack"), hsm.target("established")),
            hsm.transition(hsm.on("close"), hsm.target("fin_wait_1"), hsm.effect(send_fin)),
        ),
        hsm.state(
            "established",
            hsm.transition(hsm.on("close"), hsm.target("fin_wait_1"), hsm.effect(send_fin)),
            hsm.transition(hsm.on("fin"), hsm.target("close_wait"), hsm.effect(send_ack)),
        ),
        # the end that closes first ...
        hsm.state(
            "fin_wait_1",
            hsm.transition(hsm.on("ack"), hsm.target("fin_wait_2")),
            hsm.transition(hsm.on("fin"), hsm.target("closing"), hsm.effect(send_ack)),
        ),
        hsm.state("fin_wait_2", hsm.transition(hsm.on("fin"), hsm.target("time_wait"), hsm.effect(send_ack))),
        hsm.state("closing", hsm.transition(hsm.on("ack"), hsm.target("time_wait"))),
        hsm.state("time_wait", hsm.transition(hsm.after(60), hsm.target("closed"))),
        # ... and the other one
        hsm.state("close_wait", hsm.transition(hsm.on("close"), hsm.target("last_ack"), hsm.effect(send_fin))),
        hsm.state("last_ack", hsm.transition(hsm.on("ack"), hsm.target("closed"))),
    ),
)


async def main() -> None:
    """Open a connection, close it from both ends, and wait until the last segment cannot be on its way any more."""
    client, server = End("client"), End("server")
    client.peer, server.peer = server, client
    async with (
        hsm.start(None, client, model, observe=hsm.trace.log(logger=logging.getLogger("hsm.trace.client"))),
        hsm.start(None, server, model, observe=hsm.trace.log(logger=logging.getLogger("hsm.trace.server"))),
    ):
        await server.dispatch("listen")
        await client.dispatch("connect")
        await asyncio.sleep(1)
        await client.dispatch("close")
        await asyncio.sleep(1)
        await server.dispatch("close")
        await asyncio.sleep(1)
        print(f"{asyncio.get_running_loop().time():5.2f} s  client {client.state()}, server {server.state()}")
        await asyncio.sleep(60)
        print(f"{asyncio.get_running_loop().time():5.2f} s  client {client.state()}, server {server.state()}")


if __name__ == "__main__":
    run(main())
