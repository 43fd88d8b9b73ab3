"""The scenarios do what they say, by hand and in both front ends; no other library is needed, and nothing is timed."""

from __future__ import annotations

import itertools
import json
import sys

import pytest

from bench import document, judge, versions
from bench.contenders import MODULES, OURS, REFERENCE, load
from bench.loads import Sending, Visiting, WorkNotDoneError
from bench.measure import interleave, measure
from bench.memory import bytes_each, bytes_of_user
from bench.scenarios import GROUPS, SCENARIOS, VISITS
from bench.sizes import foreseen, grow
from bench.subject import CannotExpressError, Contender, Subject

CONTENDERS = {contender.key: contender for contender in load((REFERENCE, *OURS))[0]}
each_contender = pytest.mark.parametrize("key", CONTENDERS)
each_of_ours = pytest.mark.parametrize("key", OURS)
SMALL = [scenario for scenario in SCENARIOS if scenario.group != VISITS or scenario.key.endswith("-50")]
"""Every scenario but those that are the same in a larger file."""
each_scenario = pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.key)


def ticking():
    """A clock on which every look takes a second."""
    return itertools.count().__next__


@each_contender
@each_scenario
async def test_work_is_done(scenario, key):
    """After each of some laps the machine is where the scenario says, and has counted what it says."""
    if (key, scenario.group) == (REFERENCE, VISITS):
        with pytest.raises(CannotExpressError, match="by hand"):
            await scenario.prepare(CONTENDERS[key])
        return
    prepared = await scenario.prepare(CONTENDERS[key])
    for times in (1, 3, 2) if not scenario.times else (scenario.times,):
        await prepared.lap(times, ticking())
        await prepared.check()
    await prepared.close()


@each_of_ours
@each_scenario
async def test_kernel_does_the_same_work(scenario, key):
    """Each scenario can be measured with every step taken by the kernel."""
    prepared = await scenario.prepare(type(CONTENDERS[key])(engine="kernel"))
    await prepared.lap(1, ticking())
    await prepared.check()
    await prepared.close()


@each_of_ours
async def test_visited_states_are_spread_over_the_file(key):
    """In a larger file as many states are visited, and the last one is near its end."""
    visiting = Visiting(CONTENDERS[key], 100, 1)
    subject = await visiting.fresh()
    leaves = []
    for _ in range(25):
        leaves.append(subject.leaf())
        await subject.send(*subject.arguments)
    await subject.close()
    await visiting.close()
    assert leaves == [f"s{4 * at}" for at in range(25)]


@each_contender
async def test_timers_fire(key):
    """The timers that the scenario cancels are real: one that is left alone fires."""
    for scenario in SCENARIOS:
        if scenario.prove is not None:
            await scenario.prove(CONTENDERS[key])


async def test_idle_contender_is_found_out():
    """Who does nothing is not measured."""

    async def send(event):
        pass

    contender = CONTENDERS[REFERENCE]
    idle = Sending(contender, Subject(send, (None,), lambda: "s0", lambda: 0), lambda sent: (f"s{sent % 2}", 0))
    with pytest.raises(WorkNotDoneError, match=r"after 1 events \('s0', 0\), expected \('s1', 0\)"):
        await interleave({"idle": idle}, 1, 1, 0.0, ticking())


async def test_rounds_take_turns():
    """Every contender runs one lap a round, and the one that began comes last in the next."""
    begun = []

    class Noted:
        def __init__(self, name):
            self.name = name

        async def lap(self, times, timer):
            begun.append(self.name)
            return 1.0

        async def check(self):
            pass

    laps = await interleave({name: Noted(name) for name in "abc"}, 1, 2, 1.0, ticking())
    assert "".join(begun[-6:]) == "abcbca"
    assert [len(each.seconds) for each in laps.values()] == [2, 2, 2]


async def test_measuring_gives_seconds_of_one_event():
    """A lap of two looks at the clock, a second apart, is a second over the number of events in it."""
    laps = await measure(SCENARIOS[0], [*CONTENDERS.values()], rounds=2, lap_seconds=4.0, timer=ticking())
    assert {key: each.seconds for key, each in laps.items()} == {
        key: [1 / each.times] * 2 for key, each in laps.items()
    }


async def test_ring_grows():
    """Machines of any size are defined and go round; nobody writes a big one by hand."""
    growth = await grow([*CONTENDERS.values()], (10, 100), limit=100, rounds=1, lap_seconds=1.0, timer=ticking())
    assert [sorted(growth[size].laps) for size in growth] == [sorted(CONTENDERS), sorted(OURS)]


