"""The SMTP server: by the standard library's client over loopback, and over a stream in memory."""

from __future__ import annotations

import asyncio
import smtplib

import pytest
from support import settle


@pytest.fixture
def smtp(example):
    """The example's module."""
    return example("smtp_server")


def talk(smtp, conversation, deliver, **options):
    """What *conversation* returns with a client of a server that hands its mails to *deliver*, over loopback."""

    def client(port):
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as connected:
            return conversation(connected)

    async def main():
        ended = asyncio.Event()

        async def connected(reader, writer):
            await smtp.serve(smtp.Session(writer, deliver, **options), reader)
            ended.set()

        async with asyncio.timeout(20), await asyncio.start_server(connected, "127.0.0.1", 0) as server:
            result = await asyncio.to_thread(client, server.sockets[0].getsockname()[1])
            await ended.wait()
        return result

    return asyncio.run(main())  # sockets know nothing of virtual time


class Memory(asyncio.Transport):
    """The client's end of a connection in memory; what the server writes is collected in `replies`."""

    def __init__(self):
        super().__init__()
        self.replies = []
        self.reader = asyncio.StreamReader()
        self.protocol = asyncio.StreamReaderProtocol(self.reader)
        self.protocol.connection_made(self)
        self.writer = asyncio.StreamWriter(self, self.protocol, self.reader, asyncio.get_running_loop())
        self.is_closed = False

    async def says(self, data):
        """Send *data*, and give what is replied to it."""
        self.reader.feed_data(data)
        return await self.hears()

    async def hears(self):
        """What was replied since it was last asked."""
        await settle()
        replies, self.replies = self.replies, []
        return replies

    def write(self, data):
        """Called by the server's writer."""
        if not self.is_closed:
            self.replies.append(data.decode().rstrip())

    def close(self):
        """Called by the server's writer."""
        if not self.is_closed:
            self.is_closed = True
            self.protocol.connection_lost(None)

    def is_closing(self):
        """Called by the server's writer."""
        return self.is_closed


ENVELOPE = b"EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n"


def test_mail_of_smtplib_arrives(smtp):
    """A mail to several recipients arrives whole, and lines that begin with a dot are as they were."""
    mails = []
    text = "Subject: hello\n\n.one\n..two\n.\nthe end\n"
    refused = talk(smtp, lambda client: client.sendmail("a@x", ["b@x", "c@x"], text), mails.append)
    assert refused == {}
    assert mails == [smtp.Mail("a@x", ["b@x", "c@x"], bytearray(text.replace("\n", "\r\n").encode()))]


def test_two_mails_of_one_session_are_apart(smtp):
    """The second mail of a session has nothing of the first."""
    mails = []

    def conversation(client):
        client.sendmail("a@x", "b@x", "one")
        client.sendmail("c@x", "d@x", "two")

    talk(smtp, conversation, mails.append)
    assert mails == [smtp.Mail("a@x", ["b@x"], bytearray(b"one\r\n")), smtp.Mail("c@x", ["d@x"], bytearray(b"two\r\n"))]


COMMANDS = [
    ("MAIL FROM:<a@x>", 503),
    ("RSET", 250),
    ("HELO", 501),
    ("HELO me", 250),
    ("RCPT TO:<b@x>", 503),
    ("DATA", 503),
    ("MAIL a@x", 501),
    ("MAIL FROM:<a@x> SIZE=1001", 552),
    ("MAIL FROM:<a@x> SIZE=1000", 250),
    ("DATA", 503),
    ("MAIL FROM:<a@x>", 503),
    ("RCPT TO:<>", 501),
    ("RCPT TO:<b@x>", 250),
    ("NOOP", 250),
    ("FROBNICATE", 500),
    ("RSET", 250),
    ("DATA", 503),
    ("DATA now", 501),
    ("MAIL FROM:<a@x>", 250),
    ("RCPT TO:<b@x>", 250),
    ("EHLO me", 250),
    ("RCPT TO:<b@x>", 503),
    ("QUIT", 221),
]


