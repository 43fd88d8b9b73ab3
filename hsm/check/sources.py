"""Sources: Python files as syntax trees, with what rules ask of them.

In: names of files. Out: trees, functions by their qualified names, the call inside of a part that a message should
point at. A file that cannot be read or parsed has no tree; importing it says why. Never runs anything.
"""

from __future__ import annotations

import ast
import os
import re
import tokenize
from collections.abc import Iterable, Iterator

import attrs

from hsm.position import Place

Function = ast.FunctionDef | ast.AsyncFunctionDef
"""A function of whichever kind."""

TRIGGERS = frozenset({"on", "on_call", "defer"})
"""What names events in a model."""
BUILDING = TRIGGERS | {
    "define", "state", "region", "submachine", "final", "choice", "junction", "shallow_history", "deep_history",
    "entry_point", "exit_point", "fork", "join", "terminate", "initial", "transition", "after", "every", "at", "when",
    "source", "target", "external", "guard", "all_of", "any_of", "not_", "in_state", "effect", "entry", "exit",
    "activity", "Submachine",
}  # fmt: skip
"""What builds a model: the strings in such a call name parts of it, and send nothing."""
PACKAGES = frozenset({"hsm", "hsm_classdsl"})
"""Whoever imports one of these may define models, or send events."""
_IGNORED = re.compile(r"#\s*hsm:\s*ignore\[([^\]]*)\]")


@attrs.define(eq=False)
class SourceFile:
    """One file.

    Attributes:
        path: Its absolute name.
        lines: Its lines, without their ends.
        tree: What it says.
        functions: The functions in it by qualified name, as messages have it: without ``<locals>``; outer ones first.
        imported: The first part of each module that it imports, and the last.
        aliases: What it imports from the two packages, by the name that it has here.
        modules: The names under which it knows the two packages.
    """

    path: str
    lines: list[str]
    tree: ast.Module
    functions: dict[str, Function] = attrs.field(factory=dict[str, Function])
    imported: set[str] = attrs.field(factory=set[str])
    aliases: dict[str, str] = attrs.field(factory=dict[str, str])
    modules: set[str] = attrs.field(factory=set[str])

    @property
    def name(self) -> str:
        """The name under which others import it: of a package's ``__init__``, that of the package."""
        stem = os.path.splitext(os.path.basename(self.path))[0]
        return stem if stem != "__init__" else os.path.basename(os.path.dirname(self.path))

    def word_of(self, call: ast.Call) -> str:
        """What of the two packages *call* calls, such as ``on``; empty if it is something else."""
        function = call.func
        if isinstance(function, ast.Name):
            return self.aliases.get(function.id, "")
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return function.attr if function.value.id in self.modules else ""
        return ""

    def is_plain(self, call: ast.Call) -> bool:
        """Whether *call* builds a part of a model from nothing but names, strings, and parts of the same kind."""
        return not call.keywords and all(
            isinstance(each, ast.Name | ast.Attribute | ast.Constant)
            or (isinstance(each, ast.Call) and bool(self.word_of(each)) and self.is_plain(each))
            for each in call.args
        )

    def place(self, node: ast.expr) -> Place:
        """Where *node* is."""
        last = node.end_lineno or node.lineno
        return Place(
            self.path,
            node.lineno,
            self._characters(node.lineno, node.col_offset),
            last,
            self._characters(last, node.end_col_offset or 0),
        )

    def ignored(self, line: int) -> frozenset[str]:
        """The codes that a comment on *line* has ignored."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        found = _IGNORED.findall(text)
        return frozenset({code.strip() for codes in found for code in codes.split(",")})

    def _characters(self, line: int, byte: int) -> int:
        """The character column of a UTF-8 *byte* column."""
        return len(self.lines[line - 1].encode()[:byte].decode(errors="replace"))


class Sources:
    """The files that can be read, in the order in which they were given; each once."""

    def __init__(self, files: Iterable[str | os.PathLike[str]]) -> None:
        self._files: dict[str, SourceFile | None] = {}
        for each in files:
            self._read(os.path.abspath(each))
        self.files = [each for each in self._files.values() if each is not None]

    def file(self, path: str) -> SourceFile | None:
        """The file *path*, which is read now if it was not given; ``None`` if that cannot be done."""
        return self._read(os.path.abspath(path))

    def related(self) -> list[SourceFile]:
        """The files that import one of the two packages, or a file that does."""
        related = [each for each in self.files if each.imported & PACKAGES]
        names = {each.name for each in related}
        while True:
            more = [each for each in self.files if each not in related and each.imported & names]
            if not more:
                return [each for each in self.files if each in related]
            related += more
            names |= {each.name for each in more}

    def function(self, name: str, place: Place | None) -> tuple[SourceFile, Function] | None:
        """The function that a part at *place* calls *name*: one of that file, else the only one that is called so."""
        here = self.file(place.file) if place is not None else None
        if here is not None and name in here.functions:
            return here, here.functions[name]
        found = [(each, each.functions[name]) for each in self.files if name in each.functions]
        return found[0] if len(found) == 1 else None

    def is_in_function(self, place: Place) -> bool:
        """Whether *place* is in a function, which may run any number of times."""
        file = self.file(place.file)
        functions = file.functions.values() if file is not None else ()
        return any(each.lineno <= place.line <= (each.end_lineno or each.lineno) for each in functions)

    def calls(self, place: Place) -> Iterator[ast.Call]:
        """The calls that are written at *place*, or in the class that begins there, outermost first."""
        file = self.file(place.file)
        if file is None:
            return
        first, last = _extent(file.tree, place)
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.Call) or (node.lineno, node.col_offset) < first:
                continue
            if (node.end_lineno or 0, node.end_col_offset or 0) <= last:
                yield node

    def narrowed(self, place: Place, word: str, *values: object) -> Place:
        """Where in *place* the call of *word* is that has one of *values* as an argument; *place* if none has."""
        file = self.file(place.file)
        for call in self.calls(place):
            arguments = [*call.args, *[keyword.value for keyword in call.keywords]]
            is_it = any(_value(each) in values for each in arguments)
            if file is not None and is_it and file.word_of(call) == word:
                return file.place(call)
        return place

    def text(self, place: Place) -> str | None:
        """What is written at *place*, if that is a plain call, or a decorator."""
        file = self.file(place.file)
        for call in self.calls(place):
            return ast.unparse(call) if file is not None and file.is_plain(call) else None
        return place.text

    def _read(self, path: str) -> SourceFile | None:
        if path not in self._files:
            self._files[path] = _parsed(path)
        return self._files[path]


def _parsed(path: str) -> SourceFile | None:
    try:
        with tokenize.open(path) as file:  # in the encoding that it declares
            text = file.read()
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    found = SourceFile(path, text.splitlines(), tree)
    _index(found, tree.body, "")
    for node in ast.walk(tree):
        _note_import(found, node)
    return found


def _index(file: SourceFile, body: list[ast.stmt], prefix: str) -> None:
    """Note every function in *body*, and in what is nested in it; of equal names the last, which is what runs."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            file.functions[prefix + statement.name] = statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _index(file, statement.body, f"{prefix}{statement.name}.")
        else:
            for inner in ("body", "orelse", "finalbody"):
                _index(file, getattr(statement, inner, []), prefix)


