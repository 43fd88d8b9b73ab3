"""Writes docs/benchmarks.md from the figures of a run: tables, footnotes, and how to repeat them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bench.contenders import OURS, REFERENCE
from bench.results import Results
from bench.scenarios import GROUPS, VISITS, Scenario
from bench.subject import Contender

INTRO = """\
# Benchmarks

The same work in every library, interleaved in one process: each library runs a lap of a scenario, then each runs the
next lap, so that whatever disturbs the machine disturbs them all. A figure is the median of the rounds; a ratio is the
median of the ratios within a round. The yardstick is the hand-written version: a class with an `async def dispatch`,
the fastest that a good engineer would write for exactly that work; where there were several ways to write it, each was
measured. After every lap the state and a count of the actions prove that the work was done.

![Time of each library as a multiple of the hand-written version](benchmarks.svg)
"""

REPEAT = """\
## How to repeat this

In a checkout of the repository, with Python 3.13 (stateforward.hsm runs on no older one):

```sh
pip install -e ".[bench]"
python tests/bench/run.py --fetch
```

It takes about ten minutes and writes this page, the plot and `benchmarks.json`, which pyperf can read
(`python -m pyperf stats benchmarks.json`). `--quick` takes two minutes and writes nothing, `--scenario` and `--only`
select, `--judge` checks the limits that the project has set itself, and `--help` lists the rest. `--fetch` puts
stateforward.hsm into a folder of its own, because it installs a package called `hsm`, as this library does.

`python tests/bench/versions.py --against PATH` compares this checkout with an older one, on both engines: every
scenario in both, interleaved in one process, with the noise beside each ratio.
"""


class Notes:
    """Footnotes: each text once, numbered in the order of the first use."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, text: str) -> str:
        """The mark for *text*."""
        if text not in self.texts:
            self.texts.append(text)
        return f"<sup>{self.texts.index(text) + 1}</sup>"

    def render(self) -> str:
        """The footnotes, as a list."""
        return "\n".join(f"{number}. {text}" for number, text in enumerate(self.texts, 1))


def page(results: Results, scenarios: Sequence[Scenario], contenders: Sequence[Contender], sizes: Sequence[int]) -> str:
    """The text of the page; *contenders* are all of which the reader is to know, installed or not."""
    notes = Notes()
    present = [each for each in contenders if results.version(each.key) is not None]
    comparable = [scenario for scenario in scenarios if scenario.group != VISITS]  # nobody writes those by hand
    parts = [
        INTRO,
        "## Ratio to the hand-written version\n",
        scenario_tables(comparable, present, notes, lambda *which: times(results.ratio(*which))),
        "## Time of one event\n\nMicroseconds; of one life in *start and stop* and *define and use once*.\n",
        scenario_tables(scenarios, present, notes, lambda *which: micro(results.median(*which))),
        notes.render() + "\n",
        "## What the scenarios do\n",
        "\n".join(f"- **{scenario.title}**: {scenario.work}" for scenario in scenarios) + "\n",
        "## What to know when reading this\n",
        "\n".join(f"- {line}" for line in remarks(results, scenarios, present)) + "\n",
        size_section(results, present, sizes),
        memory_section(results, present),
        machine_section(results, present),
        REPEAT,
    ]
    return "\n".join(parts)


def scenario_tables(
    scenarios: Sequence[Scenario],
    contenders: Sequence[Contender],
    notes: Notes,
    figure: Callable[[str, str], str | None],
) -> str:
    """A table for each group of *scenarios*, under the group's name."""
    parts = []
    for group in GROUPS:
        members = [scenario for scenario in scenarios if scenario.group == group]
        if members:
            parts += [f"{group}:\n", scenario_table(members, contenders, notes, figure)]
    return "\n".join(parts)


def scenario_table(
    scenarios: Sequence[Scenario],
    contenders: Iterable[Contender],
    notes: Notes,
    figure: Callable[[str, str], str | None],
) -> str:
    """A row for each contender, a column for each scenario; a dash with a footnote where there is no figure."""
    rows = []
    for contender in contenders:
        cells = []
        for scenario in scenarios:
            text = figure(scenario.key, contender.key)
            if text is None:
                text = "—" + notes.mark(f"{contender.title} {why_not(scenario, contender)}.")
            elif note := contender.notes.get(scenario.key):
                text += notes.mark(f"{contender.title}: {note}")
            cells.append(text)
        rows.append([label(contender), *cells])
    return table(["", *(scenario.title for scenario in scenarios)], rows)


def why_not(scenario: Scenario, contender: Contender) -> str:
    """Why *contender* has no figure in *scenario*, to be read after its name."""
    if scenario.only_async and not contender.is_async:
        return "has no await"
    return contender.gaps.get(scenario.needs, "was not measured")


