"""Targets: what names a model, and what is said where a name leads nowhere."""

from __future__ import annotations

import pytest

MODEL = 'hsm.define("{0}", hsm.state("a", hsm.transition(hsm.on("x"), hsm.target("."))))'
ONE = f"import hsm\nmodel = {MODEL.format('One')}\n"


def named(ran):
    """The name in the chart that was written."""
    assert ran.err == ""
    return ran.out.partition('"name": "')[2].partition('"')[0]


@pytest.mark.parametrize(
    "target", ["door.py:Door", "door:Door", "./door.py:Door", "door.py", "door", "door:made", "door.py:Local"]
)
def test_a_model_is_named_by_what_has_it(door, hsm_command, target):
    """A file or a module, alone or with a class, an instance, or the name of a model that only a function knows."""
    path = door.path / "door.py"
    local = f"\nmade = Door()\ndef make():\n    return {MODEL.format('Local')}\nmake()\n"
    if ":" in target:
        path.write_text(path.read_text() + local)
    assert named(hsm_command("chart", target)) == ("Local" if target.endswith("Local") else "Door")


def test_a_package_has_all_its_models(project, hsm_command):
    """Packages and directories are searched, at any depth; relative imports work, and what cannot matter is not run."""
    project(
        shop__slash____init__="",
        shop__slash__orders=f"import hsm\nfrom .inner.parts import part\nmodel = {MODEL.format('Order')}\n",
        shop__slash__inner__slash____init__="",
        shop__slash__inner__slash__parts=f"import hsm\npart = {MODEL.format('Part')}\n",
        shop__slash__setup="raise SystemExit('this is not to be run')",
        shop__slash__venv__slash__lib="import hsm\nraise SystemExit('nor is this')",
    )
    (project.path / "shop" / "venv" / "pyvenv.cfg").write_text("")
    for target in ("shop", "./shop", "shop.orders", "shop/inner"):
        ran = hsm_command("check", target)
        assert (ran.code, ran.err) == (0, "")
    assert hsm_command("check", "shop").out == "no problems in 2 models\n"
    written = hsm_command("chart", "shop", "--no-places")
    assert [written.out.count(f'"name": "{name}"') for name in ("Order", "Part")] == [1, 1]


def test_what_a_module_prints_does_not_come_between(project, hsm_command):
    """Standard output has the report alone."""
    project(loud=f"print('loading')\n{ONE}")
    ran = hsm_command("check", "loud.py", "--output-format", "json")
    assert (ran.out, ran.err) == ("[]\n", "loading\n")


