"""The rules: each is stated in the documentation, and each is proved by a test."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
COUNTS = {"N": 7, "T": 7, "K": 6, "R": 9, "C": 3, "D": 4, "Q": 10, "E": 8, "L": 7, "A": 7, "O": 3, "S": 5}
LATER = ("Q7a", "E1a", "E4a", "L3a")
"""Rules that stand behind another one, whose number they share."""
NUMBERS = [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]
RULES = [rule for number in NUMBERS for rule in (number, f"{number}a") if rule == number or rule in LATER]


def test_every_rule_is_stated_once():
    """The page of the rules has a heading for each, in order, and no other."""
    text = (TESTS.parent / "docs" / "semantics.md").read_text(encoding="utf-8")
    assert re.findall(r"^### ([A-Z]\d+a?) ", text, re.MULTILINE) == RULES


def test_every_rule_is_proved():
    """Each rule is cited by the marker of at least one test, and no marker cites a rule that does not exist."""
    cited: set[str] = set()
    for file in TESTS.rglob("test_*.py"):
        for arguments in re.findall(r"^\s*@rule\(([^)]*)\)", file.read_text(encoding="utf-8"), re.MULTILINE):
            cited.update(re.findall(r"[\"'](\w+)[\"']", arguments))
    assert cited == set(RULES)