def _note_import(file: SourceFile, node: ast.AST) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            file.imported |= {alias.name.partition(".")[0], alias.name.rpartition(".")[2]}
            if alias.name in PACKAGES:
                file.modules.add(alias.asname or alias.name)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        file.imported |= {module.partition(".")[0], module.rpartition(".")[2], *[alias.name for alias in node.names]}
        if module.partition(".")[0] in PACKAGES and not node.level:
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            file.aliases |= names if "*" not in names else {word: word for word in (*BUILDING, "Event", "Signal")}


def _extent(tree: ast.Module, place: Place) -> tuple[tuple[int, int], tuple[int, int]]:
    """From where to where what begins at *place* goes, in bytes: a class as far as its body."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and place.line in (
            node.lineno,
            *[each.lineno for each in node.decorator_list],
        ):
            return (node.lineno, 0), (node.end_lineno or 0, node.end_col_offset or 0)
    before = len((place.text or "")[: place.column or 0].encode())
    end = place.end_line or place.line
    if place.end_column is None:
        return (place.line, before), (end, 1 << 30)
    last = Place(place.file, end).text or ""
    return (place.line, before), (end, len(last[: place.end_column].encode()))


def _value(node: ast.expr) -> object:
    """What *node* says where it is a constant, a name, or a number with a unit; ``None`` otherwise."""
    if isinstance(node, ast.Constant):
        return node.value
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
