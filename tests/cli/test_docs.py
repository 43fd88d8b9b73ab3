"""What the page about the command shows is what the command prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "command-line.md"
SHOWN = re.compile(r"^```console\n\$ hsm (?P<arguments>[^\n]*)\n(?P<printed>.*?)^```$", re.MULTILINE | re.DOTALL)
SESSIONS = list(SHOWN.finditer(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session["arguments"].split()[0])
def test_a_session_of_the_page_is_real(hsm_command, monkeypatch, session):
    """Run from the root of the repository, the command prints what the page says; its input are the lines after ``>``."""
    monkeypatch.chdir(ROOT)
    typed = "".join([f"{line[2:]}\n" for line in session["printed"].splitlines() if line.startswith("> ")])
    ran = hsm_command(*shlex.split(session["arguments"]), typed=typed)
    assert (ran.code, ran.out, ran.err) == (0, session["printed"], "")


def test_the_page_shows_sessions():
    """There is something to compare."""
    assert len(SESSIONS) == 3
