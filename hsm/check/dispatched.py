"""Dispatched: which events the sources send, and which names they know.

In: sources, and the Charts of what they define. Out: every literal name that is dispatched, with its place; whether a
name may be sent at all; the names that triggers have.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import attrs

from hsm.charts import Chart
from hsm.check.following import Following, Index, Scope, Sent, name_of, pattern_of
from hsm.check.receivers import Receivers
from hsm.check.sources import BUILDING, TRIGGERS, Function, SourceFile, Sources
from hsm.events import BUILT_IN

_SENDING = frozenset({"dispatch", "dispatch_threadsafe"})
_ASKING = frozenset({"is_in", "until", "in_state"})
"""Methods whose strings are paths."""


class Dispatched:
    """What the *sources* send, to models of which *charts* are those that are known.

    Attributes:
        sent: The names that are dispatched literally.
        is_open: Whether something is dispatched whose name cannot be known.
        known: The names and patterns that models react to.
    """

    def __init__(self, sources: Sources, charts: Sequence[Chart]) -> None:
        self.sent: list[Sent] = []
        self.is_open = False
        self.known: set[str] = {name for chart in charts for name in (*chart.events, *chart.operations)}
        self.has_senders_catch = False
        self._mentioned: set[str] = set()
        self._patterns: list[re.Pattern[str]] = []
        self.index = Index(sources.related())
        self.receivers = Receivers(self.index.files)
        for file in self.index.files:
            _Reader(self, file).visit(file.tree)

    def is_known(self, name: str) -> bool:
        """Whether a model reacts to events called *name*."""
        patterns = [each[:-1] for each in self.known if each.endswith("*")]
        return name in self.known or name in BUILT_IN or any(name.startswith(each) for each in patterns)

    def may_be_sent(self, name: str) -> bool:
        """Whether the sources may send an event called *name*."""
        return name in self._mentioned or any(each.fullmatch(name) for each in self._patterns)

    def sends(self, names: Sequence[str]) -> bool:
        """Whether one of *names* is dispatched literally."""
        return any(each.name in names for each in self.sent)

    # --- what a reader finds ---------------------------------------------------------------------------------

    def mention(self, name: str) -> None:
        """*name* is written somewhere where it does not build a model."""
        self._mentioned.add(self.index.signals.get(name, name))

    def note_pattern(self, text: ast.JoinedStr) -> None:
        """Names that look like *text* may be sent."""
        pattern = pattern_of(text)
        if pattern is not None:
            self._patterns.append(pattern)


class _Reader(ast.NodeVisitor):
    """Reads one file."""

    def __init__(self, dispatched: Dispatched, file: SourceFile) -> None:
        self.found = dispatched
        self.file = file
        self.scope: Scope = (file.tree,)
        self.is_building = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function: what it sends is looked for in it."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """The same."""
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class: its bases and keywords name nothing that is sent."""
        for each in [*node.decorator_list, *node.body]:
            self.visit(each)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A behaviour in a model is no part of it."""
        self._within(False, [node.body])

    def visit_Expr(self, node: ast.Expr) -> None:
        """A docstring, or any other string that stands alone, is skipped."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotation sends nothing."""
        if node.value is not None:
            self.visit(node.value)

    def visit_Try(self, node: ast.Try) -> None:
        """Somebody who sends events may catch what comes of them."""
        calls = [each for part in node.body for each in ast.walk(part) if isinstance(each, ast.Call)]
        if node.handlers and any(name_of(each.func) in _SENDING | {"start", "call"} for each in calls):
            self.found.has_senders_catch = True
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A string that does not build a model may be a name that is sent."""
        if isinstance(node.value, str) and not self.is_building:
            self.found.mention(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """An f-string may be one as well; whole messages are not, as names have no spaces."""
        if not self.is_building and not any(
            isinstance(each, ast.Constant) and re.search(r"\s", str(each.value)) for each in node.values
        ):
            self.found.note_pattern(node)

    def visit_Name(self, node: ast.Name) -> None:
        """The class of a signal: whoever names it may make one."""
        self._maybe_signal(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The same."""
        self._maybe_signal(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """A call that builds a model, one that sends, or any other."""
        word = self.file.word_of(node)
        arguments = [*node.args, *[keyword.value for keyword in node.keywords]]
        if word in BUILDING:
            if word in TRIGGERS:
                self._triggers(node)
            self._within(True, arguments)
            return
        name = name_of(node.func)
        if name in _SENDING and isinstance(node.func, ast.Attribute):
            self._sending(node, node.func.value)
        self.visit(node.func)
        # a path in a question, such as `machine.is_in("open")`, is not sent
        self._within(name in _ASKING, arguments)

    # --- what is found ---------------------------------------------------------------------------------------

    def _function(self, node: Function) -> None:
        for each in node.decorator_list:
            self.visit(each)
        before, self.scope = self.scope, (*self.scope, node)
        self._within(False, [*node.args.defaults, *[each for each in node.args.kw_defaults if each], *node.body])
        self.scope = before

    def _within(self, is_building: bool, nodes: Sequence[ast.AST]) -> None:
        before, self.is_building = self.is_building, is_building
        for each in nodes:
            self.visit(each)
        self.is_building = before

    def _maybe_signal(self, node: ast.Name | ast.Attribute) -> None:
        name = self.found.index.signal(node)
        if name is not None and not self.is_building and isinstance(node.ctx, ast.Load):
            self.found.mention(name)

    def _triggers(self, node: ast.Call) -> None:
        """The names of a trigger or a deferral, also of a model that was not made: it may be in a function."""
        for each in node.args:
            name = self.found.index.signal(each.func if isinstance(each, ast.Call) else each)
            if isinstance(each, ast.Call) and self.file.word_of(each) == "Event" and each.args:
                each = each.args[0]
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                name = each.value
            if name is not None:
                self.found.known.add(name)

    def _sending(self, node: ast.Call, receiver: ast.expr) -> None:
        given = [*node.args[:1], *[each.value for each in node.keywords if each.arg in ("event", "name")]]
        following = Following(self.found.index)
        for each in given:
            following.follow(each, self.file, self.scope)
        if not self.found.receivers.is_machine(receiver):
            following.sent = [attrs.evolve(each, is_sure=False) for each in following.sent]
        self.found.sent += following.sent
        self.found.is_open = self.found.is_open or following.is_open or not given
