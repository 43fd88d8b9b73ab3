"""An SMTP server that receives mail: every session is a hierarchical machine over asyncio streams.

The connection's task turns lines into events; the machine decides what they mean at this point of the session.
``python examples/smtp_server.py`` starts a server on a free port, sends it a mail with the standard library's
``smtplib``, and prints the dialogue and the states that the session goes through.
"""

import asyncio
import contextlib
import re
import smtplib
from collections.abc import Awaitable, Callable

import attrs

import hsm


@attrs.define
class Mail:
    """A message, or the part of it that has been received."""

    sender: str = ""
    recipients: list[str] = attrs.field(factory=list[str])
    content: bytearray = attrs.field(factory=bytearray)


@attrs.define(eq=False)
class Session(hsm.Instance):
    """One connection: what the behaviours of its machine work on."""

    writer: asyncio.StreamWriter
    deliver: Callable[[Mail], object]  # may be async; if it raises, the reply says to try again later
    size_limit: int = 1_000_000
    patience: float = 300.0  # seconds for which the client may be silent
    trace: Callable[[str], object] = lambda line: None  # receives the dialogue and the states reached
    mail: Mail = attrs.field(factory=Mail)

    def reply(self, text: str) -> None:
        for line in text.splitlines():
            self.trace(f"S: {line}")
            self.writer.write(line.encode() + b"\r\n")


# Events with fields are classes, the others are names; "smtp.*" is anything the client says.
@attrs.frozen
class From(hsm.Signal, name="smtp.mail"):
    """MAIL, with the announced size in bytes, or 0."""

    sender: str
    size: int


@attrs.frozen
class To(hsm.Signal, name="smtp.rcpt"):
    """RCPT."""

    recipient: str


@attrs.frozen
class Text(hsm.Signal, name="smtp.text"):
    """A line of a mail, including its line ending."""

    line: bytes


MAIL = re.compile(r"FROM: ?<([^<>\s]*)>(?: SIZE=(\d{1,20}))?", re.IGNORECASE)
RCPT = re.compile(r"TO: ?<([^<>\s]+)>", re.IGNORECASE)


def command(line: bytes) -> hsm.Event:
    """The command in *line*, or "smtp.malformed" with the reply to send."""
    verb, _, argument = line.decode("ascii", "replace").strip().partition(" ")
    match verb.upper():
        case "HELO" | "EHLO" if argument:
            return hsm.Event(f"smtp.{verb.lower()}")
        case "MAIL" if found := MAIL.fullmatch(argument):
            return From(found[1], int(found[2] or 0))
        case "RCPT" if found := RCPT.fullmatch(argument):
            return To(found[1])
        case "DATA" | "RSET" | "NOOP" | "QUIT" if not argument:
            return hsm.Event(f"smtp.{verb.lower()}")
        case "HELO" | "EHLO" | "MAIL" | "RCPT" | "DATA" | "RSET" | "NOOP" | "QUIT":
            return hsm.Event("smtp.malformed", "501 syntax error in arguments")
        case _:
            return hsm.Event("smtp.malformed", "500 command not recognized")


def text(line: bytes) -> hsm.Event:
    """A line of a mail, or its end: a single dot. Any other leading dot was added for transport, and is removed."""
    return hsm.Event("smtp.end") if line == b".\r\n" else Text(line.removeprefix(b"."))


def say(reply: str) -> Callable[[hsm.Context, Session, hsm.Event], None]:
    """A behaviour that replies with *reply*."""
    return lambda ctx, session, event: session.reply(reply)


def greet(ctx: hsm.Context, session: Session, event: hsm.Event) -> None:
    """Say what this server can do."""
    session.reply(f"250-hello\n250 SIZE {session.size_limit}")


def complain(ctx: hsm.Context, session: Session, event: hsm.Event[str]) -> None:
    """Say what is wrong with a line."""
    session.reply(event.data)


def is_too_big(ctx: hsm.Context, session: Session, event: From) -> bool:
    """Whether the announced size is over the limit."""
    return event.size > session.size_limit


def begin(ctx: hsm.Context, session: Session, event: From) -> None:
    """Begin a mail."""
    session.mail = Mail(event.sender)


def address(ctx: hsm.Context, session: Session, event: To) -> None:
    """Note a recipient."""
    session.mail.recipients.append(event.recipient)


def fits(ctx: hsm.Context, session: Session, event: Text) -> bool:
    """Whether the mail stays within the limit with this line."""
    return len(session.mail.content) + len(event.line) <= session.size_limit


def keep(ctx: hsm.Context, session: Session, event: Text) -> None:
    """Keep a line."""
    session.mail.content += event.line