async def test_slow_definition_is_left_out():
    """A contender whose next definition would pass the limit does not begin with it."""
    growth = await grow([CONTENDERS["hsm"]], (10, 100), limit=0.5, rounds=1, lap_seconds=1.0, timer=ticking())
    assert [sorted(each.definitions) for each in growth.values()] == [["hsm"], []]


def test_foreseen_time():
    """Ten times the size takes ten times as long, or grows as it grew, whichever is more."""
    assert [foreseen(past) for past in ([], [1.0], [1.0, 5.0], [1.0, 100.0])] == [0.0, 10.0, 50.0, 10_000.0]


@each_contender
async def test_memory_contains_the_users_object(key):
    """A started machine takes at least the memory of the object that it works on."""
    assert await bytes_each(CONTENDERS[key], 20) >= bytes_of_user(20) > 0


def test_absent_library_is_told(monkeypatch):
    """A contender whose library is not installed is left out, with what its import said."""
    monkeypatch.setitem(MODULES, "sismic", "absent")
    found, missing = load(["hsm", "sismic"])
    assert [each.key for each in found] == ["hsm"]
    assert "absent" in missing["sismic"]


class Figures:
    """Figures without a run: the hand-written version takes a microsecond for everything."""

    machine = {"cpu_model_name": "Z80", "cpu_count": 1, "platform": "CP/M", "python_version": "3.13"}

    def __init__(self, **ratios):
        self.ratios = {REFERENCE: 1.0, **ratios}

    def ratio(self, scenario, contender, to=REFERENCE):
        if {contender, to} <= set(self.ratios):
            return self.ratios[contender] / self.ratios[to]
        return None

    def median(self, scenario, contender):
        ratio = self.ratio(scenario, contender)
        return None if ratio is None else ratio * 1e-6

    def version(self, contender):
        return "1.0" if contender in self.ratios else None


def test_limits_apply_where_they_were_set(capsys):
    """A scenario that the limits were not made for is shown, and cannot break them."""
    others = [each for each in SCENARIOS if not each.is_judged]
    assert len(SCENARIOS) - len(others) == 10
    figures = Figures(hsm=1.1, peer=300.0)
    measured = figures.ratio
    figures.ratio = lambda scenario, contender, to=REFERENCE: (
        measured(scenario, contender, to) if scenario != "guards-300" else 50.0
    )
    assert judge.judge(figures, SCENARIOS, [*CONTENDERS.values(), Peer()], "hsm")
    assert "300 guards" in capsys.readouterr().out


class Peer(Contender):
    key = "peer"
    title = "Peer"
    distribution = "transitions"
    gaps = {scenario.needs: "has a reason" for scenario in SCENARIOS}


def test_page_shows_figures_and_reasons():
    """Each contender has a row with its ratios; a missing figure is a dash with the reason below."""
    absent = type("Absent", (Peer,), {"title": "Absent"})()
    absent.key = "absent"
    contenders = [CONTENDERS[REFERENCE], CONTENDERS["hsm"], Peer()]
    text = document.page(Figures(hsm=1.25, peer=0.5), SCENARIOS, [*contenders, absent], ())
    ratios, seconds = text.split("## Time of one event")
    for group in GROUPS:
        count = sum(scenario.group == group for scenario in SCENARIOS)
        assert (f"{group}:\n\n" in ratios) is (group != VISITS), "there is no hand-written version to compare with"
        assert (f"| **hsm** |{' 1.25 |' * count}\n" in ratios) is (group != VISITS)
        assert f"{group}:\n\n" in seconds
        assert f"| **hsm** |{' 1.25 |' * count}\n" in seconds
    assert "hsm is not the fastest library in *flat* (Peer), *ring* (Peer)," in text
    assert "Absent" not in text
    figures = Figures(hsm=1.25, peer=0.5)
    figures.ratio = lambda scenario, contender: None
    assert "| Peer | —<sup>1</sup> |" in document.page(figures, SCENARIOS, [Peer()], ())
    assert "1. Peer has a reason." in document.page(figures, SCENARIOS, [Peer()], ())


