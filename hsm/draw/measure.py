"""Measuring text without a font: the widths of the letters that every browser has under one name or another.

In: text. Out: its width in pixels, and where it breaks into lines. The widths are those of Helvetica, which Arial and
Liberation Sans share; where a reader has none of the three, the picture has its texts squeezed into the measured width
(``textLength``), so that nothing ever runs into anything else.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Literal, TypeAlias

Face: TypeAlias = Literal["regular", "bold"]

_REGULAR = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
)  # fmt: skip
_BOLD = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584,
)  # fmt: skip
_WIDTHS: dict[Face, tuple[int, ...]] = {"regular": _REGULAR, "bold": _BOLD}
"""The widths of the characters from the space to the tilde, in thousandths of the size of the letters."""

_LOWER_CASE, _UPPER_CASE, _OTHER_WIDTH = 570, 700, 700
"""Those of letters of another alphabet, about as wide as the middle ones of Greek and Cyrillic; and of all else."""
_SIGNS = {
    "\u00df": 611, "\u2013": 556, "\u2014": 1000, "\u2026": 1000, "\u00b7": 278, "\u2018": 222, "\u2019": 222,
    "\u201c": 333, "\u201d": 333, "\u00ab": 556, "\u00bb": 556, "\u20ac": 556, "\u00a3": 556, "\u00a7": 556,
    "\u00b0": 400, "\u00a0": 278,
}  # fmt: skip
"""Signs that are common in names: dashes, quotes, currencies."""
_WIDE = 1050
"""That of a Chinese, Japanese or Korean character; a pictogram is about a quarter wider."""


@lru_cache(maxsize=4096)
def width(text: str, size: float, face: Face = "regular") -> float:
    """The width of one line of *text* in pixels, with letters of *size* pixels."""
    return sum([_thousandths(character, _WIDTHS[face]) for character in text]) * size / 1000


def _thousandths(character: str, widths: tuple[int, ...]) -> int:
    if " " <= character <= "~":
        return widths[ord(character) - 32]
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return _WIDE if unicodedata.category(character).startswith("L") else 1300
    return _of_alphabet(character, widths)


def _of_alphabet(character: str, widths: tuple[int, ...]) -> int:
    """A letter with an accent is as wide as that without one."""
    plain = unicodedata.normalize("NFD", character)[0]
    if " " <= plain <= "~":
        return widths[ord(plain) - 32]
    kind = unicodedata.category(plain)
    if plain in _SIGNS or kind.startswith("S"):
        return _SIGNS.get(plain, 1000)
    return {"Ll": _LOWER_CASE, "Lu": _UPPER_CASE}.get(kind, _OTHER_WIDTH) + (40 if widths is _BOLD else 0)


def wrapped(text: str, size: float, limit: float, face: Face = "regular") -> tuple[str, ...]:
    """The lines of *text*, none wider than *limit* pixels if it can be broken there.

    It is broken at spaces, and in long words after dots, commas, slashes and underlines. A word that has none of these
    stays whole up to twice the limit, and is cut there.
    """
    lines: list[str] = []
    line = ""
    for word in _words(text, size, limit, face):
        if line and width((line + word).rstrip(), size, face) > limit:
            lines.append(line.rstrip())
            line = ""
        line += word
    return (*lines, line.rstrip()) if line.strip() or not lines else tuple(lines)


def _words(text: str, size: float, limit: float, face: Face) -> list[str]:
    """*text* in pieces between which a line may end; a space belongs to the piece before it."""
    found: list[str] = []
    for word in text.split(" "):
        if width(word, size, face) <= limit:
            found.append(word + " ")
            continue
        piece = ""
        for character in word:
            piece += character
            if (character in "._,/" and width(piece, size, face) > limit / 3) or width(piece, size, face) > 2 * limit:
                found.append(piece)
                piece = ""
        found.append(piece + " ")
    return found
