"""The small examples run, and print what a reader expects; the twins among them say the same."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from support.models import erased

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"

COUNTER = """\
taken 1 /Counter/counting
taken 2 /Counter/counting
taken 3 /Counter/counting
taken 3 /Counter/full
ignored 3 /Counter/full
"""
LIGHT = """\
  0.0 s  /Light/working/red
 30.0 s  /Light/working/green
 55.0 s  /Light/working/yellow
 58.5 s  /Light/working/red
 88.5 s  /Light/working/green
110.0 s  /Light/blinking
111.0 s  /Light/blinking
112.0 s  /Light/blinking
112.5 s  /Light/working/red
"""
DOOR = """\
who is Mallory?
come in, Ada
closing after 2 guest(s)
come in, Grace
/Door/Open opened 2 times
still /Door/Open
closing after 1 guest(s)
"""
PLAYER = """\
power   /Player/On/Source/disc/Playing /Player/On/Sound/Loud
mute    /Player/On/Source/disc/Playing /Player/On/Sound/Muted
switch  /Player/On/Source/radio/Playing /Player/On/Sound/Muted
pause   /Player/On/Source/radio/Paused /Player/On/Sound/Muted
power   /Player/Off
power   /Player/On/Source/radio/Paused /Player/On/Sound/Loud
pause   /Player/On/Source/radio/Playing /Player/On/Sound/Loud
end     /Player/On/Source/disc/Playing /Player/On/Sound/Loud
switched on 2 times
"""
CROSSING = """\
  2.0 s  button   /Crossing/working/cars/green /Crossing/working/people/wait
 18.0 s  button   /Crossing/working/cars/red /Crossing/working/people/walk
 43.0 s  fault    /Crossing/dark
103.0 s  repaired /Crossing/working/cars/green /Crossing/working/people/wait
people had 2 turns
"""
TCP = """\
 0.05 s  syn     -> server, now /TCP/in_use/syn_received
 0.10 s  syn+ack -> client, now /TCP/in_use/established
 0.15 s  ack     -> server, now /TCP/in_use/established
 1.05 s  fin     -> server, now /TCP/in_use/close_wait
 1.10 s  ack     -> client, now /TCP/in_use/fin_wait_2
 2.05 s  fin     -> client, now /TCP/in_use/time_wait
 2.10 s  ack     -> server, now /TCP/closed
 3.00 s  client /TCP/in_use/time_wait, server /TCP/closed
63.00 s  client /TCP/closed, server /TCP/closed
"""
ROBOT = """\
  0.0 s  power: /Robot/on/homing/arm/moving /Robot/on/homing/gripper/opening
  7.0 s  stop: /Robot/stopped
 27.0 s  resume: /Robot/on/working/placing
 35.0 s  Slipped: part 3
 49.0 s  Slipped: part 6
 63.0 s  Slipped: part 9
 63.0 s  terminated, 6 parts in place
"""
ATM = """\
that is more than you have
you have 100
your card, please
your money: 60
the card is kept
the police are on their way
your card, please
your card, please
/Atm/Idle {'Ada': 40}
"""


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the example *name* prints."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("counter", COUNTER),
        ("traffic_light", LIGHT),
        ("door", DOOR),
        ("media_player", PLAYER),
        ("pedestrian_crossing", CROSSING),
        ("tcp_connection", TCP),
        ("robot", ROBOT),
        ("atm", ATM),
    ],
)
def test_example_prints_what_is_expected(name, expected, capsys):
    """An example prints, line by line, what its machine does."""
    assert printed(name, capsys) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("counter", COUNTER), ("traffic_light", LIGHT), ("media_player", PLAYER)]
)
def test_class_twin_prints_the_same(name, expected, capsys):
    """The same machine as a class prints the same; the names of its states are those of classes."""
    assert printed(f"{name}_classes", capsys).lower() == expected.lower()


def test_media_players_have_equal_models():
    """The two media players are one machine: their models are equal, callables aside."""
    functional = runpy.run_path(str(EXAMPLES / "media_player.py"))["model"]
    classes = runpy.run_path(str(EXAMPLES / "media_player_classes.py"))["Player"].model
    assert erased(functional) == erased(classes)