@pytest.mark.parametrize(
    ("ratios", "holds"),
    [
        ({"hsm": 1.1, "peer": 300.0}, True),
        ({"hsm": 1.2, "peer": 300.0}, False),
        ({"hsm": 1.4, "peer": 300.0}, False),
        ({"hsm": 1.1, "peer": 100.0}, False),
        ({"hsm": 1.1}, False),
    ],
    ids=["all", "mean", "each", "peer", "nothing to compare with"],
)
def test_limits_are_judged(ratios, holds, capsys):
    """The verdict is that of the figures, and what does not hold, or was not measured, is told."""
    assert judge.judge(Figures(**ratios), SCENARIOS[:2], [*CONTENDERS.values(), Peer()], "hsm") is holds
    told = capsys.readouterr().out
    assert ("does not hold" in told or "not measured" in told) is not holds


# --- two versions of the library -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkout():
    """This checkout, with modules of its own."""
    return versions.Version(versions.TESTS.parent)


def test_a_version_has_its_own_modules(checkout):
    """Inside a version an import finds its modules; outside everything is as it was."""
    before = dict(sys.modules)
    with checkout.entered():
        import hsm

        assert hsm is not before.get("hsm")
    assert dict(sys.modules) == before
    assert checkout.contender("hsm", "kernel") is not CONTENDERS["hsm"]


def test_a_folder_without_the_library_is_refused(tmp_path):
    """What is compared is what is in the folder, not what is installed."""
    with pytest.raises(ImportError):
        versions.Version(tmp_path)


@pytest.mark.parametrize("scenario", ["flat", "regions-4", "first-50"])
async def test_versions_are_compared(checkout, scenario):
    """Both versions run as many rounds, with as many events in each; a scenario with laps of its own keeps to them."""
    found = await versions.compare(
        checkout, checkout, scenario, "hsm", "kernel", rounds=3, lap_seconds=4.0, timer=ticking()
    )
    assert (len(found.old), len(found.new)) == (3, 3)
    assert found.times >= {"flat": 1, "regions-4": 200, "first-50": 1}[scenario]
    assert (found.ratio, found.noise, found.paired, found.interval, found.verdict) == (1, 1, 1, (1, 1), "")


async def test_rounds_end_with_the_time(checkout):
    """After the given time there are no more than the fewest rounds."""
    found = await versions.compare(
        checkout, checkout, "flat", "hsm", "generated", rounds=99, lap_seconds=4.0, seconds_at_most=0, timer=ticking()
    )
    assert len(found.old) == versions.FEWEST


@pytest.mark.parametrize(
    ("new", "interval", "verdict"),
    [
        ([1.25] * 50, (1.25, 1.25), "slower"),
        ([0.75] * 50, (0.75, 0.75), "faster"),
        ([1.01] * 50, (1.01, 1.01), ""),
        ([1.25] * 25 + [1.0] * 25, (1.0, 1.25), ""),
        ([1.25] * 40 + [1.0] * 10, (1.25, 1.25), "slower"),
        ([1.25, 1.0, 1.25], (1.0, 1.25), ""),
    ],
)
def test_verdict_is_beyond_doubt(new, interval, verdict):
    """A difference of less than 2 % is none, nor is one that the rounds do not agree about."""
    found = versions.Comparison("flat", "hsm", "kernel", 1, [1.0] * len(new), new)
    assert (found.interval, found.verdict) == (interval, verdict)
    assert str(found).endswith(verdict)


def test_noise_is_that_of_one_version():
    """Halves of one version's rounds that differ are the noise; which version that was does not matter."""
    steady, unsteady = [1.0] * 8, [1.0, 1.0, 1.5, 1.5] * 2
    for old, new in ((steady, unsteady), (unsteady, steady)):
        assert versions.Comparison("flat", "hsm", "kernel", 1, old, new).noise == 1.5


def test_rows_are_printed_and_written(tmp_path, capsys, monkeypatch):
    """The command prints a row for each front end and engine; one that fails does not end it."""
    rows = tmp_path / "rows.json"
    arguments = f"--against {versions.TESTS.parent} --scenario flat --engine kernel --rounds 1 --lap 0.01 --json {rows}"
    monkeypatch.setattr(sys, "argv", ["versions.py"])
    assert versions.main(arguments.split()) == 0
    assert [row["contender"] for row in json.loads(rows.read_text())["rows"]] == ["hsm", "hsm-classes"]
    assert versions.main([*arguments.replace("flat", "first-50").split(), "--instructions"]) == 1
    assert "cannot be told from the others" in capsys.readouterr().out
