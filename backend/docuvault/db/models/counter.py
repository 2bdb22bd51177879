"""Public numbers: small integers for people and for clients that cannot hold a UUID."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base


class Counter(Base):
    """The last number given out to one kind of thing; numbers are never used twice."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, default=0)