def deliver(ctx: hsm.Context, session: Session, event: hsm.Event) -> object:
    """Hand the mail over; if that returns an awaitable, the machine awaits it."""
    return session.deliver(session.mail)


def patience(ctx: hsm.Context, session: Session, event: hsm.Event) -> float:
    """Seconds until a silent client is disconnected."""
    return session.patience


def hang_up(ctx: hsm.Context, session: Session, event: hsm.Event) -> None:
    """Close the connection; the task that reads from it then has nothing left to wait for."""
    session.writer.close()


MODEL = hsm.define(
    "Session",
    hsm.initial(hsm.target("talking"), hsm.effect(say("220 ready"))),
    hsm.state(
        "talking",
        hsm.transition(hsm.on("lost"), hsm.target("closed")),
        # Both regions react to "smtp.quit", and both reactions would exit both: the region declared first wins.
        hsm.region(
            "dialogue",
            hsm.state(
                "commands",
                hsm.transition(hsm.on("smtp.quit"), hsm.target("closed"), hsm.effect(say("221 bye"))),
                hsm.transition(hsm.on("smtp.noop", "smtp.rset"), hsm.effect(say("250 OK"))),
                hsm.transition(hsm.on("smtp.malformed"), hsm.effect(complain)),
                hsm.transition(hsm.on("smtp.helo"), hsm.target("greeted"), hsm.effect(say("250 hello"))),
                hsm.transition(hsm.on("smtp.ehlo"), hsm.target("greeted"), hsm.effect(greet)),
                hsm.transition(hsm.on("smtp.*"), hsm.effect(say("503 bad sequence of commands"))),
                hsm.transition(hsm.on("hsm_error"), hsm.effect(say("451 not delivered, try again later"))),
                hsm.state("connected"),
                hsm.state(
                    "greeted",
                    hsm.transition(hsm.on("smtp.rset"), hsm.target("ready"), hsm.effect(say("250 OK"))),
                    hsm.state(
                        "ready",
                        hsm.transition(hsm.on(From), hsm.guard(is_too_big), hsm.effect(say("552 too big"))),
                        hsm.transition(hsm.on(From), hsm.target("envelope"), hsm.effect(begin, say("250 OK"))),
                    ),
                    hsm.state(
                        "envelope",
                        hsm.transition(hsm.on(To), hsm.target("addressed"), hsm.effect(address, say("250 OK"))),
                        hsm.state("blank"),
                        hsm.state(
                            "addressed",
                            hsm.transition(hsm.on("smtp.data"), hsm.target("receiving"), hsm.effect(say("354 go on"))),
                        ),
                    ),
                ),
            ),
            hsm.state(
                "receiving",
                hsm.transition(hsm.on("smtp.end"), hsm.target("commands/greeted"), hsm.effect(say("552 too big"))),
                hsm.state(
                    "keeping",
                    hsm.transition(hsm.on(Text), hsm.guard(fits), hsm.effect(keep)),
                    hsm.transition(hsm.on(Text), hsm.target("dropping")),
                    # When `deliver` raises, the list ends there, and the "hsm_error" above replies instead.
                    hsm.transition(
                        hsm.on("smtp.end"), hsm.target("commands/greeted"), hsm.effect(deliver, say("250 OK"))
                    ),
                ),
                hsm.state("dropping"),
            ),
        ),
        hsm.region(
            "clock",
            hsm.state(
                "running",
                hsm.transition(hsm.on("smtp.*"), hsm.target(".")),  # entered again, which restarts the timer
                hsm.transition(hsm.after(patience), hsm.target("closed"), hsm.effect(say("421 too slow"), hang_up)),
            ),
        ),
    ),
    hsm.final("closed"),
)


async def serve(session: Session, reader: asyncio.StreamReader) -> None:
    """Run *session* until its machine or the client ends it; closes the connection, even when cancelled."""
    with contextlib.closing(session.writer):
        async with hsm.start(None, session, MODEL, observe=hsm.trace.log()) as machine:
            while machine.status is hsm.Status.RUNNING:
                try:
                    await session.writer.drain()
                    line = await reader.readuntil(b"\r\n")
                except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
                    await machine.dispatch("lost")
                    break
                session.trace(f"C: {line.decode('ascii', 'replace').rstrip()}")
                parse = text if machine.is_in("talking/dialogue/receiving") else command
                await machine.dispatch(parse(line))
                session.trace(f"   {machine.states()[0]}")


async def main() -> None:
    """Start a server, and send it a mail."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.sendmail("ann@example.org", ["bob@example.org", "cid@example.org"], "Subject: hello\n\nhow are you?")

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
        return serve(Session(writer, deliver=print, trace=print), reader)

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.to_thread(send)


if __name__ == "__main__":
    asyncio.run(main())
