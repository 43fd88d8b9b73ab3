"""The command `check`: what it reports, in which form, and what a comment takes out."""

from __future__ import annotations

import json
import sys

import pytest

import hsm
from hsm.cli.formats import fitted, written
from hsm.position import Place, Source

BAD = """\
import hsm

model = hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state("on", hsm.transition(hsm.on("press"), hsm.target("of"))),
)
other = hsm.define(
    "Fan",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on")), hsm.defer("käse, 100%")),
    hsm.state("on", hsm.transition(hsm.on("press"), hsm.target("off"))),
    hsm.state("away"),
)
"""
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["message"],
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": -1},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {
                                    "type": "object",
                                    "required": ["text"],
                                    "properties": {"text": {"type": "string"}},
                                },
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "type": "object",
                                                        "properties": {
                                                            "uri": {"type": "string", "format": "uri-reference"}
                                                        },
                                                    },
                                                    "region": {
                                                        "type": "object",
                                                        "additionalProperties": False,
                                                        "properties": {
                                                            name: {"type": "integer", "minimum": 1}
                                                            for name in (
                                                                "startLine",
                                                                "startColumn",
                                                                "endLine",
                                                                "endColumn",
                                                            )
                                                        },
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What of the schema of SARIF 2.1.0 a report of ours can touch."""


@pytest.fixture
def bad(project):
    """A file with an error and two warnings."""
    project(bad=BAD)
    return project


def test_the_full_report_has_lines_and_helps(bad, hsm_command):
    """Each problem is shown with its source line, and the last line counts."""
    ran = hsm_command("check", "bad.py")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith(
        "error[HSM021]: target 'of' does not name a vertex\n --> bad.py:6:53\n  |\n6 |     hsm.state("
    )
    assert ran.out.endswith("\n\n3 problems in 1 file\n")


def test_the_concise_report_has_one_line_each(bad, hsm_command):
    """File, line, column, code and message, for editors."""
    assert hsm_command("check", "bad.py", "--output-format", "concise").out == (
        "bad.py:6:53: HSM021 target 'of' does not name a vertex\n"
        "bad.py:10:73: HSM107 'käse, 100%' is deferred, and nothing ever takes it\n"
        "bad.py:12:5: HSM060 /Fan/away can never be reached\n"
    )


def test_the_json_report_has_everything(bad, hsm_command):
    """Every field of a diagnostic, and columns as people count them."""
    first, second, _ = json.loads(hsm_command("check", "bad.py", "--output-format", "json").out)
    assert first == {
        "code": "HSM021",
        "severity": "error",
        "message": "target 'of' does not name a vertex",
        "file": "bad.py",
        "line": 6,
        "column": 53,
        "end_line": 6,
        "end_column": 69,
        "label": "nothing is called 'of' in /Lamp/on or around it",
        "in": "transition of /Lamp/on on 'press'",
        "help": ["did you mean 'off'?"],
    }
    assert second["severity"] == "warning"


@pytest.mark.needs_system
def test_the_sarif_report_fits_the_schema(bad, hsm_command):
    """A report is valid SARIF 2.1.0, and each result refers to its rule."""
    import jsonschema  # imported late: what is compiled in it does not load in WebAssembly

    for target in ("bad.py", "bad.py:other"):
        report = json.loads(hsm_command("check", target, "--output-format", "sarif").out)
        jsonschema.validate(report, SARIF)
        (run,) = report["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert run["results"]
        assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_the_sarif_report_names_files_by_uris(project, hsm_command, tmp_path_factory):
    """Spaces and other letters are escaped; what is outside the working directory has an absolute address."""
    (project.path / "größe 1%").mkdir()
    elsewhere = tmp_path_factory.mktemp("else where") / "bad.py"
    for path in (project.path / "größe 1%" / "bad.py", elsewhere):
        path.write_text(BAD, encoding="utf-8")
    report = json.loads(hsm_command("check", "größe 1%/bad.py", elsewhere, "--output-format", "sarif").out)
    places = [each["locations"][0]["physicalLocation"] for each in report["runs"][0]["results"]]
    assert {each["artifactLocation"]["uri"] for each in places} == {
        "gr%C3%B6%C3%9Fe%201%25/bad.py",
        elsewhere.as_uri(),
    }


def test_the_github_report_annotates(bad, hsm_command):
    """One workflow command each, with what could end it early escaped."""
    lines = hsm_command("check", "bad.py", "--output-format", "github").out.splitlines()
    assert lines[0].startswith("::error file=bad.py,line=6,title=HSM021,col=53::target 'of' does not name a vertex: ")
    assert lines[1] == (
        "::warning file=bad.py,line=10,title=HSM107,col=73::'käse, 100%25' is deferred, and nothing ever takes it: "
        "no transition of the model is on it%0Aadd a transition on 'käse, 100%25', or remove the deferral"
    )


def test_a_report_can_go_into_a_file(bad, hsm_command):
    """With ``-o`` nothing is printed; a file that cannot be written is a usage mistake."""
    ran = hsm_command("check", "bad.py", "-o", "report.txt")
    assert (ran.code, ran.out) == (1, "")
    assert (bad.path / "report.txt").read_text(encoding="utf-8").endswith("3 problems in 1 file\n")
    ran = hsm_command("check", "bad.py", "-o", "no/such/folder.txt")
    assert (ran.code, ran.err) == (
        2,
        "error: 'no/such/folder.txt' cannot be written\n  = help: No such file or directory\n",
    )


def test_a_name_asks_for_one_model(bad, hsm_command):
    """``bad.py:other`` reports what is wrong with that model, and nothing of the others."""
    assert hsm_command("check", "bad.py:other", "--output-format", "concise").out.count("\n") == 2
    assert hsm_command("check", "bad.py:model", "--output-format", "concise").out.count("HSM021") == 1


def test_a_comment_ignores_a_code_on_its_line(bad, hsm_command):
    """Codes in the comment are left out, those of the compiler's warnings too; an error is not, as the model cannot run."""
    path = bad.path / "bad.py"
    text = path.read_text(encoding="utf-8")
    text = text.replace('100%")),', '100%")),  # hsm: ignore[HSM101, HSM107]').replace(
        '"away"),', '"away"),  # hsm: ignore[HSM060]'
    )
    path.write_text(text.replace('target("of"))),', 'target("of"))),  # hsm: ignore[HSM021]'), encoding="utf-8")
    ran = hsm_command("check", "bad.py", "--output-format", "concise")
    assert ran.out == "bad.py:6:53: HSM021 target 'of' does not name a vertex\n"
    path.write_text(text.replace('"of"', '"off"'), encoding="utf-8")


def test_a_clean_project_says_how_much_was_looked_at(project, hsm_command):
    """No finding gives 0, also where there is no model at all."""
    project(none="x = 1\n")
    ran = hsm_command("check", "none.py", ".")
    assert (ran.code, ran.out, ran.err) == (0, "no problems in 0 models\n", "")


def test_what_another_package_does_wrong_is_not_reported(project, hsm_command):
    """Only what is written in the targets is."""
    project(
        bad=BAD, user="import hsm\nfrom bad import other\nouter = hsm.define('Outer', hsm.submachine('fan', other))\n"
    )
    ran = hsm_command("check", "user.py")
    assert (ran.code, ran.out) == (0, "no problems in 1 model\n")


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "github"])
def test_what_is_not_known_of_a_place_is_left_out(form):
    """A diagnostic may have no place, and a place no columns."""
    place = Source(Place("a.py", 3), 0)
    found = [hsm.Diagnostic("HSM999", "wrong", None), hsm.Diagnostic("HSM998", "odd", place, is_warning=True)]
    text = written(found, form, 1)
    if form == "sarif":
        report = json.loads(text)
        first, second = report["runs"][0]["results"]
        assert "locations" not in first
        assert second["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    elif form == "json":
        assert [(each["file"], each["line"], each["column"]) for each in json.loads(text)] == [
            (None, None, None),
            ("a.py", 3, None),
        ]
    else:
        assert (
            text
            == {
                "full": "error[HSM999]: wrong\n\nwarning[HSM998]: odd\n --> a.py:3\n\n2 problems in 1 file",
                "concise": "HSM999 wrong\na.py:3:1: HSM998 odd",
                "github": "::error title=HSM999::wrong\n::warning file=a.py,line=3,title=HSM998::odd",
            }[form]
        )


def test_a_narrow_terminal_gets_labels_on_lines_of_their_own(bad, hsm_command, monkeypatch):
    """A label that does not fit behind its caret stands below it, as far to the right as it fits."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    lines = hsm_command("check", "bad.py").out.splitlines()
    at = next(number for number, line in enumerate(lines) if "^" in line)
    assert lines[at : at + 2] == [
        "  | " + " " * 52 + "^" * 16,
        "  | " + " " * 29 + "nothing is called 'of' in /Lamp/on or around it",
    ]
    assert fitted("  |  ^^ here", 80) == "  |  ^^ here"
    assert fitted("  |  ^^ " + "x" * 90, 80) == "  |  ^^\n  | " + "x" * 90