def test_each_command_has_its_place(smtp):
    """What comes at the wrong time is answered 503, what is no command 500 or 501, and neither does any harm."""
    commands = [command for command, _ in COMMANDS]
    codes = talk(smtp, lambda client: [client.docmd(each)[0] for each in commands], print, size_limit=1000)
    assert list(zip(commands, codes, strict=True)) == COMMANDS


def test_size_limit_is_announced_and_kept(smtp):
    """EHLO names the limit; a mail that is larger than it said is refused at its end, and the next one is taken."""
    mails = []

    def conversation(client):
        client.ehlo()
        client.mail("a@x")
        client.rcpt("b@x")
        code, _ = client.data("x" * 80 + "\n" + "y" * 80)
        client.sendmail("a@x", "b@x", "small")
        return client.esmtp_features["size"], code

    assert talk(smtp, conversation, mails.append, size_limit=100) == ("100", 552)
    assert [mail.content for mail in mails] == [b"small\r\n"]


def test_failing_delivery_is_reported_to_the_client(smtp):
    """An error of the callback becomes one 451, and the session goes on."""
    mails = []

    async def deliver(mail):
        await asyncio.sleep(0)
        if not mails:
            mails.append(None)
            raise OSError("no space left on device")
        mails.append(mail)

    def conversation(client):
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("a@x", "b@x", "one")
        client.sendmail("a@x", "b@x", "two")
        return caught.value.smtp_code

    assert talk(smtp, conversation, deliver) == 451
    assert mails[1].content == b"two\r\n"


async def test_silent_client_is_sent_away(smtp, clock):
    """After the time of patience the server says 421 and hangs up; every line of the client starts it again."""
    client = Memory()
    task = asyncio.ensure_future(smtp.serve(smtp.Session(client.writer, print, patience=60.0), client.reader))
    assert await client.hears() == ["220 ready"]
    for line in (
        b"HELO me\r\n",
        b"NOOP\r\n",
        b"NONSENSE\r\n",
        b"MAIL FROM:<a@x>\r\n",
        b"RCPT TO:<b@x>\r\n",
        b"DATA\r\n",
        b"x\r\n",
    ):
        await clock.advance(59.0)
        await client.says(line)
        assert not client.is_closed
    await clock.advance(59.0)
    assert await client.hears() == []
    await clock.advance(1.0)
    assert await client.hears() == ["421 too slow"]
    assert client.is_closed
    await task


async def test_client_that_vanishes_leaves_nothing(smtp):
    """A connection that is lost in the middle of a mail ends the session, and nothing is delivered."""
    mails = []
    client = Memory()
    session = smtp.Session(client.writer, mails.append)
    task = asyncio.ensure_future(smtp.serve(session, client.reader))
    await client.says(ENVELOPE + b"half a ma")
    client.reader.feed_eof()
    await task
    assert (mails, session.state(), client.is_closed) == ([], "/Session/closed", True)


async def test_only_a_whole_line_ends_a_mail(smtp):
    """A dot between bare newlines does not end a mail, so no second mail can be hidden in a first."""
    mails = []
    client = Memory()
    task = asyncio.ensure_future(smtp.serve(smtp.Session(client.writer, mails.append), client.reader))
    await client.says(ENVELOPE + b"one\n.\nMAIL FROM:<evil@x>\r\n.\r\nQUIT\r\n")
    await task
    assert [mail.content for mail in mails] == [b"one\n.\nMAIL FROM:<evil@x>\r\n"]


async def test_cancelled_session_hangs_up(smtp):
    """A server that is taken down closes its connections."""
    client = Memory()
    session = smtp.Session(client.writer, print)
    task = asyncio.ensure_future(smtp.serve(session, client.reader))
    await client.says(b"HELO me\r\n")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.is_closed


def test_it_prints_the_dialogue(smtp, capsys):
    """Run as a program it prints what was said, the states, and the mail."""
    asyncio.run(smtp.main())
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line[:3] == "S: "][-2:] == ["S: 250 OK", "S: 221 bye"]
    assert "   /Session/talking/dialogue/commands/greeted/envelope/addressed" in lines
    assert lines[-1] == "   /Session/closed"
