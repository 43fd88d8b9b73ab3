"""The page: one file that needs nothing, in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from picture.kiosk import MODEL, Kiosk
from support import started

import hsm
import hsm.draw
from hsm import trace

pytestmark = [pytest.mark.needs_system, pytest.mark.usefixtures("elk")]

WORDS = """
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
const click = (found) => found.dispatchEvent(new MouseEvent("click", {bubbles: true}));
const shape = (path) => document.querySelector(`svg [data-path="${path}"]`);
const arrows = (id) => [...document.querySelectorAll(`g.transition[data-id="${id}"]`)];
const now = () => document.getElementById("now").textContent;
const seen = (found) => { const box = found.getBoundingClientRect(); return box.width + box.height > 0; };
const items = (list) => [...document.querySelectorAll(`#${list} li`)];
const type = (text) => {
  const field = document.getElementById("search");
  field.value = text;
  field.dispatchEvent(new Event("input"));
  return field;
};
const turned = () => document.querySelector("#view svg").style.transform;
const marked = (word) => [...document.querySelectorAll(`svg .${word}`)].map((each) => each.dataset.path || each.dataset.id);
"""
"""What the scripts of the tests are written in."""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """Opens a page from its file, runs a script there, and returns what the script returned."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("needs Chromium")
    folder = tmp_path_factory.mktemp("pages")

    def run(page, script):
        file = folder / "page.html"
        ending = f"""<pre id="told"></pre><script>{WORDS}
            (async () => {{ {script} }})().then((told) => {{
              document.getElementById("told").textContent = JSON.stringify(told === undefined ? null : told);
            }});</script></body>"""
        file.write_text(page.replace("</body>", ending), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--window-size=1200,800"]
        options += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", "--dump-dom"]
        ended = subprocess.run(
            [program, *options, file.as_uri()],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
        assert [line for line in ended.stderr.splitlines() if "CONSOLE" in line] == []
        return json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', ended.stdout, re.DOTALL)[1]))

    return run


async def played(steps):
    """The page of a kiosk that has made so many steps, with its trace as lines."""
    recorder = trace.Recorder(100_000)
    machine = await started(MODEL, Kiosk(), observe=recorder)
    events = ["coin", "hot", "ground", "flow.done", "cup.taken", "sugar"]
    for number in range(steps - 1):
        await machine.dispatch(events[number % len(events)])
    text = recorder.to_json_lines()
    await hsm.stop(machine)
    return hsm.draw.page(MODEL, text)


def test_the_page_opens_without_an_error(chromium):
    """It shows the whole picture, each state and each transition in a list, and no player where there is no trace."""
    told = chromium(
        hsm.draw.page(MODEL),
        """return {
             states: items("states").length, transitions: items("transitions").length,
             player: seen(document.getElementById("player")), title: document.title, moved: turned() !== "",
           }""",
    )
    chart = hsm.chart(MODEL)
    counts = {"states": len(chart.vertices), "transitions": len(chart.transitions)}
    assert told == {**counts, "player": False, "title": "Kiosk", "moved": True}


def test_a_chosen_transition_is_lit(chromium):
    """In the list or in the picture; its place is told, and what a vertex does."""
    told = chromium(
        hsm.draw.page(MODEL, root="/nowhere"),
        """const item = items("transitions").find((each) => each.textContent.startsWith("service"));
           item.dispatchEvent(new PointerEvent("pointerenter"));
           const lit = marked("hit");
           item.dispatchEvent(new PointerEvent("pointerleave"));
           click(item);
           const first = [marked("chosen"), document.getElementById("details").textContent];
           click(shape("/Kiosk/idle").querySelector(".box"));
           const second = [marked("chosen"), document.getElementById("details").textContent];
           press("Escape");
           return [lit, marked("hit"), first, second, marked("chosen"), seen(document.getElementById("details"))];""",
    )
    lit, after, (chosen, details), (state, compartments), none, is_there = told
    assert set(lit) == set(chosen) == {"/Kiosk/serving#0"}
    assert re.search(r"service \[is_service_key_turned\]/Kiosk/serving . /Kiosk/maintenance.*kiosk\.py:\d+$", details)
    assert state == ["/Kiosk/idle"]
    assert "entry / show_menu" in compartments
    assert (after, none, is_there) == ([], [], False)


def test_search_finds_states_and_transitions(chromium):
    """All words have to be there; Enter goes from one match to the next, Escape ends it."""
    told = chromium(
        hsm.draw.page(MODEL),
        """press("/");
           const focused = document.activeElement.id, field = type("RESUME main");
           const left = [...items("states"), ...items("transitions")].filter(seen).map((each) => each.firstChild.data);
           field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
           const first = marked("chosen");
           field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
           const second = marked("chosen");
           field.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
           return [focused, left, first[0], second[0], items("states").every(seen), marked("hit")];""",
    )
    assert told == ["search", ["resume", "resume.exactly"], "/Kiosk/maintenance#0", "/Kiosk/maintenance#1", True, []]


def test_a_collapsed_state_hides_what_is_in_it(chromium):
    """Lines from outside end at its border, those inside are gone; expanding brings all of it back."""
    told = chromium(
        hsm.draw.page(MODEL),
        """const path = "/Kiosk/serving/brewing", line = () => arrows("/Kiosk/split#0")[0].querySelector(".line");
           const before = line().getAttribute("d"), all = () => [
             seen(shape(path + "/water/heating")), seen(arrows(path + "/water/heating#0")[0]),
             line().getAttribute("d") === before, seen(shape("/Kiosk/serving/cup")), seen(shape(path).querySelector(":scope > .folded")),
           ];
           click(shape(path).querySelector(":scope > .fold"));
           const collapsed = all(), end = line().getAttribute("d").match(/[\\d.]+$/)[0];
           const box = shape(path).querySelector(".box"), y = box.getAttribute("y");
           const {d} = Object.fromEntries([...arrows("/Kiosk/split#0")[0].querySelector(".head").attributes].map((each) => [each.name, each.value]));
           click(shape(path).querySelector(":scope > .fold"));
           const expanded = all();
           press("c");
           const none = seen(shape("/Kiosk/serving/cup"));
           press("c");
           return [collapsed, Math.abs(end - y) < 0.2, d.startsWith("M") && d.includes(end), expanded, none, all()];""",
    )
    shut, open_ = [False, False, False, True, True], [True, True, True, True, False]
    assert told == [shut, True, True, open_, False, open_]


def test_the_points_of_a_collapsed_state_stay_on_its_border(chromium):
    """What leads to an entry point still ends there, and the sign of hidden parts is shown."""
    told = chromium(
        hsm.draw.page(MODEL),
        """click(shape("/Kiosk/serving").querySelector(":scope > .fold"));
           return [
             ["/paid", "/aborted", "/H", "/brewing", "/poured"].map((name) => seen(shape("/Kiosk/serving" + name))),
             [...shape("/Kiosk/serving").querySelectorAll(":scope > .folded")].map(seen),
             seen(arrows("/Kiosk/decide#0")[0]), seen(arrows("/Kiosk/serving/paid#0")[0]),
           ];""",
    )
    assert told == [[True, True, False, False, False], [True, True], True, False]


def test_search_tells_names_from_paths(chromium):
    """A name finds what is called so and what leads there; only a path finds all that is in it."""
    told = chromium(
        hsm.draw.page(MODEL),
        """const found = (text) => { type(text); return items("states").filter(seen).map((each) => each.firstChild.data); };
           return [found("brewing"), found("serving/brewing/w").length];""",
    )
    inside = [
        path
        for path in [each.path for each in hsm.chart(MODEL).vertices]
        if path.startswith("/Kiosk/serving/brewing/w")
    ]
    assert told == [["brewing"], len(inside)]


def test_a_picture_that_somebody_moved_stays_where_it_is(chromium):
    """When the window changes its size; one that nobody moved is placed anew."""
    told = chromium(
        hsm.draw.page(MODEL),
        """const view = document.getElementById("view"), placed = () => { dispatchEvent(new Event("resize")); return turned(); };
           const first = turned();
           view.style.flex = "0 0 400px";
           const smaller = placed();
           press("+");
           const moved = turned();
           view.style.flex = "";
           return [smaller !== first, placed() === moved];""",
    )
    assert told == [True, True]


def test_the_picture_moves_and_its_colours_change(chromium):
    """By keys and buttons, the wheel and the pointer."""
    told = chromium(
        hsm.draw.page(MODEL),
        """const view = document.getElementById("view"), seen = [turned()];
           for (const key of ["+", "-", "ArrowUp", "ArrowLeft", "0"]) { press(key); seen.push(turned()); }
           view.dispatchEvent(new WheelEvent("wheel", {deltaY: -200, clientX: 100, clientY: 100, cancelable: true}));
           seen.push(turned());
           const drag = (name, x, y) => view.dispatchEvent(new PointerEvent(name, {pointerId: 1, button: 0, clientX: x, clientY: y}));
           view.setPointerCapture = () => {};
           drag("pointerdown", 100, 100); drag("pointermove", 140, 120); drag("pointerup", 140, 120);
           seen.push(turned());
           const back = getComputedStyle(document.body).backgroundColor, box = getComputedStyle(shape("/Kiosk/idle").querySelector(".box")).fill;
           press("d");
           return [seen, back !== getComputedStyle(document.body).backgroundColor,
             box !== getComputedStyle(shape("/Kiosk/idle").querySelector(".box")).fill];""",
    )
    moved, *changed = told
    assert all(one != other for one, other in pairwise(moved))
    assert changed == [True, True]


async def test_a_trace_of_500_steps_plays_forwards_and_backwards(chromium):
    """Each step shows what was active after it and what it took, whichever way one comes to it."""
    told = chromium(
        await played(500),
        """const show = () => [now().split(" \\u00b7 ").slice(0, 3).join("|"), marked("active").filter((each) => each.startsWith("/")).sort().join(), marked("taken").sort().join()];
           const forwards = [show()], backwards = [];
           for (let i = 1; i < 500; i++) { press("ArrowRight"); forwards.push(show()); }
           press("ArrowRight");
           backwards.push(show());
           for (let i = 1; i < 500; i++) { press("ArrowLeft"); backwards.push(show()); }
           press("End");
           const last = now();
           press("Home");
           press(" ");
           await new Promise((done) => setTimeout(done, 1100));
           press(" ");
           const went = now();
           await new Promise((done) => setTimeout(done, 1100));
           click(items("steps")[41]);
           return [forwards[0], forwards[1], JSON.stringify(forwards) === JSON.stringify(backwards.reverse()), last, went, now(), items("steps").length];""",
    )
    first, second, is_same, last, went, chosen, count = told
    assert first[:2] == ["1 of 500|start|taken", "/Kiosk,/Kiosk/idle"]
    assert second[0] == "2 of 500|event 'coin'|taken"
    assert "/Kiosk/serving/paid#0" in second[2].split(",")
    assert is_same
    assert last.startswith("500 of 500")
    assert went.startswith("4 of 500")
    assert chosen.startswith("42 of 500")
    assert count == 500


def test_nothing_in_a_name_gets_out_of_its_place(chromium):
    """Markup in names of states, events and functions stays text."""

    def evil(ctx, instance, event):
        return True

    evil.__qualname__ = "</script><script>document.title = 'evil'</script>"
    name = "</script><script>document.title = 'evil'<!--<script>"
    parts = [hsm.transition(hsm.on("<img src=x onerror=alert(1)>"), hsm.target("b"), hsm.guard(evil), hsm.effect(evil))]
    page = hsm.draw.page(hsm.define("a&<b>", hsm.state(name.replace("/", "\u2044"), *parts), hsm.state("b")))

    class Tags(HTMLParser):
        scripts = 0

        def handle_starttag(self, tag, attrs):
            self.scripts += tag == "script"
            assert tag != "img"

    tags = Tags()
    tags.feed(page)
    assert tags.scripts == 2
    assert chromium(page, "return [document.title, document.scripts.length]") == ["a&<b>", 3]


def test_a_page_asks_no_network_for_anything():
    """Nothing is loaded, and the browser is told to load nothing."""
    page = hsm.draw.page(MODEL)
    assert "default-src 'none'" in page
    assert re.findall(r"""(?:src|href)=|url\(|@import|https?://(?!www\.w3\.org/2000/svg)""", page) == []


def test_places_are_relative_to_a_directory(tmp_path):
    """To the working directory, unless another one is given; what has none has no place."""
    chart = hsm.chart(MODEL)
    assert chart.vertices[0].place is not None
    folder = chart.vertices[0].place.file.rpartition("/")[0]

    def first(page):
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
        return data["vertices"][0]["place"]

    line = chart.vertices[0].place.line
    assert first(hsm.draw.page(MODEL, root=folder)) == f"kiosk.py:{line}"
    assert first(hsm.draw.page(MODEL, root=str(tmp_path))) == f"{folder}/kiosk.py:{line}"
    assert first(hsm.draw.page(MODEL)).endswith(f"kiosk.py:{line}")


def test_the_page_holds_the_picture_itself():
    """The same shapes as the file, and nothing marked."""
    page, svg = hsm.draw.page(MODEL), hsm.draw.svg(MODEL)
    body = svg[svg.index('<g class="state composite"') :]
    assert body in page