def test_a_file_does_not_take_the_place_of_a_module(project, hsm_command):
    """A file that is called as a module which is loaded is loaded beside it; twice it is the same."""
    project(json=ONE, other=f"import json\njson.dumps(1)\n{ONE}")
    assert hsm_command("check", "json.py", "other.py").out == "no problems in 2 models\n"
    assert named(hsm_command("chart", "other.py:model")) == "One"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("dor.py", "error: there is no file 'dor.py'\n  = help: did you mean 'door.py'?\n"),
        ("nowhere/dor.py", "error: there is no file 'nowhere/dor.py'\n"),
        ("dor", "error: there is no module 'dor'\n  = help: modules are looked for in the working directory, and where Python looks for them\n"),
        ("door.inner", "error: there is no module 'door.inner'\n  = help: modules are looked for in the working directory, and where Python looks for them\n"),
        ("..x", "error: there is no module '..x'\n  = help: modules are looked for in the working directory, and where Python looks for them\n"),
        ("sys", "error: module 'sys' has no source to look at\n"),
        ("door.py:Dor", "error: 'door.py' has nothing called 'Dor'\n  = help: did you mean 'Door'?\n"),
        ("door.py:x", "error: 'door.py' has nothing called 'x'\n  = help: its models are 'Door'\n"),
        ("empty.py:x", "error: 'empty.py' has nothing called 'x'\n"),
        ("empty.py", "error: 'empty.py' defines no model\n"),
        ("door.py:Knock", "error: 'door.py:Knock' is class 'Knock', which is not a model, and has none\n  = help: name a model, or a class or an instance that has one\n"),
        ("door.py:Machine", "error: 'door.py:Machine' is class 'Machine', which is abstract, or declares no states\n  = help: name a model, or a class or an instance that has one\n"),
        ("door.py:Door.known", "error: 'door.py:Door.known' is 'Ada', which is not a model, and has none\n  = help: name a model, or a class or an instance that has one\n"),
        ("nothing:x", "error: 'nothing' has no Python file\n"),
        ("two.py", "error: 'two.py' has 2 models\n  = help: name one: two.py:One\n  = help: it has 'One', 'Two'\n"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_explained(door, hsm_command, target, message):
    """The message says what there is instead, in the style of the error catalogue; no traceback, and exit code 2."""
    (door.path / "nothing").mkdir()
    door(empty="import hsm\n", two=f"{ONE}\nother = {MODEL.format('Two')}\n")
    ran = hsm_command("explain", target, "x")
    assert (ran.code, ran.out, ran.err) == (2, "", message)


def test_a_model_may_share_its_name_with_another_class(project, hsm_command):
    """What a hint says to name can be named: the model "Order" beside a class `Order` that it works on."""
    project(shop="import hsm\nclass Order: ...\n" + MODEL.format("Order").join(["model = ", "\n"]) + ONE)
    assert "name one: shop.py:Order\n" in hsm_command("explain", "shop.py", "x").err
    assert hsm_command("draw", "shop.py:Order").out.startswith("Order\n")


def test_models_of_one_name_are_listed_once(project, hsm_command):
    """A folder may have the same machine written twice."""
    project(shop__slash__a=ONE, shop__slash__b=ONE)
    expected = "error: 'shop' has 2 models{}\n  = help: name one: shop:One\n  = help: it has 'One'\n"
    assert hsm_command("explain", "shop", "x").err == expected.format("")
    assert hsm_command("draw", "shop", "-f", "svg").err == expected.format(", and svg shows one")


def test_a_shadowed_file_is_suggested(project, hsm_command):
    """A module that is not found, but is a file below the working directory, is named as that."""
    project(bin__slash__door=ONE, bin__slash__x="")
    (project.path / "lib.py").write_text("")
    (project.path / "lib").mkdir()
    (project.path / "lib" / "part.py").write_text(ONE)
    assert "did you mean 'lib/part.py'?" in hsm_command("check", "lib.part").err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import hsm\n\nimport nothing_of_that_name\n", "error: 'bad.py' cannot be imported\n --> bad.py:3:1\n  |\n3 | import nothing_of_that_name\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  = help: ModuleNotFoundError: No module named 'nothing_of_that_name'\n"),
        ("import hsm\nraise ValueError('no\\nway')\n", "error: 'bad.py' cannot be imported\n --> bad.py:2:1\n  |\n2 | raise ValueError('no\\nway')\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  = help: ValueError: no way\n"),
        ("import hsm\nraise SystemExit(3)\n", "error: 'bad.py' cannot be imported\n --> bad.py:2:1\n  |\n2 | raise SystemExit(3)\n  | ^^^^^^^^^^^^^^^^^^^\n  = help: SystemExit: 3\n"),
        ("import hsm\nx = = 1\n", "error: 'bad.py' cannot be imported\n --> bad.py:2:5\n  |\n2 | x = = 1\n  |     ^\n  = help: SyntaxError: invalid syntax\n"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_imported_is_explained(project, hsm_command, text, message):
    """The user's own line is shown, with what Python says; `check` reports what it found first."""
    project(bad=text, good=ONE)
    ran = hsm_command("check", "good.py", "bad.py", "--output-format", "concise")
    assert (ran.code, ran.out, ran.err) == (2, "", message)
    assert hsm_command("draw", "bad.py").err == message


def test_an_error_elsewhere_has_no_place(project, hsm_command):
    """What a module of another folder raises in a module's name is reported without a line of the user's."""
    project(bad__slash____init__="raise ValueError('in the package')\n", bad__slash__part=ONE)
    ran = hsm_command("check", "bad.part")
    assert ran.code == 2
    assert ran.err == "error: module 'bad.part' cannot be imported\n  = help: ValueError: in the package\n"


def test_what_is_missing_around_a_module_is_named(project, hsm_command):
    """The package of the module may import what is not installed."""
    project(bad__slash____init__="import nothing_of_that_name\n", bad__slash__part=ONE)
    ran = hsm_command("check", "bad.part")
    assert ran.err == (
        "error: module 'bad.part' cannot be imported\n"
        "  = help: ModuleNotFoundError: No module named 'nothing_of_that_name'\n"
    )


def test_a_target_that_is_named_twice_is_loaded_once(door, hsm_command):
    """Two names in one file are two models of one import."""
    assert hsm_command("check", "door.py:Door", "door.py").out == "no problems in 1 model\n"


def test_a_broken_model_cannot_be_drawn(project, hsm_command):
    """What is wrong with it is shown, and the exit code is that of findings."""
    project(
        broken='import hsm\nmodel = hsm.define("B", hsm.state("a", hsm.transition(hsm.on("x"), hsm.target("b"))))\n'
    )
    ran = hsm_command("explain", "broken.py", "x")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("1 problem in model 'B'\n\nerror[HSM021]: target 'b' does not name a vertex\n")


def test_a_package_may_be_anywhere_on_the_path(project, hsm_command, monkeypatch):
    """An installed package is named as Python names it."""
    project(site__slash__parts__slash____init__=ONE, site__slash__parts__slash__more=ONE)
    monkeypatch.syspath_prepend(project.path / "site")
    assert hsm_command("check", "parts").out == "no problems in 2 models\n"
