"""The plug-in for pytest: async tests in virtual time, and the fixture `virtual_clock`.

In: the marker ``virtual_time``, the options ``hsm_virtual_time`` and ``hsm_virtual_wall``. Out: loop factories for
pytest-asyncio, through its own hook; and the clock of the loop that a test runs on, with anyio's plug-in as well.

pytest loads this at its start in every project that has the package installed. So it imports what it needs, also of
`hsm`, once a test asks for it; and whoever does not use it must not notice it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Callable, Generator
from datetime import datetime
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest

if TYPE_CHECKING:
    from hsm.testing import Machines, VirtualClock

_HOOK = "pytest_asyncio_loop_factories"
_REPORTS = ("term", "json", "svg")
_SCOPES = ("function", "class", "module", "package", "session")
_MARKER = (
    "virtual_time(on=True, *, wall=None, patience=None): run this async test in virtual time, or with False in real "
    "time; the wall clock begins at the datetime wall (needs pytest-asyncio)"
)


class _Options(NamedTuple):
    """What `hsm.testing.VirtualClock` is given; None is its own default."""

    wall: datetime | None
    patience: int | None


_FACTORIES = pytest.StashKey[dict[_Options, Callable[[], Any]]]()
"""One factory for each set of options: another object would end a loop that several tests share."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the project, beside the marker."""
    parser.addini("hsm_virtual_time", "run async tests in virtual time (needs pytest-asyncio)", type="bool")
    parser.addini("hsm_virtual_wall", "where the wall clock of virtual time begins, as 2024-01-01T00:00:00+00:00")
    group = parser.getgroup("hsm", "state machines")
    group.addoption(
        "--hsm-coverage",
        action="append",
        metavar="REPORT",
        help="count how much of their models machines go through: 'term', 'json', 'json:FILE', 'svg' or 'svg:FOLDER'; "
        "may be repeated",
    )
    group.addoption(
        "--hsm-fail-under",
        type=float,
        metavar="N",
        help="fail if less than N per cent of the models were seen",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker; with pytest-asyncio, the fixtures that run on its loops.

    Raises:
        pytest.UsageError: ``hsm_virtual_time`` is set and cannot be done, or ``hsm_virtual_wall`` is not a moment.
    """
    config.addinivalue_line("markers", _MARKER)
    config.stash[_FACTORIES] = {}
    hook = getattr(config.hook, _HOOK, None)
    has_hook = hook is not None and hook.has_spec()
    if config.getini("hsm_virtual_time") and not has_hook:
        raise pytest.UsageError("hsm_virtual_time needs pytest-asyncio 1.4 or newer")
    try:
        _default_wall(config)
    except ValueError as error:
        raise pytest.UsageError(f"hsm_virtual_wall: {error}") from None
    if has_hook:
        config.pluginmanager.register(_clocks_of_asyncio(), "hsm-clocks")
    reports: list[str] = config.getoption("--hsm-coverage") or []
    unknown = [each for each in reports if each not in _REPORTS and not each.startswith(("json:", "svg:"))]
    if unknown:
        raise pytest.UsageError(
            f"--hsm-coverage={unknown[0]}: there are 'term', 'json', 'json:FILE', 'svg', 'svg:FOLDER'"
        )
    if reports or config.getoption("--hsm-fail-under") is not None:
        config.pluginmanager.register(_CountedRun(config, reports or ["term"]), "hsm-coverage")


# --- the loops of pytest-asyncio -----------------------------------------------------------------------------------


class _LoopFactories:
    """What pytest-asyncio asks; registered only while it makes tests that are to run in virtual time.

    Whoever answers its hook must do so for every test, which puts a parameter into each and may change their order;
    and the first answer counts. So the tests in real time, and the hooks of the user, are left alone.
    """

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_asyncio_loop_factories(self, config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], Any]]:
        """The factory for *item*, which is to run in virtual time."""
        options = _options(item) or _Options(None, None)
        return {"virtual_time": config.stash[_FACTORIES].setdefault(options, _factory(options))}


def _switch(config: pytest.Config, is_virtual: bool) -> None:
    """Answer the hook of pytest-asyncio from now on, or do not."""
    manager = config.pluginmanager
    if manager.hasplugin("hsm-loops") != is_virtual:
        if is_virtual:
            manager.register(_LoopFactories(), "hsm-loops")
        else:
            manager.unregister(name="hsm-loops")


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None]:
    """Before pytest-asyncio asks for loop factories: whether this is a test in virtual time."""
    _switch(metafunc.config, _options(metafunc.definition) is not None)
    return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    """pytest-asyncio ends the loops of one factory in time only if somebody answers its hook while tests run."""
    _switch(session.config, bool(session.config.stash[_FACTORIES]))


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that is marked asks for the clock, so that it fails where it would run in real time."""
    if not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(item.obj):
        return
    if item.get_closest_marker("virtual_time") and _options(item) and "virtual_clock" not in item.fixturenames:
        item.fixturenames.append("virtual_clock")


# --- names of tests ------------------------------------------------------------------------------------------------


def pytest_make_parametrize_id(val: object) -> str | None:
    """A path is shown as its inputs: ``test_door[coin,push,+5s]``."""
    # by name: whoever has a path has loaded its module already, and nobody else needs it
    kind = type(val)
    return str(val) if (kind.__module__, kind.__name__) == ("hsm.testing.inputs", "Path") else None


def _options(item: pytest.Item) -> _Options | None:
    """The clock that *item* is to run on, or None for real time: by the closest marker, else by the project's option.

    Raises:
        pytest.UsageError: The marker has arguments that it does not know.
    """

    def read(on: bool = True, *, wall: datetime | None = None, patience: int | None = None) -> _Options | None:
        return _Options(wall or _default_wall(item.config), patience) if on else None

    mark = item.get_closest_marker("virtual_time")
    if mark is None:
        return read(on=item.config.getini("hsm_virtual_time"))
    try:
        return read(*mark.args, **mark.kwargs)
    except TypeError as error:
        said = str(error).partition("read() ")[2]
        raise pytest.UsageError(f"{item.nodeid}: the marker virtual_time {said}; {_MARKER}") from None


def _default_wall(config: pytest.Config) -> datetime | None:
    written: str = config.getini("hsm_virtual_wall")
    return datetime.fromisoformat(written) if written else None


def _factory(options: _Options) -> Callable[[], Any]:
    """What makes loops, each with a clock of its own."""

    def new_loop() -> Any:
        from hsm.testing import VirtualClock

        chosen: dict[str, Any] = {name: value for name, value in options._asdict().items() if value is not None}
        return VirtualClock(**chosen).new_loop()

    return new_loop


# --- coverage ------------------------------------------------------------------------------------------------------


class _CountedRun:
    """Counts what the machines of a run go through; registered only if somebody asks for it.

    With pytest-xdist, the workers count, and the controller adds that up and reports it.
    """

    def __init__(self, config: pytest.Config, reports: list[str]) -> None:
        from hsm.testing.covering import Coverage

        self._config = config
        self._reports = reports
        self._lost = 0
        self.coverage = Coverage()
        self._block = self.coverage.watching()
        self._block.__enter__()

    def pytest_unconfigure(self) -> None:
        """Count no longer."""
        self._block.__exit__(None, None, None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of pytest-xdist has ended: add its counts."""
        counts = getattr(node, "workeroutput", {}).get("hsm_coverage")
        if counts is None:
            self._lost += 1
        else:
            import pickle  # made by this very run: pickles are as safe here as the tests are

            self.coverage.add(counts, pickle.loads(node.workeroutput["hsm_charts"]))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the counts on, in a worker; else see whether they are enough."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            import pickle

            output["hsm_coverage"] = self.coverage.to_dict()
            output["hsm_charts"] = pickle.dumps([each.chart for each in self.coverage.models])
        elif self._is_under() and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the reports."""
        write = terminalreporter.write_line
        terminalreporter.write_sep("=", "hsm coverage")
        for report in self._reports:
            if report == "term":
                write(str(self.coverage) if self.coverage.models else "no machine was started")
            elif report.startswith("json"):
                write(f"written to {self._write_json(report.partition(':')[2] or 'hsm-coverage.json')}")
            else:
                self._draw(write, report.partition(":")[2] or "hsm-coverage")
        if self._lost:
            write(f"{self._lost} worker(s) ended early: what their machines did is not in these counts", yellow=True)
        if self._is_under():
            least = self._config.getoption("--hsm-fail-under")
            write(f"FAIL {self.coverage.percent:.2f}% of the models were seen, less than {least:g}%", red=True)

    def _is_under(self) -> bool:
        least = self._config.getoption("--hsm-fail-under")
        return least is not None and self.coverage.percent < least

    def _draw(self, write: Callable[..., None], name: str) -> None:
        """Write a picture of each model into the folder called *name*; models of one name have numbers behind it."""
        from hsm.draw import DrawError

        folder = self._config.invocation_params.dir / name
        folder.mkdir(parents=True, exist_ok=True)
        names: set[str] = set()
        for each in self.coverage.models:
            plain = stem = re.sub(r"[^\w.-]", "_", each.name)
            while stem.lower() in names:
                stem = f"{plain}-{len(names) + 1}"
            names.add(stem.lower())
            try:
                (folder / f"{stem}.svg").write_text(each.svg(), encoding="utf-8")
            except DrawError as error:
                write(f"no pictures: {error}", yellow=True)
                return
        write(f"{len(names)} picture(s) written to {folder}")

    def _write_json(self, name: str) -> str:
        import json

        path = self._config.invocation_params.dir / name
        path.write_text(json.dumps(self.coverage.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return str(path)


# --- the clock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def virtual_clock(request: pytest.FixtureRequest) -> VirtualClock:
    """The `hsm.testing.VirtualClock` of the loop on which the test runs; the test has to run in virtual time.

    Fixtures of a wider scope, which cannot ask for this one, get theirs from `hsm.testing.running_clock`.
    """
    clock: VirtualClock | None = _on_loop_of_test(request, "clock", "virtual clock")
    if clock is None:
        cure = "mark it with '@pytest.mark.virtual_time', or set 'hsm_virtual_time = true' for all tests"
        if "anyio_backend" in request.fixturenames:
            cure = "let the fixture anyio_backend return ('asyncio', {'loop_factory': hsm.testing.loop_factory()})"
        pytest.fail(f"{request.node.name} has no virtual clock, as it runs in real time: {cure}", False)
    return clock


def _on_loop_of_test(request: pytest.FixtureRequest, what: str, words: str) -> Any:
    """The value of the async fixture that is *what*, *words* in messages, and runs on the loop of the test."""
    name, mark = request.node.name, request.node.get_closest_marker("asyncio")
    if "anyio_backend" in request.fixturenames:
        return request.getfixturevalue(f"_hsm_{what}_of_anyio")
    if mark is None:
        pytest.fail(f"{name} has no {words}: it is not an async test of pytest-asyncio or anyio", False)
    if not request.config.pluginmanager.hasplugin("hsm-clocks"):
        pytest.fail(f"{name} has no {words}: that needs pytest-asyncio 1.4 or newer", False)
    scope = mark.kwargs.get("loop_scope") or request.config.getini("asyncio_default_test_loop_scope")
    return request.getfixturevalue(f"_hsm_{what}_of_{scope}_loop")


async def _running_clock() -> VirtualClock | None:
    from hsm.testing import running_clock

    try:
        return running_clock()
    except RuntimeError:
        return None


@pytest.fixture
async def _hsm_clock_of_anyio() -> VirtualClock | None:
    """On the loop of anyio's plug-in, which runs the async fixtures of its tests."""
    return await _running_clock()


def _clocks_of_asyncio() -> ModuleType:
    """A plug-in that has fixtures for each loop of pytest-asyncio: the clock of that loop, and machines on it."""
    import pytest_asyncio

    fixture: Any = pytest_asyncio.fixture
    plugin = ModuleType("hsm_clocks")
    for scope in _SCOPES:
        for what, value in (("clock", _running_clock), ("machines", _machines)):
            made = fixture(_anew(value), loop_scope=scope, name=f"_hsm_{what}_of_{scope}_loop")
            setattr(plugin, f"{what}_of_{scope}", made)
    return plugin


def _anew(function: Any) -> Any:
    """A function of its own that does the same: one that is a fixture cannot be made another one."""
    return FunctionType(function.__code__, function.__globals__, function.__name__)


# --- machines ------------------------------------------------------------------------------------------------------

_MACHINES = pytest.StashKey["Machines"]()


@pytest.fixture
def hsm_machine(request: pytest.FixtureRequest) -> Machines:
    """Starts machines, which are stopped when the test is over; their traces are shown if it fails.

    ``door = await hsm_machine(model, Door())``; see `hsm.testing.Machines`.
    """
    machines: Machines = _on_loop_of_test(request, "machines", "fixture 'hsm_machine'")
    return machines


async def _machines(request: pytest.FixtureRequest) -> AsyncIterator[Machines]:
    from hsm.testing import Machines

    machines = request.node.stash[_MACHINES] = Machines()
    yield machines
    await machines.stop()


@pytest.fixture
async def _hsm_machines_of_anyio(request: pytest.FixtureRequest) -> AsyncIterator[Machines]:
    """On the loop of anyio's plug-in."""
    async for machines in _machines(request):
        yield machines


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the machines of a failing test did is a section of its report."""
    report = yield
    machines = item.stash.get(_MACHINES, None)
    if machines is not None and report.failed:
        for name, lines in machines.traces():
            report.sections.append((f"hsm trace of {name}", lines))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """A recorder that is compared with lines: both, line by line."""
    kind = type(left)
    if op != "==" or (kind.__module__, kind.__name__) != ("hsm.testing.recording", "Recorder"):
        return None
    if not isinstance(right, list | tuple):
        return None
    from hsm.testing.recording import Recorder, differences

    assert isinstance(left, Recorder)
    return differences(left, [*cast("list[str]", right)])
