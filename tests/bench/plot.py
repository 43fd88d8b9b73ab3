"""The plot of docs/benchmarks.md: for each scenario, every library's ratio to the hand-written version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.contenders import OURS, REFERENCE
from bench.results import Results
from bench.scenarios import VISITS, Scenario
from bench.subject import Contender

INK = "#7a808a"
"""Of text and lines: readable on white and on nearly black, as the background is transparent."""
COLORS = {"hsm": "#e0542c", "hsm-classes": "#f0a030"}
OTHERS = ("#4a8fd0", "#3aa57a", "#9a6fd0", "#c86aa0", "#7f9a2e", "#2ea3b0", "#a0785a", "#8f8f8f", "#5f6fc0")
MARKERS = "osD^v<>PX"


def draw(results: Results, scenarios: Sequence[Scenario], contenders: Sequence[Contender], path: Path) -> None:
    """Write the SVG at *path*: the same bytes for the same figures."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    scenarios = [scenario for scenario in scenarios if scenario.group != VISITS]  # nothing to compare those with
    style = {
        "svg.hashsalt": "hsm",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    }
    with mpl.rc_context(style):
        figure, axes = pyplot.subplots(figsize=(9.5, 2.2 + 0.4 * len(scenarios)))
        rows = range(len(scenarios))
        peers = iter(zip(OTHERS, MARKERS, strict=True))
        for contender in contenders:
            if contender.key == REFERENCE:
                continue
            is_ours = contender.key in OURS
            color, marker = (COLORS[contender.key], "*") if is_ours else next(peers)
            found = [
                (results.ratio(scenario.key, contender.key), row) for scenario, row in zip(scenarios, rows, strict=True)
            ]
            points = [(ratio, row) for ratio, row in found if ratio is not None]
            if points:
                axes.scatter(
                    *zip(*points, strict=True),
                    s=190 if is_ours else 38,
                    c=color,
                    marker=marker,
                    label=contender.title + ("" if contender.is_async else " (sync)"),
                    zorder=4 if is_ours else 3,
                    alpha=1.0 if is_ours else 0.85,
                    linewidths=0,
                )
        axes.axvline(1, color=INK, linewidth=1.4)
        axes.text(1, -0.75, "by hand", ha="center", va="bottom")
        axes.set_xscale("log")
        axes.set_yticks(list(rows), [scenario.title for scenario in scenarios])
        axes.set_ylim(len(scenarios) - 0.4, -0.6)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
        axes.set_xlabel("time, as a multiple of the hand-written version (logarithmic; further left is faster)")
        axes.grid(visible=True, axis="both", color=INK, alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
        legend = figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
        legend.set_in_layout(True)
        figure.set_layout_engine("constrained")
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