def label(contender: Contender) -> str:
    """The contender's name in a table, with what tells it from the others."""
    marks = [word for word, holds in (("sync", not contender.is_async), ("flat", not contender.has_hierarchy)) if holds]
    name = f"**{contender.title}**" if contender.key in OURS else contender.title
    return name + (f" ({', '.join(marks)})" if marks else "")


def remarks(results: Results, scenarios: Sequence[Scenario], contenders: Sequence[Contender]) -> list[str]:
    """What the tables do not say by themselves."""
    lines = [
        "*sync* libraries are measured by their plain call, without a coroutine; *flat* ones have no states in states.",
        "An event object is made once, before the lap. Where an event is a method in a library, that method is called. "
        "A library that takes no names has an event made from the name and the data each time.",
        "By hand, a timer is a deadline that an event moves, under one call of the loop that is made again when it "
        "comes too early; no call is cancelled.",
        "By hand, nothing stops a second sender from coming in between while an effect awaits; in hsm it waits its "
        "turn, and the step runs to its end even if its sender is cancelled.",
        "xstate-statemachine processes events in a task of its own: an event costs two iterations of the event loop.",
    ]
    peers = [each for each in contenders if each.key not in (*OURS, REFERENCE)]
    slower = []
    for scenario in scenarios:
        ours = results.median(scenario.key, OURS[0]) or 0.0
        faster = [each.title for each in peers if (results.median(scenario.key, each.key) or ours) < ours]
        if faster:
            slower.append(f"*{scenario.title}* ({', '.join(faster)})")
    if slower:
        lines.append(f"hsm is not the fastest library in {', '.join(slower)}.")
    return lines


def size_section(results: Results, contenders: Sequence[Contender], sizes: Sequence[int]) -> str:
    """Two tables: definition and dispatch against size; empty without figures."""
    defining = [each for each in contenders if any(results.median(f"define-{size}", each.key) for size in sizes)]
    if not defining:
        return ""
    heads = [f"{size:,} states" for size in sizes]

    def rows(kind: str, text: Callable[[float | None], str | None]) -> list[list[str]]:
        return [
            [label(each), *(text(results.median(f"{kind}-{size}", each.key)) or "—" for size in sizes)]
            for each in defining
        ]

    return "\n".join(
        [
            "## Against the size of the model\n",
            "A ring of so many states. A dash: its definition would have taken longer than the limit of the run.\n",
            "Milliseconds to define it:\n",
            table(["", *heads], rows("define", milli)),
            "Microseconds for an event in it, once every state has been visited (or two seconds have passed):\n",
            table(["", *heads], rows("dispatch", micro)),
        ]
    )


def memory_section(results: Results, contenders: Sequence[Contender]) -> str:
    """A table of bytes; empty without figures."""
    user = results.median("memory", "user")
    found = [(each, results.median("memory", each.key)) for each in contenders]
    rows = [[label(each), f"{size:,.0f}", f"{size - user:,.0f}"] for each, size in found if size and user]
    if not rows:
        return ""
    text = (
        "## Memory of a started machine\n\n"
        f"Bytes, as `tracemalloc` counts them; the user's own object, with one `int`, is {user:,.0f} of them.\n"
    )
    return f"{text}\n{table(['', 'with the object', 'without it'], rows)}"


def machine_section(results: Results, contenders: Sequence[Contender]) -> str:
    """Where and with what the figures were made."""
    machine = results.machine
    facts = [
        f"- Processor: {machine.get('cpu_model_name', 'unknown')}, {machine.get('cpu_count', '?')} cores",
        f"- System: {machine.get('platform', 'unknown')}",
        f"- Python: {machine.get('python_implementation', '')} {machine.get('python_version', '')}".replace("  ", " "),
        f"- pyperf: {machine.get('perf_version', '')}",
    ]
    versions = {each.distribution: results.version(each.key) for each in contenders}
    facts += [f"- {distribution} {version}" for distribution, version in versions.items()]
    return "## Machine and versions\n\n" + "\n".join(facts) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is a name and whose others are figures."""
    lines = [heads, ["---", *(["---:"] * (len(heads) - 1))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def times(ratio: float | None) -> str | None:
    """A ratio with as many digits as mean something."""
    return (
        None if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"
    )


def micro(seconds: float | None) -> str | None:
    """Microseconds with as many digits as mean something."""
    if seconds is None:
        return None
    value = seconds * 1e6
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def milli(seconds: float | None) -> str | None:
    """Milliseconds with as many digits as mean something."""
    return micro(None if seconds is None else seconds / 1e3)
