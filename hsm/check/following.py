"""Following: which names an expression can stand for.

In: an expression, where it stands, and an index of the files. Out: literal names with their places. A name that is
worked out is followed as far as it is plain: through variables, loops over literals, parameters and returned values.
Beyond that it may be anything, and `Following.is_open` says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import attrs

from hsm.check.sources import Function, SourceFile
from hsm.position import Place

_DEEPEST = 4
"""How far a name is followed."""
Scope: TypeAlias = tuple[Function | ast.Module, ...]
"""The functions around something, outermost first, after the module."""


@attrs.frozen
class Sent:
    """One name that is dispatched.

    Attributes:
        name: The event's.
        place: Where the name, or the signal, is written.
        is_sure: Whether it is known that a machine gets it, and not something else that dispatches.
    """

    name: str
    place: Place
    is_sure: bool = True


class Index:
    """What there is in *files*.

    Attributes:
        files: The files.
        signals: The names of events by the classes of signals.
    """

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self.files = files
        self.signals = _signals(files)

    def signal(self, node: ast.expr) -> str | None:
        """The name of the event that is made by calling *node*, if that is a signal's class."""
        word = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        return self.signals.get(word)

    def calls_of(self, name: str) -> Iterator[tuple[SourceFile, ast.Call]]:
        """Every call of something called *name*."""
        for file in self.files:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Call) and name_of(node.func) == name:
                    yield file, node

    def functions(self, name: str) -> list[tuple[SourceFile, Function]]:
        """The functions called *name*, in whatever class."""
        return [
            (file, function)
            for file in self.files
            for known, function in file.functions.items()
            if known.rpartition(".")[2] == name
        ]


class Following:
    """Follows an expression to the names that it can stand for."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.sent: list[Sent] = []
        self.is_open = False

    def follow(self, node: ast.expr, file: SourceFile, scope: Scope, depth: int = 0) -> None:
        """Note what *node*, in the functions of *scope*, can be."""
        if depth > _DEEPEST:
            self.is_open = True
            return
        match node:
            case ast.Constant(value=str(name)):
                self._note(Sent(name, file.place(node)))
            case ast.JoinedStr():
                # what it may be is noted where every f-string is
                self.is_open = self.is_open or pattern_of(node) is None
            case ast.IfExp(body=first, orelse=second):
                self.follow(first, file, scope, depth + 1)
                self.follow(second, file, scope, depth + 1)
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                self.follow(value, file, scope, depth + 1)
            case ast.Call():
                self._call(node, file, scope, depth + 1)
            case ast.Name(id=name):
                self._name(name, scope, file, depth + 1)
            case _:
                self.is_open = True

    def _note(self, sent: Sent) -> None:
        if sent not in self.sent:
            self.sent.append(sent)

    def _call(self, node: ast.Call, file: SourceFile, scope: Scope, depth: int) -> None:
        signal = self.index.signal(node.func)
        if signal is not None:
            self._note(Sent(signal, file.place(node)))
        elif file.word_of(node) == "Event" and node.args:
            self.follow(node.args[0], file, scope, depth)
        else:
            self._returned(name_of(node.func), depth)

    def _returned(self, name: str, depth: int) -> None:
        """What the function called *name* returns."""
        functions = self.index.functions(name)
        self.is_open = self.is_open or len(functions) != 1
        for file, function in functions[:1]:
            for each in _own(function):
                if isinstance(each, ast.Return) and each.value is not None:
                    self.follow(each.value, file, (file.tree, function), depth)

    def _name(self, name: str, scope: Scope, file: SourceFile, depth: int) -> None:
        """What the variable *name* was set to, in the innermost function that has it."""
        for number in range(len(scope) - 1, -1, -1):
            around = scope[number]
            if not isinstance(around, ast.Module) and name in _parameters(around):
                self._passed(name, around, depth)
                return
            values = list(_values(name, around))
            if values:
                for each in values:
                    self.is_open = self.is_open or each is None
                    if each is not None:
                        self.follow(each, file, scope[: number + 1], depth)
                return
        self.is_open = True

    def _passed(self, name: str, function: Function, depth: int) -> None:
        """What callers of *function* pass as *name*; without callers in the sources it is anything."""
        names = _parameters(function)
        calls = list(self.index.calls_of(function.name))
        self.is_open = self.is_open or not calls
        for file, call in calls:
            # a method's own first argument is not among those of a call
            shift = 1 if names[0] in ("self", "cls") and isinstance(call.func, ast.Attribute) else 0
            at = names.index(name) - shift
            given = [each.value for each in call.keywords if each.arg == name] or call.args[at : at + 1]
            self.is_open = self.is_open or not given
            for each in given:
                self.follow(each, file, _scope_of(call, file), depth)


def _own(function: Function | ast.Module) -> Iterator[ast.AST]:
    """What is in *function*, without functions and classes in it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)


