"""Machines with a metaclass from elsewhere: pydantic's and SQLAlchemy's."""

from __future__ import annotations

from typing import reveal_type

import pydantic
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hsm_classdsl import Machine, State, entry, on


class PydanticMeta(type(Machine), type(pydantic.BaseModel)):  # E mypy
    pass


class RowMeta(type(Machine), type(DeclarativeBase)):  # type: ignore[misc]
    pass


class Order(Machine, pydantic.BaseModel, metaclass=PydanticMeta):
    amount: int

    class Open(State["Order"], initial=True):
        on("x", target="Paid")

        @entry
        def _(self) -> None:
            reveal_type(self.machine.amount)  # R: int
            self.machine.amonut  # E

    class Paid(State["Order"]):
        pass


class Base(DeclarativeBase):
    pass


class Row(Machine, Base, metaclass=RowMeta):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)

    class Open(State["Row"], initial=True):
        pass


reveal_type(Order.model)  # R: Model[Order]
reveal_type(Order(amount=3).amount)  # R: int
reveal_type(Row(id=3).id)  # R: int
