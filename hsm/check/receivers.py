"""Receivers: which objects of a program are machines, as far as its sources show.

In: syntax trees. Out: the names of classes whose objects are machines, and the names that such objects have. Much else
has a method called `dispatch`: stores, buses, views. What is sent to those is nobody's mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from hsm.check.following import name_of
from hsm.check.sources import SourceFile

_KINDS = frozenset({"Machine", "Instance", "State", "Region"})
_MAKERS = frozenset({"start", "restore"})


class Receivers:
    """The machines in *files*."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        nodes = [node for file in files for node in ast.walk(file.tree)]
        self._kinds = _kinds([node for node in nodes if isinstance(node, ast.ClassDef)])
        self._names = {name for node in nodes for name in self._named(node)}

    def is_machine(self, node: ast.expr) -> bool:
        """Whether *node* is a machine for sure: by its name, by what it was set to, or by its annotation."""
        if isinstance(node, ast.Await):
            return self.is_machine(node.value)
        if isinstance(node, ast.Call):
            return self._makes(node)
        name = name_of(node)
        return "machine" in name.lower() or name in self._names

    def _named(self, node: ast.AST) -> Iterator[str]:
        """The names that *node* gives to a machine."""
        match node:
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target) if self._makes(value):
                yield name_of(target)
            case ast.Assign(targets=targets, value=value) if self._makes(value):
                yield from map(name_of, targets)
            case ast.AnnAssign(target=target, annotation=annotation) if self._is_kind(annotation):
                yield name_of(target)
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if self._is_kind(annotation):
                yield name
            case ast.ClassDef(name=kind) if kind in self._kinds:
                yield "self"
            case _:
                pass

    def _makes(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Await):
            return self._makes(node.value)
        return isinstance(node, ast.Call) and name_of(node.func) in self._kinds | _MAKERS

    def _is_kind(self, annotation: ast.expr) -> bool:
        names = {name_of(each) for each in ast.walk(annotation) if isinstance(each, ast.Name | ast.Attribute)}
        return bool(names & self._kinds)


def _kinds(classes: Sequence[ast.ClassDef]) -> set[str]:
    """The classes of machines, and those that derive from them."""
    kinds = {*_KINDS}
    while True:
        more = {
            each.name
            for each in classes
            for base in each.bases
            if name_of(base.value if isinstance(base, ast.Subscript) else base) in kinds
        }
        if more <= kinds:
            return kinds
        kinds |= more
