"""The joint of a model and the compiler: `define`, and what is known of a model once it was compiled.

In: what users hand over. Out: compiled models. Nothing here runs anything, so that a program that only looks at models
need not load the run time.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import attrs

from hsm.behaviors import I
from hsm.collecting import Collected, again, collecting, is_kept, keep_model
from hsm.compiler import compile as compile_model
from hsm.elements.assembly import model_of
from hsm.elements.nodes import Model
from hsm.elements.parts import ModelPart
from hsm.errors import DefinitionError
from hsm.names import shown
from hsm.position import call_site
from hsm.program import Program

if TYPE_CHECKING:
    from hsm.charts import Chart

__all__ = ["Collected", "chart", "collect", "define"]


def define(name: str, *parts: ModelPart[I]) -> Model[I]:
    """A model, compiled: every mistake in it is reported here, all at once.

    Args:
        name: The first step of every path in it.
        parts: States, regions, pseudostates, transitions and behaviours, in any order.

    Returns:
        The model: an immutable value that any number of machines may run.

    Raises:
        DefinitionError: The model breaks rules; the exception carries every one with its place.
    """
    model: Model[I] = model_of(name, parts, call_site())
    check(model)
    return model


def check(model: Model[Any]) -> None:
    """Compile *model*, which was made just now. Where the user collects mistakes, it is kept there with its own.

    Raises:
        DefinitionError: It breaks rules, and nobody collects that.
    """
    keep_model(model, model.where)
    try:
        compiled(model)
    except DefinitionError as error:
        if not is_kept(error):
            raise
        model.derived.error = again(error)


def collect() -> AbstractContextManager[Collected[Model[Any]]]:
    """A block in which `define` and class statements keep their mistakes and go on: ``with hsm.collect() as found:``.

    For tools that report everything that is wrong in a module at once. Warnings are kept as well, and not issued. What
    is broken can be embedded, derived from and named in paths, so that the rest is checked; `start` raises its
    `DefinitionError`, also after the block. All other exceptions end the block as usual.

    Tasks that the block starts collect while it is under way; other threads do not, unless they run in its context. In
    a block inside of another, the inner one collects alone.

    Returns:
        A context manager, which gives a `Collected`.
    """
    return collecting()


@attrs.define(eq=False)
class Compiled:
    """What was made of a model, for as long as the model lives.

    Attributes:
        program: Its Program.
        running: What its machines share, once there is one; whoever starts machines puts it there.
    """

    program: Program
    running: Any = None


def program_of(model: Model[Any]) -> Program:
    """The Program of *model*, made once.

    Raises:
        DefinitionError: As `define`, for a model that came from somewhere else.
    """
    return compiled(model).program


def compiled(model: Model[Any]) -> Compiled:
    """What was made of *model*, once.

    Raises:
        DefinitionError: As for `program_of`.
    """
    # no lock: two threads that come here at once compile it twice, and either result is as good as the other
    known: Compiled | None = model.derived.value
    if known is None:
        if model.derived.error is not None:
            raise again(model.derived.error)
        known = model.derived.value = Compiled(compile_model(model))
    return known


def chart(model: Model[Any]) -> Chart:
    """*model* as public data: vertices, transitions, triggers, guards, behaviours, and where they were written.

    Args:
        model: What `define` gave, or the ``model`` of a machine class.

    Returns:
        A chart, made anew: frozen, equal by value, and `Chart.to_json` is the same as JSON.

    Raises:
        TypeError: *model* is not a model.
        DefinitionError: It breaks rules, where `collect` let it pass.
    """
    from hsm.charting import chart_of  # imported late: most programs never look at a chart

    if not isinstance(model, Model):
        raise TypeError(f"chart takes the model that hsm.define gave, not {shown(model)}")
    return chart_of(program_of(model))
