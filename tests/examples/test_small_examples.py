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


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the example *name* prints."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "expected"),
    [("counter", COUNTER), ("traffic_light", LIGHT), ("door", DOOR), ("media_player", PLAYER)],
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
