"""The playground's page, as mkdocs builds it, in a real browser with CPython in WebAssembly."""

from __future__ import annotations

import http.server
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from functools import partial
from pathlib import Path

import pytest
from support.browser import Browser

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.needs_system


def wheel_of(name, folder):
    """A wheel of what is installed as *name*: in a test, nothing comes from a network."""
    found = importlib.metadata.distribution(name)
    path = folder / f"{name.replace('-', '_')}-{found.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for each in found.files:
            if "__pycache__" not in each.parts and ".." not in each.parts:
                packed.write(each.locate(), str(each))
    return path


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, in silence, with the types that a browser wants, and to pages of other origins too."""

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page as mkdocs builds it, with Pyodide from a folder of this machine: its address, and the site's folder."""
    pyodide = os.environ.get("HSM_PYODIDE")
    if not pyodide:
        pytest.skip("needs Pyodide: HSM_PYODIDE is the folder that npm installs it in")
    for needed in ("mkdocs", "material", "hatchling"):
        pytest.importorskip(needed, reason=f"needs {needed}: pip install 'hsm-dsl[dev]'")
    folder = tmp_path_factory.mktemp("site")
    (folder / "docs").mkdir()
    for name in ("playground.md", "playground", "stylesheets"):
        (folder / "docs" / name).symlink_to(ROOT / "docs" / name)
    settings = {
        "INHERIT": str(ROOT / ".ci" / "mkdocs.yml"),
        "docs_dir": "docs",
        "site_dir": "site",
        "hooks": [str(ROOT / ".ci" / name) for name in ("pages.py", "playground.py")],
        "nav": [{"Playground": "playground.md"}],
        "plugins": [],
    }
    (folder / "mkdocs.yml").write_text(json.dumps(settings), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-f", folder / "mkdocs.yml"], check=True, timeout=120
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder / "site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wheels = [wheel_of(name, folder / "site") for name in ("attrs", "typing-extensions")]
    (folder / "site" / "pyodide").symlink_to(pyodide)
    other = f"http://localhost:{server.server_port}"  # another origin than the page's, as for readers
    page = folder / "site" / "playground" / "index.html"
    text = re.sub(r'data-pyodide="[^"]*"', f'data-pyodide="{other}/pyodide/"', page.read_text(encoding="utf-8"))
    packages = " ".join([f"{other}/{each.name}" for each in wheels])
    page.write_text(re.sub(r'data-packages="[^"]*"', f'data-packages="{packages}"', text), encoding="utf-8")
    yield f"http://127.0.0.1:{server.server_port}/playground/", folder / "site"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(site, tmp_path):
    """The page in Chromium, with the source of the first model in it."""
    browser = Browser(tmp_path, "--window-size=1400,1100")
    browser.ask("Page.navigate", url=site[0])
    browser.until("document.querySelector('.play-source textarea')?.value.includes('class Door')")
    yield browser
    browser.close()


READY = "document.querySelector('.play.play-on:not(.play-busy)') !== null"
ACTIVE = "[...document.querySelectorAll('.play-picture .state.active')].map((each) => each.dataset.path).join()"
STATUS = "document.querySelector('.play-status').textContent"
TAKEN = "[...document.querySelectorAll('.play-picture .transition.taken')].map((each) => each.dataset.id).join()"


def press(page, button):
    page.run(f"document.querySelector({json.dumps(button)}).click()")


def test_a_reader_plays_in_a_browser(page):
    """Python is loaded on a click; an event, time, and `undo` light the picture, and nothing goes wrong meanwhile."""
    page.until(f"{ACTIVE} === '/Door,/Door/Closed'")
    press(page, ".play-primary")
    page.until(READY, 120)
    assert page.run(ACTIVE) == "/Door,/Door/Closed"
    press(page, "[data-event=Knock]")
    page.until(f"{READY} && {ACTIVE} === '/Door,/Door/Open'")
    assert page.run(TAKEN) == "/Door/Closed#0"
    press(page, "[data-wait='+5s']")
    page.until(f"{READY} && {ACTIVE} === '/Door,/Door/Closed'")
    assert page.run("document.querySelector('.play-where').textContent") == "/Door/Closed, 5 s"
    press(page, ".play-bar button")
    page.until(f"{READY} && {ACTIVE} === '/Door,/Door/Open'")
    log = page.run("document.querySelector('.play-log').textContent")
    assert "Come in, Ada." in log
    assert "Closing after 1 guest(s)." in log
    assert page.wrong == []


def test_a_site_without_the_library_says_so(page, site):
    """Before Python is loaded; the page can be read all the same."""
    wheel = site[1] / "playground" / "hsm.whl"
    aside = wheel.rename(wheel.with_suffix(".aside"))
    try:
        press(page, ".play-primary")
        page.until(f"{STATUS}.startsWith('The library is not part of this site')")
    finally:
        aside.rename(wheel)
    assert page.run("document.querySelector('.play-primary').hidden") is False
    assert all("hsm.whl" in each for each in page.wrong)


def test_a_model_that_never_ends_can_be_stopped(page):
    """The page stays alive meanwhile, and plays on with another source."""
    write = """((old, to) => {
        const source = document.querySelector(".play-source textarea");
        source.value = source.value.replace(old, to);
        source.dispatchEvent(new Event("input"));
    })"""
    page.run(f"""{write}('print(f"Come in, {{event.who}}.")', "while True: pass")""")
    press(page, ".play-primary")
    page.until(READY, 120)
    press(page, "[data-event=Knock]")
    page.until("[...document.querySelectorAll('.play-cover button')].some((each) => each.innerText === 'Stop')")
    page.run("[...document.querySelectorAll('.play-cover button')].find((each) => each.innerText === 'Stop').click()")
    page.until(f"{STATUS} === 'Stopped.'")
    page.run(f"""{write}("while True: pass", "print('welcome')")""")
    press(page, ".play-primary")
    page.until(READY, 120)
    press(page, "[data-event=Knock]")
    page.until(f"{READY} && {ACTIVE} === '/Door,/Door/Open'")
    assert page.wrong == []
