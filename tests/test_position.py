"""Where an element was written: lines, columns, and what is said when they are unknown."""

from __future__ import annotations

import functools
import linecache
import pickle
import subprocess
import sys

import pytest

import hsm
from hsm.position import Place, Positions, Source, call_site, of_function


def mark():
    """The call of this function."""
    return call_site()


def run(program, file, **names):
    """The names that *program* defines, run as if it stood in *file*."""
    scope = {"mark": mark, "hsm": hsm, **names}
    exec(compile(program, str(file), "exec"), scope)
    return scope


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Runs a program from a file in the working directory and returns its names."""
    monkeypatch.chdir(tmp_path)

    def write(program):
        file = tmp_path / "door.py"
        file.write_text(program, encoding="utf-8")
        linecache.checkcache()
        return run(program, file)

    return write


def test_place_is_the_call_alone(written, tmp_path):
    """The position is that of the call itself, with its arguments, and not of the statement around it."""
    place = written("a = 1\nb = [1, mark(), 2]\n")["b"][1].place()
    assert place == Place(str(tmp_path / "door.py"), 2, 8, 2, 14)
    assert place.text == "b = [1, mark(), 2]"


def test_two_calls_of_one_line_are_told_apart(written):
    """Each of several calls in a line has columns of its own."""
    first, second = written("pair = mark(), mark()\n")["pair"]
    assert (first.place().column, second.place().column) == (7, 15)


def test_columns_count_characters(written):
    """Text that is not ASCII before or in the call does not move the columns."""
    place = written("größe, b = 'äöü€𝄞', mark()\n")["b"].place()
    assert place.text[place.column : place.end_column] == "mark()"


def test_call_over_several_lines(written):
    """A call over several lines starts on its first line and ends, in columns of its last, on its last."""
    place = written("a = mark(\n)\n")["a"].place()
    assert (place.line, place.column, place.end_line, place.end_column) == (1, 4, 2, 1)


def test_caret_of_a_long_call_ends_with_its_first_line(written):
    """Under a call over several lines, the caret goes to the end of the line that is shown."""
    with pytest.raises(hsm.DefinitionError) as caught:
        written("hsm.define(\n    'Door',\n    hsm.state(\n        ''\n    ),\n)\n")
    assert caught.value.diagnostics[0].render().splitlines()[1:5] == [
        " --> door.py:3:5",
        "  |",
        "3 |     hsm.state(",
        "  |     ^^^^^^^^^^",
    ]


def test_text_of_a_place_reads_line_and_column_from_one():
    """A place is written as editors read it: the column counts from 1."""
    assert str(Place("door.py", 3, 4)) == "door.py:3:5"


def test_text_of_a_place_without_columns():
    """Where the interpreter keeps no columns, a place is file and line."""
    assert str(Place("door.py", 3)) == "door.py:3"


def test_source_shows_its_place(written):
    """The repr of a source is its place."""
    assert repr(written("a = mark()\n")["a"]) == "<door.py:1:5>"


def test_file_inside_the_working_directory_is_shown_from_there(written, tmp_path):
    """A place knows the whole name of its file, and is shown with what is left of it in the working directory."""
    place = written("a = mark()\n")["a"].place()
    assert (place.file, place.short, str(place)) == (str(tmp_path / "door.py"), "door.py:1", "door.py:1:5")


def test_file_outside_the_working_directory_is_shown_whole(written, tmp_path, monkeypatch):
    """A file elsewhere is shown as it is, also where the working directory's name is the beginning of its own."""
    place = written("a = mark()\n")["a"].place()
    (tmp_path / "door").mkdir()
    monkeypatch.chdir(tmp_path / "door")
    assert place.short == f"{tmp_path / 'door.py'}:1"


def test_line_is_found_after_a_change_of_directory(written, tmp_path, monkeypatch):
    """A message that is made elsewhere than the model still shows the line."""
    source = written("a = mark()\n")["a"]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    linecache.clearcache()
    assert source.place().text == "a = mark()"


def test_pickled_source_keeps_its_place(written):
    """A source that goes to another process takes file, line and columns along."""
    source = written("a = mark()\n")["a"]
    assert pickle.loads(pickle.dumps(source)).place() == source.place()


def test_missing_file_leaves_the_picture_out():
    """Without the source text there is no picture: message, line, place in the model and help stay."""
    with pytest.raises(hsm.DefinitionError) as caught:
        run("\n\nhsm.define('Door', hsm.state('..'))\n", "nowhere/door.py")
    head, arrow, *rest = caught.value.diagnostics[0].render().splitlines()
    assert head == "error[HSM003]: '..' is not a valid name"
    assert arrow.startswith(" --> nowhere/door.py:3")
    assert rest[0] == "  = in:   /Door"
    assert [line[:10] for line in rest[1:]] == ["  = help: "]


