"""Recording: how the records of the trace are laid out, so that making one costs next to nothing.

In: classes with annotated fields. Out: the same with a constructor by keyword, equality, a repr, and fields that can be
read and not set. A record refers to two tuples: its moment, which records of one moment share, and its facts, which are
a constant of a generated step. Whoever makes many records fills these two in himself; see `fill`.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias, TypeVar, dataclass_transform, overload

import attrs
from attrs.exceptions import FrozenInstanceError

K = TypeVar("K", bound="Laid")
Moment: TypeAlias = tuple[str, float, int, str, Any]
"""The name of the model, the time, the number of the step, the cause, and the event, if the record has one."""
Facts: TypeAlias = tuple[Any, ...]
"""The other fields, in order of declaration."""
OF_MOMENT = ("machine", "time", "step", "cause", "event")
"""The fields that a record has from its moment."""


class Laid:
    """A value whose fields are in its moment and its facts."""

    __slots__ = ("_facts", "_moment")

    _names: ClassVar[tuple[str, ...]] = ()
    _names_of_facts: ClassVar[tuple[str, ...]] = ()
    _moment: Moment
    _facts: Facts

    def __init__(self, **fields: Any) -> None:
        """Take *fields* by name.

        Raises:
            TypeError: One is missing, or unknown.
        """
        if fields.keys() != {*self._names}:
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(self._names)}, not {', '.join(fields) or 'nothing'}"
            )
        event = fields.get("event")
        self._moment = (fields["machine"], fields["time"], fields["step"], fields["cause"], event)
        self._facts = tuple([fields[name] for name in self._names_of_facts])

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._names])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __reduce__(self) -> Any:
        """Its fields alone: the moment has the event, which may be none of them, and which not everybody can write."""
        return _by_values, (type(self), self._values())

    def __repr__(self) -> str:
        fields = [f"{name}={value!r}" for name, value in zip(self._names, self._values(), strict=True)]
        return f"{type(self).__name__}({', '.join(fields)})"


def _by_values(kind: type[Laid], values: tuple[Any, ...]) -> Laid:
    return kind(**dict(zip(names_of(kind), values, strict=True)))


def fill(record: Laid, moment: Moment, facts: Facts) -> None:
    """Give *record*, which `object.__new__` has made, what it consists of; generated steps do the same in place."""
    record._moment = moment  # pyright: ignore[reportPrivateUsage]  # this very module's
    record._facts = facts  # pyright: ignore[reportPrivateUsage]


class _Field:
    """A field: it is read where it lies, and cannot be set."""

    __slots__ = ("_index", "_slot")

    def __init__(self, slot: Any, index: int) -> None:
        self._slot = slot
        self._index = index

    @overload
    def __get__(self, record: None, kind: type[Laid]) -> _Field: ...
    @overload
    def __get__(self, record: Laid, kind: type[Laid]) -> Any: ...
    def __get__(self, record: Laid | None, kind: type[Laid]) -> Any:
        return self if record is None else self._slot.__get__(record)[self._index]

    def __set__(self, record: Laid, value: object) -> None:
        raise FrozenInstanceError

    def __delete__(self, record: Laid) -> None:
        raise FrozenInstanceError


@dataclass_transform(kw_only_default=True, frozen_default=True)
def laid(kind: type[K]) -> type[K]:
    """*kind*, whose annotations are its fields; its body must have ``__slots__ = ()``."""
    # for `attrs.fields`, `attrs.evolve` and the like; nothing that attrs would write itself is wanted
    made: Any = attrs.define(kind, init=False, repr=False, eq=False, slots=False, kw_only=True)
    made._names = tuple([field.name for field in attrs.fields(made)])
    made._names_of_facts = tuple([name for name in made._names if name not in OF_MOMENT])
    for name in made._names:
        is_of_moment = name in OF_MOMENT
        slot, names = ("_moment", OF_MOMENT) if is_of_moment else ("_facts", made._names_of_facts)
        setattr(made, name, _Field(Laid.__dict__[slot], names.index(name)))
    return kind


def names_of(record: Laid | type[Laid]) -> tuple[str, ...]:
    """The names of the fields of a record, or of a kind, in order of declaration."""
    return record._names  # pyright: ignore[reportPrivateUsage]  # this very module's
