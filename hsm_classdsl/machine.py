"""The machine class: a class statement becomes a model, compiled when the class is made.

The class body is read and lowered here, and nothing is checked: the rules are the compiler's, the same for both front
ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import hsm
from hsm.collecting import is_kept
from hsm.defining import check, program_of
from hsm.elements.assembly import model_of
from hsm.elements.mistakes import TooLate
from hsm.elements.nodes import Model, State, as_shown
from hsm.elements.parts import Element
from hsm.instance import NotCopied, without
from hsm.kinds import is_a
from hsm.position import Source, call_site
from hsm.reserved import reserved_names
from hsm_classdsl.body import read, users_bases
from hsm_classdsl.lower import lower
from hsm_classdsl.metaclass import BodyMeta, VertexMeta, description
from hsm_classdsl.written import signs_of


class _ModelOfClass:
    """Returns the model of the class on which it is looked up."""

    def __get__(self, instance: object, owner: Any) -> Model[Any]:
        model: Model[Any] | None = owner.hsm_model
        if model is None:
            raise AttributeError(f"machine class {owner.__name__!r} {_why_not(owner)}, so it has no model")
        return model


def _why_not(owner: Any) -> str:
    """Why the machine class *owner* has no model."""
    if "hsm_model" not in vars(owner):
        return "was made by a metaclass that leaves that of Machine out ('type(Machine)' has to come first in it)"
    return "is abstract" if owner.hsm_is_abstract else "declares no states"


class MachineMeta(BodyMeta):
    """The metaclass of machines: when a class is there, its model is made and compiled."""

    if not TYPE_CHECKING:

        def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **keywords: Any) -> None:
            super().__init__(name, bases, namespace, **keywords)
            if any(is_a(base, MachineMeta) for base in bases):  # all but `Machine` itself
                _make(cls, is_abstract=keywords.get("abstract", False))

    def __repr__(cls) -> str:
        return description(cls, "machine")

    def _repr_mimebundle_(cls, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows of a machine class: a picture, where the extra ``draw`` is installed."""
        return as_shown(cls)

    def _repr_svg_(cls) -> str | None:
        """The picture, for notebooks that ask for it in this way; ``None`` if it cannot be drawn."""
        return as_shown(cls).get("image/svg+xml")


def _make(cls: Any, *, is_abstract: bool) -> None:
    """Lower and compile the machine class *cls*, which has been made just now.

    Raises:
        DefinitionError: The model breaks rules.
    """
    # a decorator that makes the class a second time, as attrs does, passes no keywords
    if "hsm_is_abstract" not in cls.__dict__:
        type.__setattr__(cls, "hsm_is_abstract", is_abstract)
    type.__setattr__(cls, "hsm_model", None)
    lowered = None if cls.hsm_is_abstract else lower(read(cls), cls.hsm_where)
    if lowered is not None:
        type.__setattr__(cls, "hsm_model", lowered.model)
        type.__setattr__(cls, "hsm_paths", lowered.paths)
        check(lowered.model)
        for each in (*users_bases(cls), *lowered.vertices):
            if is_a(each, BodyMeta):
                type.__setattr__(each, "hsm_closed", _refuse_late)


def _refuse_late(cls: Any, name: str, value: object) -> None:
    """Report that *value* is assigned to *name* of a class whose model is made, if either declares something.

    Raises:
        DefinitionError: It does: the model would not change with the class.
    """
    known = cls.__dict__.get(name)
    if value is not known and (signs_of(value) or signs_of(known)):
        late: Element = TooLate(name, cls.__dict__["hsm_where"], where=call_site(3))
        model, *steps = str(cls).removeprefix("/").split("/") if is_a(cls, VertexMeta) else [cls.__name__]
        for step in reversed(steps):
            late = State[Any](step, (late,))
        try:
            program_of(model_of(model, (late,), None))
        except hsm.DefinitionError as error:  # always, as the mistake is part of the model
            if not is_kept(error):
                raise


class _Block(NotCopied):
    """The ``async with`` block that a machine is in.

    Attributes:
        machine: That very machine; what else has the attribute is a copy of it.
        starting: What started it, and stops it.
    """

    __slots__ = ("machine", "starting")

    def __init__(self, machine: object, starting: Any) -> None:
        self.machine = machine
        self.starting = starting


class Machine(hsm.Instance, metaclass=MachineMeta):
    """A machine as a class: nested classes are its states, marked methods what it does.

    Its data are ordinary attributes. ``await hsm.start(None, door, Door.model)`` starts it, or
    ``async with Door() as door:``, which stops it at the end of the block (rules L1 and E6).

    Args:
        abstract: Whether only its subclasses complete it: it is not checked and has no model.

    Attributes:
        model: The model that the class declares; an ``AttributeError`` if it is abstract, or declares nothing.

    Raises:
        DefinitionError: From the class statement: the model breaks rules, or the class hides what every machine has.
    """

    if TYPE_CHECKING:
        model: ClassVar[Model[Self]]
    else:
        model = _ModelOfClass()
    hsm_model: ClassVar[Any] = None
    hsm_paths: ClassVar[Mapping[type, tuple[str, ...]]] = {}
    hsm_is_abstract: ClassVar[bool] = False
    hsm_where: ClassVar[Source | None] = None
    _block: _Block | None = None

    def __init_subclass__(cls, *, abstract: bool = False, **keywords: Any) -> None:
        # the metaclass has *abstract* as well: a class of the user's may not pass it on
        super().__init_subclass__(**keywords)

    def hsm_paths_of(self, vertex: type) -> tuple[str, ...]:
        """The paths at which the class *vertex* is a vertex of this machine, or the base class of one.

        Raises:
            ValueError: It is neither.
        """
        found = type(self).hsm_paths.get(vertex)
        if found is None:
            raise ValueError(f"{vertex!r} is not a state of machine class {type(self).__name__!r}")
        return tuple([f"/{type(self).__name__}{path}" for path in found])

    def __getstate__(self) -> Any:  # whatever another base class, such as one of pydantic, says of it
        """As for every instance; a copy does not take along the ``async with`` block of the original either."""
        return without("_block", super().__getstate__())

    async def __aenter__(self) -> Self:
        block = hsm.start(None, self, type(self).model)
        await block.__aenter__()
        # only now: a second block inside the first fails to start, and must not replace it
        object.__setattr__(self, "_block", _Block(self, block))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block = self._block
        if block is None or block.machine is not self:
            raise hsm.LifecycleError(f"this {type(self).__name__} is in no block: 'async with machine:' begins one")
        object.__setattr__(self, "_block", None)
        await block.starting.__aexit__(kind, error, traceback)


Machine.hsm_reserved = reserved_names(Machine)
