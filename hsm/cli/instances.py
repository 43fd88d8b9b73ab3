"""Instances: what a machine of the command runs on.

In: what a target named, and perhaps an expression. Out: a new instance each time, and the expression that makes it.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import hsm
from hsm.cli.problems import Problem
from hsm.cli.targets import Found
from hsm.names import safe_repr


class Instances:
    """Makes instances for *found*, with the Python *expression* if there is one.

    Attributes:
        expression: What makes one, in the names of the module and of `hsm`.

    Raises:
        Problem: It cannot be known how.
    """

    def __init__(self, found: Found, expression: str | None) -> None:
        self._found = found
        self._kind = found.model.instance_type
        if expression is not None:
            self.expression = expression
        elif isinstance(found.value, hsm.Instance):
            self.expression = f"copy.deepcopy({found.name})"
        else:
            if isinstance(found.value, type):
                self._kind = found.value
            self.expression = _call(found, self._kind)

    def made(self) -> hsm.Instance:
        """A new one.

        Raises:
            Problem: Making it fails, or gives something else.
        """
        names = {"hsm": hsm, "copy": copy, **(vars(self._found.module) if self._found.module is not None else {})}
        # a class that only a function knows has no name here
        names.setdefault(self._kind.__name__, self._kind)
        try:
            made: Any = eval(self.expression, names)  # what the user wrote, in the user's own module
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise Problem(f"the instance '{self.expression}' cannot be made", why) from None
        if not isinstance(made, hsm.Instance):
            raise Problem(f"'{self.expression}' is {safe_repr(made)}", "a machine runs on an hsm.Instance")
        return made


def _call(found: Found, kind: type) -> str:
    name = "hsm.Instance" if kind is hsm.Instance else found.name if found.value is kind else kind.__name__
    try:
        inspect.signature(kind).bind()
    except TypeError:
        hint = f"say how to make one, with values: --instance '{takes(kind)}'"
        raise Problem(f"making a {kind.__name__} needs arguments", hint) from None
    return f"{name}()"


def takes(kind: type) -> str:
    """How a *kind* is made, by the names of what it needs: ``Counter(limit=...)``."""
    parameters = inspect.signature(kind).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in _STARS]
    return f"{kind.__name__}({', '.join([f'{name}=...' for name in needed])})"


_STARS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
