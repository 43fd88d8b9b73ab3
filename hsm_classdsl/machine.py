"""The machine class: a class statement becomes a model, compiled when the class is made.

The class body is read and lowered here, and nothing is checked: the rules are the compiler's, the same for both front
ends. This needs no metaclass, so a machine class may have one of the user's.
"""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import hsm
from hsm.api import program_of
from hsm.elements.nodes import Model
from hsm.instance import NotCopied, without
from hsm.source import Source, call_site
from hsm_classdsl.body import read, strays
from hsm_classdsl.lower import lower


class _ModelOfClass:
    """Returns the model of the class on which it is looked up."""

    def __get__(self, instance: object, owner: Any) -> Model[Any]:
        model: Model[Any] | None = owner.hsm_model
        if model is None:
            raise AttributeError(f"machine class {owner.__name__!r} declares no states, so it has no model")
        return model


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


class Machine(hsm.Instance):
    """A machine as a class: nested classes are its states, marked methods what it does.

    Its data are ordinary attributes. ``await hsm.start(None, door, Door.model)`` starts it, or
    ``async with Door() as door:``, which stops it at the end of the block (rules L1 and E6).

    Attributes:
        model: The model that the class declares; an ``AttributeError`` if it declares nothing, as a base class may.

    Raises:
        DefinitionError: From the class statement: the model breaks rules.
        TypeError: From the class statement: it declares a name that every machine has.
    """

    if TYPE_CHECKING:
        model: ClassVar[Model[Self]]
    else:
        model = _ModelOfClass()
    hsm_model: ClassVar[Any] = None
    hsm_where: ClassVar[Source | None] = None
    _block: _Block | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # a decorator that makes the class a second time, as attrs does, is not where the class was written
        if "hsm_where" not in cls.__dict__:
            cls.hsm_where = call_site()
        draft = read(cls)
        for declaration in draft.declarations:
            if hasattr(Machine, declaration.name):
                raise TypeError(
                    f"machine class {cls.__name__!r} cannot declare {declaration.name!r}, which every machine "
                    "already has: choose another name"
                )
        cls.hsm_model = lower(draft, cls.hsm_where)
        if cls.hsm_model is not None:
            for name in strays(cls):
                warnings.warn(
                    f"class {name!r} has marks but is not a state: derive it from State[...], or move it out of the "
                    "machine if it is only a base class",
                    hsm.DefinitionWarning,
                    stacklevel=2,
                )
            program_of(cls.hsm_model)

    def __getstate__(self) -> object:
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