def _values(name: str, around: Function | ast.Module) -> Iterator[ast.expr | None]:
    """What *name* is set to in *around*: of a loop over a literal its elements; ``None`` for what is not plain."""
    for node in _own(around):
        match node:
            case ast.Assign(targets=[ast.Name(id=known)], value=value) if known == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=known), value=ast.expr() as value) if known == name:
                yield value
            case ast.NamedExpr(target=ast.Name(id=known), value=value) if known == name:
                yield value
            case (
                ast.For(target=ast.Name(id=known), iter=values)
                | ast.AsyncFor(target=ast.Name(id=known), iter=values)
                | ast.comprehension(target=ast.Name(id=known), iter=values)
            ) if known == name:
                yield from _elements(values)
            case ast.Name(id=known, ctx=ast.Store()) if known == name and not _is_plain_target(node, around):
                yield None
            case _:
                pass


def _elements(values: ast.expr) -> Sequence[ast.expr | None]:
    if not isinstance(values, ast.Tuple | ast.List | ast.Set):
        return [None]
    return [None if isinstance(each, ast.Starred) else each for each in values.elts]


def _is_plain_target(name: ast.Name, around: Function | ast.Module) -> bool:
    """Whether *name* is all that a statement or a loop sets."""
    for node in _own(around):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension | ast.NamedExpr) and node.target is name:
            return True
        if isinstance(node, ast.AnnAssign) and node.target is name:
            return node.value is not None
        if isinstance(node, ast.Assign) and node.targets == [name]:
            return True
    return False


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _scope_of(call: ast.Call, file: SourceFile) -> Scope:
    """The functions around *call*."""
    # in the order of the source, which is from the outside inwards
    return (file.tree, *[each for each in file.functions.values() if any(node is call for node in ast.walk(each))])


def name_of(function: ast.expr) -> str:
    """The last name in *function*: of ``machine.dispatch`` it is ``dispatch``."""
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _signals(files: Sequence[SourceFile]) -> dict[str, str]:
    """The names of events by the classes of signals that *files* define, also of those that derive from others."""
    classes = [node for file in files for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)]
    kinds = {"Signal"}
    while True:
        more = {each.name for each in classes if any(name_of(_plain(base)) in kinds for base in each.bases)} - kinds
        if not more:
            break
        kinds |= more
    return {each.name: _event_name(each) for each in classes if each.name in kinds}


def _plain(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base


def _event_name(signal: ast.ClassDef) -> str:
    for keyword in signal.keywords:
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    for statement in signal.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(name))):
                return name
            case _:
                pass
    return signal.name


def pattern_of(text: ast.JoinedStr) -> re.Pattern[str] | None:
    """What the f-string *text* can look like; ``None`` if that is anything."""
    parts = [re.escape(str(each.value)) if isinstance(each, ast.Constant) else ".*" for each in text.values]
    has_text = any(isinstance(each, ast.Constant) for each in text.values)
    return re.compile("".join(parts), re.DOTALL) if has_text else None