def test_missing_file_keeps_the_column():
    """A position whose text cannot be read is still the position: its column is not made up."""
    place = run("value = mark()\n", "nowhere/door.py")["value"].place()
    assert (place.text, place.column) == (None, 8)


@pytest.mark.needs_system
def test_interpreter_without_columns_leaves_the_picture_out(tmp_path):
    """Under `-X no_debug_ranges` a message has the line, and neither columns nor a picture."""
    file = tmp_path / "door.py"
    file.write_text("import hsm\nhsm.define('Door',\n    hsm.state('..'))\n")
    done = subprocess.run(
        [sys.executable, "-X", "no_debug_ranges", file.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "error[HSM003]: '..' is not a valid name\n --> door.py:3\n  = in:   /Door\n  = help:" in done.stderr


def test_instruction_without_a_position():
    """For an instruction that has no position the place is the first line of its code."""
    code = compile("\n\n\ndef f():\n    pass\n", "door.py", "exec").co_consts[0]
    assert Source(code, 10_000).place() == Place("door.py", 4)
    assert Positions().place(Source(code, 10_000)) == Place("door.py", 4)


def test_many_places_are_the_same_as_each():
    """Looking several calls of one code object up together gives the places that they have one by one."""
    several = [mark(), mark(), pickle.loads(pickle.dumps(mark()))]
    positions = Positions()
    assert [positions.place(each) for each in several] == [each.place() for each in several]


def test_call_from_c_is_the_call_around_it(written):
    """A call that `map` or a partial makes stands where the Python code called them."""
    names = written(
        "import functools\nmapped = list(map(lambda call: call(), [mark]))\nbound = functools.partial(mark)()\n"
    )
    assert names["mapped"][0].place().line == 2
    assert str(names["bound"].place()) == "door.py:3:9"


def test_here_may_be_asked_from_deeper():
    """With a depth, the position is that of a call further out."""

    def inner():
        return call_site(2)

    def outer():
        return inner()

    found = outer()
    assert found.place().text.strip() == "found = outer()"


def test_function_stands_where_its_def_does(written, tmp_path):
    """The position of a function is the line of its `def`, without columns."""
    function = written("\n\ndef ring(ctx, bell, event):\n    pass\n")["ring"]
    assert of_function(function) == Place(str(tmp_path / "door.py"), 3)


@pytest.mark.parametrize(
    "thing", [len, int, functools.partial(mark), None], ids=["builtin", "class", "partial", "None"]
)
def test_what_is_no_function_stands_nowhere(thing):
    """What is written in no Python file, or is no plain function, has no position."""
    assert of_function(thing) is None


def test_tabs_keep_the_caret_under_the_call(written):
    """A line that is indented with tabs has tabs before the caret too, so both are as wide."""
    with pytest.raises(hsm.DefinitionError) as caught:
        written("if True:\n\thsm.define('Door',\thsm.state(''))\n")
    _, _, _, line, caret, *_ = caught.value.diagnostics[0].render().splitlines()
    assert line == "2 | \thsm.define('Door',\thsm.state(''))"
    assert caret == "  | \t" + " " * len("hsm.define('Door',") + "\t" + "^" * len("hsm.state('')")


def test_a_loader_that_fails_leaves_the_picture_out():
    """Python asks the loader of a module for its source; what that raises is nobody's mistake here."""

    class Loader:
        def get_source(self, name):
            raise RuntimeError("no source today")

    names = {"hsm": hsm, "__name__": "nowhere", "__loader__": Loader()}
    with pytest.raises(hsm.DefinitionError) as caught:
        exec(compile("hsm.define('Door', hsm.state('..'))", "<nowhere>", "exec"), names)
    linecache.lazycache("<nowhere>", names)
    assert "<nowhere>:1" in caught.value.diagnostics[0].render()
    linecache.lazycache("<nowhere>", names)
    assert caught.value.diagnostics[0].where.place().text is None


def test_a_callable_that_lets_nobody_look_has_no_place():
    """It is called all the same."""

    class Closed:
        def __getattr__(self, name):
            raise RuntimeError(name)

        def __call__(self, ctx, instance, event):
            pass

    class Claims:
        __code__ = "none"

    assert (of_function(Closed()), of_function(Claims()), of_function(len)) == (None, None, None)


@pytest.mark.needs_system
def test_a_place_is_shown_whole_where_the_working_directory_is_gone(tmp_path, monkeypatch):
    """There is nothing that the file could be inside of."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert Place("/some/door.py", 3, 4).short == "/some/door.py:3"
    assert str(Place("/some/door.py", 3, 4)) == "/some/door.py:3:5"


def test_a_loader_that_raises_when_it_is_asked_for_a_line_hides_no_message():
    """Then the line is not shown."""

    class Loader:
        def get_source(self, name):
            raise RuntimeError("no source")

    linecache.lazycache("odd.py", {"__name__": "odd", "__loader__": Loader()})
    assert run("where = mark()", "odd.py")["where"].place().line == 1
