"""A real browser without a screen: it opens a page, runs scripts in it, and keeps what goes wrong there.

Chromium is spoken to over a pair of pipes, in the protocol of its developer tools.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time

import pytest


class Browser:
    """Chromium with one page; *profile* is a folder for what it keeps.

    Attributes:
        wrong: What the page wrote to the console as an error, raised, or could not load.
    """

    def __init__(self, profile, *options):
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        if program is None:
            pytest.skip("needs Chromium")
        read, self._out = os.pipe()
        self._in, write = os.pipe()
        given = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (read, write)]  # it has them as 3 and 4
        script = f"import os, sys; os.dup2({given[0]}, 3); os.dup2({given[1]}, 4); os.execv(sys.argv[1], sys.argv[1:])"
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", *options]
        command += [f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, *command],
            pass_fds=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for each in (read, write, *given):
            os.close(each)
        self._rest, self._count, self._session = b"", 0, None
        self.wrong = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        """What the browser answers to *method*."""
        self._count += 1
        session = {"sessionId": self._session} if self._session is not None else {}
        message = {"id": self._count, "method": method, "params": params, **session}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (told := self._read()).get("id") != self._count:
            self._note(told)
        assert "error" not in told, told["error"]
        return told["result"]

    def run(self, script):
        """The value of the JavaScript expression *script*, which may be a promise."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, script, seconds=60):
        """Wait until the expression *script* is true, and give its value."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, (f"not within {seconds} s: {script}", self.wrong)
            self.run("new Promise((done) => setTimeout(done, 50))")
        return value

    def _read(self):
        while b"\0" not in self._rest:
            assert select.select([self._in], [], [], 60)[0], "the browser does not answer"
            got = os.read(self._in, 1 << 20)
            assert got, "the browser has ended"
            self._rest += got
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, told):
        params = told.get("params", {})
        if told.get("method") == "Runtime.exceptionThrown":
            self.wrong.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
        elif told.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.wrong.append(str([each.get("value", each.get("description")) for each in params["args"]]))
        elif told.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.wrong.append(f"{params['entry']['text']} {params['entry'].get('url', '')}".strip())

    def close(self):
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        os.close(self._in)
        os.close(self._out)
