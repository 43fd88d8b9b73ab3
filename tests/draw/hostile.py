"""Names that a language might take for its own, each as the name of a state, an event and a model."""

from __future__ import annotations

import hsm

NAMES = (
    # words and signs of the languages
    "end", "end note", "state", "graph", "subgraph", "digraph", "node", "note", "direction TB", "class", "default",
    "[*]", "-->", "a --> b", "x: y", ": y", "; z", "{", "}", "}}", "<<choice>>", "--", "||", "%%", "%% comment",
    "%%{init: {'theme': 'dark'}}%%", "---", "stateDiagram-v2",
    "@enduml", "@startuml", "'", "'/", "/'", "!include x", "!", "%date()", "$x", "skinparam", "title x", "hide",
    "// x", "#", "#35;", "#quot;",
    # quotes, escapes and entities
    '"', 'a"b', "a'b", "a`b", "``", "a|b", "a\\|b", "\\", "\\n", "\\N", "\\l", "\\\\", "a\\",
    "&", "&amp;", "&lt;b&gt;", "&#60;", "<U+0041>", "~", "~~s~~",
    # markup
    "<b>b</b>", "<br/>", "<script>alert(1)</script>", "</table>", "<", ">", "<$icon>", "<&bell>", "<!--", "-->x",
    "**b**", "*", "* x", "_", "__u__", "_i_", "//i//", "--s--", '""m""', "==h==", "[[link]]", "[[fork]]", "[a](b)", "![a](b)",
    "1. one", "- item", "+ item", "# head", "| cell |", "http://example.org", "www.example.org", "$$x$$", "=", "====",
    # what cannot be seen, and what is not ASCII
    "line\nbreak", "tab\tx", "\u202ehtml", "\x00", "nbsp\xa0x", "zero\u200bwidth",
    "zwölf", "日本語", "😀", "привет", "ﬂ°", "٣", "²", "e\u0301",
)  # fmt: skip


STATES = tuple(name.replace("/", "\N{FRACTION SLASH}") for name in NAMES)
EVENTS = tuple(name if name == "*" else name.replace("*", "\N{ASTERISK OPERATOR}") for name in NAMES)
"""The same without what no name of a state, or of an event, may have."""


def model() -> hsm.Model:
    """A model with a state of each name, and from each a transition to the next on an event of the same name."""
    states = [
        hsm.state(state, hsm.transition(hsm.on(event), hsm.target(f"/M/{after}")))
        for state, event, after in zip(STATES, EVENTS, (*STATES[1:], STATES[0]), strict=True)
    ]
    return hsm.define("M", *states)
